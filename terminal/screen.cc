#include "terminal/screen.h"

#include <algorithm>

namespace sallyport::terminal {

Screen::Screen(RowStore& store, WindowSize size)
    : store_(&store), frame_(store, size), bottom_(size.rows - 1), tabs_(size.columns) {}

void Screen::set_pen(const Rendition& pen) {
  if (pen.background != pen_.background) blank_ = Cell::empty(erased_style(pen));
  pen_ = pen;
  Rendition visible = pen;
  visible.link = 0;
  frame_.set_pen(visible);
  if (const auto packed = packed_style(pen)) {
    style_ = *packed;
    style_interned_ = false;
    return;
  }
  sweep_if_due();
  style_ = store_->intern(pen);
  style_interned_ = is_table_style(style_);
}

void Screen::set_link(LinkId link) {
  Rendition pen = pen_;
  pen.link = link;
  set_pen(pen);
}

void Screen::sweep_if_due() {
  if (store_->sweep_due()) store_->sweep(style_, pen_.link);
}

void Screen::set_origin(bool on) {
  origin_ = on;
  home();
}

void Screen::set_margins(std::uint32_t top, std::uint32_t bottom) {
  bottom = std::min(bottom, rows() - 1);
  if (top >= bottom) return;
  top_ = top;
  bottom_ = bottom;
  home();
}

void Screen::enter_alternate() {
  if (on_alternate_) return;
  if (other_rows_->size() == 0) {
    other_rows_ = Shared<RowTable>(RowTable(rows(), store_->filled_row(columns(), blank_)));
  }
  frame_.swap_rows(other_rows_);
  on_alternate_ = true;
}

void Screen::leave_alternate() {
  if (!on_alternate_) return;
  frame_.swap_rows(other_rows_);
  on_alternate_ = false;
}

void Screen::drop_other() { other_rows_ = Shared<RowTable>(); }

void Screen::resize(WindowSize size) {
  if (size == frame_.size()) return;
  // Rows go at the bottom, unless the cursor would: then the same number goes at the top (spec 2.10).
  const auto lost = [&size](std::uint32_t row) { return row >= size.rows ? row - (size.rows - 1) : 0; };
  const Position cursor = frame_.cursor();
  const std::uint32_t shift = lost(cursor.row);
  SavedCursor& other_saved = saved_[on_alternate_ ? 0 : 1];
  const std::uint32_t other_shift = lost(other_saved.position.row);
  frame_.resize(size, shift, blank_);
  if (other_rows_->size() != 0) {
    other_rows_ = Shared<RowTable>(frame_.resized(*other_rows_, size, other_shift, blank_));
  }
  frame_.set_cursor({cursor.row - shift, std::min(cursor.column, size.columns - 1)});
  saved().position.row -= std::min(shift, saved().position.row);
  other_saved.position.row -= other_shift;
  target_.row = target_.row >= shift ? target_.row - shift : UINT32_MAX;  // UINT32_MAX: joins nothing
  top_ = 0;
  bottom_ = size.rows - 1;
  pending_wrap_ = false;
  tabs_.resize(size.columns);
}

void Screen::soft_reset() {
  insert_ = false;
  origin_ = false;
  frame_.modes().cursor_visible = true;
  top_ = 0;
  bottom_ = rows() - 1;
  charsets_ = Charsets();
  saved() = SavedCursor();
  set_pen(Rendition());
}

void Screen::reset() {
  leave_alternate();
  drop_other();
  soft_reset();
  saved_ = {};
  autowrap_ = true;
  tabs_ = TabStops(columns());
  last_character_ = 0;
  frame_.modes() = Modes();
  frame_.fill_rows(0, rows(), blank_);
  home();
}

void Screen::continue_from(const Framebuffer& frame) {
  frame_ = frame;
  other_rows_ = Shared<RowTable>();
  on_alternate_ = false;
  saved_ = {};
  top_ = 0;
  bottom_ = rows() - 1;
  pending_wrap_ = false;
  autowrap_ = true;
  insert_ = false;
  origin_ = false;
  charsets_ = Charsets();
  tabs_ = TabStops(columns());
  target_ = {UINT32_MAX, 0};  // joins nothing
  last_character_ = 0;
  set_pen(frame.pen());
}

}  // namespace sallyport::terminal
