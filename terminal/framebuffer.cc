#include "terminal/framebuffer.h"

#include <algorithm>

namespace sallyport::terminal {

RowTable::RowTable(std::uint32_t rows, const RowPtr& every) : rows_(rows, every.row_) { every.row_->owners_ += rows; }

RowTable::RowTable(const RowTable& other) : rows_(other.rows_) {
  for (Row* const row : rows_) ++row->owners_;
}

RowTable::~RowTable() {
  for (Row* const row : rows_) row->release();
}

RowRange RowTable::differing(const RowTable& other) const {
  const auto first = std::ranges::mismatch(rows_, other.rows_).in1;
  if (first == rows_.end()) {
    return {};
  }
  const auto after = std::mismatch(rows_.rbegin(), rows_.rend(), other.rows_.rbegin()).first.base();
  return {static_cast<std::uint32_t>(first - rows_.begin()), static_cast<std::uint32_t>(after - rows_.begin())};
}

void RowTable::set(std::uint32_t row, const RowPtr& value) {
  ++value.row_->owners_;
  std::exchange(rows_[row], value.row_)->release();
}

void RowTable::share(std::uint32_t row, const RowTable& from) {
  ++from.rows_[row]->owners_;
  std::exchange(rows_[row], from.rows_[row])->release();
}

void RowTable::push_back(RowPtr value) { rows_.push_back(std::exchange(value.row_, nullptr)); }

void RowTable::scroll_up(std::uint32_t first, std::uint32_t last, std::uint32_t count, const RowPtr& blank) {
  Row** const begin = rows_.data() + first;
  Row** const end = rows_.data() + last;
  for (Row** row = begin; row != begin + count; ++row) (*row)->release();
  std::copy(begin + count, end, begin);
  std::fill(end - count, end, blank.row_);
  blank.row_->owners_ += count;
}

void RowTable::scroll_down(std::uint32_t first, std::uint32_t last, std::uint32_t count, const RowPtr& blank) {
  Row** const begin = rows_.data() + first;
  Row** const end = rows_.data() + last;
  for (Row** row = end - count; row != end; ++row) (*row)->release();
  std::copy_backward(begin, end - count, end);
  std::fill(begin, begin + count, blank.row_);
  blank.row_->owners_ += count;
}

Framebuffer::Framebuffer(RowStore& store, WindowSize size)
    : store_(&store), size_(size), rows_(RowTable(size.rows, store.filled_row(size.columns, Cell()))) {}

void Framebuffer::take_rows(std::uint32_t first, std::uint32_t last, const Framebuffer& from) {
  RowTable& mine = rows_.mutate();
  for (std::uint32_t row = first; row < last; ++row) {
    mine.share(row, *from.rows_);
  }
  rows_changed_ = true;
}

void Framebuffer::fill_rows(std::uint32_t first, std::uint32_t last, Cell fill) {
  if (first >= last) return;
  const RowPtr filled = store_->filled_row(size_.columns, fill);
  for (std::uint32_t row = first; row < last; ++row) {
    if (&(*rows_)[row] == &*filled) continue;
    rows_.mutate().set(row, filled);
    rows_changed_ = true;
  }
}

void Framebuffer::scroll_up(std::uint32_t first, std::uint32_t last, std::uint32_t count, Cell fill) {
  const RowPtr blank = store_->filled_row(size_.columns, fill);
  rows_.mutate().scroll_up(first, last, std::min(count, last - first), blank);
  rows_changed_ = true;
}

void Framebuffer::scroll_down(std::uint32_t first, std::uint32_t last, std::uint32_t count, Cell fill) {
  const RowPtr blank = store_->filled_row(size_.columns, fill);
  rows_.mutate().scroll_down(first, last, std::min(count, last - first), blank);
  rows_changed_ = true;
}

RowTable Framebuffer::resized(const RowTable& rows, WindowSize size, std::uint32_t dropped_on_top, Cell fill) const {
  RowTable table;
  RowPtr last_made;
  const Row* last_seen = nullptr;
  for (std::uint32_t row = 0; row < size.rows; ++row) {
    const std::uint32_t from = row + dropped_on_top;
    if (from >= rows.size()) {
      table.push_back(store_->filled_row(size.columns, fill));
      continue;
    }
    if (&rows[from] != last_seen) {
      last_seen = &rows[from];
      last_made = store_->resized_row(*last_seen, size.columns, fill);
    }
    table.push_back(last_made);
  }
  return table;
}

void Framebuffer::resize(WindowSize size, std::uint32_t dropped_on_top, Cell fill) {
  rows_ = Shared<RowTable>(resized(*rows_, size, dropped_on_top, fill));
  size_ = size;
  rows_changed_ = true;
}

}  // namespace sallyport::terminal
