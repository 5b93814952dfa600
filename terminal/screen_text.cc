// Putting characters on the screen: Screen's text functions. Specification: terminal 2.6, 2.7, 4.7, 9.12.
#include <algorithm>
#include <array>

#include "terminal/ascii_run.h"
#include "terminal/screen.h"
#include "terminal/utf8.h"

namespace sallyport::terminal {

void Screen::wrap() {
  const Position cursor = frame_.cursor();
  Cell& last = frame_.writable_row(cursor.row).cells()[columns() - 1];
  last = last.with(Cell::kWrap);
  frame_.set_cursor({cursor.row, 0});
  line_down();
}

// After a character of `width` columns was put at `column`.
void Screen::advance(std::uint32_t row, std::uint32_t column, std::uint32_t width) {
  target_ = {row, column};
  pending_wrap_ = column + width >= columns();
  frame_.set_cursor({row, std::min(column + width, columns() - 1)});
}

// Puts `count` one-column characters; `store(cells, from, n)` writes the n of them that begin with number `from`.
template <typename Store>
void Screen::place_run(std::size_t count, Store&& store) {
  std::size_t done = 0;
  while (done < count) {
    if (pending_wrap_ && autowrap_) wrap();
    if (pending_wrap_) done = count - 1;  // without auto-wrap each one overwrites the last column
    const Position cursor = frame_.cursor();
    const auto room = static_cast<std::uint32_t>(std::min<std::size_t>(count - done, columns() - cursor.column));
    if (insert_) insert_blanks(room);
    const RowWriter row = frame_.writable_row(cursor.row);
    blank_halves(row, cursor.column, cursor.column + room);
    row.note(/*wide=*/false, style_interned_);
    store(row.cells() + cursor.column, done, room);
    done += room;
    advance(cursor.row, cursor.column + room - 1, 1);
  }
}

void Screen::print_graphics(std::string_view text) {
  std::array<char32_t, 64> translated;
  while (!text.empty()) {
    const std::size_t size = std::min(text.size(), translated.size());
    std::transform(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size), translated.begin(),
                   [](char byte) { return dec_graphic(static_cast<unsigned char>(byte)); });
    print({translated.data(), size});
    text.remove_prefix(size);
  }
}

void Screen::print_ascii(std::string_view text) {
  if (charsets_.graphics_active()) return print_graphics(text);
  place_run(text.size(), [style = style_, from = text.data()](Cell* to, std::size_t first, std::uint32_t count) {
    put_ascii(to, from + first, count, style);
  });
  last_character_ = static_cast<unsigned char>(text.back());
}

void Screen::print(std::span<const char32_t> text) {
  while (!text.empty()) {
    const std::size_t narrow = narrow_run(text);
    if (narrow > 0) {
      const std::uint64_t style = Cell::empty(style_).bits();
      place_run(narrow, [this, style, text](Cell* to, std::size_t first, std::uint32_t count) {
        for (std::uint32_t i = 0; i < count; ++i) {
          const char32_t code_point = text[first + i];
          to[i] = Cell(style | code_point | (widths_(code_point).unstable ? Cell::kUnstableWidth : 0));
        }
      });
      last_character_ = text[narrow - 1];
      text = text.subspan(narrow);
      continue;
    }
    const CharacterWidth width = widths_(text.front());
    if (width.columns == 2) {
      place_wide(text.front(), width.unstable);
      last_character_ = text.front();
    } else if (!width.dropped) {
      combine(text.front(), width.unstable);
    }
    text = text.subspan(1);
  }
}

// How many characters of one column `text` begins with.
std::size_t Screen::narrow_run(std::span<const char32_t> text) {
  std::size_t length = 0;
  for (; length < text.size(); ++length) {
    const CharacterWidth width = widths_(text[length]);
    if (width.columns != 1 || width.dropped) break;
  }
  return length;
}

