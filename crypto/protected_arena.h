// A first-fit allocator over one fixed span, with its own bookkeeping outside the span, so that nothing that overruns
// a block can corrupt it. Inner part of protected_memory.h. What is released is wiped.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace sallyport::crypto {

inline constexpr std::size_t kArenaUnitBytes = 32;  ///< ours: alignment and granularity

/// Manages up to kMaxUnits units. Constant-initialised: usable before any constructor has run.
template <std::size_t kMaxUnits>
class ProtectedArena {
 public:
  constexpr ProtectedArena() = default;
  /// Borrows `bytes` (aligned to kArenaUnitBytes) for ever; what exceeds kMaxUnits is not used.
  constexpr explicit ProtectedArena(std::span<std::byte> bytes) : bytes_(bytes) {}

  /// nullptr when no run of free units is long enough, or for 0 bytes.
  [[nodiscard]] void* allocate(std::size_t size);
  /// Wipes and frees. False, and nothing done, if `memory` is not the start of an allocated block.
  bool release(const void* memory);
  /// Bytes usable at `memory`; 0 if it is not the start of an allocated block.
  [[nodiscard]] std::size_t size_of(const void* memory) const;
  [[nodiscard]] bool contains(const void* memory) const;
  [[nodiscard]] std::size_t used_bytes() const { return used_units_ * kArenaUnitBytes; }

 private:
  [[nodiscard]] std::size_t units() const;
  /// Index of the block that starts at `memory`, or units().
  [[nodiscard]] std::size_t block_at(const void* memory) const;

  std::span<std::byte> bytes_;
  // At a block's first unit: its length in units; at its other units: kInside; at a free unit: 0.
  std::array<std::uint16_t, kMaxUnits> lengths_{};
  std::size_t used_units_ = 0;
  static constexpr std::uint16_t kInside = UINT16_MAX;
  static_assert(kMaxUnits < kInside);
};

}  // namespace sallyport::crypto
