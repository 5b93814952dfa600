// The part of a stock client's emulator that host bytes may use, written from terminal 2 to 4 as stock behaves
// (defects included) and sharing no code with ours, so that a misunderstanding cannot hide on both sides. Whatever a
// diff may not contain (terminal 6.2) is recorded as a fault. Tests and fuzz harnesses only.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tests/terminal/stock_pen.h"

namespace sallyport::terminal::testing {

struct StockCell {
  std::u32string text;  ///< empty: erased
  bool wide = false;
  StockPen pen;
  bool wrap = false;
  bool operator==(const StockCell&) const = default;
};

struct StockModes {
  bool visible = true, reverse = false, paste = false, focus = false;
  int mouse = 0, encoding = 0;
  bool operator==(const StockModes&) const = default;
};

class StockReplica {
 public:
  /// Columns of a code point as the client's C library has it; negative: dropped.
  using Width = std::function<int(char32_t)>;

  StockReplica(int columns, int rows, Width width) : width_(std::move(width)) { resize(columns, rows); }

  void resize(int columns, int rows) {
    for (auto& row : rows_) {
      row.resize(static_cast<std::size_t>(columns), blank());
      for (auto& cell : row) {
        cell.wrap = false;
      }
    }
    rows_.resize(static_cast<std::size_t>(rows), Row(static_cast<std::size_t>(columns), blank()));
    columns_ = columns;
    top_ = 0;
    bottom_ = rows - 1;
    move(row_, column_);
  }

  void apply(std::span<const std::byte> bytes) {
    bytes_ = bytes;
    place_ = 0;
    touched_ = false;
    while (place_ < bytes_.size()) {
      step();
    }
    if (pending_wrap_ && touched_) {
      fault("ends with a pending wrap");
    }
    if (top_ != 0 || bottom_ != rows() - 1) {
      fault("ends with a scroll region");
    }
  }

  void place_cursor(int row, int column, bool pending_wrap) {
    move(row, column);
    pending_wrap_ = pending_wrap;
  }

  [[nodiscard]] int columns() const { return columns_; }
  [[nodiscard]] int rows() const { return static_cast<int>(rows_.size()); }
  [[nodiscard]] StockCell& cell(int row, int column) {
    return rows_[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)];
  }
  [[nodiscard]] int cursor_row() const { return row_; }
  [[nodiscard]] int cursor_column() const { return column_; }
  [[nodiscard]] const std::string& faults() const { return faults_; }

  StockPen pen;
  StockModes modes;
  std::u32string title, icon, clipboard;
  int bells = 0;
  int wrap_pairs = 0;  ///< times that printing wrapped by itself

 private:
  using Row = std::vector<StockCell>;

  void fault(const std::string& what) { faults_ += what + " near byte " + std::to_string(place_) + "; "; }
  [[nodiscard]] StockCell blank() const {
    StockCell cell;
    cell.pen.background = pen.background;
    return cell;
  }
  void move(int row, int column) {
    touched_ = true;
    row_ = std::clamp(row, 0, rows() - 1);
    column_ = std::clamp(column, 0, columns_ - 1);
    pending_wrap_ = false;
    target_row_ = row_;
    target_column_ = column_;
    fresh_base_ = false;
  }
  void scroll(int count) {  // positive: content moves up
    const auto from = rows_.begin() + top_;
    const auto to = rows_.begin() + bottom_ + 1;
    const int size = bottom_ + 1 - top_;
    const int n = std::min(std::abs(count), size);
    const Row fill(static_cast<std::size_t>(columns_), blank());
    if (count > 0) {
      std::rotate(from, from + n, to);
      std::fill(to - n, to, fill);
    } else {
      std::rotate(from, to - n, to);
      std::fill(from, from + n, fill);
    }
  }
  void line_feed() {
    if (row_ == bottom_) {
      scroll(1);
      move(row_, column_);
    } else {
      move(row_ + 1, column_);
    }
  }
  void reverse_line_feed() {
    if (row_ == top_) {
      scroll(-1);
      move(row_, column_);
    } else {
      move(row_ - 1, column_);
    }
  }
  void erase(int row, int from, int to) {  // [from, to)
    for (int column = from; column < std::min(to, columns_); ++column) {
      cell(row, column) = blank();
    }
  }

