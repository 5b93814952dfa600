// Datagrams that no server should take, at a steady rate: for the measurements and tests beside a live session. Only ever
// towards 127.0.0.1, and never for longer than it is told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace sallyport::bench {

using Datagram = std::vector<std::byte>;

enum class FloodKind : std::uint8_t {
  kRandom,          ///< random bytes of random length, from 0 to 1400
  kWellShaped,      ///< the same with the shape that the kernel's prefilter passes
  kTruncated,       ///< genuine datagrams cut short
  kBadTag,          ///< genuine datagrams with one bit of the tag flipped
  kWrongDirection,  ///< genuine datagrams with the direction bit flipped
  kReplay,          ///< genuine datagrams again: the tag verifies
  kOversize,        ///< 2049 to 9000 bytes
  kSpoofedBadTag,   ///< as kBadTag, from the client's own address and port: needs a raw socket
};
[[nodiscard]] std::optional<FloodKind> flood_kind(std::string_view name);

struct Flood {
  FloodKind kind = FloodKind::kRandom;
  double per_second = 0;
  std::size_t burst = 64;          ///< datagrams in one go
  std::uint16_t server_port = 0;
  std::uint16_t client_port = 0;   ///< for kSpoofedBadTag
  std::uint64_t seed = 1;
};

/// Sends until `stop`; returns how many the kernel took, nothing if no socket of that kind can be had. `genuine`: recorded
/// datagrams of the session's client, at least one.
[[nodiscard]] std::optional<std::uint64_t> run_flood(const Flood& flood, std::span<const Datagram> genuine, TimePoint stop);

}  // namespace sallyport::bench
