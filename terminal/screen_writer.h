// ScreenWriter: the primitive operations of a screen difference (move, set a rendition, print a cell, erase) together
// with what is believed about the receiver: cursor and rendition. A belief that could be wrong is "unknown". Used by
// Display alone. Linked by the terminal compartment. Specification: terminal 6.1, 6.2, 6.7, 2.2.
#pragma once

#include <cstdint>
#include <span>

#include "terminal/diff_buffer.h"
#include "terminal/framebuffer.h"
#include "terminal/sgr_writer.h"

namespace sallyport::terminal {

/// Whether the receiver's state before a difference is that of a known screen.
enum class Receiver : std::uint8_t {
  kShowsBase,  ///< it looks like the base
  kUnknown,    ///< only its size is known: everything is drawn and all modes are stated
};

class ScreenWriter {
 public:
  /// Borrows `out` and `store`. The receiver is in `screen`'s draw state (cursor, pen).
  ScreenWriter(DiffBuffer& out, const RowStore& store, const Framebuffer& screen);

  [[nodiscard]] DiffBuffer& out() { return out_; }

  // ---- Cursor ----

  /// To row and column, both inside the screen, by the shortest means. `line` may name the wanted cells of row `row`,
  /// of which all left of `column` are on the receiver already: a few of them may be printed again instead of moving.
  void move(std::uint32_t row, std::uint32_t column, std::span<const Cell> line = {});
  /// As move(), then set_style(): for printing there. The style comes first where cells that have it can be printed
  /// again.
  void move_to_print(std::uint32_t row, std::uint32_t column, std::span<const Cell> line, StyleId style);
  /// The next move is an absolute one.
  void forget_position() { where_ = Where::kUnknown; }
  /// The last thing printed filled the last column: the next cell printed lands at the start of the next row.
  void continue_in_next_row();

  // ---- Rendition ----

  void set_style(StyleId style);
  void set_rendition(const Rendition& rendition);
  /// As set_rendition, also if the receiver's is believed to be that.
  void force_rendition(const Rendition& rendition);
  [[nodiscard]] const Rendition& rendition() const { return rendition_; }
  [[nodiscard]] Rendition stock_rendition_of(StyleId style) const { return stock_rendition(store_.rendition(style)); }

  // ---- Output at the cursor, in the current rendition ----

  /// The cell's text (a space, if it is empty). The cursor moves on.
  void print(Cell cell);
  /// As print() for cells that all hold one printable ASCII character.
  void print_ascii(std::span<const Cell> cells);
  void spaces(std::uint32_t count);
  /// CSI n X: the cursor stays.
  void erase_cells(std::uint32_t count);
  /// CSI K, CSI J: the cursor stays.
  void erase_to_row_end() { out_.put("\033[K"); }
  void erase_to_screen_end() { out_.put("\033[J"); }
  /// Content moves up (or down) by `count` within rows `first`..`last`; needs a default background to fill with.
  void scroll(std::uint32_t first, std::uint32_t last, std::uint32_t count, bool up);
  /// Ends the use of a scroll region by scroll().
  void reset_region();
  /// CSI r, CSI 0 m, CSI H, CSI 2 J: a blank screen, cursor at the top left, default rendition.
  void clear_screen();

 private:
  enum class Where : std::uint8_t {
    kUnknown,
    kKnown,   ///< at row_, column_, without a pending wrap
    kRowEnd,  ///< in row_, in its last column, perhaps with a pending wrap: only CR or an absolute move is safe
  };

  void command(std::uint32_t number, char final);
  void move_absolute(std::uint32_t row, std::uint32_t column);
  void move_vertically(std::uint32_t row);
  void move_horizontally(std::uint32_t column);
  [[nodiscard]] bool may_reprint(std::uint32_t column, std::span<const Cell> line, StyleId style) const;
  void reprint(std::uint32_t column, std::span<const Cell> line);
  void advance(std::uint32_t columns);
  void change_rendition(const Rendition& shown);
  void remember_style(const Rendition& rendition);

  DiffBuffer& out_;
  const RowStore& store_;
  std::uint32_t columns_;
  std::uint32_t rows_;
  Where where_ = Where::kUnknown;
  std::uint32_t row_ = 0;
  std::uint32_t column_ = 0;
  Rendition rendition_;
  StyleId style_;  ///< one whose rendition the receiver has, if style_valid_
  bool style_valid_ = false;
  bool region_set_ = false;
};

}  // namespace sallyport::terminal
