// Distinct number types: a state number cannot be passed where a sequence number is wanted. No arithmetic operators; an
// increment that matters is a named function of the room that owns the type.
#pragma once

#include <compare>
#include <cstdint>

namespace sallyport {

template <typename Tag, typename Number = std::uint64_t>
class StrongId {
 public:
  constexpr StrongId() = default;
  constexpr explicit StrongId(Number value) : value_(value) {}
  [[nodiscard]] constexpr Number value() const { return value_; }
  constexpr auto operator<=>(const StrongId&) const = default;

 private:
  Number value_ = 0;
};

/// Version of a synchronised object (wire protocol 5). Never a datagram's sequence number.
using StateNumber = StrongId<struct StateNumberTag>;
/// The terminal's name for one kept screen (architecture 3, TakeFrame). 0 is the blank screen of 80x24 and always exists.
using SnapshotId = StrongId<struct SnapshotIdTag>;
/// Grows whenever the screen or its echo ack changes: equal versions mean equal screens.
using ContentVersion = StrongId<struct ContentVersionTag>;

/// The state number that announces a shutdown (wire protocol 5.1).
inline constexpr StateNumber kShutdownState{UINT64_MAX};

/// A window's size in character cells, columns first as in all our interfaces.
struct WindowSize {
  std::uint32_t columns = 80;
  std::uint32_t rows = 24;
  constexpr bool operator==(const WindowSize&) const = default;
};

/// Largest width or height, and largest product, that crosses a channel (ours: architecture 3).
inline constexpr std::uint32_t kMaxSideCells = 4096;
inline constexpr std::uint32_t kMaxScreenCells = 4U << 20;

/// True if `size` may cross a channel: both sides within 1..4096 and at most 4 Mi cells.
[[nodiscard]] constexpr bool within_limits(WindowSize size) {
  return size.columns >= 1 && size.rows >= 1 && size.columns <= kMaxSideCells && size.rows <= kMaxSideCells &&
         size.columns * size.rows <= kMaxScreenCells;
}

}  // namespace sallyport