  std::uint8_t take() { return place_ < bytes_.size() ? std::to_integer<std::uint8_t>(bytes_[place_++]) : 0; }

  void step() {
    const std::uint8_t first = take();
    switch (first) {
      case 0x07: ++bells; return;
      case 0x08: move(row_, column_ - 1); return;
      case 0x0A: line_feed(); return;
      case 0x0D: move(row_, 0); return;
      case 0x1B: escape(); return;
      default: break;
    }
    if (first < 0x20 || first == 0x7F) {
      fault("control byte " + std::to_string(first));
    } else {
      print(decode(first));
    }
  }

  char32_t decode(std::uint8_t first) {
    if (first < 0x80) {
      return first;
    }
    const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
    char32_t code = first & (0x3FU >> more);
    for (int i = 0; i < more; ++i) {
      const std::uint8_t next = take();
      if ((next & 0xC0U) != 0x80 || first < 0xC2) {
        fault("malformed UTF-8");
        return 0xFFFD;
      }
      code = code << 6U | (next & 0x3FU);
    }
    if (code < 0xA0) {
      fault("C1 code point");
    }
    return code;
  }

  void print(char32_t code) {
    const int width = width_(code);
    if (width < 0) {
      return;
    }
    if (width == 0) {
      if (target_row_ >= rows() || target_column_ >= columns_) {
        return;
      }
      StockCell& target = cell(target_row_, target_column_);
      if (!fresh_base_) {
        fault("zero-width code point without a base before it");
      }
      if (target.text.empty()) {
        target.text.push_back(0xA0);
      }
      target.text += code;
      return;
    }
    if (pending_wrap_) {
      cell(row_, columns_ - 1).wrap = true;
      ++wrap_pairs;
      if (row_ == rows() - 1) {
        fault("wraps at the bottom");
      }
      column_ = 0;
      line_feed();
    } else if (width == 2 && column_ == columns_ - 1) {
      fault("wide code point in the last column");
      return;
    }
    touched_ = true;
    StockCell& here = cell(row_, column_);
    here = blank();
    here.text = std::u32string(1, code);
    here.wide = width == 2;
    here.pen = pen;
    if (width == 2 && column_ + 1 < columns_) {
      cell(row_, column_ + 1) = blank();
    }
    target_row_ = row_;
    target_column_ = column_;
    fresh_base_ = true;
    pending_wrap_ = column_ + width >= columns_;
    column_ = std::min(column_ + width, columns_ - 1);
  }

  void escape() {
    switch (take()) {
      case '[': control_sequence(); return;
      case ']': system_command(); return;
      case 'M': reverse_line_feed(); return;
      default: fault("escape sequence"); return;
    }
  }

  void control_sequence() {
    bool marked = false;
    std::vector<int> numbers;
    int current = -1;
    std::uint8_t byte = take();
    if (byte == '?') {
      marked = true;
      byte = take();
    }
    for (; (byte >= '0' && byte <= '9') || byte == ';'; byte = take()) {
      if (byte == ';') {
        numbers.push_back(std::exchange(current, -1));
      } else {
        current = std::max(current, 0) * 10 + (byte - '0');
      }
    }
    numbers.push_back(current);
    if (numbers.size() > 32) {
      fault("too many parameters");
    }
    if (marked) {
      for (const int mode : numbers) {
        set_mode(mode, byte);
      }
    } else {
      dispatch(byte, numbers);
    }
  }

