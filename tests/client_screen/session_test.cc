// The screen's loop over real channels, played by the test in the roles of guard, tty and net.
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "client/screen/screen_session.h"
#include "tests/client_screen/screen_rig.h"
#include "tests/client_screen/server.h"

namespace sallyport::client::testing {
namespace {

using namespace std::chrono_literals;

const std::string kHint = " [To quit: Ctrl-^ .]";

class Screen : public ::testing::Test {
 protected:
  Screen() { rig_.link_is_well(); }
  ScreenRig rig_;
  Server server_;
};

TEST_F(Screen, ShowsWhatTheServerShows) {
  for (const char* const print :
       {"$ ls\r\n\x1b[34mfolder\x1b[0m  file\r\n$ ", "\x1b[2J\x1b[H\x1b[7mvim\x1b[0m\x1b[?1002h\x1b[?1006h",
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

TEST_F(Screen, TheLastFrameShowsAllThatNetHadPassedOn) {
  ASSERT_TRUE(rig_.settle());
  const std::string filler(60000, ' ');  // several turns' worth
  for (std::uint64_t state = 0; state < 3; ++state) {
    rig_.net_says(Diff{StateNumber(state), StateNumber(state + 1), StateNumber(state)});
    for (int i = 0; i < 2; ++i) rig_.net_says(HostBytes{bytes_of(filler)});
    rig_.net_says(HostBytes{bytes_of("\x1b[2J\x1b[Hstate " + std::to_string(state + 1))});
    rig_.net_says(DiffEnd{});
  }
  const int before = rig_.frames();
  ASSERT_TRUE(rig_.finish());
  EXPECT_EQ(rig_.row(0), "state 3");
  EXPECT_EQ(rig_.frames(), before + 1);
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

}  // namespace
}  // namespace sallyport::client::testing
