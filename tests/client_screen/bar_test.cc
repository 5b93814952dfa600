// What the notification bar says, and when (command line 2.6, prediction 8).
#include "client/screen/bar.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "tests/client_screen/screen_rig.h"
#include "tests/terminal/emulator_testing.h"

namespace sallyport::client {
namespace {

using namespace std::chrono_literals;
using privsep::client::Farewell;
using privsep::client::Link;
using privsep::client::Notice;

constexpr std::uint32_t kWide = 250;
constexpr std::uint32_t kUsual = 80;
const std::string kHint = " [To quit: Ctrl-^ .]";

class Bar : public ::testing::Test {
 protected:
  static std::uint64_t nanoseconds(TimePoint time) {
    return static_cast<std::uint64_t>(time.time_since_epoch().count()) * 1000;
  }
  /// A session that was heard and acknowledged just now.
  void connect() { hear(clock_.now(), clock_.now()); }
  void hear(TimePoint heard, TimePoint acked) {
    bar_.set_link({.heard_ns = nanoseconds(heard), .acked_ns = nanoseconds(acked), .connected = true}, clock_.now());
  }
  std::string text(std::uint32_t columns = kUsual) { return bar_.text(clock_.now(), columns); }
  std::string after(Duration time, std::uint32_t columns = kUsual) {
    clock_.advance(time);
    return text(columns);
  }
  void notice(Notice::Kind kind, std::uint32_t number = 0) { bar_.set_notice({kind, number}, clock_.now()); }
  Duration wait() { return bar_.next_change(clock_.now()) - clock_.now(); }

