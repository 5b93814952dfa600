#include "tests/terminal/emulator_testing.h"

#include <gtest/gtest.h>

#include "terminal/utf8.h"

namespace sallyport::terminal {

std::string times(std::string_view text, std::size_t count) {
  std::string result;
  result.reserve(text.size() * count);
  for (std::size_t i = 0; i < count; ++i) result += text;
  return result;
}

std::string utf8(char32_t code_point) {
  std::string result;
  append_utf8(result, code_point);
  return result;
}

void feed(Emulator& emulator, std::string_view text) { emulator.write(bytes_of(text)); }

void feed_bytewise(Emulator& emulator, std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) feed(emulator, text.substr(at, 1));
}

std::string row_text(const Framebuffer& frame, std::uint32_t row) {
  std::string text;
  for (const Cell cell : frame.row(row).cells()) {
    if (!cell.tail()) text += cell.is_empty() ? " " : frame.store().text(cell);
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

Rendition rendition_at(const Framebuffer& frame, std::uint32_t row, std::uint32_t column) {
  return frame.store().rendition(frame.row(row)[column].style());
}

std::vector<Reply> take_replies(Emulator& emulator) {
  std::vector<Reply> replies;
  while (const auto reply = emulator.replies().take()) replies.push_back(*reply);
  return replies;
}

std::string difference(const Framebuffer& one, const Framebuffer& other) {
  if (one.size() != other.size()) return "size";
  if (one.cursor() != other.cursor()) return "cursor";
  if (one.pen() != other.pen()) return "pen";
  if (one.modes() != other.modes()) return "modes";
  if (one.strings() != other.strings()) return "strings";
  if (one.title_was_set() != other.title_was_set()) return "title set";
  if (one.clipboard_sequence() != other.clipboard_sequence()) return "clipboard sequence";
  if (one.bell_count() != other.bell_count()) return "bell";
  for (std::uint32_t row = 0; row < one.rows(); ++row) {
    for (std::uint32_t column = 0; column < one.columns(); ++column) {
      const Cell a = one.row(row)[column];
      const Cell b = other.row(row)[column];
      const std::string where = std::to_string(row) + ";" + std::to_string(column);
      if (one.store().text(a) != other.store().text(b)) return "text at " + where;
      if ((a.bits() ^ b.bits()) & (Cell::kWide | Cell::kTail | Cell::kWrap | Cell::kUnstableWidth))
        return "flags at " + where;
      Rendition ours = one.store().rendition(a.style());
      Rendition theirs = other.store().rendition(b.style());
      const bool same_link = (ours.link == 0) == (theirs.link == 0) &&
                             (ours.link == 0 || one.store().link(ours.link) == other.store().link(theirs.link));
      ours.link = theirs.link = 0;
      if (!same_link || ours != theirs) return "rendition at " + where;
    }
  }
  return {};
}

std::string malformation(const Framebuffer& frame) {
  if (frame.cursor().row >= frame.rows() || frame.cursor().column >= frame.columns()) return "cursor outside";
  for (std::uint32_t row = 0; row < frame.rows(); ++row) {
    const std::span<const Cell> cells = frame.row(row).cells();
    if (cells.size() != frame.columns()) return "row of another width";
    for (std::size_t column = 0; column < cells.size(); ++column) {
      const Cell cell = cells[column];
      const std::string where = " at " + std::to_string(row) + ";" + std::to_string(column);
      const bool last = column + 1 == cells.size();
      if (cell.wide() && last) return "wide cell in the last column" + where;
      if (cell.wide() && (!cells[column + 1].tail() || !cells[column + 1].is_empty()))
        return "wide cell without tail" + where;
      if (cell.tail() && (column == 0 || !cells[column - 1].wide())) return "tail without wide cell" + where;
      if (cell.tail() && (cell.wide() || !cell.is_empty())) return "tail with contents" + where;
      if (cell.wraps() && !last) return "wrap flag inside" + where;
      if ((cell.wide() || cell.tail()) && !frame.row(row).may_have_wide()) return "unannounced wide cell" + where;
      if (frame.store().text(cell).size() > kMaxCellBytes) return "overlong cell" + where;
      if (cell.is_cluster() && frame.store().text(cell).empty()) return "lost cluster" + where;
      const bool uniform = cell == cells[0];
      if (frame.row(row).uniform() && !uniform) return "not uniform" + where;
    }
  }
  return {};
}

void expect_screen(std::string_view input, const ExpectedRows& rows, ExpectedCursor cursor) {
  for (const bool bytewise : {false, true}) {
    Emulator emulator({80, 24});
    feed(emulator, "\033c");
    (bytewise ? feed_bytewise : feed)(emulator, input);
    const Framebuffer& frame = emulator.framebuffer();
    for (std::uint32_t row = 1; row <= frame.rows(); ++row) {
      const auto expected = rows.find(row);
      EXPECT_EQ(row_text(frame, row - 1), expected == rows.end() ? "" : expected->second) << "row " << row;
    }
    if (cursor.row != 0) {
      EXPECT_EQ(frame.cursor().row + 1, cursor.row);
      EXPECT_EQ(frame.cursor().column + 1, cursor.column);
    }
    EXPECT_EQ(malformation(frame), "");
  }
}

}  // namespace sallyport::terminal
