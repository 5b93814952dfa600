// The link simulator of bench/paper delays, queues, loses and drops as it is told.
#include "bench/paper/link_model.h"

#include <gtest/gtest.h>

namespace sallyport::bench {
namespace {

using std::chrono::milliseconds;

constexpr TimePoint kStart{std::chrono::hours(1)};

LinkModel::Packet packet_of(std::size_t bytes, int mark = 0) {
  return LinkModel::Packet(bytes, static_cast<std::byte>(mark));
}

/// How many packets leave up to `until`.
int drain(LinkModel& link, TimePoint until) {
  int taken = 0;
  while (link.take(until)) ++taken;
  return taken;
}

TEST(LinkModel, APerfectWireDeliversAtOnceAndUnchanged) {
  LinkModel link(1);
  EXPECT_EQ(link.next_due(), kNever);
  link.offer(kStart, packet_of(100, 7));
  EXPECT_EQ(link.next_due(), kStart);
  EXPECT_EQ(link.take(kStart), packet_of(100, 7));
  EXPECT_EQ(link.take(kStart), std::nullopt);
}

TEST(LinkModel, DelaysByWhatItIsTold) {
  LinkModel link(1);
  link.set({.delay = milliseconds(250)});
  link.offer(kStart, packet_of(100));
  EXPECT_EQ(link.next_due(), kStart + milliseconds(250));
  EXPECT_EQ(link.take(kStart + milliseconds(249)), std::nullopt);
  EXPECT_TRUE(link.take(kStart + milliseconds(250)).has_value());
}

TEST(LinkModel, JitterVariesTheDelayWithinThreeDeviationsAndNeverReorders) {
  LinkModel link(1);
  link.set({.delay = milliseconds(250), .jitter = milliseconds(20)});
  TimePoint last = kStart;
  bool varied = false;
  for (int i = 0; i < 200; ++i) {
    const TimePoint now = kStart + milliseconds(i);
    link.offer(now, packet_of(100, i));
    const TimePoint due = link.next_due();
    EXPECT_GE(due, last);
    EXPECT_GE(due, now + milliseconds(190));
    EXPECT_LE(due, std::max(last, now + milliseconds(310)));
    varied |= due != now + milliseconds(250);
    last = due;
    EXPECT_EQ(link.take(due), packet_of(100, i));
  }
  EXPECT_TRUE(varied);
}

TEST(LinkModel, APacketThatCameLaterNeverOvertakesWhenTheDelayShrinks) {
  LinkModel link(1);
  link.set({.delay = milliseconds(500)});
  link.offer(kStart, packet_of(100, 1));
  link.set({});
  link.offer(kStart + milliseconds(1), packet_of(100, 2));
  EXPECT_EQ(link.take(kStart + milliseconds(499)), std::nullopt);
  EXPECT_EQ(link.take(kStart + milliseconds(500)), packet_of(100, 1));
  EXPECT_EQ(link.take(kStart + milliseconds(500)), packet_of(100, 2));
}

TEST(LinkModel, LosesTheShareItIsTold) {
  LinkModel link(1);
  link.set({.loss = 0.29});
  for (int i = 0; i < 20000; ++i) link.offer(kStart, packet_of(1));
  const int arrived = drain(link, kStart);
  EXPECT_NEAR(arrived, 20000 * 0.71, 300);  // five deviations
  EXPECT_EQ(link.counts().lost, 20000U - static_cast<unsigned>(arrived));
  EXPECT_EQ(link.counts().dropped, 0U);
}

TEST(LinkModel, TheSameSeedLosesTheSamePacketsWhateverElseIsSet) {
  LinkModel plain(5);
  LinkModel slow(5);
  plain.set({.loss = 0.5});
  slow.set({.delay = milliseconds(10), .jitter = milliseconds(3), .loss = 0.5});
  for (int i = 0; i < 200; ++i) {
    plain.offer(kStart, packet_of(1, i));
    slow.offer(kStart, packet_of(1, i));
    EXPECT_EQ(plain.counts().lost, slow.counts().lost) << i;
  }
}

TEST(LinkModel, SendsNoFasterThanItsRate) {
  LinkModel link(1);
  link.set({.delay = milliseconds(25), .bits_per_second = 2'000'000, .queue_bytes = 1'250'000});
  for (int i = 0; i < 10; ++i) link.offer(kStart, packet_of(1250));  // 5 ms each
  EXPECT_EQ(link.queued(kStart), milliseconds(50));
  EXPECT_EQ(link.queued(kStart + milliseconds(20)), milliseconds(30));
  EXPECT_EQ(drain(link, kStart + milliseconds(29)), 0);
  EXPECT_EQ(drain(link, kStart + milliseconds(30)), 1);
  EXPECT_EQ(drain(link, kStart + milliseconds(74)), 8);
  EXPECT_EQ(drain(link, kStart + milliseconds(75)), 1);
}

TEST(LinkModel, AFullQueueDropsWhatComesAndRecoversAsItEmpties) {
  LinkModel link(1);
  link.set({.bits_per_second = 1'000'000, .queue_bytes = 10'000});
  for (int i = 0; i < 15; ++i) link.offer(kStart, packet_of(1000));  // 8 ms each
  EXPECT_EQ(link.counts().dropped, 5U);
  link.offer(kStart + milliseconds(7), packet_of(1000));
  EXPECT_EQ(link.counts().dropped, 6U) << "the first is not yet sent";
  link.offer(kStart + milliseconds(8), packet_of(1000));
  EXPECT_EQ(link.counts().dropped, 6U);
  EXPECT_EQ(drain(link, kStart + milliseconds(88)), 11);
}

TEST(LinkModel, ASmallPacketSharesTheQueueWithLargeOnes) {
  LinkModel link(1);
  link.set({.delay = milliseconds(25), .bits_per_second = 2'000'000, .queue_bytes = 1'250'000});
  for (int i = 0; i < 1000; ++i) link.offer(kStart, packet_of(1500, 1));  // more than fits
  EXPECT_GT(link.counts().dropped, 0U);
  EXPECT_GT(link.queued(kStart), milliseconds(4990));
  drain(link, kStart + std::chrono::seconds(2));
  link.offer(kStart + std::chrono::seconds(2), packet_of(60, 2));
  drain(link, kStart + milliseconds(5023));  // 833 large ones fitted, 6 ms each
  EXPECT_EQ(link.take(kStart + milliseconds(5024)), packet_of(60, 2));
}

TEST(LinkModel, TellsHowLateItWasAsked) {
  LinkModel link(1);
  link.offer(kStart, packet_of(1));
  link.offer(kStart, packet_of(1));
  EXPECT_EQ(drain(link, kStart + milliseconds(3)), 2);
  EXPECT_EQ(link.counts().late_most, milliseconds(3));
  EXPECT_EQ(link.counts().late_total, milliseconds(6));
}

}  // namespace
}  // namespace sallyport::bench
