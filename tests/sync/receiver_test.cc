// Which instructions become states (wire 5.7), with the hardening that stock lacks.
#include "sync/receiver.h"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::sync {
namespace {

using std::chrono::milliseconds;

class ReceiverTest : public ::testing::Test {
 protected:
  Arrival take(std::uint64_t from, std::uint64_t to, std::uint64_t throwaway = 0) {
    const proto::TransportInstruction instruction{
        StateNumber(from), StateNumber(to), {}, StateNumber(throwaway), {}, {}};
    return receiver.receive(instruction, now, [this](int base, const proto::TransportInstruction&, const auto* next) {
      ++applied;
      saw_next = next != nullptr;
      return refuse ? std::nullopt : std::optional<int>(base + 1);
    });
  }
  TimePoint now{std::chrono::hours(1)};
  Receiver<int> receiver{0, now};
  int applied = 0;
  bool refuse = false;
  bool saw_next = false;
};

class WireChecklistReceiver : public ReceiverTest {};

TEST_F(WireChecklistReceiver, Item26_IgnoresAHeldNewNumber) {
  EXPECT_EQ(take(0, 1), Arrival::kNewest);
  EXPECT_EQ(take(0, 1), Arrival::kDuplicate);
  EXPECT_EQ(take(0, 0), Arrival::kDuplicate);
  EXPECT_EQ(applied, 1);
}

TEST_F(WireChecklistReceiver, Item26_IgnoresAnUnknownBase) {
  EXPECT_EQ(take(5, 6), Arrival::kUnknownBase);
  EXPECT_EQ(take(0, 1), Arrival::kNewest);
  EXPECT_EQ(take(1, 2, 1), Arrival::kNewest);
  EXPECT_EQ(take(0, 3), Arrival::kUnknownBase);  // thrown away
  EXPECT_EQ(receiver.last().num, StateNumber(2));
}

TEST_F(WireChecklistReceiver, Item27_TheHighestHeldNumberIsNeverForgotten) {
  EXPECT_EQ(take(0, 7), Arrival::kNewest);
  EXPECT_EQ(take(0, 3), Arrival::kOutOfOrder);
  EXPECT_TRUE(saw_next);
  EXPECT_EQ(receiver.last().num, StateNumber(7));
  EXPECT_EQ(take(7, 9, 7), Arrival::kNewest);
  EXPECT_EQ(receiver.last().num, StateNumber(9));
}

TEST_F(WireChecklistReceiver, Item28_DropsStatesBelowThrowaway) {
  EXPECT_EQ(take(0, 1), Arrival::kNewest);
  EXPECT_EQ(take(0, 2), Arrival::kNewest);
  EXPECT_EQ(take(2, 3, 2), Arrival::kNewest);
  EXPECT_EQ(receiver.size(), 2U);
  EXPECT_EQ(receiver.first().num, StateNumber(2));
}

TEST_F(WireChecklistReceiver, Item28_ThrowawayAboveTheBaseDropsTheInstruction) {
  EXPECT_EQ(take(0, 1), Arrival::kNewest);
  EXPECT_EQ(take(0, 2, 1), Arrival::kInconsistent);
  EXPECT_EQ(take(1, 2, 1000), Arrival::kInconsistent);
  EXPECT_EQ(take(1, 2, UINT64_MAX), Arrival::kInconsistent);
  EXPECT_EQ(receiver.size(), 2U);
  EXPECT_EQ(applied, 1);
}

TEST_F(ReceiverTest, ANumberBelowItsBaseIsDropped) {
  EXPECT_EQ(take(0, 5), Arrival::kNewest);
  EXPECT_EQ(take(5, 4), Arrival::kInconsistent);
}

TEST_F(ReceiverTest, ThrowawayOfDroppedInstructionsIsNotHonoured) {
  EXPECT_EQ(take(0, 1), Arrival::kNewest);
  EXPECT_EQ(take(0, 1, 1), Arrival::kDuplicate);
  EXPECT_EQ(take(9, 10, 9), Arrival::kUnknownBase);
  EXPECT_EQ(receiver.first().num, StateNumber(0));
}

TEST_F(ReceiverTest, ARefusedContentLeavesEverythingAsItWas) {
  EXPECT_EQ(take(0, 1), Arrival::kNewest);
  refuse = true;
  EXPECT_EQ(take(1, 2, 1), Arrival::kRefused);
  EXPECT_EQ(receiver.size(), 2U);
  refuse = false;
  EXPECT_EQ(take(1, 2, 1), Arrival::kNewest);
}

TEST_F(ReceiverTest, NothingComesAfterTheShutdownState) {
  EXPECT_EQ(take(0, UINT64_MAX), Arrival::kNewest);
  EXPECT_EQ(take(0, UINT64_MAX), Arrival::kDuplicate);
  EXPECT_EQ(take(UINT64_MAX, UINT64_MAX), Arrival::kDuplicate);
  EXPECT_EQ(take(0, 5), Arrival::kOutOfOrder);
  EXPECT_EQ(take(UINT64_MAX, 6, UINT64_MAX), Arrival::kInconsistent);
  EXPECT_EQ(receiver.last().num, kShutdownState);
}

TEST_F(ReceiverTest, EachStateGrowsFromItsOwnBase) {
  EXPECT_EQ(take(0, 1), Arrival::kNewest);
  EXPECT_EQ(take(1, 2), Arrival::kNewest);
  EXPECT_EQ(take(0, 3), Arrival::kNewest);
  EXPECT_EQ(receiver.last().content, 1);
}

TEST_F(WireChecklistReceiver, Item29_HoldsAboutAThousandStatesThenOneIn15Seconds) {
  for (std::uint64_t num = 1; num <= 1025; ++num) ASSERT_EQ(take(0, num), Arrival::kNewest) << num;
  EXPECT_EQ(take(0, 1026), Arrival::kQuenched);
  now += milliseconds(14999);
  EXPECT_EQ(take(0, 1027), Arrival::kQuenched);
  now += milliseconds(1);
  EXPECT_EQ(take(0, 1028), Arrival::kNewest);
  EXPECT_EQ(take(0, 1029), Arrival::kQuenched);
  EXPECT_EQ(receiver.size(), 1027U);
}

TEST_F(WireChecklistReceiver, Item29_ThrowingAwayEndsTheQuench) {
  for (std::uint64_t num = 1; num <= 1025; ++num) ASSERT_EQ(take(0, num), Arrival::kNewest);
  EXPECT_EQ(take(1025, 1026, 1025), Arrival::kNewest);
  EXPECT_EQ(receiver.size(), 2U);
  EXPECT_EQ(take(1026, 1027, 1026), Arrival::kNewest);
}

TEST_F(WireChecklistReceiver, Item29_AQuenchedRefusedContentDoesNotUseUpTheTurn) {
  for (std::uint64_t num = 1; num <= 1025; ++num) ASSERT_EQ(take(0, num), Arrival::kNewest);
  now += kQuench;
  refuse = true;
  EXPECT_EQ(take(0, 1026), Arrival::kRefused);
  refuse = false;
  EXPECT_EQ(take(0, 1026), Arrival::kNewest);
}

}  // namespace
}  // namespace sallyport::sync
