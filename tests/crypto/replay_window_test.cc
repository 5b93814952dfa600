#include "crypto/replay_window.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace sallyport::crypto {
namespace {

Freshness accept(ReplayWindow& window, std::uint64_t number) { return window.accept(SequenceNumber(number)); }

TEST(ReplayWindow, RejectsSameSequenceNumberTwice) {
  ReplayWindow window;
  for (std::uint64_t number = 0; number < 5000; ++number) {
    EXPECT_EQ(accept(window, number), Freshness::kInOrder);
    EXPECT_EQ(accept(window, number), Freshness::kRepeated);
  }
}

TEST(ReplayWindow, AcceptsALateNumberOnceIfItIsWithinTheWindow) {
  ReplayWindow window;
  EXPECT_EQ(accept(window, 2000), Freshness::kInOrder);
  EXPECT_EQ(accept(window, 2000 - 1023), Freshness::kLate);
  EXPECT_EQ(accept(window, 2000 - 1023), Freshness::kRepeated);
  EXPECT_EQ(accept(window, 2000 - 1024), Freshness::kTooOld);
  EXPECT_EQ(accept(window, 0), Freshness::kTooOld);
}

TEST(ReplayWindow, ChangesNothingWhenOnlyAsked) {
  ReplayWindow window;
  EXPECT_EQ(window.check(SequenceNumber(7)), Freshness::kInOrder);
  EXPECT_EQ(window.check(SequenceNumber(7)), Freshness::kInOrder);
  EXPECT_EQ(accept(window, 7), Freshness::kInOrder);
  EXPECT_EQ(window.check(SequenceNumber(6)), Freshness::kLate);
  EXPECT_EQ(accept(window, 6), Freshness::kLate);
}

TEST(ReplayWindow, SurvivesTheLargestNumbersAndTheLargestJump) {
  ReplayWindow window;
  EXPECT_EQ(accept(window, 0), Freshness::kInOrder);
  EXPECT_EQ(accept(window, kSequenceNumberLimit - 1), Freshness::kInOrder);
  EXPECT_EQ(accept(window, kSequenceNumberLimit - 1), Freshness::kRepeated);
  EXPECT_EQ(accept(window, kSequenceNumberLimit - 2), Freshness::kLate);
  EXPECT_EQ(accept(window, 0), Freshness::kTooOld);
}

TEST(ReplayWindow, AgreesWithASetOnRandomOrders) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    std::mt19937_64 random(seed);
    ReplayWindow window;
    std::set<std::uint64_t> seen;
    std::uint64_t newest = 0;
    for (int i = 0; i < 3000; ++i) {
      const std::uint64_t spread = random() % 8 == 0 ? 4000 : 1100;
      const std::uint64_t number = newest + random() % spread - std::min(newest, spread - 20);
      const bool any = !seen.empty();
      const Freshness expected = !any || number > newest   ? Freshness::kInOrder
                                 : newest - number >= 1024 ? Freshness::kTooOld
                                 : seen.contains(number)   ? Freshness::kRepeated
                                                           : Freshness::kLate;
      ASSERT_EQ(accept(window, number), expected) << "seed " << seed << " step " << i << " number " << number;
      seen.insert(number);
      newest = std::max(newest, number);
    }
  }
}

}  // namespace
}  // namespace sallyport::crypto
