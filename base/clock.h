// Monotonic time as an interface, so that a test can run an hour of timeouts in a millisecond. Linked by every compartment.
#pragma once

#include <chrono>
#include <cstdint>

namespace sallyport {

struct MonotonicEpoch {
  using duration = std::chrono::microseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicEpoch, duration>;
  static constexpr bool is_steady = true;
};

using Duration = std::chrono::microseconds;
/// Microseconds of the system's monotonic clock.
using TimePoint = MonotonicEpoch::time_point;

/// "No timer": later than any time that occurs.
inline constexpr TimePoint kNever = TimePoint::max();

class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;
  [[nodiscard]] virtual TimePoint now() const = 0;
};

/// CLOCK_MONOTONIC. Usually no system call (vDSO); compartments allow clock_gettime for machines where it is one.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override;
};

/// A clock for tests that stands still until told.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(TimePoint start = TimePoint(std::chrono::hours(1))) : now_(start) {}
  [[nodiscard]] TimePoint now() const override { return now_; }
  void advance(Duration by) { now_ += by; }
  void set(TimePoint to) { now_ = to; }

 private:
  TimePoint now_;
};

}  // namespace sallyport
