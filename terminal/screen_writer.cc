#include "terminal/screen_writer.h"

#include <algorithm>

#include "base/check.h"

namespace sallyport::terminal {
namespace {

/// ours: more unchanged cells than these are never printed again in place of a move; CSI n C has 4 bytes.
constexpr std::uint32_t kMaxReprintedCells = 4;

/// More than any move has.
constexpr std::uint32_t kNotPossible = 1U << 16U;

/// Bytes of CSI `number` and a final byte; 1 is left out.
constexpr std::uint32_t command_size(std::uint32_t number) { return number == 1 ? 3 : 3 + decimal_digits(number); }

constexpr std::uint32_t absolute_size(std::uint32_t row, std::uint32_t column) {
  return 3 + (row == 0 ? 0 : decimal_digits(row + 1)) + (column == 0 ? 0 : 1 + decimal_digits(column + 1));
}

std::uint32_t vertical_size(std::uint32_t from, std::uint32_t to) {
  if (from == to) {
    return 0;
  }
  const std::uint32_t to_row = command_size(to + 1);
  return from < to ? std::min({to - from, command_size(to - from), to_row})
                   : std::min(command_size(from - to), to_row);
}

std::uint32_t horizontal_size(std::uint32_t from, std::uint32_t to) {
  if (from == to) {
    return 0;
  }
  const std::uint32_t to_column = command_size(to + 1);
  return from > to ? std::min({from - to, command_size(from - to), to_column})
                   : std::min(command_size(to - from), to_column);
}

}  // namespace

ScreenWriter::ScreenWriter(DiffBuffer& out, const RowStore& store, const Framebuffer& screen)
    : out_(out),
      store_(store),
      columns_(screen.columns()),
      rows_(screen.rows()),
      row_(screen.cursor().row),
      column_(screen.cursor().column),
      rendition_(stock_rendition(screen.pen())) {
  // In the last column the receiver may or may not have a pending wrap.
  where_ = column_ + 1 >= columns_ ? Where::kRowEnd : Where::kKnown;
  remember_style(screen.pen());
}

void ScreenWriter::remember_style(const Rendition& rendition) {
  const auto packed = packed_style(rendition);
  style_valid_ = packed.has_value();
  style_ = packed.value_or(StyleId());
}

void ScreenWriter::command(std::uint32_t number, char final) {
  out_.put("\033[");
  if (number != 1) {
    out_.number(number);
  }
  out_.put(final);
}

void ScreenWriter::move_absolute(std::uint32_t row, std::uint32_t column) {
  out_.put("\033[");
  if (row != 0) {
    out_.number(row + 1);
  }
  if (column != 0) {
    out_.put(';');
    out_.number(column + 1);
  }
  out_.put('H');
}

void ScreenWriter::move_vertically(std::uint32_t row) {
  if (row == row_) {
    return;
  }
  const std::uint32_t distance = row > row_ ? row - row_ : row_ - row;
  if (row > row_ && distance <= command_size(distance)) {
    out_.repeat('\n', distance);
  } else if (command_size(row + 1) <= command_size(distance)) {
    command(row + 1, 'd');
  } else {
    command(distance, row > row_ ? 'B' : 'A');
  }
  row_ = row;
}

void ScreenWriter::move_horizontally(std::uint32_t column) {
  if (column == column_) {
    return;
  }
  const std::uint32_t distance = column > column_ ? column - column_ : column_ - column;
  if (column < column_ && distance <= command_size(distance)) {
    out_.repeat('\b', distance);
  } else if (command_size(column + 1) <= command_size(distance)) {
    command(column + 1, 'G');
  } else {
    command(distance, column > column_ ? 'C' : 'D');
  }
  column_ = column;
}

// The cells from the cursor up to `column` could be printed again in that style, and no move is shorter.
bool ScreenWriter::may_reprint(std::uint32_t column, std::span<const Cell> line, StyleId style) const {
  if (line.empty() || column <= column_ || column - column_ > kMaxReprintedCells ||
      column - column_ > horizontal_size(column_, column)) {
    return false;
  }
  return std::ranges::all_of(line.subspan(column_, column - column_), [style](Cell cell) {
    return cell.style() == style && cell.content() < 0x7F && (cell.bits() & (Cell::kWide | Cell::kTail)) == 0;
  });
}

void ScreenWriter::reprint(std::uint32_t column, std::span<const Cell> line) {
  for (; column_ < column; ++column_) {
    out_.code_point(line[column_].is_empty() ? ' ' : line[column_].content());
  }
}

void ScreenWriter::move_to_print(std::uint32_t row, std::uint32_t column, std::span<const Cell> line, StyleId style) {
  const bool along = where_ == Where::kKnown && row == row_ && column != column_;
  if (along && !(style_valid_ && may_reprint(column, line, style_)) && may_reprint(column, line, style)) {
    set_style(style);
  }
  move(row, column, line);
  set_style(style);
}

void ScreenWriter::move(std::uint32_t row, std::uint32_t column, std::span<const Cell> line) {
  CHECK(row < rows_ && column < columns_);
  if (where_ == Where::kKnown && row == row_) {
    if (column == column_) {
      return;
    }
    if (style_valid_ && may_reprint(column, line, style_)) {
      reprint(column, line);
      return;
    }
  }
  // CR is safe even with a pending wrap; from the last column anything else but an absolute move is not
  // (terminal 6.7).
  const std::uint32_t vertical = where_ == Where::kUnknown ? kNotPossible : vertical_size(row_, row);
  const std::uint32_t by_return =
      where_ == Where::kRowEnd && column != 0 ? kNotPossible : 1 + vertical + horizontal_size(0, column);
  const std::uint32_t direct = where_ == Where::kKnown ? vertical + horizontal_size(column_, column) : kNotPossible;
  if (absolute_size(row, column) <= std::min(direct, by_return)) {
    move_absolute(row, column);
  } else {
    if (by_return <= direct) {
      out_.put('\r');
      column_ = 0;
    }
    move_vertically(row);
    move_horizontally(column);
  }
  where_ = Where::kKnown;
  row_ = row;
  column_ = column;
}

void ScreenWriter::continue_in_next_row() {
  ++row_;
  column_ = 0;
  where_ = Where::kKnown;
}

void ScreenWriter::set_style(StyleId style) {
  if (style_valid_ && style == style_) {
    return;
  }
  change_rendition(stock_rendition_of(style));
  style_ = style;
  style_valid_ = true;
}

void ScreenWriter::set_rendition(const Rendition& rendition) {
  change_rendition(stock_rendition(rendition));
  remember_style(rendition);
}

void ScreenWriter::change_rendition(const Rendition& shown) {
  write_rendition_change(rendition_, shown, out_);
  rendition_ = shown;
}

void ScreenWriter::force_rendition(const Rendition& rendition) {
  rendition_ = stock_rendition(rendition);
  remember_style(rendition);
  write_rendition(rendition_, out_);
}

void ScreenWriter::advance(std::uint32_t columns) {
  column_ += columns;
  if (column_ >= columns_) {
    column_ = columns_ - 1;
    where_ = Where::kRowEnd;
  }
}

void ScreenWriter::print(Cell cell) {
  const std::uint32_t content = cell.content();
  if (content == 0) {
    out_.put(' ');
  } else if (cell.is_cluster()) {
    out_.put(store_.cluster(cell));
  } else {
    out_.code_point(content);
  }
  advance(cell.wide() ? 2 : 1);
  if (cell.unstable_width()) {
    where_ = Where::kUnknown;
  }
}

void ScreenWriter::print_ascii(std::span<const Cell> cells) {
  std::byte* to = out_.append(cells.size());
  for (const Cell cell : cells) {
    *to++ = static_cast<std::byte>(cell.content());
  }
  advance(static_cast<std::uint32_t>(cells.size()));
}

void ScreenWriter::spaces(std::uint32_t count) {
  out_.repeat(' ', count);
  advance(count);
}

void ScreenWriter::erase_cells(std::uint32_t count) { command(count, 'X'); }

void ScreenWriter::scroll(std::uint32_t first, std::uint32_t last, std::uint32_t count, bool up) {
  if (first == 0 && last + 1 == rows_) {
    if (region_set_) {
      reset_region();
    }
    if (up && where_ != Where::kUnknown && row_ == last && count <= command_size(count)) {
      out_.repeat('\n', count);
    } else {
      command(count, up ? 'S' : 'T');
    }
    return;
  }
  out_.put("\033[");
  if (first != 0) {
    out_.number(first + 1);
  }
  if (last + 1 != rows_) {
    out_.put(';');
    out_.number(last + 1);
  }
  out_.put('r');
  region_set_ = true;
  where_ = Where::kUnknown;
  command(count, up ? 'S' : 'T');
}

void ScreenWriter::reset_region() {
  if (region_set_) {
    out_.put("\033[r");
    region_set_ = false;
    where_ = Where::kKnown;  // home (terminal 4, DECSTBM)
    row_ = 0;
    column_ = 0;
  }
}

void ScreenWriter::clear_screen() {
  out_.put("\033[r\033[0m\033[H\033[2J");
  rendition_ = {};
  remember_style(rendition_);
  where_ = Where::kKnown;
  row_ = 0;
  column_ = 0;
}

}  // namespace sallyport::terminal
