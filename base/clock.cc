#include "base/clock.h"

#include <ctime>

namespace sallyport {

TimePoint SystemClock::now() const {
  timespec ts{};
  (void)::clock_gettime(CLOCK_MONOTONIC, &ts);  // fails for no clock that exists
  return TimePoint(std::chrono::seconds(ts.tv_sec) + Duration(ts.tv_nsec / 1000));
}

}  // namespace sallyport
