#include "net/rtt.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace sallyport::net {
namespace {

using std::chrono::milliseconds;

TEST(WireChecklist, Item10_IgnoresSamplesOf5000MsAndMore) {
  RttEstimator rtt;
  rtt.sample(5000);
  rtt.sample(65535);
  EXPECT_FALSE(rtt.has_sample());
  rtt.sample(4999);
  EXPECT_EQ(rtt.srtt_ms(), 4999);
  rtt.sample(5000);
  EXPECT_EQ(rtt.srtt_ms(), 4999);
}

TEST(WireChecklist, Item11_TimeoutIs1000MsBeforeSamples) {
  const RttEstimator rtt;
  EXPECT_EQ(rtt.srtt_ms(), 1000);
  EXPECT_EQ(rtt.rttvar_ms(), 500);
  EXPECT_EQ(rtt.rto(), milliseconds(1000));
}

TEST(WireChecklist, Item11_UsesTheGivenGainsAndTheOldMean) {
  RttEstimator rtt;
  rtt.sample(100);
  EXPECT_EQ(rtt.srtt_ms(), 100);
  EXPECT_EQ(rtt.rttvar_ms(), 50);
  EXPECT_EQ(rtt.rto(), milliseconds(300));
  rtt.sample(180);  // RTTVAR = 37.5 + 20 with the old SRTT of 100; SRTT = 87.5 + 22.5
  EXPECT_DOUBLE_EQ(rtt.rttvar_ms(), 57.5);
  EXPECT_DOUBLE_EQ(rtt.srtt_ms(), 110);
  EXPECT_EQ(rtt.rto(), milliseconds(340));
  rtt.sample(110);  // RTTVAR = 43.125, SRTT = 110; 282.5 rounds up
  EXPECT_EQ(rtt.rto(), milliseconds(283));
}

TEST(WireChecklist, Item11_TimeoutStaysWithin50And1000Ms) {
  RttEstimator fast;
  for (int i = 0; i < 100; ++i) fast.sample(0);
  EXPECT_EQ(fast.rto(), milliseconds(50));
  RttEstimator slow;
  slow.sample(4000);
  EXPECT_EQ(slow.rto(), milliseconds(1000));
  std::mt19937_64 random(1);
  RttEstimator any;
  for (int i = 0; i < 10000; ++i) {
    any.sample(static_cast<std::uint16_t>(random()));
    ASSERT_TRUE(std::isfinite(any.srtt_ms()) && any.srtt_ms() >= 0 && any.srtt_ms() < 5000);
    ASSERT_GE(any.rto(), milliseconds(50));
    ASSERT_LE(any.rto(), milliseconds(1000));
  }
}

}  // namespace
}  // namespace sallyport::net
