// Screen: the framebuffer and all state that decides where and how the next character is drawn: margins, pending wrap,
// tab stops, saved cursors, character sets, the other screen. One function for each thing that a control function does;
// none costs more than its specified bound, whatever its numbers. Linked by the terminal compartment. Specification:
// terminal 2.5 to 2.7, 2.10, 2.11, 4.1 to 4.3, 7.2, 9.12.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "terminal/charset.h"
#include "terminal/framebuffer.h"
#include "terminal/tab_stops.h"
#include "terminal/width.h"

namespace sallyport::terminal {

enum class Erase : std::uint8_t { kToEnd, kToStart, kAll };

class Screen {
 public:
  /// `store` lives longer; `size` is within limits.
  Screen(RowStore& store, WindowSize size);

  [[nodiscard]] const Framebuffer& framebuffer() const { return frame_; }
  [[nodiscard]] Framebuffer& framebuffer() { return frame_; }

  // ---- Text (screen_text.cc) ----
  void print_ascii(std::string_view text);
  void print(std::span<const char32_t> text);
  /// REP: the last character printed, `count` more times, but never more than there are cells.
  void repeat(std::uint32_t count);

  // ---- Pen ----
  [[nodiscard]] const Rendition& pen() const { return pen_; }
  void set_pen(const Rendition& pen);
  void set_link(LinkId link);
  /// Frees table entries that no row uses, if enough were made since the last time. Before interning anything.
  void sweep_if_due();

  // ---- Moving (screen_move.cc); counts of at least 1, positions from 0 as the program gave them ----
  void backspace();
  void carriage_return();
  void line_feed();
  void reverse_line_feed();
  void cursor_up(std::uint32_t count);
  void cursor_down(std::uint32_t count);
  void cursor_right(std::uint32_t count);
  void cursor_left(std::uint32_t count);
  void row_forward(std::uint32_t count);   ///< VPR: not stopped by margins
  void row_backward(std::uint32_t count);  ///< VPB
  void to_column(std::uint32_t column);
  void to_row(std::uint32_t row);
  void to_position(std::uint32_t row, std::uint32_t column);
  void tab_forward(std::uint32_t count);
  void tab_backward(std::uint32_t count);
  [[nodiscard]] TabStops& tabs() { return tabs_; }
  void save_cursor();
  void restore_cursor();
  /// Row counted from the top margin in origin mode.
  [[nodiscard]] Position reported_cursor() const;

  // ---- Editing (screen_edit.cc) ----
  void erase_screen(Erase part);
  void erase_line(Erase part);
  void erase_cells(std::uint32_t count);
  void insert_cells(std::uint32_t count);
  void delete_cells(std::uint32_t count);
  void insert_lines(std::uint32_t count);
  void delete_lines(std::uint32_t count);
  void scroll_up(std::uint32_t count);
  void scroll_down(std::uint32_t count);
  /// DECALN: every cell an E.
  void fill_with_e();

  // ---- Modes and whole-screen changes (screen.cc) ----
  void set_autowrap(bool on) { autowrap_ = on; }
  void set_insert(bool on) { insert_ = on; }
  void set_origin(bool on);
  [[nodiscard]] bool autowrap() const { return autowrap_; }
  [[nodiscard]] bool insert() const { return insert_; }
  [[nodiscard]] bool origin() const { return origin_; }
  [[nodiscard]] Charsets& charsets() { return charsets_; }
  /// DECSTBM, rows from 0, both included; nothing if it is not a region of at least two rows.
  void set_margins(std::uint32_t top, std::uint32_t bottom);
  void enter_alternate();
  void leave_alternate();
  /// Forgets the other screen's rows.
  void drop_other();
  [[nodiscard]] bool on_alternate() const { return on_alternate_; }
  void resize(WindowSize size);
  void soft_reset();
  /// All drawing state to the defaults, the main screen shown and blank. Titles, clipboard and bell are not touched.
  void reset();
  void leave_out(bool (*unwanted)(char32_t code_point)) { unwanted_ = unwanted; }
  /// Becomes a screen in the default drawing state that shows `frame`, of the same store, and draws at its cursor with
  /// its pen.
  void continue_from(const Framebuffer& frame);

 private:
  struct SavedCursor {
    Position position;
    Rendition pen;  // without link
    Charsets charsets;
    bool autowrap = true;
    bool origin = false;
    bool pending_wrap = false;
  };

  [[nodiscard]] std::uint32_t columns() const { return frame_.columns(); }
  [[nodiscard]] std::uint32_t rows() const { return frame_.rows(); }
  [[nodiscard]] SavedCursor& saved() { return saved_[on_alternate_ ? 1 : 0]; }

  // screen_text.cc
  template <typename Store>
  void place_run(std::size_t count, Store&& store);
  void print_graphics(std::string_view text);
  [[nodiscard]] std::size_t narrow_run(std::span<const char32_t> text);
  void place_wide(char32_t code_point, bool unstable);
  std::uint32_t repeat_wide_in_row(std::uint32_t count);
  void combine(char32_t code_point, bool unstable);
  void wrap();
  void advance(std::uint32_t row, std::uint32_t column, std::uint32_t width);
  // screen_move.cc
  void move(std::uint32_t row, std::uint32_t column);
  void line_down();
  void home();
  // screen_edit.cc
  void blank_halves(const RowWriter& row, std::uint32_t first, std::uint32_t last) const;
  [[nodiscard]] Cell blanked(Cell half) const;
  void erase_part(std::uint32_t row, std::uint32_t first, std::uint32_t last);
  void insert_blanks(std::uint32_t count);

  RowStore* store_;
  bool (*unwanted_)(char32_t) = nullptr;  ///< marks that join nothing
  Framebuffer frame_;
  Shared<RowTable> other_rows_;  // of the screen not shown; no rows until the alternate one is used
  bool on_alternate_ = false;
  std::array<SavedCursor, 2> saved_;
  Rendition pen_;
  StyleId style_;  // of pen_
  bool style_interned_ = false;
  Cell blank_;             // what erasing leaves
  std::uint32_t top_ = 0;  // scroll region, both included
  std::uint32_t bottom_;
  bool pending_wrap_ = false;
  bool autowrap_ = true;
  bool insert_ = false;
  bool origin_ = false;
  Charsets charsets_;
  TabStops tabs_;
  Position target_;              // cell that a zero-width mark joins; may be off the screen
  char32_t last_character_ = 0;  // for REP
  WidthCache widths_;
};

}  // namespace sallyport::terminal
