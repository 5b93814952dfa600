// The screen's loop over real channels, played by the test in the roles of guard, tty and net.
#include "client/screen/screen_session.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "tests/client_screen/screen_rig.h"
#include "tests/terminal/emulator_testing.h"

namespace sallyport::client::testing {
namespace {

using namespace std::chrono_literals;

const std::string kHint = " [To quit: Ctrl-^ .]";

/// A server's side: what it shows, and the host bytes from one screen to the next.
class Server {
 public:
  explicit Server(WindowSize size = kUsualWindow) : emulator_(size), last_(emulator_.blank_framebuffer(size)) {}
  void print(std::string_view bytes) { emulator_.write(bytes_of(bytes)); }
  void resize(WindowSize size) { emulator_.resize(size); }
  [[nodiscard]] const terminal::Framebuffer& screen() const { return emulator_.framebuffer(); }
  /// Sends the next state.
  void send(ScreenRig& rig) {
    terminal::DiffBuffer out;
    (void)display_.write(last_, screen(), terminal::Receiver::kShowsBase, out);
    const bool resized = last_.size() != screen().size();
    rig.state(state_, state_ + 1, text_of(out.bytes()), resized ? std::optional(screen().size()) : std::nullopt, state_);
    ++state_;
    last_ = screen();
  }
  void prints(ScreenRig& rig, std::string_view bytes) {
    print(bytes);
    send(rig);
  }

