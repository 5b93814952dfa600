// The checklist of the prediction specification (section 10) where a screen and an acknowledgement, set by hand,
// decide.
#include <gtest/gtest.h>

#include <string_view>

#include "base/bytes.h"
#include "client/screen/prediction.h"
#include "terminal/emulator.h"

namespace sallyport::client {
namespace {

using std::chrono::milliseconds;
using terminal::Position;

struct Bench {
  explicit Bench(PredictionMode mode = PredictionMode::kAlways, WindowSize size = {80, 24}, bool overwrite = false)
      : emulator(size), engine({mode, overwrite}) {
    engine.set_send_interval(100);
    engine.cull(emulator.framebuffer(), now);
  }
  void print(std::string_view bytes) { emulator.write(bytes_of(bytes)); }
  void type(std::string_view bytes, std::uint64_t sent = 0) {
    engine.type(bytes_of(bytes), static_cast<std::uint32_t>(bytes.size()), StateNumber(sent), emulator.framebuffer(),
                now);
  }
  void acknowledge(std::uint64_t state) {
    engine.set_echo_ack(StateNumber(state));
    engine.cull(emulator.framebuffer(), now);
  }
  /// Types a letter and has it confirmed: the epoch is trusted.
  void trust(std::uint64_t state = 1) {
    type("t", state - 1);
    print("\x1b[@t");
    acknowledge(state);
  }
  [[nodiscard]] terminal::Framebuffer shown() const {
    terminal::Framebuffer copy = emulator.framebuffer();
    engine.apply(copy);
    return copy;
  }
  [[nodiscard]] std::string cell(std::uint32_t column, std::uint32_t row = 0) const {
    return std::string(CellLook::of(shown(), {row, column}).text());
  }
  [[nodiscard]] bool underlined(std::uint32_t column, std::uint32_t row = 0) const {
    return CellLook::of(shown(), {row, column}).rendition.underline() != terminal::Underline::kNone;
  }
  [[nodiscard]] const CellGuess* guess(std::uint32_t column, std::uint32_t row = 0) const {
    return engine.guess_at({row, column});
  }

