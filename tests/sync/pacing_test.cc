#include "sync/pacing.h"

#include <gtest/gtest.h>

namespace sallyport::sync {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint kStart{seconds(1000)};

/// A pacer that has measured a link by a frame of 1500 bytes whose acknowledgment took `milliseconds_taken`.
Pacer measured(double milliseconds_taken, TimePoint& now) {
  Pacer pacer{PacingRule{}};
  pacer.on_round_trip(1, now);
  pacer.on_sent(now, 1500, milliseconds(2));
  now += milliseconds(static_cast<int>(milliseconds_taken));
  pacer.on_round_trip(milliseconds_taken, now);
  pacer.on_acknowledged(1500, 0, now);
  return pacer;
}

TEST(Pacer, WaitsUntilAThinLinkHasCarriedTheFrame) {
  TimePoint now = kStart;
  Pacer pacer = measured(151, now);  // 10 kB/s
  pacer.on_sent(now, 1000, milliseconds(2));
  EXPECT_GE(pacer.drained() - now, milliseconds(90));
}

TEST(Pacer, APeerThatWasStoppedForSecondsDoesNotMakeTypingSlow) {
  TimePoint now = kStart;
  Pacer pacer = measured(4500, now);  // looks like 333 bytes a second
  pacer.on_sent(now, 100, milliseconds(2));
  EXPECT_LE(pacer.drained() - now, milliseconds(60));
}

TEST(Pacer, AnEstimateThatNothingConfirmsIsForgotten) {
  TimePoint now = kStart;
  Pacer pacer = measured(151, now);
  ASSERT_TRUE(pacer.rate().has_value());
  now += seconds(11);
  pacer.on_sent(now, 100, milliseconds(2));
  EXPECT_FALSE(pacer.rate().has_value());
}

// On a link of 10 kB/s whose shortest round trip is 1 ms.
TEST(Pacer, WaitsForTheAcknowledgmentOfALargeFrameLongerThanTheLinkShouldNeed) {
  TimePoint now = kStart;
  Pacer pacer = measured(151, now);
  pacer.on_sent(now, 4000, milliseconds(2));
  EXPECT_GE(pacer.drained() - now, milliseconds(900));  // alone it would be through after 400
  now += milliseconds(700);
  pacer.on_acknowledged(4000, 0, now);
  EXPECT_LE(pacer.drained(), now);
}

TEST(Pacer, WaitsLongerOnceNothingIsHeardButTwoSecondsAtMost) {
  TimePoint now = kStart;
  Pacer pacer = measured(151, now);
  Duration before{};
  for (int i = 0; i < 3; ++i) {
    pacer.on_retransmitted(now, 4000);
    const Duration wait = pacer.drained() - now;
    if (i == 1) {
      EXPECT_GT(wait, before);
    }
    EXPECT_LE(wait, seconds(2));
    before = wait;
    now += wait;
  }
}

TEST(Pacer, APeerThatWasCutOffIsNotWaitedForAsIfTheLinkWereBusy) {
  TimePoint now = kStart;
  Pacer pacer = measured(151, now);
  for (int i = 0; i < 2; ++i) {
    pacer.on_retransmitted(now, 4000);
    now = pacer.drained();
  }
  pacer.on_retransmitted(now, 4000);
  now += seconds(1);
  ASSERT_GT(pacer.drained() - now, milliseconds(900));
  pacer.on_acknowledged(0, 12000, now);  // the same state as ever: nothing has arrived, but the peer is there
  EXPECT_LE(pacer.drained() - now, milliseconds(100));
}

TEST(Pacer, SmallFramesDoNotWaitForAcknowledgments) {
  TimePoint now = kStart;
  Pacer pacer = measured(151, now);
  for (int i = 0; i < 9; ++i) {
    pacer.on_sent(now, 100, milliseconds(2));
    now += milliseconds(20);
    EXPECT_LE(pacer.drained(), now) << i;
  }
}

}  // namespace
}  // namespace sallyport::sync
