// Display: writes the difference between two screens as the bytes that bring a client's emulator from one to the
// other (the host bytes of wire 7.7). The result is right for every receiver that looks like the base, however it
// came there (blanks as spaces, no wrap marks), leaves it in the baseline of terminal 6.2, and never makes it answer.
// Linked by the terminal compartment. Specification: terminal 6; wire protocol 7.7, 7.8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "terminal/diff_buffer.h"
#include "terminal/framebuffer.h"
#include "terminal/screen_writer.h"

namespace sallyport::terminal {

/// What the receiver can do. For host bytes all of it; a client's real terminal may lack some (terminal 6.8).
struct DisplayOptions {
  bool has_ech = true;        ///< erases characters (CSI n X)
  bool has_bce = true;        ///< erases with the current background
  bool has_title = true;      ///< takes titles
  bool has_clipboard = true;  ///< is given the clipboard (a client's user may forbid it)
  bool stock_peer = true;     ///< understands no more than terminal 6.2: nothing else is ever written today

  /// Erasing gives blanks of this rendition (as stock_rendition() gives it): nothing is set but, perhaps, a
  /// background.
  [[nodiscard]] constexpr bool erases(const Rendition& rendition) const {
    return rendition == Rendition{.background = rendition.background} && (has_bce || rendition.background.is_default());
  }
};

/// spec: architecture 3: a frame's host bytes stay below 4 MiB - 1 KiB; ours: less room for the messages around them.
inline constexpr std::size_t kMaxHostBytes = (std::size_t{4} << 20U) - 2048;

/// What write() achieved.
struct DiffExtent {
  /// Rows from the top that the receiver shows as wanted. All, unless the budget ran out; then the remaining ones
  /// still show the base's (or, if the base's size differs or the receiver was unknown, blanks), and everything but
  /// rows is as wanted.
  std::uint32_t rows = 0;
  bool repainted = false;  ///< it began by clearing the screen
};

class Display {
 public:
  explicit Display(DisplayOptions options = {}) : options_(options) {}

  /// Appends to `out` what brings a receiver that shows `base` to `wanted`; nothing if they look alike. Both belong
  /// to one RowStore; their sizes may differ (then the receiver has been resized to that of `wanted` before). With
  /// Receiver::kUnknown of `base` only bell, titles and clipboard are used. Linear in the cells of changed rows; of the
  /// others nothing is read but their addresses. At most `budget` bytes (at least 1 MiB). Source: terminal 6.3 to 6.7.
  [[nodiscard]] DiffExtent write(const Framebuffer& base, const Framebuffer& wanted, Receiver receiver, DiffBuffer& out,
                                 std::size_t budget = kMaxHostBytes);

 private:
  /// Where a row was before and where it is now: rows `to`.. of the wanted screen are rows `from`.. of the base.
  struct Block {
    std::uint32_t from = 0;
    std::uint32_t to = 0;
    std::uint32_t count = 0;
  };

  enum class Repaint : std::uint8_t { kChanges, kAll };
  enum class ScrollSearch : std::uint8_t { kOff, kOn };

  // display.cc
  [[nodiscard]] std::uint32_t write_screen(const Framebuffer& base, const Framebuffer& wanted, Repaint repaint,
                                           ScrollSearch search, DiffBuffer& out, std::size_t limit);
  [[nodiscard]] std::uint32_t write_rows(const Framebuffer& wanted, ScreenWriter& writer, std::size_t limit) const;
  // display_rows.cc
  [[nodiscard]] bool write_row(const Framebuffer& wanted, std::uint32_t row, bool continued,
                               ScreenWriter& writer) const;
  [[nodiscard]] std::uint32_t first_row_to_clear(const Framebuffer& wanted) const;
  // display_scroll.cc
  void scroll(const Framebuffer& wanted, ScreenWriter& writer);
  void find_blocks(const Framebuffer& wanted);
  [[nodiscard]] bool worth_scrolling(const Framebuffer& wanted, const Block& block) const;
  [[nodiscard]] std::uint32_t last_row_taken_along(const Framebuffer& wanted, std::uint32_t last) const;
  void shift(const Block& block);

  DisplayOptions options_;
  RowRange changed_;  // all rows that may have to be written lie within; of shown_ only these are set
  // Scratch, kept for its storage. Null stands for a row of empty cells in the default rendition.
  std::vector<const Row*> shown_;     // rows that the receiver shows
  std::vector<std::uint32_t> index_;  // hash of row id to 1 + place in shown_
  std::vector<Block> blocks_;
};

}  // namespace sallyport::terminal
