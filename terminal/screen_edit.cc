// Erasing, inserting, deleting and scrolling: Screen's editing functions. Whole rows are never touched cell by cell:
// they are replaced by one shared row. Specification: terminal 2.1, 2.7, 4.2, 4.3, 7.2, 9.12.
#include <algorithm>

#include "terminal/screen.h"

namespace sallyport::terminal {

Cell Screen::blanked(Cell half) const { return Cell::empty(erased_style(store_->rendition(half.style()))); }

// Cells `first` up to `last` are about to be overwritten or moved: halves of wide characters outside lose their other
// half.
void Screen::blank_halves(const RowWriter& row, std::uint32_t first, std::uint32_t last) const {
  Cell* const cells = row.cells();
  if (!row.may_have_wide()) return;
  if (cells[first].tail()) cells[first - 1] = blanked(cells[first - 1]);
  if (last < row.columns() && cells[last].tail()) cells[last] = cells[last].without(Cell::kTail);
}

void Screen::erase_part(std::uint32_t row, std::uint32_t first, std::uint32_t last) {
  if (first == 0 && last == columns()) return frame_.fill_rows(row, row + 1, blank_);
  const RowWriter writer = frame_.writable_row(row);
  blank_halves(writer, first, last);
  std::fill(writer.cells() + first, writer.cells() + last, blank_);
}

void Screen::erase_screen(Erase part) {
  const Position cursor = frame_.cursor();
  pending_wrap_ = false;
  switch (part) {
    case Erase::kToEnd:
      erase_part(cursor.row, cursor.column, columns());
      return frame_.fill_rows(cursor.row + 1, rows(), blank_);
    case Erase::kToStart:
      frame_.fill_rows(0, cursor.row, blank_);
      return erase_part(cursor.row, 0, cursor.column + 1);
    case Erase::kAll:
      return frame_.fill_rows(0, rows(), blank_);
  }
}

void Screen::erase_line(Erase part) {
  const Position cursor = frame_.cursor();
  pending_wrap_ = false;
  erase_part(cursor.row, part == Erase::kToEnd ? cursor.column : 0,
             part == Erase::kToStart ? cursor.column + 1 : columns());
}

void Screen::erase_cells(std::uint32_t count) {
  const Position cursor = frame_.cursor();
  pending_wrap_ = false;
  erase_part(cursor.row, cursor.column, cursor.column + std::min(count, columns() - cursor.column));
}

void Screen::insert_blanks(std::uint32_t count) {
  const Position cursor = frame_.cursor();
  const std::uint32_t width = columns();
  count = std::min(count, width - cursor.column);
  const RowWriter row = frame_.writable_row(cursor.row);
  Cell* const cells = row.cells();
  blank_halves(row, cursor.column, cursor.column);  // a half under the cursor: neither half stays one
  // The last cell, the only one that may hold a wrap flag, always goes.
  std::copy_backward(cells + cursor.column, cells + width - count, cells + width);
  std::fill_n(cells + cursor.column, count, blank_);
  if (row.may_have_wide() && cells[width - 1].wide()) cells[width - 1] = blanked(cells[width - 1]);
}

void Screen::insert_cells(std::uint32_t count) {
  const Position cursor = frame_.cursor();
  if (cursor.row < top_ || cursor.row > bottom_) return;  // spec 9.12
  pending_wrap_ = false;
  insert_blanks(count);
}

void Screen::delete_cells(std::uint32_t count) {
  const Position cursor = frame_.cursor();
  const std::uint32_t width = columns();
  count = std::min(count, width - cursor.column);
  pending_wrap_ = false;
  const RowWriter row = frame_.writable_row(cursor.row);
  Cell* const cells = row.cells();
  blank_halves(row, cursor.column, cursor.column + count);
  cells[width - 1] = cells[width - 1].without(Cell::kWrap);
  std::copy(cells + cursor.column + count, cells + width, cells + cursor.column);
  std::fill_n(cells + width - count, count, blank_);
}

void Screen::insert_lines(std::uint32_t count) {
  const Position cursor = frame_.cursor();
  if (cursor.row >= top_ && cursor.row <= bottom_) frame_.scroll_down(cursor.row, bottom_ + 1, count, blank_);
  to_column(0);
}

void Screen::delete_lines(std::uint32_t count) {
  const Position cursor = frame_.cursor();
  if (cursor.row >= top_ && cursor.row <= bottom_) frame_.scroll_up(cursor.row, bottom_ + 1, count, blank_);
  to_column(0);
}

void Screen::scroll_up(std::uint32_t count) {
  pending_wrap_ = false;
  frame_.scroll_up(top_, bottom_ + 1, count, blank_);
}

void Screen::scroll_down(std::uint32_t count) {
  pending_wrap_ = false;
  frame_.scroll_down(top_, bottom_ + 1, count, blank_);
}

void Screen::fill_with_e() {
  frame_.fill_rows(0, rows(), Cell::make('E', blank_.style()));
  top_ = 0;
  bottom_ = rows() - 1;
  move(0, 0);
}

}  // namespace sallyport::terminal
