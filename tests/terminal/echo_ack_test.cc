// The echo ack's clock (wire protocol 7.5).
#include "terminal/echo_ack.h"

#include <gtest/gtest.h>

namespace sallyport::terminal {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr TimePoint kStart{std::chrono::hours(1)};

TEST(EchoAckHistory, StartsAtZeroWithoutATimer) {
  EchoAckHistory history;
  EXPECT_EQ(history.value(), StateNumber(0));
  EXPECT_EQ(history.frame_due(), kNever);
  EXPECT_FALSE(history.advance(kStart));
}

TEST(WireChecklist, Item47_EchoAckAdvancesFiftyMillisecondsAfterInput) {
  EchoAckHistory history;
  history.input_written(StateNumber(7), kStart);
  EXPECT_FALSE(history.advance(kStart + milliseconds(50) - microseconds(1)));
  EXPECT_EQ(history.value(), StateNumber(0));
  EXPECT_TRUE(history.advance(kStart + milliseconds(50)));
  EXPECT_EQ(history.value(), StateNumber(7));
  EXPECT_FALSE(history.advance(kStart + milliseconds(500)));
}

TEST(WireChecklist, Item47_EachInputHasItsOwnFiftyMilliseconds) {
  EchoAckHistory history;
  history.input_written(StateNumber(3), kStart);
  history.input_written(StateNumber(4), kStart + milliseconds(20));
  EXPECT_TRUE(history.advance(kStart + milliseconds(60)));
  EXPECT_EQ(history.value(), StateNumber(3));
  EXPECT_TRUE(history.advance(kStart + milliseconds(70)));
  EXPECT_EQ(history.value(), StateNumber(4));
}

TEST(EchoAckHistory, IsWorthAFrameOfItsOwnALittleLaterThanItChanges) {
  EchoAckHistory history;
  const TimePoint first = kStart + kEchoAckDelay + kEchoAckCompany;
  history.input_written(StateNumber(3), kStart);
  history.input_written(StateNumber(4), kStart + milliseconds(10));
  EXPECT_EQ(history.frame_due(), first) << "nothing need look at it before";
  EXPECT_TRUE(history.advance(kStart + milliseconds(51)));
  EXPECT_EQ(history.frame_due(), first);
  EXPECT_TRUE(history.advance(kStart + milliseconds(65)));
  EXPECT_EQ(history.frame_due(), first) << "a newer one does not delay an older one";
  history.on_frame();
  EXPECT_EQ(history.frame_due(), kNever);
  history.input_written(StateNumber(5), kStart + milliseconds(80));
  history.on_frame();
  EXPECT_EQ(history.frame_due(), kStart + milliseconds(80) + kEchoAckDelay + kEchoAckCompany);
}

TEST(EchoAckHistory, SeveralDueAtOnceGiveTheNewest) {
  EchoAckHistory history;
  for (unsigned n = 1; n <= 5; ++n) {
    history.input_written(StateNumber(n), kStart + milliseconds(n));
  }
  EXPECT_TRUE(history.advance(kStart + milliseconds(54)));
  EXPECT_EQ(history.value(), StateNumber(4));
}

TEST(EchoAckHistory, NeverDecreases) {
  EchoAckHistory history;
  history.input_written(StateNumber(9), kStart);
  history.input_written(StateNumber(5), kStart + milliseconds(1));
  history.input_written(StateNumber(9), kStart + milliseconds(2));
  EXPECT_TRUE(history.advance(kStart + milliseconds(50)));
  EXPECT_EQ(history.value(), StateNumber(9));
  history.on_frame();
  history.input_written(StateNumber(8), kStart + milliseconds(60));
  EXPECT_EQ(history.frame_due(), kNever);
}

TEST(EchoAckHistory, TheShutdownStateIsAnOrdinaryNumber) {
  EchoAckHistory history;
  history.input_written(kShutdownState, kStart);
  EXPECT_TRUE(history.advance(kStart + milliseconds(50)));
  EXPECT_EQ(history.value(), kShutdownState);
}

TEST(EchoAckHistory, AFloodIsMergedAndNeitherEarlyNorStarved) {
  EchoAckHistory history;
  // Two inputs a millisecond for two seconds: 100 would wait, 64 can.
  StateNumber written;
  std::uint64_t n = 0;
  for (TimePoint now = kStart; now < kStart + std::chrono::seconds(2); now += microseconds(500)) {
    written = StateNumber(++n);
    history.input_written(written, now);
    history.advance(now);
    const std::uint64_t due = n > 100 ? n - 100 : 0;      // written at least 50 ms ago
    const std::uint64_t overdue = n > 202 ? n - 202 : 0;  // written at least 101 ms ago
    ASSERT_LE(history.value().value(), due);
    ASSERT_GE(history.value().value(), overdue);
  }
  history.advance(kStart + std::chrono::seconds(3));
  EXPECT_EQ(history.value(), written);
}

}  // namespace
}  // namespace sallyport::terminal