// Puts a character of two columns.
void Screen::place_wide(char32_t code_point, bool unstable) {
  if (columns() < 2) return;
  if (pending_wrap_ && autowrap_) {
    wrap();
  } else if (frame_.cursor().column == columns() - 1) {
    if (!autowrap_) return;
    // It goes to the next row; the last column stays as it is (spec 9.12), and nothing is joined.
    const std::uint32_t row = frame_.cursor().row;
    if (frame_.row(row).wraps()) {
      Cell& last = frame_.writable_row(row).cells()[columns() - 1];
      last = last.without(Cell::kWrap);
    }
    frame_.set_cursor({row, 0});
    line_down();
  }
  if (insert_) insert_blanks(2);
  const Position cursor = frame_.cursor();
  const RowWriter row = frame_.writable_row(cursor.row);
  blank_halves(row, cursor.column, cursor.column + 2);
  row.note(/*wide=*/true, style_interned_);
  Cell* const cell = row.cells() + cursor.column;
  cell[0] = Cell::make(code_point, style_, Cell::kWide | (unstable ? Cell::kUnstableWidth : 0));
  cell[1] = blank_.with(Cell::kTail);
  advance(cursor.row, cursor.column, 2);
}

void Screen::combine(char32_t code_point, bool unstable) {
  if (target_.row >= rows() || target_.column >= columns()) return;
  if (unwanted_ != nullptr && unwanted_(code_point)) return;
  const Cell before = frame_.row(target_.row)[target_.column];
  if (before.is_empty()) return;  // spec 9.12
  std::array<char, kMaxCellBytes> text;
  std::size_t size = 0;
  if (before.is_cluster()) {
    const std::string_view known = store_->cluster(before);
    size = known.copy(text.data(), text.size());
  } else {
    size = encode_utf8(before.content(), text.data());
  }
  if (size >= kFullCellBytes) return;
  size += encode_utf8(code_point, text.data() + size);
  sweep_if_due();
  const std::uint32_t content = store_->intern_cluster({text.data(), size});
  if (content == 0) return;
  const RowWriter row = frame_.writable_row(target_.row);
  row.note(/*wide=*/false, /*interned=*/true);
  const std::uint64_t flags = unstable ? Cell::kUnstableWidth : 0;
  row.cells()[target_.column] = Cell((before.bits() & ~Cell::kContentMask) | content | flags);
}

// After a two-column character was placed: up to `count` more of it, as far as the row has room. Returns how many.
std::uint32_t Screen::repeat_wide_in_row(std::uint32_t count) {
  const Position cursor = frame_.cursor();
  count = std::min(count, (columns() - cursor.column) / 2);
  if (pending_wrap_ || count == 0) return 0;
  if (insert_) insert_blanks(2 * count);
  const RowWriter row = frame_.writable_row(cursor.row);
  blank_halves(row, cursor.column, cursor.column + 2 * count);
  Cell* const cells = row.cells() + cursor.column;
  for (std::uint32_t i = 0; i < 2 * count; i += 2) {
    cells[i] = cells[-2];
    cells[i + 1] = cells[-1];
  }
  advance(cursor.row, cursor.column + 2 * (count - 1), 2);
  return count;
}

void Screen::repeat(std::uint32_t count) {
  if (last_character_ == 0) return;
  const CharacterWidth width = widths_(last_character_);
  if (width.columns > columns()) return;
  count = std::min(count, columns() * rows() / width.columns);
  if (width.columns == 1) {
    const Cell cell = Cell::make(last_character_, style_, width.unstable ? Cell::kUnstableWidth : 0);
    place_run(count, [cell](Cell* to, std::size_t, std::uint32_t room) { std::fill_n(to, room, cell); });
    return;
  }
  while (count > 0) {
    place_wide(last_character_, width.unstable);  // wraps if it must; the rest of the row is then copied from this one
    --count;
    count -= repeat_wide_in_row(count);
  }
}

}  // namespace sallyport::terminal
