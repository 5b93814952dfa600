// Ends and silences by time and signal (wire 8.3, 8.4, 8.6).
#include "sync/session_timers.h"

#include <gtest/gtest.h>

namespace sallyport::sync {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
constexpr TimePoint kStart{std::chrono::hours(1)};
constexpr auto kAttached = Attachment::kAttached;
constexpr auto kDetached = Attachment::kDetached;

TEST(WireChecklist, Item51_EndsAfter60SecondsWithoutAClientState) {
  const SessionTimers timers(kStart, {});
  EXPECT_EQ(timers.on_time(kStart + milliseconds(59999), kDetached), SessionStep::kNone);
  EXPECT_EQ(timers.on_time(kStart + milliseconds(60000), kDetached), SessionStep::kEndNoClient);
  EXPECT_EQ(timers.next_deadline(), kStart + seconds(60));
}

TEST(WireChecklist, Item51_NeverEndsByItselfOnceAClientCame) {
  SessionTimers timers(kStart, {});
  (void)timers.on_client_state(kStart + seconds(59));
  EXPECT_EQ(timers.on_time(kStart + std::chrono::hours(10000), kDetached), SessionStep::kNone);
}

TEST(WireChecklist, Item53_NetworkTimeoutStartsTheShutdownAndEndsSoonAfter) {
  SessionTimers timers(kStart, {.network = seconds(5), .signal = {}});
  (void)timers.on_client_state(kStart + seconds(10));
  EXPECT_EQ(timers.on_time(kStart + milliseconds(14999), kAttached), SessionStep::kNone);
  EXPECT_EQ(timers.next_deadline(), kStart + seconds(15));
  EXPECT_EQ(timers.on_time(kStart + seconds(15), kAttached), SessionStep::kStartShutdown);
  timers.on_shutdown_started();
  EXPECT_EQ(timers.on_time(kStart + seconds(15), kAttached), SessionStep::kNone);
  EXPECT_EQ(timers.next_deadline(), kStart + seconds(16));
  EXPECT_EQ(timers.on_time(kStart + seconds(16), kAttached), SessionStep::kEndIdle);
}

TEST(WireChecklist, Item53_NetworkTimeoutEndsAtOnceWhileDetachedAndBeforeFirstContact) {
  SessionTimers timers(kStart, {.network = seconds(2), .signal = {}});
  EXPECT_EQ(timers.on_time(kStart + milliseconds(1999), kDetached), SessionStep::kNone);
  EXPECT_EQ(timers.on_time(kStart + seconds(2), kDetached), SessionStep::kEndIdle);
  EXPECT_EQ(timers.next_deadline(), kStart + seconds(2));
}

TEST(WireChecklist, Item53_Usr1CountsOnlyAfterTheSignalTimeout) {
  SessionTimers timers(kStart, {.network = {}, .signal = seconds(6)});
  (void)timers.on_client_state(kStart + seconds(1));
  EXPECT_EQ(timers.on_usr1(kStart + milliseconds(6999), kAttached), SessionStep::kNone);
  EXPECT_EQ(timers.on_usr1(kStart + milliseconds(6999), kDetached), SessionStep::kNone);
  EXPECT_EQ(timers.on_usr1(kStart + seconds(7), kAttached), SessionStep::kStartShutdown);
  EXPECT_EQ(timers.on_usr1(kStart + seconds(7), kDetached), SessionStep::kEndSignalled);
}

TEST(WireChecklist, Item53_Usr1AlwaysCountsWithoutASignalTimeout) {
  SessionTimers timers(kStart, {});
  (void)timers.on_client_state(kStart + seconds(1));
  EXPECT_EQ(timers.on_usr1(kStart + seconds(1), kAttached), SessionStep::kStartShutdown);
}

TEST(WireChecklist, Item54_TheFirstSigtermStartsTheShutdownTheSecondEnds) {
  SessionTimers timers(kStart, {});
  EXPECT_EQ(timers.on_terminate(kAttached), SessionStep::kStartShutdown);
  timers.on_shutdown_started();
  EXPECT_EQ(timers.on_terminate(kAttached), SessionStep::kEndSignalled);
}

TEST(WireChecklist, Item54_SigtermWhileDetachedEndsAtOnce) {
  const SessionTimers timers(kStart, {});
  EXPECT_EQ(timers.on_terminate(kDetached), SessionStep::kEndSignalled);
}

TEST(SessionTimers, SilentOncePerSilenceAndHeardAfterwards) {
  SessionTimers timers(kStart, {});
  EXPECT_FALSE(timers.take_silent(kStart + seconds(50)));  // nobody came yet
  EXPECT_FALSE(timers.on_client_state(kStart));
  EXPECT_FALSE(timers.take_silent(kStart + seconds(30)));
  EXPECT_EQ(timers.next_deadline(), kStart + seconds(30) + Duration(1));
  EXPECT_TRUE(timers.take_silent(kStart + seconds(30) + Duration(1)));
  EXPECT_FALSE(timers.take_silent(kStart + seconds(40)));
  EXPECT_EQ(timers.next_deadline(), kNever);
  EXPECT_TRUE(timers.on_client_state(kStart + seconds(60)));
  EXPECT_FALSE(timers.on_client_state(kStart + seconds(61)));
}

TEST(SessionTimers, ReadsSeconds) {
  EXPECT_EQ(parse_timeout_seconds(""), Duration(0));
  EXPECT_EQ(parse_timeout_seconds("0"), Duration(0));
  EXPECT_EQ(parse_timeout_seconds("604800"), Duration(seconds(604800)));
  for (const char* text : {"-1", "5x", "x", " 5", "5 ", "1e3", "0x10", "99999999999999999999",
                           "9223372036854775807", "5.0"}) {
    EXPECT_EQ(parse_timeout_seconds(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace sallyport::sync
