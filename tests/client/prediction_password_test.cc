// The promise that matters: what is typed at a password prompt that was reached by Enter is never drawn by us, in any
// mode but experimental, at any latency, however fast it is typed and however early. In simulated time.
//
// Exactly: latencies of 0 to 2 s. Typed at the prompt: always. Typed ahead of it: if the program that Enter started
// asks within 2 s and prints nothing before in the prompt's row. Until it turns echo off the kernel echoes, and the
// server shows that itself; we never show more of the secret than that. Not promised, since no client can know it: what
// is typed ahead of a prompt that
// - comes later than 2 s, where the kernel has echoed the secret's beginning a round trip before it came;
// - comes in a row in which the program printed before and went on with echo on, the same;
// - follows a line of plain text (begun in column 0, no prompt, echoed and trusted), the same but for the round trip.
// In each of these the guesses end with the prompt's arrival, so it is what was typed before it could be seen.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/client/prediction_programs.h"

namespace sallyport::client::testing {
namespace {

const std::vector<SecretShape>& shapes() {
  static const std::vector<SecretShape> kShapes = {
      {.name = "sudo ls",
       .prompts = {"[sudo] password for user: "},
       .gap = Milliseconds(15),
       .answer = "file other\r\n"},
      {.name = "sudo",
       .prompts = {"[sudo] password for user: ", "Sorry, try again.\r\n[sudo] password for user: "},
       .gap = Milliseconds(40),
       .check = Milliseconds(300)},
      {.name = "ssh host",
       .prompts = {"user@host's password: "},
       .gap = Milliseconds(45),
       .answer = "Welcome\r\nPassw0rd\r\n"},
      {.name = "passwd",
       .prompts = {"Current password: ", "New password: ", "Retype new password: "},
       .gap = Milliseconds(5)},
      {.name = "read -s x", .prompts = {""}, .flush = false},
      {.name = "read -sp Password x", .prompts = {"Password: "}, .flush = false, .answer = "Password: Password: P\r\n"},
      {.name = "read -sp ? x", .prompts = {"? "}, .gap = Milliseconds(1), .flush = false},
      {.name = "stars", .prompts = {"Passphrase: "}, .gap = Milliseconds(3), .echo = "*"},
      {.name = "dots", .prompts = {"PIN: "}, .echo = "\u2022"},
      {.name = "su", .prompts = {"\x1b[2J\x1b[HPassword: "}, .gap = Milliseconds(10)},
  };
  return kShapes;
}

// Some like what is on the screen, to be taken for an echo of it.
constexpr std::string_view kSecrets[] = {"hunter2",
                                         "Password: abc",
                                         "Passw0rd",
                                         "*b*c**d",
                                         "[sudo]pw",
                                         "user@host",
                                         " a b c",
                                         "file other",
                                         "\u00FC\u65E5x\u0301y",
                                         "##\u2022x",
                                         "aab\x7f\x7f\x7f"
                                         "cd",
                                         "Password: Passwort",
                                         "PPPPPPPPPPPPPPP",
                                         "W\x1b[Dx\x1b[Cy",
                                         "Sorry, try",
                                         "$ $ ls"};

// Longer than the gaps before the prompts.
constexpr std::string_view kLongSecrets[] = {"correct horse battery staple", "hunter2hunter2hunter2",
                                             "user@host's pass\x7f\x7fphrase", "PPPPPPPPPPPPPPPPPPPPPP"};

enum class When : std::uint8_t { kAtThePrompt, kAhead, kImpatient };

struct Attempt {
  PredictionMode mode = PredictionMode::kAdaptive;
  Milliseconds rtt{0};
  const SecretShape* shape = nullptr;
  std::string_view secret;
  When when = When::kAtThePrompt;
  Milliseconds pace{0};  ///< between two keys of the secret
  WindowSize size{80, 24};
  double jitter_ms = 0;
  double loss = 0;
  unsigned seed = 1;
};

/// Splits into keys as a terminal sends them: one character, or one sequence.
std::vector<std::string> keys_of(std::string_view text) {
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t length = 1;
    if (text[i] == '\x1b') {
      length = 3;
    } else {
      while (i + length < text.size() && (static_cast<unsigned char>(text[i + length]) & 0xC0U) == 0x80) ++length;
    }
    keys.emplace_back(text.substr(i, length));
    i += length;
  }
  return keys;
}

class PasswordRig {
 public:
  explicit PasswordRig(const Attempt& attempt)
      : attempt_(attempt),
        owner_(std::make_unique<Shell>()),
        shell_(*owner_),
        world_({.settings = {attempt.mode, attempt.seed % 4 == 3},
                .rtt = attempt.rtt,
                .size = attempt.size,
                .seed = attempt.seed},
               std::move(owner_)) {
    shell_.children = {*attempt.shape};
    world_.up().jitter_ms = world_.down().jitter_ms = attempt.jitter_ms;
    world_.up().loss = world_.down().loss = attempt.loss;
  }

