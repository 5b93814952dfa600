// One position of the screen as 8 bytes of plain data. Within one session (one RowStore) two cells that look alike are
// the same integer: text beyond one code point and styles beyond the common ones are interned in the store's tables.
// Linked by the terminal compartment. Specification: terminal 2.1, 2.7, 8.
#pragma once

#include <cstdint>

#include "base/strong_id.h"

namespace sallyport::terminal {

/// A rendition and hyperlink by number (rendition.h packs the common ones into the number itself). 0 is the default.
using StyleId = StrongId<struct StyleIdTag, std::uint32_t>;

/// Contents from here on are not code points but clusters: `content - kFirstCluster` is the cluster's number in the
/// store.
inline constexpr std::uint32_t kFirstCluster = 0x110000;
/// Most bytes of UTF-8 that one cell holds (spec 2.1: below 32 before the last code point is added, which has at most
/// 4).
inline constexpr std::uint32_t kMaxCellBytes = 35;
inline constexpr std::uint32_t kFullCellBytes = 32;

class Cell {
 public:
  static constexpr std::uint64_t kContentMask = 0x1FFFFF;
  static constexpr std::uint64_t kWide = 1U << 24U;  ///< first half of a two-column character
  static constexpr std::uint64_t kTail = 1U << 25U;  ///< second half: empty, always directly after a kWide cell
  static constexpr std::uint64_t kWrap = 1U << 26U;  ///< only on a row's last cell: the line went on by auto-wrap
  static constexpr std::uint64_t kUnstableWidth = 1U << 27U;  ///< implementations disagree about its width (spec 2.2)
  static constexpr unsigned kStyleShift = 32;

  /// An empty cell in the default rendition.
  constexpr Cell() = default;
  constexpr explicit Cell(std::uint64_t bits) : bits_(bits) {}
  static constexpr Cell make(std::uint32_t content, StyleId style, std::uint64_t flags = 0) {
    return Cell(content | flags | std::uint64_t{style.value()} << kStyleShift);
  }
  static constexpr Cell empty(StyleId style) { return make(0, style); }

  [[nodiscard]] constexpr std::uint64_t bits() const { return bits_; }
  /// 0: empty (erased or never written); below kFirstCluster: one code point; else a cluster.
  [[nodiscard]] constexpr std::uint32_t content() const { return static_cast<std::uint32_t>(bits_ & kContentMask); }
  [[nodiscard]] constexpr bool is_empty() const { return content() == 0; }
  [[nodiscard]] constexpr bool is_cluster() const { return content() >= kFirstCluster; }
  [[nodiscard]] constexpr StyleId style() const { return StyleId(static_cast<std::uint32_t>(bits_ >> kStyleShift)); }
  [[nodiscard]] constexpr bool wide() const { return (bits_ & kWide) != 0; }
  [[nodiscard]] constexpr bool tail() const { return (bits_ & kTail) != 0; }
  [[nodiscard]] constexpr bool wraps() const { return (bits_ & kWrap) != 0; }
  [[nodiscard]] constexpr bool unstable_width() const { return (bits_ & kUnstableWidth) != 0; }
  /// Empty, a space or a no-break space: all three look the same (spec 2.1).
  [[nodiscard]] constexpr bool looks_blank() const { return content() == 0 || content() == 0x20 || content() == 0xA0; }

  [[nodiscard]] constexpr Cell with(std::uint64_t flags) const { return Cell(bits_ | flags); }
  [[nodiscard]] constexpr Cell without(std::uint64_t flags) const { return Cell(bits_ & ~flags); }

  constexpr bool operator==(const Cell&) const = default;

 private:
  std::uint64_t bits_ = 0;
};
static_assert(sizeof(Cell) == 8);

}  // namespace sallyport::terminal
