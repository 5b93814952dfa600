// Random filler that blurs the lengths of short instructions (wire 5.2). Linked by net, later by the client.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "proto/transport_instruction.h"

namespace sallyport::sync {

/// Draws 0 to 16 filler bytes per transmission from a generator (xoshiro256**) that the owner seeds once with 32
/// bytes of the system's randomness, so that the locked-down process needs no system call for it. Nobody without the
/// session key sees the bytes, and the lengths alone only blur; nothing secret depends on them.
class ChaffSource {
 public:
  explicit ChaffSource(std::span<const std::byte, 32> seed);
  ChaffSource(const ChaffSource&) = delete;
  ChaffSource& operator=(const ChaffSource&) = delete;
  /// Fresh filler, borrowed until the next call.
  [[nodiscard]] std::span<const std::byte> draw();

 private:
  std::uint64_t next();

  std::array<std::uint64_t, 4> state_{};
  std::array<std::byte, proto::kMaxChaffBytes> filler_{};
};

}  // namespace sallyport::sync