  /// How many frames showed something typed for the secret.
  int run() {
    for (const std::string& key : keys_of("a\x7f")) type(key, Milliseconds(60));
    world_.settle();
    for (const std::string& key : keys_of(attempt_.shape->name)) type(key, Milliseconds(60));
    world_.settle();
    world_.run_for(Milliseconds(400));
    trusted_before_ = world_.engine().confirmed() == world_.engine().epoch();
    command_row_ = world_.shown().cursor().row;
    world_.type("\r");
    if (attempt_.when == When::kImpatient) {  // typed where the kernel echoes, taken back, and the prompt waited for
      world_.run_for(Milliseconds(3));
      type("x", Milliseconds(10));
      type("\x7f", Milliseconds(10));
    }
    if (attempt_.when != When::kAhead) {
      const TimePoint limit = world_.now() + Milliseconds(20000);
      const std::string last = attempt_.shape->prompts[0].substr(0, attempt_.shape->prompts[0].size() - 1);
      while (world_.now() < limit && (world_.cursor_row().find(last.substr(last.rfind('H') + 1)) == std::string::npos ||
                                      world_.shown().cursor().row == command_row_)) {
        world_.run_for(Milliseconds(1));
      }
    }
    first_secret_ = world_.engine().last_key() + 1;
    world_.on_draw = [this](const World& world) { look(world); };
    for (std::size_t round = 0; round < attempt_.shape->prompts.size(); ++round) {
      for (const std::string& key : keys_of(attempt_.secret)) type(key, attempt_.pace);
      type("\r", attempt_.pace);
      if (attempt_.when != When::kAhead) {
        world_.settle();
        world_.run_for(attempt_.shape->check + Milliseconds(100));
      }
    }
    world_.run_for(Milliseconds(6000));
    return leaks_;
  }
  [[nodiscard]] bool trusted_before() const { return trusted_before_; }

 private:
  void type(std::string_view key, Milliseconds pause) {
    world_.type(key);
    world_.run_for(pause);
  }

  // Whatever differs from the server's screen because of a key of the secret, is a leak; be it by its colour.
  void look(const World& world) {
    const auto& shown = world.shown();
    for (std::uint32_t row = 0; row < shown.rows(); ++row) {
      if (shown.row(row).id() == world.server().row(row).id()) continue;
      for (std::uint32_t column = 0; column < shown.columns(); ++column) {
        const CellGuess* const guess = world.engine().guess_at({row, column});
        if (guess == nullptr || guess->key < first_secret_) continue;
        if (!(CellLook::of(shown, {row, column}) == CellLook::of(world.server(), {row, column}))) ++leaks_;
      }
    }
    if (!(shown.cursor() == world.server().cursor()) && world.engine().cursor_key() >= first_secret_) ++leaks_;
  }

