// Smoothed round-trip time and retransmission timeout. Linked by net and the client worker. Wire protocol 3.3.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace sallyport::net {

class RttEstimator {
 public:
  /// One measured round trip in milliseconds; 5000 and more are ignored.
  void sample(std::uint16_t milliseconds);

  [[nodiscard]] bool has_sample() const { return samples_ > 0; }
  /// Round trips taken in so far, and the newest one in milliseconds (0 before the first).
  [[nodiscard]] std::uint64_t samples() const { return samples_; }
  [[nodiscard]] double newest_ms() const { return newest_ms_; }
  /// Milliseconds; 1000 before the first sample.
  [[nodiscard]] double srtt_ms() const { return srtt_ms_; }
  /// Milliseconds; 500 before the first sample.
  [[nodiscard]] double rttvar_ms() const { return rttvar_ms_; }
  /// ceil(SRTT + 4 RTTVAR) within 50..1000 ms; 1000 ms before the first sample.
  [[nodiscard]] Duration rto() const;

 private:
  double srtt_ms_ = 1000;   // spec: wire 3.3
  double rttvar_ms_ = 500;  // spec: wire 3.3
  double newest_ms_ = 0;
  std::uint64_t samples_ = 0;
};

}  // namespace sallyport::net
