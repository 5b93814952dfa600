#include "net/flood_pause.h"

#include <gtest/gtest.h>

namespace sallyport::net {
namespace {

using std::chrono::microseconds;

constexpr FloodPause::Reading kOneRefused{.taken = 0, .refused = 1};
constexpr FloodPause::Reading kOneTaken{.taken = 1, .refused = 0};
constexpr FloodPause::Reading kNothing{.taken = 0, .refused = 0};
constexpr TimePoint at(int us) { return TimePoint(microseconds(us)); }

TEST(FloodPause, OneRefusedDatagramDelaysNothing) {
  FloodPause pause;
  pause.on_read(kOneRefused, true, at(0));
  EXPECT_FALSE(pause.pauses_until().has_value());
}

TEST(FloodPause, RefusedOnesThatFollowEachOtherAreGathered) {
  FloodPause pause;
  pause.on_read(kOneRefused, true, at(0));
  for (const int now : {70, 1070, 2070}) {
    pause.on_read(kOneRefused, true, at(now));
    EXPECT_EQ(pause.pauses_until(), at(now) + kFloodPause);
  }
}

TEST(FloodPause, RefusedOnesFarApartDelayNothing) {
  FloodPause pause;
  for (int now = 0; now < 40'000; now += 2001) {
    pause.on_read(kOneRefused, true, at(now));
    ASSERT_FALSE(pause.pauses_until().has_value()) << now;
  }
}

TEST(FloodPause, EndsWhenThePauseBroughtNothing) {
  FloodPause pause;
  pause.on_read(kOneRefused, true, at(0));
  pause.on_read(kOneRefused, true, at(10));
  pause.on_read(kNothing, true, at(510));
  EXPECT_FALSE(pause.pauses_until().has_value());
}

TEST(FloodPause, EndsWithAnythingAuthenticAndStartsAfresh) {
  FloodPause pause;
  pause.on_read(kOneRefused, true, at(0));
  pause.on_read({.taken = 1, .refused = 50}, true, at(10));
  EXPECT_FALSE(pause.pauses_until().has_value());
  pause.on_read(kOneRefused, true, at(20));
  EXPECT_FALSE(pause.pauses_until().has_value());
  pause.on_read(kOneRefused, true, at(30));
  pause.on_read(kOneTaken, true, at(40));
  EXPECT_FALSE(pause.pauses_until().has_value());
}

TEST(FloodPause, NeverDelaysAClientWithoutASocketOfItsOwn) {
  FloodPause pause;
  pause.on_read(kOneRefused, true, at(0));
  pause.on_read(kOneRefused, true, at(10));
  ASSERT_TRUE(pause.pauses_until().has_value());
  pause.on_read(kOneRefused, false, at(510));  // it was lost meanwhile
  EXPECT_FALSE(pause.pauses_until().has_value());
}

TEST(FloodPause, DoesNotWaitWhereMoreIsWaitingThanABudgetTakes) {
  FloodPause pause;
  pause.on_read({.taken = 0, .refused = 64, .more = true}, true, at(0));
  pause.on_read({.taken = 0, .refused = 64, .more = true}, true, at(80));
  EXPECT_FALSE(pause.pauses_until().has_value());
}

}  // namespace
}  // namespace sallyport::net
