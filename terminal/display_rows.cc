// One row of a difference: which cells are written, and how (terminal 6.5, 6.6, 2.2).
#include <span>

#include "terminal/display.h"

namespace sallyport::terminal {
namespace {

/// spec: terminal 6.5: more blanks than this inside a row are erased, not printed.
constexpr std::uint32_t kMaxPrintedBlanks = 4;
/// ours: this many unchanged blanks between changed ones cost less than a move around them.
constexpr std::uint32_t kMaxBlankGap = 3;

constexpr std::uint64_t kSpace = 0x20;

/// Empty, or a printed space: the receiver may have either in the other's place.
constexpr bool is_blank(Cell cell) { return (cell.bits() & (Cell::kContentMask & ~kSpace)) == 0 && !cell.tail(); }
/// Equal but for a blank that may be empty or a space.
constexpr bool same_look(Cell one, Cell other) {
  return one == other || ((one.bits() ^ other.bits()) == kSpace && is_blank(one));
}
constexpr bool same_blank(Cell one, Cell other) { return is_blank(other) && one.style() == other.style(); }

/// The cells of one row as they are to be and as the receiver has them. No old row: empty cells in the default
/// rendition.
class RowPair {
 public:
  RowPair(const Row& wanted, const Row* shown) : wanted_(wanted.cells()) {
    if (shown != nullptr) {
      shown_ = shown->cells();
    }
  }
  [[nodiscard]] std::uint32_t columns() const { return static_cast<std::uint32_t>(wanted_.size()); }
  [[nodiscard]] std::span<const Cell> line() const { return wanted_; }
  [[nodiscard]] Cell wanted(std::uint32_t column) const { return wanted_[column]; }
  [[nodiscard]] Cell shown(std::uint32_t column) const { return shown_.empty() ? Cell() : shown_[column]; }
  /// The receiver's cell has to be written. A wide cell goes with its second half (which carries the wrap flag).
  [[nodiscard]] bool changed(std::uint32_t column) const {
    return !same_look(wanted(column), shown(column)) ||
           (wanted(column).wide() && column + 1 < columns() && wanted(column + 1) != shown(column + 1));
  }
  /// First column at or after `column` whose character has to be written; columns() if none. A second half at
  /// `column` itself goes with the first one, which is done.
  [[nodiscard]] std::uint32_t next_change(std::uint32_t column) const {
    for (std::uint32_t at = first_difference(column); at < columns(); at = first_difference(at + 1)) {
      if (!wanted(at).tail()) {
        if (changed(at)) {
          return at;
        }
      } else if (at > column) {
        return at - 1;
      }
    }
    return columns();
  }
  /// From `column` on, how many cells to write are plain characters of one style: printable ASCII, not blank.
  [[nodiscard]] std::uint32_t plain_run(std::uint32_t column, std::uint32_t limit) const {
    const std::uint64_t model = wanted(column).bits() & ~Cell::kContentMask;
    std::uint32_t end = column;
    while (end < limit && (wanted(end).bits() & ~Cell::kContentMask) == model && wanted(end).content() > 0x20 &&
           wanted(end).content() < 0x7F && wanted(end) != shown(end)) {
      ++end;
    }
    return end - column;
  }
  /// First column of the last character.
  [[nodiscard]] std::uint32_t last_character() const {
    return columns() >= 2 && wanted(columns() - 1).tail() ? columns() - 2 : columns() - 1;
  }

 private:
  [[nodiscard]] std::uint32_t first_difference(std::uint32_t column) const {
    const Cell* const here = wanted_.data();
    const Cell* const there = shown_.data();
    const std::uint32_t end = columns();
    if (shown_.empty()) {
      while (column < end && here[column] == Cell()) {
        ++column;
      }
      return column;
    }
    while (column + 4 <= end &&
           ((here[column].bits() ^ there[column].bits()) | (here[column + 1].bits() ^ there[column + 1].bits()) |
            (here[column + 2].bits() ^ there[column + 2].bits()) |
            (here[column + 3].bits() ^ there[column + 3].bits())) == 0) {
      column += 4;
    }
    while (column < end && here[column] == there[column]) {
      ++column;
    }
    return column;
  }

  std::span<const Cell> wanted_;
  std::span<const Cell> shown_;
};

/// A run of blanks of one style from `first`; changed cells end at `changed_end`, and those that a move would not
/// skip at `near_end`.
struct BlankRun {
  std::uint32_t end = 0;
  std::uint32_t changed_end = 0;
  std::uint32_t near_end = 0;
};

BlankRun measure_blanks(const RowPair& pair, std::uint32_t first, std::uint32_t limit) {
  BlankRun run{first + 1, first + 1, first + 1};
  const Cell model = pair.wanted(first);
  for (; run.end < limit && same_blank(model, pair.wanted(run.end)); ++run.end) {
    if (pair.changed(run.end)) {
      if (run.changed_end == run.near_end && run.end - run.near_end <= kMaxBlankGap) {
        run.near_end = run.end + 1;
      }
      run.changed_end = run.end + 1;
    }
  }
  return run;
}

/// Writes the cells of one row, left to right, each at most once.
class RowPass {
 public:
  RowPass(const RowPair& pair, std::uint32_t row, const DisplayOptions& options, ScreenWriter& writer)
      : pair_(pair), row_(row), options_(options), writer_(writer) {}

