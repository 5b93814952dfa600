// What the server makes of the user stream (wire 6.3, 6.5), and the client's stream itself.
#include "sync/user_events.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "base/bytes.h"
#include "sync/user_stream.h"

namespace sallyport::sync {
namespace {

struct Diff {
  SecretBytes bytes;
  Diff& keys(std::string_view typed) {
    proto::put_keystrokes(bytes_of(typed), bytes);
    return *this;
  }
  Diff& size(std::int32_t columns, std::int32_t rows) {
    proto::put_window_size({columns, rows}, bytes);
    return *this;
  }
};

class UserEventsTest : public ::testing::Test {
 protected:
  UserReceiver::Outcome take(std::uint64_t from, std::uint64_t to, const Diff& diff, std::uint64_t throwaway = 0,
                             std::size_t held = 0) {
    return receiver.receive({StateNumber(from), StateNumber(to), {}, StateNumber(throwaway), diff.bytes, {}}, held,
                            now);
  }
  std::string typed(const UserReceiver::Outcome& outcome) {
    return outcome.events ? std::string(text_of(outcome.events->bytes)) : "(nothing)";
  }
  TimePoint now{std::chrono::hours(1)};
  UserReceiver receiver{now};
};
class WireChecklistUser : public UserEventsTest {};

TEST_F(UserEventsTest, HandsOutTheBytesOfANewState) {
  const auto outcome = take(0, 1, Diff().keys("ls\r"));
  EXPECT_EQ(outcome.arrival, Arrival::kNewest);
  EXPECT_EQ(typed(outcome), "ls\r");
  EXPECT_EQ(outcome.events->state, StateNumber(1));
}

TEST_F(UserEventsTest, HandsOutOnlyWhatIsNewInARebasedState) {
  (void)take(0, 1, Diff().keys("ab"));
  EXPECT_EQ(typed(take(0, 2, Diff().keys("abcd"))), "cd");
  EXPECT_EQ(typed(take(1, 3, Diff().keys("cdef"))), "ef");
  EXPECT_EQ(typed(take(0, 4, Diff().keys("abcdef"))), "(nothing)");
}

TEST_F(UserEventsTest, RepeatsNothingForDuplicatesAndLatecomers) {
  (void)take(0, 3, Diff().keys("abc"));
  EXPECT_EQ(take(0, 3, Diff().keys("abc")).arrival, Arrival::kDuplicate);
  const auto late = take(0, 2, Diff().keys("ab"));
  EXPECT_EQ(late.arrival, Arrival::kOutOfOrder);
  EXPECT_EQ(typed(late), "(nothing)");
  EXPECT_EQ(typed(take(2, 4, Diff().keys("cd"))), "d");
}

TEST_F(UserEventsTest, AWindowSizeCountsAsOneEventOfTheStream) {
  (void)take(0, 1, Diff().size(80, 24).keys("a"));
  const auto outcome = take(0, 2, Diff().size(80, 24).keys("a").size(100, 30).keys("b"));
  EXPECT_EQ(typed(outcome), "b");
  EXPECT_EQ(outcome.events->resize, (WindowSize{100, 30}));
}

TEST_F(WireChecklistUser, Item41_OnlyTheLastOfSeveralWindowSizesCounts) {
  const auto outcome = take(0, 1, Diff().size(80, 24).size(90, 25).keys("x").size(100, 30));
  EXPECT_EQ(outcome.events->resize, (WindowSize{100, 30}));
  EXPECT_EQ(typed(outcome), "x");
}

// Ours: below 1 ignored, above the bound clamped (architecture 3), where the list's item speaks of limits in general.
TEST_F(WireChecklistUser, Item43_WindowSizesOutsideTheLimits) {
  EXPECT_EQ(bounded({0, 0}), std::nullopt);
  EXPECT_EQ(bounded({80, 0}), std::nullopt);
  EXPECT_EQ(bounded({-1, 24}), std::nullopt);
  EXPECT_EQ(bounded({INT32_MIN, INT32_MIN}), std::nullopt);
  EXPECT_EQ(bounded({1, 1}), (WindowSize{1, 1}));
  EXPECT_EQ(bounded({4097, 24}), (WindowSize{4096, 24}));
  EXPECT_EQ(bounded({65535, 65535}), (WindowSize{4096, 1024}));
  EXPECT_EQ(bounded({INT32_MAX, INT32_MAX}), (WindowSize{4096, 1024}));
  EXPECT_EQ(bounded({2000, INT32_MAX}), (WindowSize{2000, 2097}));
  for (const std::int32_t side : {1, 2, 1000, 2047, 2048, 2049, 4095, 4096, 4097, INT32_MAX}) {
    EXPECT_TRUE(within_limits(*bounded({side, side}))) << side;
  }
}

TEST_F(WireChecklistUser, Item43_AnIgnoredWindowSizeIsStillAnEvent) {
  const auto outcome = take(0, 1, Diff().size(0, 0).keys("a"));
  EXPECT_EQ(outcome.events->resize, std::nullopt);
  EXPECT_EQ(typed(take(0, 2, Diff().size(0, 0).keys("ab"))), "b");
}

TEST_F(WireChecklistUser, Item21_AnUndecodableDiffDropsTheWholeInstruction) {
  Diff diff;
  diff.keys("abc").bytes.push_back(std::byte{0x0A});
  EXPECT_EQ(take(0, 1, diff).arrival, Arrival::kRefused);
  EXPECT_EQ(receiver.newest(), StateNumber(0));
  EXPECT_EQ(typed(take(0, 1, Diff().keys("abc"))), "abc");
}

TEST_F(UserEventsTest, AShrinkingStreamIsRefused) {
  (void)take(0, 1, Diff().keys("abc"));
  EXPECT_EQ(take(0, 2, Diff().keys("a")).arrival, Arrival::kRefused);
  EXPECT_EQ(take(0, 2, Diff()).arrival, Arrival::kRefused);
}

TEST_F(UserEventsTest, ALatecomerLongerThanItsSuccessorIsRefused) {
  (void)take(0, 5, Diff().keys("ab"));
  EXPECT_EQ(take(0, 3, Diff().keys("abcdef")).arrival, Arrival::kRefused);
}

TEST_F(UserEventsTest, InputAboveTheLimitIsRefusedWhileOlderInputWaits) {
  const std::string megabyte(kMaxHeldInputBytes, 'x');
  EXPECT_EQ(take(0, 1, Diff().keys(megabyte), 0, 1).arrival, Arrival::kRefused);
  EXPECT_EQ(take(0, 1, Diff().keys("a"), 0, kMaxHeldInputBytes).arrival, Arrival::kRefused);
  EXPECT_EQ(take(0, 1, Diff().keys("a"), 0, SIZE_MAX).arrival, Arrival::kRefused);
  EXPECT_EQ(take(0, 1, Diff().keys("a"), 0, kMaxHeldInputBytes - 1).arrival, Arrival::kNewest);
}

TEST_F(UserEventsTest, StatesWithoutNewInputPassTheLimit) {
  EXPECT_EQ(take(0, 1, Diff(), 0, kMaxHeldInputBytes).arrival, Arrival::kNewest);
  EXPECT_EQ(take(1, 2, Diff().size(90, 30), 0, kMaxHeldInputBytes).arrival, Arrival::kNewest);
}

TEST_F(UserEventsTest, OneInstructionOfAnySizePassesWhileNothingWaits) {
  const std::string four_megabytes(proto::kMaxDiffBytes - 100, 'x');
  EXPECT_EQ(typed(take(0, 1, Diff().keys(four_megabytes))).size(), four_megabytes.size());
}

TEST_F(WireChecklistUser, Item38_AShutdownsDiffIsAppliedAndItsExcessDropped) {
  const std::string megabyte(kMaxHeldInputBytes, 'x');
  const auto outcome = take(0, UINT64_MAX, Diff().keys(megabyte), 0, kMaxHeldInputBytes - 3);
  EXPECT_EQ(outcome.arrival, Arrival::kNewest);
  EXPECT_EQ(typed(outcome), "xxx");
  EXPECT_EQ(receiver.newest(), kShutdownState);
}

TEST_F(UserEventsTest, ReceivedStatesHoldNoInput) {
  const std::string megabyte(kMaxHeldInputBytes, 'x');
  for (std::uint64_t num = 1; num <= 10; ++num) {
    EXPECT_EQ(take(0, num, Diff().keys(megabyte)).arrival, Arrival::kNewest);
  }
  EXPECT_EQ(receiver.held_states(), 11U);
}

// ---- the client's stream ----

TEST(UserStream, WritesRunsOfBytesAsOneElement) {
  UserStream stream;
  stream.append(WindowSize{80, 24});
  stream.append(bytes_of(std::string_view("l")));
  stream.append(bytes_of(std::string_view("s\r")));
  stream.append(WindowSize{100, 30});
  EXPECT_EQ(stream.end(), UserPosition(5));
  EXPECT_EQ(stream.diff(UserPosition(0)), Diff().size(80, 24).keys("ls\r").size(100, 30).bytes);
  EXPECT_EQ(stream.diff(UserPosition(1)), Diff().keys("ls\r").size(100, 30).bytes);
  EXPECT_EQ(stream.diff(UserPosition(2)), Diff().keys("s\r").size(100, 30).bytes);
  EXPECT_TRUE(stream.diff(UserPosition(5)).empty());
}

TEST(UserStream, ForgetsWithoutMovingPositions) {
  UserStream stream;
  for (int i = 0; i < 100; ++i) {
    stream.append(bytes_of(std::string_view("abcdefghij")));
    stream.append(WindowSize{80, static_cast<std::uint32_t>(i + 1)});
    if (i >= 2) stream.forget_before(UserPosition(static_cast<std::uint64_t>(i - 1) * 11 + 5));
  }
  EXPECT_EQ(stream.end(), UserPosition(1100));
  EXPECT_LE(stream.held_bytes(), 60U);
  EXPECT_EQ(stream.diff(UserPosition(1099 - 3)), Diff().keys("hij").size(80, 100).bytes);
}

}  // namespace
}  // namespace sallyport::sync