  FakeClock clock_;
  testing::FakeWall wall_{clock_};
  NotificationBar bar_{60001, 0x1E, wall_, clock_.now()};
};

TEST_F(Bar, IsNotThereWhileAllIsWell) {
  connect();
  EXPECT_EQ(text(), "");
}

TEST_F(Bar, SaysSince250MillisecondsThatNothingWasReceived) {
  EXPECT_EQ(after(250ms), "");
  EXPECT_EQ(after(1ms), "mosh: Nothing received from server on UDP port 60001." + kHint);
  connect();
  EXPECT_EQ(text(), "");
}

TEST_F(Bar, HelpsWhereThereIsRoomAfterSomeSeconds) {
  const std::string begin = "mosh: Nothing received from server on UDP port 60001.";
  const std::string help = " Is it blocked by a firewall? -p picks another one.";
  EXPECT_EQ(after(2900ms, kWide), begin + kHint);
  EXPECT_EQ(after(200ms, kWide), begin + help + kHint);
  EXPECT_EQ(text(kUsual), begin + kHint);
  EXPECT_EQ(after(6s, kWide), begin + " (9 s without contact.)" + help + kHint);
}

TEST_F(Bar, CountsFromTheStartUntilSomethingWasReceived) {
  EXPECT_EQ(after(6500ms), "mosh: Nothing received from server on UDP port 60001." + kHint);
  EXPECT_EQ(after(1ms, 100), "mosh: Nothing received from server on UDP port 60001. (6 s without contact.)" + kHint);
}

TEST_F(Bar, SaysWhyTheSessionNeverBegan) {
  notice(Notice::Kind::kNeverConnected);
  EXPECT_EQ(after(1h, kUsual).substr(0, 37), "mosh: Timed out waiting for server...");
}

TEST_F(Bar, IsCutOnlyWhenItIsDrawn) {
  terminal::Emulator emulator({20, 3});
  terminal::Framebuffer frame = emulator.framebuffer();
  draw_bar("mosh: Last contact 7 seconds ago.", frame);
  EXPECT_EQ(terminal::row_text(frame, 0), "mosh: Last contact 7");
}

TEST_F(Bar, ContactIsLateAfter6500Milliseconds) {
  connect();
  EXPECT_EQ(after(6500ms), "");
  EXPECT_EQ(after(1ms), "mosh: Last contact 6 seconds ago." + kHint);
  EXPECT_EQ(after(499ms), "mosh: Last contact 7 seconds ago." + kHint);
}

TEST_F(Bar, AReplyIsLateAfterTenSecondsWhileContactIsNot) {
  const TimePoint acked = clock_.now();
  connect();
  clock_.advance(10s);
  hear(clock_.now(), acked);
  EXPECT_EQ(text(), "");
  clock_.advance(1ms);
  EXPECT_EQ(text(), "mosh: Last reply 10 seconds ago." + kHint);
  EXPECT_EQ(after(1s), "mosh: Last reply 11 seconds ago." + kHint);
}

TEST_F(Bar, ContactWinsWhenBothAreLate) {
  connect();
  EXPECT_EQ(after(12s), "mosh: Last contact 12 seconds ago." + kHint);
}

TEST_F(Bar, AMessageCarriesTheCountInBrackets) {
  const TimePoint acked = clock_.now();
  connect();
  clock_.advance(11s);
  notice(Notice::Kind::kSendFailed, ENETUNREACH);
  EXPECT_EQ(text(), "mosh: sendto: Network is unreachable (11 s without contact.)" + kHint);
  hear(clock_.now(), acked);
  EXPECT_EQ(text(), "mosh: sendto: Network is unreachable (11 s without reply.)" + kHint);
  clock_.advance(60s);
  notice(Notice::Kind::kSendFailed, ENETUNREACH);
  hear(clock_.now(), acked);
  EXPECT_EQ(text(), "mosh: sendto: Network is unreachable (1:11 without reply.)" + kHint);
}

struct CountUp {
  int seconds;
  const char* said;
};
class BarCounts : public Bar, public ::testing::WithParamInterface<CountUp> {};
TEST_P(BarCounts, InTheStyleOfItsLength) {
  connect();
  EXPECT_EQ(after(std::chrono::seconds(GetParam().seconds)).substr(0, std::string(GetParam().said).size() + 6),
            std::string("mosh: ") + GetParam().said);
}
INSTANTIATE_TEST_SUITE_P(
    Styles, BarCounts,
    ::testing::Values(CountUp{7, "Last contact 7 seconds ago."}, CountUp{59, "Last contact 59 seconds ago."},
                      CountUp{60, "Last contact 1:00 ago."}, CountUp{65, "Last contact 1:05 ago."},
                      CountUp{599, "Last contact 9:59 ago."}, CountUp{3599, "Last contact 59:59 ago."},
                      CountUp{3600, "Last contact 1:00:00 ago."}, CountUp{3725, "Last contact 1:02:05 ago."},
                      CountUp{360000, "Last contact 100:00:00 ago."}));

TEST_F(Bar, NamesTheHourOfTheLastContactWhenItWasLongAgo) {
  connect();
  EXPECT_EQ(after(3599s), "mosh: Last contact 59:59 ago." + kHint);
  EXPECT_EQ(after(126s), "mosh: Last contact 1:02:05 ago. That was at 10:00." + kHint);
  EXPECT_EQ(text(60), "mosh: Last contact 1:02:05 ago." + kHint);
}

// The monotonic clock stands still while the machine sleeps.
TEST_F(Bar, NamesTheHourOfTheLastContactAfterASleep) {
  clock_.advance(300s);
  connect();
  wall_.sleep(7200);
  EXPECT_EQ(after(5s), "");
  EXPECT_EQ(after(2s), "mosh: Last contact 7 seconds ago. That was at 10:05." + kHint);
  connect();
  EXPECT_EQ(after(7s), "mosh: Last contact 7 seconds ago." + kHint);
}

TEST_F(Bar, ANetworkErrorStaysForThreeSecondsAfterTheLastOne) {
  connect();
  notice(Notice::Kind::kSendFailed, ENETUNREACH);
  clock_.advance(3s);
  EXPECT_NE(text(), "");
  notice(Notice::Kind::kReceiveFailed, EHOSTUNREACH);
  EXPECT_EQ(after(3099ms), "mosh: recvmsg: No route to host" + kHint);
  EXPECT_EQ(after(1ms), "");
}

TEST_F(Bar, ANetworkErrorStaysForASecondOnceItIsOver) {
  connect();
  notice(Notice::Kind::kSendFailed, ENETUNREACH);
  clock_.advance(100ms);
  notice(Notice::Kind::kClear);
  EXPECT_NE(after(999ms), "");
  EXPECT_EQ(after(1ms), "");
}

TEST_F(Bar, TheEndOfANetworkErrorDoesNotLengthenIt) {
  connect();
  notice(Notice::Kind::kSendFailed, ENETUNREACH);
  clock_.advance(3s);
  notice(Notice::Kind::kClear);
  EXPECT_EQ(after(100ms), "");
}

TEST_F(Bar, OtherMessagesStayForASecondAndAreNotTheNetworks) {
  for (const auto kind : {Notice::Kind::kNotAuthentic, Notice::Kind::kUnanswered, Notice::Kind::kNotAScreen}) {
    connect();
    notice(kind, 6);
    notice(Notice::Kind::kClear);
    EXPECT_NE(after(999ms), "");
    EXPECT_EQ(after(1ms), "");
  }
}

TEST_F(Bar, SaysWhatAClosedPortMeans) {
  notice(Notice::Kind::kReceiveFailed, ECONNREFUSED);
  EXPECT_EQ(text(), "mosh: Nothing listens on the server's UDP port 60001." + kHint);
  connect();
  notice(Notice::Kind::kReceiveFailed, ECONNREFUSED);
  EXPECT_EQ(text(), "mosh: Server port is closed: the session is probably gone." + kHint);
}

TEST_F(Bar, HowToQuitComesBeforeHowLongItHasBeen) {
  const std::string closed = "mosh: Server port is closed: the session is probably gone.";
  connect();
  (void)after(10s);
  notice(Notice::Kind::kReceiveFailed, ECONNREFUSED);
  EXPECT_EQ(text(kWide), closed + " (10 s without contact.)" + kHint);
  EXPECT_EQ(text(), closed + kHint);
}

TEST_F(Bar, FarewellsStandForGood) {
  const std::vector<std::pair<Farewell::Kind, std::string>> farewells = {
      {Farewell::Kind::kUser, "Exiting on user request..."},
      {Farewell::Kind::kInputEnded, "Exiting..."},
      {Farewell::Kind::kSignal, "Signal received, shutting down..."}};
  for (const auto& [kind, said] : farewells) {
    connect();
    bar_.set_menu(/*shown=*/true);
    bar_.set_farewell(kind);
    notice(Notice::Kind::kSendFailed, ENETUNREACH);
    EXPECT_EQ(text(), "mosh: " + said + kHint);
    EXPECT_EQ(after(1s), "mosh: " + said + kHint);
  }
}

TEST_F(Bar, TheMenuHasNoHintAndStandsUntilTheNextKey) {
  connect();
  bar_.set_menu(/*shown=*/true);
  const std::string menu = "mosh: Commands: Ctrl-Z suspends, \".\" quits, \"^\" gives literal Ctrl-^";
  EXPECT_EQ(text(), menu);
  EXPECT_EQ(after(6s), menu);
  bar_.set_menu(/*shown=*/false);
  EXPECT_EQ(text(), "");
}

TEST_F(Bar, TheMenuIsSeenBeforeTheSessionHasBegun) {
  clock_.advance(2s);
  bar_.set_menu(/*shown=*/true);
  EXPECT_EQ(text().substr(0, 14), "mosh: Commands");
}

struct KeyNames {
  std::uint8_t key;
  const char* name;
  const char* pass;
};
class BarKeys : public Bar, public ::testing::WithParamInterface<KeyNames> {};
TEST_P(BarKeys, AreNamedAsTheyAreTyped) {
  NotificationBar bar(60001, GetParam().key, wall_, clock_.now());
  clock_.advance(1s);
  EXPECT_EQ(bar.text(clock_.now(), kWide),
            std::string("mosh: Nothing received from server on UDP port 60001. [To quit: ") + GetParam().name + " .]");
  bar.set_menu(/*shown=*/true);
  EXPECT_EQ(bar.text(clock_.now(), kWide), std::string("mosh: Commands: Ctrl-Z suspends, \".\" quits, \"") +
                                               GetParam().pass + "\" gives literal " + GetParam().name);
}
INSTANTIATE_TEST_SUITE_P(Names, BarKeys,
                         ::testing::Values(KeyNames{0x1E, "Ctrl-^", "^"}, KeyNames{0x02, "Ctrl-B", "B"},
                                           KeyNames{0x1C, "Ctrl-\\", "\\"}, KeyNames{0x7F, "Ctrl-?", "?"},
                                           KeyNames{'~', "\"~\"", "~"}, KeyNames{'a', "\"a\"", "a"}));

TEST_F(Bar, WithoutAnEscapeKeyThereIsNoHintAndNoMenu) {
  NotificationBar bar(60001, std::nullopt, wall_, clock_.now());
  clock_.advance(1s);
  bar.set_menu(/*shown=*/true);
  EXPECT_EQ(bar.text(clock_.now(), kWide), "mosh: Nothing received from server on UDP port 60001.");
}

TEST_F(Bar, WakesWhenItsTextChangesAndNotOtherwise) {
  EXPECT_EQ(wait(), 250ms + Duration(1));
  connect();
  EXPECT_EQ(wait(), 6500ms + Duration(1));
  clock_.advance(6501ms);
  EXPECT_EQ(wait(), 499ms);
  clock_.advance(499ms);
  EXPECT_EQ(wait(), 1s);
  clock_.advance(53s);
  EXPECT_EQ(wait(), 1s);
  clock_.advance(1s);  // 61 s
  EXPECT_EQ(wait(), 3s);
  connect();
  notice(Notice::Kind::kNotAuthentic);
  EXPECT_EQ(wait(), 1s);
}

TEST_F(Bar, ALinkThatLiesAboutTimeDoesNoHarm) {
  bar_.set_link({.heard_ns = UINT64_MAX, .acked_ns = UINT64_MAX, .connected = true}, clock_.now());
  EXPECT_EQ(text(), "");
  bar_.set_link({.heard_ns = 0, .acked_ns = 0, .connected = true}, clock_.now());
  EXPECT_NE(text(), "");
}

TEST(BarLook, IsWhiteOnBlueOverTheWholeFirstRowAndBoldWhereItSpeaks) {
  terminal::After after("\x1b[1;31mabcdefghij\x1b[2;1Hsecond", {30, 3});
  terminal::Framebuffer frame = after.frame();
  draw_bar("mosh: x", frame);
  EXPECT_EQ(terminal::row_text(frame, 0), "mosh: x");
  EXPECT_EQ(terminal::row_text(frame, 1), "second");
  for (std::uint32_t column = 0; column < 30; ++column) {
    const terminal::Rendition look = terminal::rendition_at(frame, 0, column);
    EXPECT_EQ(look.foreground, terminal::Color::palette(7));
    EXPECT_EQ(look.background, terminal::Color::palette(4));
    EXPECT_EQ(look.has(terminal::kBold), column < 7) << column;
  }
}

TEST(BarLook, WideCharactersTakeTwoColumnsAndNoneIsCutInHalf) {
  terminal::Emulator emulator({6, 2});
  terminal::Framebuffer frame = emulator.framebuffer();
  draw_bar("a\u6f22\u0301\u200b\x01\u6f22\u6f22", frame);
  EXPECT_EQ(terminal::malformation(frame), "");
  EXPECT_EQ(terminal::row_text(frame, 0), "a漢漢");
}

// ---- prediction 10 ----

TEST(PredictionChecklist, M45_TheBarComesWithSilenceAndTellsContactFromReply) {
  testing::ScreenRig rig;
  rig.link_is_well();
  rig.state(0, 1, "\x1b[5;1Hwork");
  ASSERT_TRUE(rig.settle());
  rig.clock().advance(5400ms);
  ASSERT_TRUE(rig.settle());
  EXPECT_EQ(rig.row(0), "");
  rig.clock().advance(1600ms);
  ASSERT_TRUE(rig.settle());
  EXPECT_EQ(rig.row(0), "mosh: Last contact 7 seconds ago." + kHint);
  EXPECT_EQ(rig.row(4), "work");

  testing::ScreenRig other;
  const auto start = static_cast<std::uint64_t>(other.clock().now().time_since_epoch().count()) * 1000;
  const auto hear = [&other, start] {
    const auto now = static_cast<std::uint64_t>(other.clock().now().time_since_epoch().count()) * 1000;
    other.net_says(Link{.heard_ns = now, .acked_ns = start, .send_interval_ms = 20, .connected = true});
  };
  for (int second = 1; second <= 9; ++second) {
    other.clock().advance(1s);
    hear();
    ASSERT_TRUE(other.settle());
    EXPECT_EQ(other.row(0), "") << second;
  }
  other.clock().advance(2s);
  hear();
  ASSERT_TRUE(other.settle());
  EXPECT_EQ(other.row(0), "mosh: Last reply 11 seconds ago." + kHint);
  other.link_is_well();
  ASSERT_TRUE(other.settle());
  EXPECT_EQ(other.row(0), "");
}

TEST(PredictionChecklist, M46_LongSilenceIsCountedInMinutesAndHours) {
  testing::ScreenRig rig;
  rig.link_is_well();
  ASSERT_TRUE(rig.settle());
  rig.clock().advance(65s);
  ASSERT_TRUE(rig.settle());
  EXPECT_EQ(rig.row(0), "mosh: Last contact 1:05 ago." + kHint);
  rig.clock().advance(3660s);
  ASSERT_TRUE(rig.settle());
  EXPECT_EQ(rig.row(0).substr(0, 31), "mosh: Last contact 1:02:05 ago.");
}

TEST(PredictionChecklist, M47_TheCursorIsHiddenUnderTheBarAndNowhereElse) {
  for (const bool under : {true, false}) {
    testing::ScreenRig rig;
    rig.link_is_well();
    rig.state(0, 1, under ? "\x1b[1;9H" : "\x1b[2;9H");
    ASSERT_TRUE(rig.settle());
    EXPECT_TRUE(rig.seen().modes().cursor_visible);
    rig.clock().advance(7s);
    ASSERT_TRUE(rig.settle());
    EXPECT_EQ(rig.seen().modes().cursor_visible, !under);
    rig.link_is_well();
    ASSERT_TRUE(rig.settle());
    EXPECT_TRUE(rig.seen().modes().cursor_visible);
  }
}

TEST(PredictionChecklist, M48_TheTitleHasAPrefixUntilTheEnd) {
  testing::ScreenRig rig;
  rig.link_is_well();
  rig.state(0, 1, "no title");
  ASSERT_TRUE(rig.settle());
  EXPECT_FALSE(rig.seen().title_was_set());
  rig.state(1, 2, "\x1b]0;hello\a");
  ASSERT_TRUE(rig.settle());
  EXPECT_EQ(rig.seen().strings().window_title, "[mosh] hello");
  ASSERT_TRUE(rig.finish());
  EXPECT_EQ(rig.seen().strings().window_title, "hello");
}

}  // namespace
}  // namespace sallyport::client