  terminal::Emulator emulator;
  PredictionEngine engine;
  TimePoint now{std::chrono::hours(1)};
};

TEST(PredictionChecklist, M34_EachLetterIsDueWithTheStateThatCarriesIt) {
  Bench bench;
  bench.type("a", 5);
  bench.now += milliseconds(10);
  bench.type("b", 6);
  ASSERT_NE(bench.guess(0), nullptr);
  EXPECT_EQ(bench.guess(0)->due, 6U);
  EXPECT_EQ(bench.guess(1)->due, 7U);
  bench.print("ab");
  bench.acknowledge(6);
  EXPECT_EQ(bench.guess(0), nullptr);
  EXPECT_NE(bench.guess(1), nullptr);
  bench.acknowledge(7);
  EXPECT_EQ(bench.guess(1), nullptr);
}

TEST(PredictionChecklist, M35_OnlyTheAcknowledgementOfItsStateDecidesAboutAGuess) {
  Bench bench;
  bench.type("a", 5);
  bench.print("a");
  bench.acknowledge(5);
  ASSERT_NE(bench.guess(0), nullptr);
  EXPECT_EQ(bench.engine.confirmed(), 0U);
  bench.acknowledge(6);
  EXPECT_EQ(bench.guess(0), nullptr);
  EXPECT_EQ(bench.engine.confirmed(), bench.engine.epoch());
}

TEST(PredictionChecklist, M36_AScreenThatShrinksUnderAGuessDropsIt) {
  Bench bench;
  bench.print("\x1b[20;1H");
  bench.trust();
  bench.type("ab", 1);
  EXPECT_NE(bench.guess(1, 19), nullptr);
  bench.emulator.resize({80, 10});
  terminal::Framebuffer copy = bench.emulator.framebuffer();
  bench.engine.apply(copy);  // not yet culled: still nothing outside is touched
  bench.acknowledge(1);
  EXPECT_FALSE(bench.engine.has_active());
  EXPECT_EQ(bench.engine.guessed_rows(), 0U);
}

TEST(PredictionChecklist, M37_TheLastColumnIsNeverGuessedByInsertionNorUnderlined) {
  Bench bench;
  bench.print(std::string(78, 'x') + "ZQ\r");
  bench.trust();
  bench.type("\x1b[C", 1);
  bench.type("a", 1);
  ASSERT_NE(bench.guess(79), nullptr);
  EXPECT_TRUE(bench.guess(79)->unknown);
  EXPECT_EQ(bench.cell(79), "Z");
  EXPECT_FALSE(bench.underlined(79));
  EXPECT_TRUE(bench.underlined(2));
}

TEST(PredictionChecklist, M38_BackspaceLeavesTheLastTwoColumnsUnknown) {
  Bench bench;
  bench.print(std::string(77, 'x') + "YZQ\r");
  bench.trust();
  bench.type("\x7f", 1);
  ASSERT_NE(bench.guess(78), nullptr);
  EXPECT_TRUE(bench.guess(78)->unknown);
  EXPECT_TRUE(bench.guess(79)->unknown);
  EXPECT_FALSE(bench.guess(77)->unknown);
  EXPECT_EQ(bench.cell(77), "Y");
  EXPECT_EQ(bench.cell(78), "Y");
  EXPECT_TRUE(bench.underlined(78));
  EXPECT_FALSE(bench.underlined(79));
}

TEST(PredictionChecklist, M39_BackspaceInTheFirstColumnIsNoGuess) {
  Bench bench;
  bench.type("\x7f");
  EXPECT_FALSE(bench.engine.has_active());
  EXPECT_EQ(bench.shown().cursor(), (Position{0, 0}));
}

TEST(PredictionChecklist, M40_CursorKeysStopAtTheEdges) {
  Bench bench;
  bench.trust();
  bench.type("\x1b[D\x1b[D\x1b[D", 1);
  EXPECT_EQ(bench.shown().cursor(), (Position{0, 0}));
  Bench right;
  right.print("\x1b[1;79H");
  right.trust();
  right.type("\x1b[C\x1b[C\x1b[C", 1);
  EXPECT_EQ(right.shown().cursor(), (Position{0, 79}));
}

TEST(PredictionChecklist, M41_ALetterTakesTheColoursOfItsLeftNeighbourAndOfTheTruthWhenItComes) {
  const auto colour = [](const Bench& bench, std::uint32_t column) {
    return CellLook::of(bench.shown(), {0, column}).rendition.foreground;
  };
  const auto red = terminal::Color::palette(1);
  const auto green = terminal::Color::palette(2);
  const auto cyan = terminal::Color::palette(6);
  Bench first;
  first.print("\x1b[32m");
  first.type("a", 0);
  ASSERT_NE(first.guess(0), nullptr);
  EXPECT_EQ(first.guess(0)->look.rendition.foreground, green);
  Bench bench;
  bench.trust();
  bench.print("\x1b[31mr\x1b[32m");
  bench.type("x", 1);  // the cursor has moved: another epoch
  bench.print("\x1b[31mx\x1b[32m");
  bench.acknowledge(2);
  bench.type("bcd", 2);
  EXPECT_EQ(colour(bench, 3), red);
  EXPECT_EQ(colour(bench, 5), red);
  bench.type("", 2);
  bench.print("\x1b[36mb");
  bench.acknowledge(2);
  EXPECT_EQ(colour(bench, 4), red);
  bench.acknowledge(3);  // c and d are wrong now, but b was right
  Bench rest;
  rest.trust();
  rest.type("b", 1);
  rest.type("cd", 2);
  rest.print("\x1b[36mb");
  rest.acknowledge(2);
  EXPECT_EQ(colour(rest, 1), cyan);
  EXPECT_EQ(colour(rest, 2), cyan);
  EXPECT_EQ(colour(rest, 3), cyan);
}

TEST(PredictionChecklist, M42_AWrongColourIsNoWrongGuess) {
  Bench bench;
  bench.trust();
  bench.type("ab", 1);
  bench.print("\x1b[1;35mab");
  bench.acknowledge(2);
  EXPECT_EQ(bench.engine.counters().resets + bench.engine.counters().kills, 0U);
  EXPECT_EQ(bench.engine.confirmed(), bench.engine.epoch());
}

TEST(PredictionChecklist, M43_AfterAResetOrAKillTheServersCursorIsShown) {
  Bench bench;
  bench.trust();
  bench.type("ab", 1);
  EXPECT_EQ(bench.shown().cursor(), (Position{0, 3}));
  bench.print("\x1b[5;5H");
  bench.acknowledge(2);
  EXPECT_EQ(bench.engine.counters().resets, 1U);
  EXPECT_EQ(bench.shown().cursor(), (Position{4, 4}));
  bench.type("c", 2);
  bench.acknowledge(3);
  EXPECT_EQ(bench.engine.counters().kills, 1U);
  EXPECT_EQ(bench.shown().cursor(), (Position{4, 4}));
}

// Nor could they: screen has no message for net (privsep/client_net_screen.h), and draws on a copy.
TEST(PredictionChecklist, M49_GuessesChangeACopyOfTheScreenAlone) {
  Bench bench;
  bench.trust();
  const terminal::Framebuffer before = bench.emulator.framebuffer();
  bench.type("ab\u65E5\x1b[D\x7f\r", 1);
  EXPECT_FALSE(bench.shown().row(0).id() == before.row(0).id()) << "something is on display";
  const terminal::Framebuffer& after = bench.emulator.framebuffer();
  EXPECT_EQ(after.cursor(), before.cursor());
  for (std::uint32_t row = 0; row < after.rows(); ++row) EXPECT_EQ(after.row(row).id(), before.row(row).id());
}

TEST(PredictionChecklist, M52_ModeNeverKeepsNothingAndWakesNobody) {
  Bench bench(PredictionMode::kNever);
  bench.type("abc\x1b[D\x7f\r");
  bench.acknowledge(0);
  EXPECT_EQ(bench.engine.guessed_rows(), 0U);
  EXPECT_EQ(bench.engine.cursor_guesses(), 0U);
  EXPECT_EQ(bench.engine.next_timer(bench.now), kNever);
  EXPECT_EQ(bench.engine.epoch(), 1U);
}

TEST(PredictionChecklist, M53_TwoWrongTentativeEpochsInOneCullAreTwoKills) {
  Bench bench;
  bench.print("\x1b[5;3H");
  bench.trust();
  bench.type("\x01", 1);  // tentative
  const std::uint64_t first = bench.engine.epoch();
  bench.type(
      "\x1b[D\x1b[D"
      "b",
      1);
  bench.type("\x01", 1);
  bench.type(
      "\x1b[D\x1b[D\x1b[D"
      "a",
      1);  // a later epoch, further left: judged first
  ASSERT_NE(bench.guess(0, 4), nullptr);
  EXPECT_EQ(bench.guess(0, 4)->epoch, first + 1);
  bench.type("\x01", 1);
  bench.type("\x1b[C\x1b[C\x1b[C\x1b[C", 1);
  const std::uint64_t before = bench.engine.epoch();
  bench.acknowledge(2);
  EXPECT_GE(bench.engine.counters().kills, 1U);
  EXPECT_FALSE(bench.engine.has_active());
  EXPECT_EQ(bench.engine.epoch(), before + bench.engine.counters().kills);
  EXPECT_LE(bench.engine.cursor_guesses(), bench.engine.counters().kills);
  EXPECT_EQ(bench.shown().cursor(), bench.emulator.framebuffer().cursor());
}

TEST(PredictionChecklist, M54_ARightGuessTrustsTheRestOfItsEpochInTheSameCull) {
  Bench bench;
  bench.type("ab", 0);
  bench.print("aX");
  bench.acknowledge(1);
  EXPECT_EQ(bench.engine.counters().resets, 1U);
  EXPECT_EQ(bench.engine.counters().kills, 0U);
  EXPECT_FALSE(bench.engine.has_active());
}

// ---- What the specification proposes, and what is ours ----

TEST(PredictionEngine, TakesALoneStringIntroducerForAnAltKeyAfterAPause) {
  for (const std::string_view key : {"\x1b]", "\x1bP", "\x1b_", "\x1b^", "\x1bX", "\x1b["}) {
    Bench bench;
    bench.trust();
    bench.type(key, 1);
    bench.now += milliseconds(150);
    bench.type("a", 2);
    EXPECT_NE(bench.guess(1), nullptr) << key.substr(1);
    EXPECT_EQ(bench.cell(1), "") << "not trusted";
  }
}

TEST(PredictionEngine, EndsAStringAfterHalfASecondHoweverFastTheTyping) {
  Bench bench;
  bench.trust();
  bench.type("\x1b]", 1);
  for (int i = 0; i < 11; ++i) {
    bench.now += milliseconds(50);
    bench.type("a", 1);
  }
  EXPECT_NE(bench.guess(1), nullptr);
}

TEST(PredictionEngine, TrustsNothingAfterAnEnterInsideAString) {
  Bench bench;
  bench.trust();
  bench.type("\x1b]sudo\r", 1);
  bench.now += milliseconds(700);
  bench.type("p", 2);
  bench.now += milliseconds(10);
  EXPECT_EQ(bench.cell(1), "");
}

// Echo is off, the prompt comes late, and the secret typed before it begins as it does.
TEST(PredictionEngine, DoesNotTakeAPromptForTheEchoOfWhatItSays) {
  for (const std::string_view prompt : {"Password: ", "P: ", "Px", "\x1b[5;1HP"}) {
    Bench bench;
    bench.trust();
    bench.type("\r", 1);
    bench.print("\r\n");
    bench.acknowledge(2);
    bench.type("P", 2);
    bench.type("w", 3);
    bench.print(prompt);
    bench.acknowledge(3);
    EXPECT_LT(bench.engine.confirmed(), bench.engine.epoch()) << prompt;
    EXPECT_NE(bench.cell(1, 1), "w") << prompt;
  }
  Bench echoed;  // as above, but it is an echo
  echoed.type("P", 2);
  echoed.type("w", 3);
  echoed.print("Pw");
  echoed.acknowledge(3);
  EXPECT_EQ(echoed.engine.confirmed(), echoed.engine.epoch());
}

TEST(PredictionEngine, DoesNotTrustWhatWasTypedBeforeTheAnswerToEnterWasKnown) {
  Bench bench;
  bench.trust();
  bench.type("\r", 1);
  bench.type("h", 2);  // the kernel echoes it, just before the program turns that off
  bench.print("\r\nh");
  bench.acknowledge(3);
  bench.type("u", 3);
  EXPECT_EQ(bench.cell(1, 1), "");
}

struct Line {
  std::string_view prompt;         ///< in front of the line that Enter ends
  std::string_view before = "";    ///< typed and answered by nothing just before Enter
  milliseconds typed{600};         ///< after Enter
  milliseconds acknowledged{600};  ///< after the answer to Enter
};

// Whether the letter after one that was typed before the answer to Enter was known is shown at once.
bool trusts_what_was_typed_ahead(const Line& line) {
  Bench bench;
  bench.print(line.prompt);
  bench.trust();
  bench.type(line.before, 0);
  bench.acknowledge(1);
  bench.type("\r", 1);
  bench.now += line.typed;
  bench.type("h", 2);
  bench.now += milliseconds(4000);
  bench.print("\r\n");
  bench.acknowledge(2);
  bench.now += line.acknowledged;
  bench.print("h");
  bench.acknowledge(3);
  bench.type("u", 3);
  return bench.cell(1, 1) == "u";
}

TEST(PredictionEngine, TrustsTheNextLineOfATextThoughItWasTypedBeforeTheAnswerToEnterWasKnown) {
  EXPECT_TRUE(trusts_what_was_typed_ahead({.prompt = ""}));
  EXPECT_FALSE(trusts_what_was_typed_ahead({.prompt = "$ "})) << "a command";
  EXPECT_FALSE(trusts_what_was_typed_ahead({.prompt = "$ ", .acknowledged = milliseconds(9000)}));
  EXPECT_FALSE(trusts_what_was_typed_ahead({.prompt = "", .before = "\x01"})) << "no more of the text, perhaps";
  EXPECT_FALSE(trusts_what_was_typed_ahead({.prompt = "", .typed = milliseconds(400)}));
  EXPECT_FALSE(trusts_what_was_typed_ahead({.prompt = "", .acknowledged = milliseconds(400)}));
}

// Enter, and then a letter that is typed before and echoed after the answer: whether the next one is shown at once.
bool took_for_a_text(Bench& bench, std::uint64_t sent, std::uint32_t row) {
  bench.type("\r", sent);
  bench.now += milliseconds(3000);
  bench.type("h", sent + 1);
  bench.print("\r\n");
  bench.acknowledge(sent + 1);
  bench.now += milliseconds(3000);
  bench.print("h");
  bench.acknowledge(sent + 2);
  bench.type("u", sent + 2);
  return bench.cell(1, row) == "u";
}

TEST(PredictionEngine, TakesALineThatAProgramChangedItselfForNoText) {
  Bench bench;
  bench.trust();
  bench.print("\r$ t");  // a shell, come back
  bench.engine.cull(bench.emulator.framebuffer(), bench.now);
  EXPECT_FALSE(took_for_a_text(bench, 1, 1));
}

TEST(PredictionEngine, TakesWhatFollowsAControlKeyForNoText) {
  Bench bench;
  bench.trust();
  bench.type("\x18", 1);  // the text is left for a shell
  bench.print("\r\n$ ");
  bench.acknowledge(2);
  bench.trust(3);
  EXPECT_EQ(bench.engine.confirmed(), bench.engine.epoch());
  EXPECT_FALSE(took_for_a_text(bench, 3, 2));
}

TEST(PredictionEngine, TakesALineThatEarnedNoTrustForNoText) {
  Bench bench;
  bench.print("$ ");
  bench.trust();
  bench.type("\r", 1);
  bench.print("\r\n");
  bench.acknowledge(2);
  bench.trust(3);  // by the kernel's echo, so soon that it proves nothing
  EXPECT_LT(bench.engine.confirmed(), bench.engine.epoch());
  EXPECT_FALSE(took_for_a_text(bench, 3, 2));
}

// Whether the letter after one that was echoed `after` the answer to a command is shown at once.
bool trusts_an_echo(std::string_view answer, std::uint32_t column, milliseconds after, std::string_view typed = "l") {
  Bench bench;
  bench.print("$ ");
  bench.trust();
  bench.type("\r", 1);
  bench.print(answer);
  bench.acknowledge(2);
  bench.type(typed, 2);
  bench.print(typed);
  bench.now += after;
  bench.acknowledge(3);
  bench.type("s", 3);
  return bench.cell(column, 1) == "s";
}

TEST(PredictionEngine, TrustsAnEchoWithoutAPromptOnlyAWhileAfterTheAnswerToEnter) {
  EXPECT_FALSE(trusts_an_echo("\r\n", 1, milliseconds(0)));
  EXPECT_FALSE(trusts_an_echo("\r\n", 1, milliseconds(2499)));
  EXPECT_FALSE(trusts_an_echo("\r\n", 5, milliseconds(2499), "hello")) << "nor the letters after the first";
  EXPECT_TRUE(trusts_an_echo("\r\n", 1, milliseconds(2500)));
  EXPECT_TRUE(trusts_an_echo("\r\n$ ", 3, milliseconds(0))) << "there is a prompt";
}

TEST(PredictionEngine, GivesNoCreditForWhatWasGuessedThereBefore) {
  Bench bench;
  bench.type(
      "b\x7f"
      "b",
      0);
  bench.print("b");
  bench.acknowledge(1);
  EXPECT_LT(bench.engine.confirmed(), bench.engine.epoch());
  EXPECT_EQ(bench.engine.counters().resets + bench.engine.counters().kills, 0U);
}

TEST(PredictionEngine, TakesNoMaskForAnEcho) {
  for (const std::string_view mask : {"*", "#", "\u2022", "\u25CF"}) {
    Bench bench;
    bench.type(mask, 0);
    bench.print(mask);
    bench.acknowledge(1);
    bench.type("b", 1);
    EXPECT_EQ(bench.cell(1), "") << mask;
  }
}

TEST(PredictionEngine, DoesNotTakeEscapeAndALaterLetterForACursorKey) {
  Bench bench;
  bench.trust();
  bench.type("\x1b", 1);
  bench.now += milliseconds(300);
  bench.type("O", 1);
  bench.type("D", 1);
  EXPECT_EQ(bench.shown().cursor(), (Position{0, 1}));
}

TEST(PredictionEngine, CountsOnlyCursorKeysWithoutModifiers) {
  for (const std::string_view key : {"\x1b[1;5D", "\x1b[5D", "\x1b[?1D", "\x1b[11D", "\x1bO5D"}) {
    Bench bench;
    bench.trust();
    const std::uint64_t epoch = bench.engine.epoch();
    bench.type(key, 1);
    EXPECT_EQ(bench.shown().cursor(), (Position{0, 1})) << key.substr(1);
    EXPECT_EQ(bench.engine.epoch(), epoch + 1) << key.substr(1);
  }
}

TEST(PredictionEngine, PredictsNothingUnderTheBar) {
  Bench bench;
  bench.trust();
  bench.engine.set_bar(true);
  bench.type("a", 1);
  EXPECT_FALSE(bench.engine.has_active());
  bench.engine.set_bar(false);
  bench.type("a", 1);
  EXPECT_NE(bench.guess(1), nullptr);
  EXPECT_EQ(bench.cell(1), "") << "not trusted";
}

TEST(PredictionEngine, OverwritingBackspaceUsesTheCellItBlanks) {
  Bench bench(PredictionMode::kAlways, {80, 24}, /*overwrite=*/true);
  bench.trust();
  bench.print("\x1b[44mb\x1b[0m");
  bench.trust(2);
  bench.type("\x7f\x7f", 2);
  EXPECT_EQ(bench.cell(1), " ");
  EXPECT_EQ(CellLook::of(bench.shown(), {0, 1}).rendition.background, terminal::Color::palette(4));
  EXPECT_EQ(CellLook::of(bench.shown(), {0, 2}).rendition.background, terminal::Color());
}

TEST(PredictionEngine, IsJudgedByTheServersScreenNotByItsOwnGuesses) {
  Bench bench;
  bench.trust();
  bench.type("a", 1);
  EXPECT_EQ(bench.cell(1), "a");
  bench.engine.set_echo_ack(StateNumber(2));
  bench.type("b", 2);  // before any drawing: the wrong guess is found wrong by the key itself
  EXPECT_EQ(bench.engine.counters().resets, 1U);
  EXPECT_EQ(bench.cell(1), "");
}

TEST(PredictionEngine, LeavesNoHalfOfAWideCharacter) {
  for (const bool overwrite : {false, true}) {
    Bench bench(PredictionMode::kAlways, {8, 2}, overwrite);
    bench.print("x\u65E5\u672C\u8A9E\r");
    bench.trust();
    bench.type("ab\x7f", 1);
    const terminal::Framebuffer shown = bench.shown();
    const auto cells = shown.row(0).cells();
    for (std::size_t i = 0; i < cells.size(); ++i) {
      EXPECT_TRUE(!cells[i].wide() || (i + 1 < cells.size() && cells[i + 1].tail()));
      EXPECT_TRUE(!cells[i].tail() || (i > 0 && cells[i - 1].wide()));
    }
  }
}

TEST(PredictionEngine, HoldsNoMoreGuessesThanItsLimit) {
  Bench bench(PredictionMode::kAlways, {4000, 100});
  for (int i = 0; i < 90; ++i) bench.type("a\r", 0);
  EXPECT_LE(bench.engine.guessed_rows() * 4000, PredictionEngine::kMaxGuessedCells);
  EXPECT_GE(bench.engine.guessed_rows(), 10U);
}

TEST(PredictionEngine, WakesOnlyWhenAGuessGetsOldEnough) {
  Bench bench(PredictionMode::kAdaptive);
  bench.engine.set_send_interval(20);
  EXPECT_EQ(bench.engine.next_timer(bench.now), kNever);
  bench.type("a", 0);
  EXPECT_EQ(bench.engine.next_timer(bench.now), bench.now + milliseconds(250));
  bench.now += milliseconds(250);
  bench.acknowledge(0);
  EXPECT_EQ(bench.engine.next_timer(bench.now), bench.now + milliseconds(4750));
  bench.now += milliseconds(4750);
  bench.acknowledge(0);
  EXPECT_EQ(bench.engine.next_timer(bench.now), kNever);
}

TEST(PredictionEngine, SurvivesAcknowledgementsThatNoServerSends) {
  Bench bench;
  bench.type("a", UINT64_MAX);
  bench.acknowledge(UINT64_MAX);
  bench.acknowledge(0);
  bench.type("b", UINT64_MAX - 1);
  bench.acknowledge(UINT64_MAX);
  bench.type("\r\x7f", 0);
  EXPECT_LT(bench.shown().cursor().row, 24U);
}

}  // namespace
}  // namespace sallyport::client
