#include "net/flood_pause.h"

#include <gtest/gtest.h>

namespace sallyport::net {
namespace {

using std::chrono::microseconds;

constexpr FloodPause::Reading kOneRefused{.taken = 0, .refused = 1, .emptied = true, .client_apart = true};
constexpr FloodPause::Reading kOneTaken{.taken = 1, .refused = 0, .emptied = true, .client_apart = true};
constexpr FloodPause::Reading kNothing{.taken = 0, .refused = 0, .emptied = true, .client_apart = true};
constexpr TimePoint at(int us) { return TimePoint(microseconds(us)); }

TEST(FloodPause, OneRefusedDatagramDelaysNothing) {
  FloodPause pause;
  pause.on_read(kOneRefused, at(0));
  EXPECT_FALSE(pause.pauses_until().has_value());
}

TEST(FloodPause, RefusedOnesThatFollowEachOtherAreGathered) {
  FloodPause pause;
  pause.on_read(kOneRefused, at(0));
  for (const int now : {70, 1070, 2070}) {
    pause.on_read(kOneRefused, at(now));
    EXPECT_EQ(pause.pauses_until(), at(now) + kFloodPause);
  }
}

TEST(FloodPause, RefusedOnesFarApartDelayNothing) {
  FloodPause pause;
  for (int now = 0; now < 40'000; now += 2001) {
    pause.on_read(kOneRefused, at(now));
    ASSERT_FALSE(pause.pauses_until().has_value()) << now;
  }
}

TEST(FloodPause, EndsWhenThePauseBroughtNothing) {
  FloodPause pause;
  pause.on_read(kOneRefused, at(0));
  pause.on_read(kOneRefused, at(10));
  pause.on_read(kNothing, at(510));
  EXPECT_FALSE(pause.pauses_until().has_value());
}

TEST(FloodPause, EndsWithAnythingAuthenticAndStartsAfresh) {
  FloodPause pause;
  pause.on_read(kOneRefused, at(0));
  pause.on_read({.taken = 1, .refused = 50, .emptied = true, .client_apart = true}, at(10));
  EXPECT_FALSE(pause.pauses_until().has_value());
  pause.on_read(kOneRefused, at(20));
  EXPECT_FALSE(pause.pauses_until().has_value());
  pause.on_read(kOneRefused, at(30));
  pause.on_read(kOneTaken, at(40));
  EXPECT_FALSE(pause.pauses_until().has_value());
}

TEST(FloodPause, NeverDelaysAClientWithoutASocketOfItsOwn) {
  FloodPause pause;
  FloodPause::Reading reading = kOneRefused;
  pause.on_read(reading, at(0));
  pause.on_read(reading, at(10));
  ASSERT_TRUE(pause.pauses_until().has_value());
  reading.client_apart = false;  // it was lost meanwhile
  pause.on_read(reading, at(510));
  EXPECT_FALSE(pause.pauses_until().has_value());
}

TEST(FloodPause, DoesNotWaitWhereMoreIsWaitingThanABudgetTakes) {
  FloodPause pause;
  pause.on_read({.taken = 0, .refused = 64, .emptied = false, .client_apart = true}, at(0));
  pause.on_read({.taken = 0, .refused = 64, .emptied = false, .client_apart = true}, at(80));
  EXPECT_FALSE(pause.pauses_until().has_value());
}

}  // namespace
}  // namespace sallyport::net
