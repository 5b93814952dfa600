// A session in virtual time whose only question is how late its client sees what happened: keys that a far program answers, and output
// that it writes by itself. Either end is ours or one with stock's rules (stock_end.h). Nothing computes for any time, so what is measured
// is the protocol's own share. Which datagram is lost depends on the seed, its direction and when it is sent, and on nothing else: who
// sends at the same moment suffers the same loss.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/clock.h"

namespace sallyport::sync::sim {

/// A key that is answered by so many bytes of screen, or as many that are written without one.
struct ScreenEvent {
  double at_ms = 0;
  bool key = true;
  std::size_t bytes = 0;   ///< of incompressible diff
};

enum class Rules : std::uint8_t { kOurs, kStock };

struct EchoSettings {
  std::uint64_t seed = 1;
  double rtt_ms = 0;
  double loss = 0;               ///< each way
  Rules server = Rules::kOurs;
  Rules client = Rules::kStock;
};

struct Traffic {
  std::uint64_t datagrams = 0;
  std::uint64_t bytes = 0;
};

struct EchoResult {
  /// For each event from the key, or the write, until the client holds it, without the path's own delay and the program's millisecond;
  /// milliseconds. What never arrived counts as the longest wait.
  std::vector<double> delays_ms;
  Traffic to_server;
  Traffic to_client;
  double seconds = 0;
};

/// Events are in the order of their times.
[[nodiscard]] EchoResult run_echo_session(const EchoSettings& settings, const std::vector<ScreenEvent>& events);

}  // namespace sallyport::sync::sim
