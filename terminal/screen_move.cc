// Where the cursor goes: Screen's moving functions. Specification: terminal 2.6, 4.1 to 4.3, 9.12.
#include <algorithm>

#include "terminal/screen.h"

namespace sallyport::terminal {

void Screen::move(std::uint32_t row, std::uint32_t column) {
  frame_.set_cursor({row, column});
  target_ = {row, column};
  pending_wrap_ = false;
}

void Screen::home() { move(origin_ ? top_ : 0, 0); }

void Screen::line_down() {
  const Position cursor = frame_.cursor();
  if (cursor.row == bottom_) {
    frame_.scroll_up(top_, bottom_ + 1, 1, blank_);
    move(cursor.row, cursor.column);
  } else {
    move(std::min(cursor.row + 1, rows() - 1), cursor.column);
  }
}

void Screen::backspace() { cursor_left(1); }
void Screen::carriage_return() { to_column(0); }
void Screen::line_feed() { line_down(); }

void Screen::reverse_line_feed() {
  const Position cursor = frame_.cursor();
  if (cursor.row == top_) frame_.scroll_down(top_, bottom_ + 1, 1, blank_);
  move(cursor.row == top_ || cursor.row == 0 ? cursor.row : cursor.row - 1, cursor.column);
}

void Screen::cursor_up(std::uint32_t count) {
  const Position cursor = frame_.cursor();
  const std::uint32_t stop = cursor.row >= top_ ? top_ : 0;
  move(cursor.row - std::min(count, cursor.row - stop), cursor.column);
}

void Screen::cursor_down(std::uint32_t count) {
  const Position cursor = frame_.cursor();
  const std::uint32_t stop = cursor.row <= bottom_ ? bottom_ : rows() - 1;
  move(cursor.row + std::min(count, stop - cursor.row), cursor.column);
}

void Screen::cursor_right(std::uint32_t count) { to_column(frame_.cursor().column + count); }

void Screen::cursor_left(std::uint32_t count) {
  const std::uint32_t column = frame_.cursor().column;
  to_column(column - std::min(count, column));
}

void Screen::row_forward(std::uint32_t count) {
  const Position cursor = frame_.cursor();
  move(std::min(cursor.row + count, origin_ ? bottom_ : rows() - 1), cursor.column);
}

void Screen::row_backward(std::uint32_t count) {
  const Position cursor = frame_.cursor();
  const std::uint32_t stop = origin_ ? top_ : 0;
  move(cursor.row - std::min(count, cursor.row - stop), cursor.column);
}

void Screen::to_column(std::uint32_t column) { move(frame_.cursor().row, std::min(column, columns() - 1)); }

void Screen::to_row(std::uint32_t row) { to_position(row, frame_.cursor().column); }

void Screen::to_position(std::uint32_t row, std::uint32_t column) {
  const std::uint32_t wanted = origin_ ? std::min(top_ + row, bottom_) : std::min(row, rows() - 1);
  move(wanted, std::min(column, columns() - 1));
}

void Screen::tab_forward(std::uint32_t count) {
  const std::uint32_t start = frame_.cursor().column;
  std::uint32_t column = start;
  for (; count > 0 && column < columns() - 1; --count) column = tabs_.next(column);
  if (column != start) to_column(column);  // standing still keeps a pending wrap
}

void Screen::tab_backward(std::uint32_t count) {
  const std::uint32_t start = frame_.cursor().column;
  std::uint32_t column = start;
  for (; count > 0 && column > 0; --count) column = tabs_.previous(column);
  if (column != start) to_column(column);
}

void Screen::save_cursor() {
  saved() = {.position = frame_.cursor(),
             .pen = pen_,
             .charsets = charsets_,
             .autowrap = autowrap_,
             .origin = origin_,
             .pending_wrap = pending_wrap_};
  saved().pen.link = 0;
}

void Screen::restore_cursor() {
  const SavedCursor& from = saved();
  autowrap_ = from.autowrap;
  origin_ = from.origin;
  charsets_ = from.charsets;
  Rendition pen = from.pen;
  pen.link = pen_.link;
  set_pen(pen);
  const std::uint32_t row = std::clamp(from.position.row, origin_ ? top_ : 0, origin_ ? bottom_ : rows() - 1);
  move(row, std::min(from.position.column, columns() - 1));
  pending_wrap_ = from.pending_wrap && frame_.cursor().column == columns() - 1;
}

Position Screen::reported_cursor() const {
  const Position cursor = frame_.cursor();
  return {cursor.row - (origin_ ? top_ : 0), cursor.column};
}

}  // namespace sallyport::terminal