  void dispatch(std::uint8_t final, const std::vector<int>& numbers) {
    const int first = std::max(numbers[0], 1);
    const int second = std::max(numbers.size() > 1 ? numbers[1] : 1, 1);
    switch (final) {
      case 'm': faults_ += apply_rendition(numbers, pen); return;
      case 'H': move(first - 1, second - 1); return;
      case 'A': move(row_ - first, column_); return;
      case 'B': move(row_ + first, column_); return;
      case 'C': move(row_, column_ + first); return;
      case 'D': move(row_, column_ - first); return;
      case 'G': move(row_, first - 1); return;
      case 'd': move(first - 1, column_); return;
      case 'K': erase(row_, numbers[0] > 0 ? 0 : column_, numbers[0] == 1 ? column_ + 1 : columns_); break;
      case 'X': erase(row_, column_, column_ + first); break;
      case 'J': erase_display(numbers[0]); break;
      case 'S': scroll(first); break;
      case 'T': scroll(-first); break;
      case 'r': {
        const int bottom = std::min(numbers.size() > 1 && numbers[1] > 0 ? numbers[1] : rows(), rows());
        if (bottom <= first) {  // stock ignores it; a screen of one row has no other region
          if (rows() > 1) {
            fault("invalid region");
          }
          return;
        }
        top_ = first - 1;
        bottom_ = bottom - 1;
        move(0, 0);
        return;
      }
      default: fault(std::string("control sequence ") + static_cast<char>(final)); return;
    }
    pending_wrap_ = false;
    fresh_base_ = false;
  }

  void erase_display(int which) {
    for (int row = which <= 0 ? row_ : 0; row < (which == 1 ? row_ + 1 : rows()); ++row) {
      erase(row, which <= 0 && row == row_ ? column_ : 0, which == 1 && row == row_ ? column_ + 1 : columns_);
    }
  }

  void set_mode(int mode, std::uint8_t final) {
    const bool on = final == 'h';
    if (final != 'h' && final != 'l') {
      fault("private control sequence");
      return;
    }
    switch (mode) {
      case 5: modes.reverse = on; return;
      case 25: modes.visible = on; return;
      case 1004: modes.focus = on; return;
      case 2004: modes.paste = on; return;
      case 9:
      case 1000:
      case 1001:
      case 1002:
      case 1003: modes.mouse = on ? mode : 0; return;
      case 1005:
      case 1006:
      case 1015: modes.encoding = on ? mode : 0; return;
      default: fault("private mode " + std::to_string(mode)); return;
    }
  }

  void system_command() {
    std::u32string text;
    while (place_ < bytes_.size()) {
      const std::uint8_t byte = take();
      if (byte == 0x07) {
        break;
      }
      if (byte < 0x20) {
        fault("control byte in a string");
        return;
      }
      text += decode(byte);
    }
    if (place_ > bytes_.size() || bytes_[place_ - 1] != std::byte{0x07}) {
      fault("unterminated string");
    }
    const auto starts = [&](const char32_t* prefix) { return text.starts_with(prefix); };
    if (starts(U"52;c;")) {
      clipboard = text.substr(5);
    } else if (starts(U"0;") || starts(U"1;") || starts(U"2;")) {
      if (text.size() > 256) {
        fault("title too long");
      }
      if (text[0] != U'2') {
        icon = text.substr(2);
      }
      if (text[0] != U'1') {
        title = text.substr(2);
      }
    } else {
      fault("operating system command");
    }
  }

  Width width_;
  std::vector<Row> rows_;
  int columns_ = 0;
  int row_ = 0, column_ = 0;
  int target_row_ = 0, target_column_ = 0;
  bool pending_wrap_ = false;
  bool touched_ = false;     ///< the difference has moved the cursor
  bool fresh_base_ = false;  ///< the byte before was (part of) a printed cell
  int top_ = 0, bottom_ = 0;
  std::string faults_;
  std::span<const std::byte> bytes_;
  std::size_t place_ = 0;
};

}  // namespace sallyport::terminal::testing
