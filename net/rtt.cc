#include "net/rtt.h"

#include <algorithm>
#include <cmath>

namespace sallyport::net {
namespace {
constexpr std::uint16_t kIgnoredFromMs = 5000;  // spec: wire 3.3
constexpr double kMinRtoMs = 50;                // spec: wire 3.3
constexpr double kMaxRtoMs = 1000;              // spec: wire 3.3
}  // namespace

void RttEstimator::sample(std::uint16_t milliseconds) {
  if (milliseconds >= kIgnoredFromMs) return;
  const double sample = milliseconds;
  newest_ms_ = sample;
  if (samples_++ == 0) {
    srtt_ms_ = sample;
    rttvar_ms_ = sample / 2;
    return;
  }
  rttvar_ms_ = 0.75 * rttvar_ms_ + 0.25 * std::fabs(srtt_ms_ - sample);  // with the old SRTT
  srtt_ms_ = 0.875 * srtt_ms_ + 0.125 * sample;
}

Duration RttEstimator::rto() const {
  const double milliseconds = std::clamp(std::ceil(srtt_ms_ + 4 * rttvar_ms_), kMinRtoMs, kMaxRtoMs);
  return std::chrono::milliseconds(static_cast<std::int64_t>(milliseconds));
}

}  // namespace sallyport::net