  Attempt attempt_;
  std::unique_ptr<Shell> owner_;
  Shell& shell_;
  World world_;
  std::uint32_t command_row_ = 0;
  std::uint64_t first_secret_ = 0;
  bool trusted_before_ = false;
  int leaks_ = 0;
};

std::string describe(const Attempt& attempt) {
  return attempt.shape->name + " / " + ::testing::PrintToString(std::string(attempt.secret)) + " / rtt " +
         std::to_string(attempt.rtt.count()) + " pace " + std::to_string(attempt.pace.count()) + " when " +
         std::to_string(static_cast<int>(attempt.when)) + " rows " + std::to_string(attempt.size.rows) + " seed " +
         std::to_string(attempt.seed);
}

struct Totals {
  int attempts = 0;
  int trusted = 0;
};

void try_latencies(When when, Totals& totals) {
  constexpr Milliseconds kPaces[] = {Milliseconds(0),  Milliseconds(7),   Milliseconds(35),
                                     Milliseconds(90), Milliseconds(180), Milliseconds(400)};
  unsigned seed = 0;
  for (int rtt = 0; rtt <= 2000; rtt += rtt < 200 ? 5 : 20) {
    for (const SecretShape& shape : shapes()) {
      ++seed;
      const Attempt attempt{
          .mode = seed % 2 == 0 ? PredictionMode::kAdaptive : PredictionMode::kAlways,
          .rtt = Milliseconds(rtt),
          .shape = &shape,
          .secret = kSecrets[seed * 7 % std::size(kSecrets)],
          .when = when,
          .pace = kPaces[seed * 5 % std::size(kPaces)],
          .size = seed % 3 == 0 ? WindowSize{80, 2} : WindowSize{80, 24},  // the prompt comes by scrolling, or does not
          .jitter_ms = seed % 5 == 0 ? rtt / 10.0 : 0,
          .loss = seed % 7 == 0 ? 0.1 : 0,
          .seed = seed,
      };
      PasswordRig rig(attempt);
      EXPECT_EQ(rig.run(), 0) << describe(attempt);
      ++totals.attempts;
      totals.trusted += rig.trusted_before() ? 1 : 0;
    }
  }
}

TEST(PredictionPassword, NothingTypedAtAPromptReachedByEnterIsShown) {
  Totals totals;
  try_latencies(When::kAtThePrompt, totals);
  EXPECT_GE(totals.attempts, 1000);
  EXPECT_GE(totals.trusted * 10, totals.attempts * 8) << "the command itself was predicted, or this shows nothing";
}

TEST(PredictionPassword, NothingTypedAheadOfThePromptIsShown) {
  Totals totals;
  try_latencies(When::kAhead, totals);
  EXPECT_GE(totals.trusted * 10, totals.attempts * 8);
}

TEST(PredictionPassword, ALetterThatTheKernelEchoedBeforeThePromptEarnsNothingAtIt) {
  Totals totals;
  try_latencies(When::kImpatient, totals);
  EXPECT_GE(totals.trusted * 10, totals.attempts * 8);
}

TEST(PredictionPassword, NoSecretIsShownAtAnyPromptWhateverBothSay) {
  unsigned seed = 0;
  for (const int rtt : {0, 70, 300}) {
    for (const SecretShape& shape : shapes()) {
      for (const std::string_view secret : kSecrets) {
        const Attempt attempt{.mode = PredictionMode::kAlways,
                              .rtt = Milliseconds(rtt),
                              .shape = &shape,
                              .secret = secret,
                              .when = ++seed % 2 == 0 ? When::kAhead : When::kAtThePrompt,
                              .pace = Milliseconds(seed % 11 * 20),
                              .seed = seed};
        EXPECT_EQ(PasswordRig(attempt).run(), 0) << describe(attempt);
      }
    }
  }
}

// As when a connection takes seconds: what was typed meanwhile is really echoed, and trusted. The prompt ends that.
TEST(PredictionPassword, APromptThatComesLateEndsTheTrustThatWasEarnedBeforeIt) {
  for (int rtt = 0; rtt <= 1000; rtt += 50) {
    for (const int before : {0, 40, 150}) {  // between the letter typed too early and the prompt
      SCOPED_TRACE(std::to_string(rtt) + " " + std::to_string(before));
      auto owner = std::make_unique<Shell>();
      Shell& shell = *owner;
      shell.children = {{.name = "ssh", .prompts = {"password: "}, .gap = Milliseconds(8000)}};
      World world({.settings = {PredictionMode::kAlways, false}, .rtt = Milliseconds(rtt)}, std::move(owner));
      for (const char* key : {"s", "s", "h", "\r", "l", "s"}) {
        world.type(key);
        world.settle();
        if (*key == '\r') world.run_for(Milliseconds(2600));
      }
      EXPECT_EQ(world.engine().confirmed(), world.engine().epoch()) << "trusted, by the kernel's echo";
      while (world.truth().cursor().column < 10) world.run_for(Milliseconds(1));  // the prompt is printed
      if (rtt > 2 * before) world.type("x");                                      // not yet seen
      while (world.server().cursor().column < 10) world.run_for(Milliseconds(1));
      const std::uint64_t first = world.engine().last_key() + 1;
      world.on_draw = [&](const World& now) {
        for (std::uint32_t column = 0; column < 80; ++column) {
          const CellGuess* const guess = now.engine().guess_at({1, column});
          if (guess == nullptr || guess->key < first) continue;
          EXPECT_EQ(CellLook::of(now.shown(), {1, column}), CellLook::of(now.server(), {1, column}));
        }
      };
      for (const char* key : {"h", "u", "n", "t"}) {
        world.type(key);
        world.run_for(Milliseconds(80));
      }
      world.run_for(Milliseconds(4000));
    }
  }
}

// The program that was started takes its time to ask. Until then the kernel echoes what is typed ahead, and the server
// shows it; we add nothing to that.
TEST(PredictionPassword, WhatTheKernelEchoesBeforeAPromptTwoSecondsLateEarnsNothing) {
  unsigned seed = 0;
  int trusted = 0;
  for (const int gap : {45, 100, 200, 350, 500, 700, 1000, 1500, 2000}) {
    for (int rtt = 0; rtt <= 2000; rtt += rtt < 200 ? 20 : 90) {
      const SecretShape shape{
          .name = "ssh host", .prompts = {"user@host's password: "}, .gap = Milliseconds(gap), .answer = "Welcome\r\n"};
      for (const int pace : {15, 90, 180, 400}) {
        ++seed;
        const Attempt attempt{.mode = seed % 2 == 0 ? PredictionMode::kAdaptive : PredictionMode::kAlways,
                              .rtt = Milliseconds(rtt),
                              .shape = &shape,
                              .secret = kLongSecrets[seed % std::size(kLongSecrets)],
                              .when = When::kAhead,
                              .pace = Milliseconds(pace),
                              .size = seed % 3 == 0 ? WindowSize{80, 2} : WindowSize{80, 24},
                              .jitter_ms = seed % 5 == 0 ? rtt / 10.0 : 0,
                              .loss = seed % 7 == 0 ? 0.1 : 0,
                              .seed = seed};
        PasswordRig rig(attempt);
        EXPECT_EQ(rig.run(), 0) << "gap " << gap << " " << describe(attempt);
        trusted += rig.trusted_before() ? 1 : 0;
      }
    }
  }
  EXPECT_GE(trusted * 10, static_cast<int>(seed) * 8);
}

// The mode that shows everything, so that the tests above are known to be able to see it.
TEST(PredictionPassword, ModeExperimentalDoesShowIt) {
  const Attempt attempt{.mode = PredictionMode::kExperimental,
                        .rtt = Milliseconds(200),
                        .shape = &shapes()[0],
                        .secret = "hunter2",
                        .pace = Milliseconds(90)};
  EXPECT_GT(PasswordRig(attempt).run(), 0);
}

}  // namespace
}  // namespace sallyport::client::testing