  /// The first cell lands here by the receiver's auto-wrap.
  void continue_from_row_above() {
    writer_.continue_in_next_row();
    print_here(pair_.wanted(0));
  }
  /// `limit`: where writing stops (the last character of a row that goes on by auto-wrap is not ours).
  void run(std::uint32_t limit) {
    while (column_ < limit) {
      if (column_ >= forced_end_) {
        column_ = pair_.next_change(column_);
        if (column_ >= limit) {
          return;
        }
      }
      const Cell cell = pair_.wanted(column_);
      if (cell.tail()) {
        ++column_;  // its first half is on the receiver already
      } else if (is_blank(cell)) {
        write_blanks(limit);
      } else if (const std::uint32_t run = pair_.plain_run(column_, limit); run > 0) {
        writer_.move_to_print(row_, column_, pair_.line(), cell.style());
        writer_.print_ascii(pair_.line().subspan(column_, run));
        column_ += run;
      } else {
        write_cell(cell);
      }
    }
  }
  [[nodiscard]] bool must_write(std::uint32_t column) const { return column < forced_end_ || pair_.changed(column); }
  void print_here(Cell cell) {
    writer_.set_style(cell.style());
    writer_.print(cell);
    column_ += cell.wide() ? 2 : 1;
  }

 private:
  void write_blanks(std::uint32_t limit) {
    const BlankRun run = measure_blanks(pair_, column_, limit);
    const std::uint32_t changed_end = std::max(run.changed_end, std::min(forced_end_, run.end));
    const bool to_row_end = run.end == pair_.columns();
    const bool many = options_.has_ech && changed_end - column_ > kMaxPrintedBlanks;
    writer_.move_to_print(row_, column_, pair_.line(), pair_.wanted(column_).style());
    const bool can_erase = (to_row_end || many) && options_.erases(writer_.rendition());
    if (can_erase && to_row_end) {
      writer_.erase_to_row_end();
      column_ = run.end;
    } else if (can_erase) {
      writer_.erase_cells(changed_end - column_);
      column_ = changed_end;
    } else {
      const std::uint32_t end = std::max(run.near_end, std::min(forced_end_, run.end));
      writer_.spaces(end - column_);
      column_ = end;
    }
  }

  void write_cell(Cell cell) {
    const std::uint32_t width = cell.wide() ? 2 : 1;
    writer_.move_to_print(row_, column_, pair_.line(), cell.style());
    if (!cell.unstable_width()) {
      print_here(cell);
      return;
    }
    // Whatever width the receiver gives it, nothing old may stay visible under it or right of it (terminal 2.2).
    if (!blank_before(column_, width, cell.style())) {
      clear_under(width, cell.style());
    }
    print_here(cell);
    forced_end_ = std::min(column_ + 1, pair_.columns());
  }

  [[nodiscard]] bool blank_before(std::uint32_t column, std::uint32_t width, StyleId style) const {
    for (std::uint32_t i = column; i < std::min(column + width, pair_.columns()); ++i) {
      if (!same_blank(Cell::empty(style), pair_.shown(i))) {
        return false;
      }
    }
    return true;
  }

  void clear_under(std::uint32_t width, StyleId style) {
    if (options_.has_ech && options_.erases({.background = writer_.stock_rendition_of(style).background})) {
      writer_.erase_cells(width);
      return;
    }
    writer_.spaces(width);
    writer_.forget_position();
    writer_.move(row_, column_);
  }

  const RowPair& pair_;
  const std::uint32_t row_;
  const DisplayOptions& options_;
  ScreenWriter& writer_;
  std::uint32_t column_ = 0;
  std::uint32_t forced_end_ = 0;  // cells before this are written even if unchanged
};

}  // namespace

bool Display::write_row(const Framebuffer& wanted, std::uint32_t row, bool continued, ScreenWriter& writer) const {
  const Row& line = wanted.row(row);
  // Below the changed rows only the first cell is written, if the row above went on into it.
  const Row* const shown = row < changed_.last ? shown_[row] : &line;
  const RowPair pair(line, shown);
  RowPass pass(pair, row, options_, writer);
  if (continued) {
    pass.continue_from_row_above();
  }
  if (shown == &line || (shown != nullptr && shown->id() == line.id())) {
    return false;
  }
  const std::uint32_t last = pair.last_character();
  // A wrap pair (terminal 6.6): the last character, at an absolute position, then at once the first one of the next
  // row.
  const bool pairs = line.wraps() && row + 1 < wanted.rows() && last > 0 && !line[last].unstable_width() &&
                     !wanted.row(row + 1)[0].unstable_width();
  if (!pairs) {
    pass.run(pair.columns());
    return false;
  }
  pass.run(last);
  if (!pass.must_write(last)) {
    return false;
  }
  writer.forget_position();
  writer.move(row, last);
  pass.print_here(line[last]);
  return true;
}

// The first changed row from which on all rows look like one erased cell; rows() if no two changed ones would be
// erased.
std::uint32_t Display::first_row_to_clear(const Framebuffer& wanted) const {
  const std::uint32_t rows = wanted.rows();
  std::uint32_t first = changed_.last;
  std::uint32_t changed = 0;
  const Cell fill = first == 0 ? Cell() : wanted.row(first - 1)[0];
  if (!fill.is_empty() || !options_.erases(stock_rendition(wanted.store().rendition(fill.style())))) {
    return rows;
  }
  const auto erased = [&](std::uint32_t row) { return wanted.row(row).uniform() && wanted.row(row)[0] == fill; };
  for (; first > changed_.first && erased(first - 1); --first) {
    const RowPair pair(wanted.row(first - 1), shown_[first - 1]);
    changed += shown_[first - 1] != &wanted.row(first - 1) && pair.next_change(0) < pair.columns() ? 1 : 0;
  }
  for (std::uint32_t row = changed_.last; row < rows && changed >= 2; ++row) {
    changed = erased(row) ? changed : 0;
  }
  return changed >= 2 ? first : rows;
}

}  // namespace sallyport::terminal