 private:
  terminal::Emulator emulator_;
  terminal::Display display_;
  terminal::Framebuffer last_;
  std::uint64_t state_ = 0;
};

class Screen : public ::testing::Test {
 protected:
  Screen() { rig_.link_is_well(); }
  ScreenRig rig_;
  Server server_;
};

TEST_F(Screen, ShowsWhatTheServerShows) {
  for (const char* const print : {"$ ls\r\n\x1b[34mfolder\x1b[0m  file\r\n$ ", "\x1b[2J\x1b[H\x1b[7mvim\x1b[0m\x1b[?1002h\x1b[?1006h",
                                  "\x1b[?25l\x1b[10;10H漢字 e\xcc\x81", "\x1b[r\x1b[24;1H\n\n\nscrolled\x1b[?25h"}) {
    server_.prints(rig_, print);
    ASSERT_TRUE(rig_.settle());
    EXPECT_EQ(rig_.mismatch(server_.screen()), "") << print;
  }
  EXPECT_TRUE(rig_.clean());
}

TEST_F(Screen, DrawsAtOnceAndOnlyTheDifference) {
  server_.prints(rig_, "hello");
  ASSERT_TRUE(rig_.settle());
  (void)rig_.take_written();
  server_.prints(rig_, " you");
  ASSERT_TRUE(rig_.turn());
  EXPECT_EQ(rig_.take_written(), " you");
}

TEST_F(Screen, AStateThatComesLateIsNotDrawn) {
  rig_.state(0, 5, "five");
  ASSERT_TRUE(rig_.settle());
  const int frames = rig_.frames();
  rig_.state(0, 4, "four");
  ASSERT_TRUE(rig_.settle());
  EXPECT_EQ(rig_.frames(), frames);
  EXPECT_EQ(rig_.row(0), "five");
  rig_.state(4, 6, " six");
  ASSERT_TRUE(rig_.settle());
  EXPECT_EQ(rig_.row(0), "four six");
}

TEST_F(Screen, NothingIsDrawnInTheMiddleOfAState) {
  ASSERT_TRUE(rig_.settle());
  (void)rig_.take_written();
  rig_.net_says(Diff{StateNumber(0), StateNumber(1), StateNumber(0)});
  rig_.net_says(HostBytes{bytes_of("half")});
  ASSERT_TRUE(rig_.settle());
  rig_.tty_says(Menu{.shown = true});
  ASSERT_TRUE(rig_.settle());
  EXPECT_EQ(rig_.take_written().find("half"), std::string::npos);
  rig_.net_says(DiffEnd{});
  rig_.tty_says(Menu{.shown = false});
  ASSERT_TRUE(rig_.settle());
  EXPECT_EQ(rig_.row(0), "half");
}

TEST_F(Screen, ASlowTerminalIsShownFewerFramesAndTheNewestOne) {
  ASSERT_TRUE(rig_.settle());
  rig_.terminal_is(Terminal::kStuck);
  const int before = rig_.frames();
  for (int i = 1; i <= 50; ++i) {
    server_.prints(rig_, "\x1b[H" + std::to_string(i));
    ASSERT_TRUE(rig_.settle());
  }
  EXPECT_EQ(rig_.frames(), before + 1);
  EXPECT_EQ(rig_.row(0), "1");
  rig_.terminal_is(Terminal::kPrompt);
  ASSERT_TRUE(rig_.settle());
  EXPECT_EQ(rig_.frames(), before + 2);
  EXPECT_EQ(rig_.row(0), "50");
}

TEST_F(Screen, TimeDoesNotWakeItBehindAFrameThatIsOnItsWay) {
  rig_.terminal_is(Terminal::kStuck);
  server_.prints(rig_, "x");
  ASSERT_TRUE(rig_.settle());
  EXPECT_EQ(rig_.session().next_timer(), kNever);
}

TEST_F(Screen, AnIdleSessionWakesForItsBarAndForNothingElse) {
  server_.prints(rig_, "x");
  ASSERT_TRUE(rig_.settle());
  EXPECT_EQ(rig_.session().next_timer() - rig_.clock().now(), 6500ms + Duration(1));
}

TEST(ScreenStart, WithoutAWindowNothingOfNetsIsRead) {
  ScreenRig rig(usual_arguments(), std::nullopt);
  rig.state(0, 1, "early");
  ASSERT_TRUE(rig.settle());
  EXPECT_EQ(rig.frames(), 0);
  rig.window_is({100, 30});
  ASSERT_TRUE(rig.settle());
  EXPECT_EQ(rig.row(0), "early");
  EXPECT_EQ(rig.session().states()->newest().screen.size(), (WindowSize{100, 30}));
}

TEST(ScreenStart, ClearsTheTerminalBeforeTheServerHasAnswered) {
  ScreenRig rig;
  ASSERT_TRUE(rig.settle());
  EXPECT_EQ(rig.frames(), 1);
  EXPECT_NE(rig.take_written().find("\x1b[2J"), std::string::npos);
}

// ---- Windows ----

TEST_F(Screen, AWindowThatChangesShowsWhatFitsUntilTheServerHasTheSize) {
  server_.prints(rig_, "\x1b[2J\x1b[H\x1b[44mtop\x1b[0m\x1b[24;1Hbottom\x1b[24;70Hright");
  ASSERT_TRUE(rig_.settle());
  constexpr std::array kSizes = {WindowSize{40, 10}, WindowSize{200, 60}, WindowSize{1, 1},  WindowSize{80, 5},
                                 WindowSize{3, 60},  WindowSize{80, 24},  WindowSize{79, 25}};
  for (const WindowSize size : kSizes) {
    rig_.window_is(size);
    ASSERT_TRUE(rig_.settle());
    EXPECT_EQ(rig_.mismatch(fitted(server_.screen(), size)), "") << size.columns;
    server_.resize(size);
    server_.prints(rig_, "\x1b[Hnow " + std::to_string(size.columns));
    ASSERT_TRUE(rig_.settle());
    EXPECT_EQ(rig_.mismatch(server_.screen()), "") << size.columns;
  }
  EXPECT_TRUE(rig_.clean());
}

TEST_F(Screen, TheServersSizeMayChangeWithoutTheWindows) {
  for (const WindowSize size : {WindowSize{20, 5}, WindowSize{80, 24}, WindowSize{132, 43}, WindowSize{1, 1}}) {
    server_.resize(size);
    server_.prints(rig_, "\x1b[2J\x1b[Hab\x1b[41mcd\x1b[99;1Hef");
    ASSERT_TRUE(rig_.settle());
    EXPECT_EQ(rig_.mismatch(fitted(server_.screen(), kUsualWindow)), "") << size.columns;
  }
}

TEST(TerminalChecklist, Item287_SizesThatNoScreenHasEndInARefusalAndNotInAnAbort) {
  for (const WindowSize size : {WindowSize{0, 0}, WindowSize{UINT32_MAX, 5}, WindowSize{1U << 31U, 1U << 31U}, WindowSize{4097, 1}}) {
    ScreenRig rig;
    rig.state(0, 1, "x", size);  // net clamps what a server says; so this is net's word
    EXPECT_FALSE(rig.settle());
  }
  for (const WindowSize size : {WindowSize{1, 1}, WindowSize{4096, 1}, WindowSize{1, 4096}}) {
    ScreenRig rig;
    rig.state(0, 1, "\x1b[Hx", size);
    EXPECT_TRUE(rig.settle());
    EXPECT_EQ(rig.row(0), "x");
  }
}

TEST(TerminalChecklist, Item249_QueriesInHostBytesAreAnsweredToNobody) {
  ScreenRig rig;
  rig.link_is_well();
  rig.state(0, 1, "a\x1b[c\x1b[0c\x1b[>c\x1b[>0c\x1b[5n\x1b[6n\x1b[?6n\x1bZ\x1b[?25$p\x1b[4$p\x1b[18t\x1b[>q\x1bP$qm\x1b\\\x1bP+q544e\x1b\\b");
  for (int i = 0; i < 1000; ++i) rig.state(1 + i, 2 + i, "\x1b[c\x1b[6n", std::nullopt, 1 + i);
  ASSERT_TRUE(rig.settle());
  EXPECT_EQ(rig.row(0), "ab");
  EXPECT_TRUE(rig.clean());
  std::vector<std::byte> buffer(privsep::kMaxElsewhereBytes);
  EXPECT_FALSE(rig.net().receive(buffer).has_value());
  EXPECT_FALSE(rig.guard().receive(buffer).has_value());
}

// ---- The end ----

TEST_F(Screen, FinishDrawsTheServersScreenWithoutAnyOverlay) {
  server_.prints(rig_, "first row\x1b]0;title\a\x1b[1;4H");
  rig_.tty_says(Farewell{Farewell::Kind::kUser});
  ASSERT_TRUE(rig_.settle());
  EXPECT_EQ(rig_.row(0), "mosh: Exiting on user request..." + kHint);
  ASSERT_TRUE(rig_.finish());
  EXPECT_EQ(rig_.mismatch(server_.screen()), "");
}

TEST_F(Screen, TheLastFrameIsSentEvenIfItIsEmptyAndNoneFollowsIt) {
  server_.prints(rig_, "x");
  ASSERT_TRUE(rig_.settle());
  const int before = rig_.frames();
  rig_.terminal_is(Terminal::kStuck);
  rig_.tty_says(Finish{});
  ASSERT_TRUE(rig_.settle());
  EXPECT_EQ(rig_.frames(), before + 1);
  server_.prints(rig_, "y");
  rig_.tty_says(Repaint{});
  rig_.tty_says(Menu{.shown = true});
  rig_.clock().advance(60s);
  ASSERT_TRUE(rig_.settle());
  EXPECT_EQ(rig_.session().next_timer(), kNever);
  EXPECT_EQ(rig_.frames(), before + 1);
  rig_.terminal_is(Terminal::kPrompt);
  EXPECT_FALSE(rig_.settle());
  EXPECT_EQ(rig_.frames(), before + 1);
  EXPECT_TRUE(rig_.session().ended_well());
}

TEST_F(Screen, AFrameThatIsOnItsWayComesBeforeTheLastOne) {
  ASSERT_TRUE(rig_.settle());
  const int before = rig_.frames();
  rig_.terminal_is(Terminal::kStuck);
  server_.prints(rig_, "first");
  ASSERT_TRUE(rig_.settle());
  rig_.tty_says(Finish{});
  ASSERT_TRUE(rig_.settle());
  EXPECT_EQ(rig_.frames(), before + 1);
  rig_.terminal_is(Terminal::kPrompt);
  EXPECT_FALSE(rig_.settle());
  EXPECT_EQ(rig_.frames(), before + 2);
}

TEST_F(Screen, NetMayEndBeforeTheLastFrame) {
  server_.prints(rig_, "stays");
  ASSERT_TRUE(rig_.settle());
  rig_.net().close();
  ASSERT_TRUE(rig_.settle());
  ASSERT_TRUE(rig_.finish());
  EXPECT_EQ(rig_.row(0), "stays");
}

TEST(ScreenEnd, EndsWhenGuardOrTtyIsGone) {
  for (const bool guard : {true, false}) {
    ScreenRig rig;
    ASSERT_TRUE(rig.settle());
    (guard ? rig.guard() : rig.tty()).close();
    EXPECT_FALSE(rig.session().turn(Duration::zero()));
    EXPECT_TRUE(rig.session().ended_well());
  }
}

// ---- What no honest compartment sends ----

struct Wrong {
  const char* name;
  std::function<void(ScreenRig&)> act;
};

template <typename Message>
std::function<void(ScreenRig&)> net(const Message& message) {
  return [message](ScreenRig& rig) { rig.net_says(message); };
}
template <typename Message>
std::function<void(ScreenRig&)> tty(const Message& message) {
  return [message](ScreenRig& rig) { rig.tty_says(message); };
}
std::function<void(ScreenRig&)> raw_net(std::string_view record) {
  return [record](ScreenRig& rig) { (void)rig.net().send(bytes_of(record)); };
}
std::function<void(ScreenRig&)> raw_tty(std::string_view record) {
  return [record](ScreenRig& rig) { (void)rig.tty().send(bytes_of(record)); };
}

TEST(ScreenViolation, EachEndsScreen) {
  const Diff open{StateNumber(0), StateNumber(1), StateNumber(0)};
  const auto within = [open](const auto& message) -> std::function<void(ScreenRig&)> {
    return [open, message](ScreenRig& rig) {
      rig.net_says(open);
      rig.net_says(message);
    };
  };
  const std::vector<Wrong> wrongs = {
      {"a base that is not held", net(Diff{StateNumber(3), StateNumber(4), StateNumber(0)})},
      {"a diff in a diff", within(Diff{StateNumber(0), StateNumber(2), StateNumber(0)})},
      {"an end without a diff", net(DiffEnd{})},
      {"host bytes without a diff", net(HostBytes{bytes_of("x")})},
      {"an echo ack without a diff", net(EchoAck{StateNumber(1)})},
      {"a size without a diff", net(ScreenSize{{80, 24}})},
      {"keys in a diff", within(Keys{.sent = StateNumber(0), .read_bytes = 1, .bytes = bytes_of("x")})},
      {"a link in a diff", within(Link{})},
      {"a notice in a diff", within(Notice{})},
      {"a shown without a frame", [](ScreenRig& rig) { rig.tty_says(Shown{}); }},
      {"an unknown message of net's", raw_net("\x7f")},
      {"an unknown message of tty's", raw_tty("\x7f")},
      {"a message of tty's from net", raw_net("\x55")},
      {"a message of net's from tty", raw_tty("\x45")},
      {"a byte too many", raw_net("\x45x")},
      {"a byte too few", raw_net("\x42xxxxxxx")},
      {"no host bytes", raw_net("\x44")},
      {"a menu of two", raw_tty("\x53\x02")},
      {"a farewell of three", raw_tty("\x54\x03")},
      {"a word of guard's", [](ScreenRig& rig) { (void)rig.guard().send(bytes_of("\x61")); }},
  };
  for (const Wrong& wrong : wrongs) {
    ScreenRig rig;
    ASSERT_TRUE(rig.settle()) << wrong.name;
    wrong.act(rig);
    EXPECT_FALSE(rig.settle()) << wrong.name;
    EXPECT_FALSE(rig.session().ended_well()) << wrong.name;
  }
}

TEST(ScreenViolation, AnyWordBeforeTheWindowEndsIt) {
  for (const auto& act : {tty(Repaint{}), tty(Menu{.shown = true}), tty(Farewell{}), tty(Finish{}), tty(Shown{})}) {
    ScreenRig rig(usual_arguments(), std::nullopt);
    act(rig);
    EXPECT_FALSE(rig.settle());
  }
}

// ---- Predictions ----

ScreenArguments predicting(PredictionMode mode) {
  ScreenArguments arguments = usual_arguments();
  arguments.mode = mode;
  return arguments;
}

TEST(ScreenPrediction, AKeyIsShownAtOnceAndGoesWhenItWasWrong) {
  ScreenRig rig(predicting(PredictionMode::kExperimental));
  rig.link_is_well();
  rig.state(0, 1, "$ ");
  ASSERT_TRUE(rig.settle());
  rig.net_says(Keys{.sent = StateNumber(1), .read_bytes = 1, .bytes = bytes_of("x")});
  ASSERT_TRUE(rig.turn());
  EXPECT_EQ(rig.row(0), "$ x");
  EXPECT_EQ(rig.seen().cursor().column, 3U);
  rig.net_says(Diff{StateNumber(1), StateNumber(2), StateNumber(0)});
  rig.net_says(EchoAck{StateNumber(2)});
  rig.net_says(DiffEnd{});
  ASSERT_TRUE(rig.turn());
  EXPECT_EQ(rig.row(0), "$");
}

TEST(ScreenPrediction, TheLastFrameHasNone) {
  ScreenRig rig(predicting(PredictionMode::kExperimental));
  rig.link_is_well();
  rig.state(0, 1, "$ ");
  rig.net_says(Keys{.sent = StateNumber(1), .read_bytes = 1, .bytes = bytes_of("x")});
  ASSERT_TRUE(rig.settle());
  ASSERT_TRUE(rig.finish());
  EXPECT_EQ(rig.row(0), "$");
}

TEST(ScreenPrediction, AWindowThatChangesDropsThem) {
  ScreenRig rig(predicting(PredictionMode::kExperimental));
  rig.link_is_well();
  rig.state(0, 1, "$ ");
  rig.net_says(Keys{.sent = StateNumber(1), .read_bytes = 1, .bytes = bytes_of("x")});
  ASSERT_TRUE(rig.settle());
  EXPECT_EQ(rig.row(0), "$ x");
  rig.window_is({70, 20});
  ASSERT_TRUE(rig.settle());
  EXPECT_EQ(rig.row(0), "$");
}

TEST(ScreenPrediction, TheBarCoversThem) {
  ScreenRig rig(predicting(PredictionMode::kExperimental));
  rig.link_is_well();
  rig.state(0, 1, "$ ");
  ASSERT_TRUE(rig.settle());
  rig.tty_says(Menu{.shown = true});
  rig.net_says(Keys{.sent = StateNumber(1), .read_bytes = 1, .bytes = bytes_of("x")});
  ASSERT_TRUE(rig.settle());
  EXPECT_EQ(rig.row(0).substr(0, 14), "mosh: Commands");
}

// ---- Anything at all ----

/// Bytes as a program may print them, sense and nonsense.
std::string random_print(std::minstd_rand& random) {
  static constexpr std::array kParts = {"\x1b[H",  "\x1b[2J", "\x1b[K",   "\x1b[7m", "\x1b[0m", "\x1b[44m", "\x1b[38;2;1;2;3m",
                                        "\r\n",    "\n",      "\x1b[5;9r", "\x1b[r",  "\x1b[L",  "\x1b[3M",  "\x1b[2@",
                                        "\x1b[4P", "\x1b[9X", "\x1bM",     "漢",      "e\xcc\x81", "word ", "\x1b[?5h",
                                        "\x1b[?5l", "\x1b[?25l", "\x1b[?25h", "\x1b[?1003h", "\x1b[?1003l", "\x1b[?2004h",
                                        "\x1b]0;t\a", "\a", "\x1b]52;c;QUJD\a", "\x1b[?1049h", "\x1b[?1049l", "\x1b[b", "\t", "\b"};
  std::string bytes;
  for (auto i = random() % 20; i > 0; --i) {
    const auto pick = random() % (kParts.size() + 2);
    if (pick < kParts.size()) {
      bytes += kParts[pick];
    } else if (pick == kParts.size()) {
      bytes += "\x1b[" + std::to_string(1 + random() % 26) + ';' + std::to_string(1 + random() % 82) + 'H';
    } else {
      bytes += std::string(random() % 90, static_cast<char>('a' + random() % 26));
    }
  }
  return bytes;
}

TEST(ScreenRandom, TheTerminalAlwaysShowsWhatTheServerShows) {
  for (const bool able : {true, false}) {
    std::minstd_rand random(20);
    ScreenArguments arguments = usual_arguments();
    arguments.has_ech = arguments.has_bce = able;
    arguments.title_prefix = false;
    ScreenRig rig(arguments);
    Server server;
    for (int i = 0; i < 1500; ++i) {
      rig.link_is_well();
      if (random() % 40 == 0) {
        const WindowSize size{static_cast<std::uint32_t>(1 + random() % 100), static_cast<std::uint32_t>(1 + random() % 30)};
        rig.window_is(size);
        server.resize(size);
      }
      server.prints(rig, random_print(random));
      ASSERT_TRUE(rig.settle());
      ASSERT_EQ(rig.mismatch(server.screen()), "") << "step " << i;
    }
    EXPECT_TRUE(rig.clean());
  }
}

}  // namespace
}  // namespace sallyport::client::testing
