// Helps tests and harnesses of differences: a stock replica that shows a given framebuffer, the comparison of the
// two, and random programs. Tests and fuzz harnesses only.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "terminal/display.h"
#include "terminal/emulator.h"
#include "tests/terminal/stock_replica.h"

namespace sallyport::terminal::testing {

/// Its parts in one string. (GCC 12 warns of overlapping copies, wrongly, where a literal is added to a short
/// string.)
template <typename... Parts>
std::string joined(const Parts&... parts) {
  std::string whole;
  (whole.append(parts), ...);
  return whole;
}

inline std::u32string code_points(std::string_view utf8) {
  std::u32string result;
  for (std::size_t i = 0; i < utf8.size();) {
    const auto first = static_cast<unsigned char>(utf8[i++]);
    const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
    char32_t code = more == 0 ? first : first & (0x3FU >> static_cast<unsigned>(more));
    for (int k = 0; k < more && i < utf8.size(); ++k) {
      code = code << 6U | (static_cast<unsigned char>(utf8[i++]) & 0x3FU);
    }
    result += code;
  }
  return result;
}

/// Our own idea of widths: what a stock client with the newest C library has.
inline int our_width(char32_t code) {
  const CharacterWidth width = width_of(code);
  return width.dropped ? -1 : width.columns;
}

inline std::uint32_t stock_color(Color color) {
  return color.is_default() ? 0 : color.is_rgb() ? 1U << 24U | color.value() : color.value() + 1;
}

inline StockPen stock_pen(const Rendition& rendition) {
  return {.bold = rendition.has(kBold),
          .italic = rendition.has(kItalic),
          .underline = rendition.underline() != Underline::kNone,
          .blink = rendition.has(kBlink),
          .inverse = rendition.has(kInverse),
          .invisible = rendition.has(kInvisible),
          .foreground = stock_color(rendition.foreground),
          .background = stock_color(rendition.background)};
}

inline StockModes stock_modes(const Modes& modes) {
  return {.visible = modes.cursor_visible,
          .reverse = modes.reverse_video,
          .paste = modes.bracketed_paste,
          .focus = modes.focus_events,
          .mouse = static_cast<int>(modes.mouse),
          .encoding = static_cast<int>(modes.encoding)};
}

/// How a replica holds what it shows: all of these look the same (terminal 1.3, path independence).
struct Representation {
  bool blanks_as_spaces = false;
  bool wraps_kept = true;
  bool pending_wrap = false;  ///< if the cursor is in the last column
};

inline StockReplica replica_of(const Framebuffer& screen, Representation how = {},
                               StockReplica::Width width = our_width) {
  StockReplica replica(static_cast<int>(screen.columns()), static_cast<int>(screen.rows()), std::move(width));
  for (std::uint32_t row = 0; row < screen.rows(); ++row) {
    for (std::uint32_t column = 0; column < screen.columns(); ++column) {
      const Cell from = screen.row(row)[column];
      StockCell& to = replica.cell(static_cast<int>(row), static_cast<int>(column));
      to.pen = stock_pen(screen.store().rendition(from.style()));
      to.wide = from.wide();
      to.wrap = how.wraps_kept && from.wraps();
      to.text = code_points(screen.store().text(from));
      const bool plain = to.pen == StockPen{.background = to.pen.background};
      if (from.looks_blank() && from.content() != 0xA0 && !from.tail() && plain) {
        to.text.assign(how.blanks_as_spaces ? 1 : 0, U' ');
      }
    }
  }
  replica.pen = stock_pen(screen.pen());
  replica.modes = stock_modes(screen.modes());
  if (screen.title_was_set()) {
    replica.title = code_points(screen.strings().window_title).substr(0, 254);
    replica.icon = code_points(screen.strings().icon_name).substr(0, 254);
  }
  replica.clipboard = code_points(screen.strings().clipboard);
  const Position cursor = screen.cursor();
  replica.place_cursor(static_cast<int>(cursor.row), static_cast<int>(cursor.column),
                       how.pending_wrap && cursor.column + 1 == screen.columns());
  return replica;
}

inline bool looks_blank(const std::u32string& text) { return text.empty() || text == U" " || text == U"\u00A0"; }

/// What is not shown as wanted, in words; empty if all is. `beside_unstable`: cells whose width the two may see
/// differently, and their right neighbours, are not looked at.
inline std::string mismatch(StockReplica& replica, const Framebuffer& wanted, bool beside_unstable = false) {
  if (replica.columns() != static_cast<int>(wanted.columns()) || replica.rows() != static_cast<int>(wanted.rows())) {
    return "size";
  }
  for (std::uint32_t row = 0; row < wanted.rows(); ++row) {
    for (std::uint32_t column = 0; column < wanted.columns(); ++column) {
      const Cell cell = wanted.row(row)[column];
      if (cell.tail()) {
        continue;
      }
      if (beside_unstable && cell.unstable_width()) {
        column += cell.wide() ? 2 : 1;
        continue;
      }
      const StockCell& shown = replica.cell(static_cast<int>(row), static_cast<int>(column));
      const std::u32string text = code_points(wanted.store().text(cell));
      const std::string place = joined(" at ", std::to_string(row + 1), ";", std::to_string(column + 1));
      if (shown.text != text && !(looks_blank(shown.text) && looks_blank(text))) {
        return "text" + place;
      }
      if (shown.wide != cell.wide()) {
        return "width" + place;
      }
      if (!(shown.pen == stock_pen(wanted.store().rendition(cell.style())))) {
        return "rendition" + place;
      }
    }
  }
  if (replica.cursor_row() != static_cast<int>(wanted.cursor().row) ||
      replica.cursor_column() != static_cast<int>(wanted.cursor().column)) {
    return "cursor " + std::to_string(replica.cursor_row() + 1) + ";" + std::to_string(replica.cursor_column() + 1);
  }
  if (!(replica.pen == stock_pen(wanted.pen()))) {
    return "pen";
  }
  if (!(replica.modes == stock_modes(wanted.modes()))) {
    return "modes";
  }
  const Strings& strings = wanted.strings();
  if (wanted.title_was_set() && (replica.title != code_points(strings.window_title).substr(0, 254) ||
                                 replica.icon != code_points(strings.icon_name).substr(0, 254))) {
    return "title";
  }
  return replica.clipboard == code_points(strings.clipboard) ? "" : "clipboard";
}

/// The bytes that bring a replica of `base` to `wanted`.
inline std::string difference(const Framebuffer& base, const Framebuffer& wanted, DisplayOptions options = {},
                              Receiver receiver = Receiver::kShowsBase) {
  Display display(options);
  DiffBuffer out;
  (void)display.write(base, wanted, receiver, out);
  return std::string(text_of(out.bytes()));
}

/// Random output of a program: text of all kinds, movement, editing, renditions, modes and strings.
class RandomProgram {
 public:
  explicit RandomProgram(std::uint32_t seed, bool unstable = true) : random_(seed), unstable_(unstable) {}

  std::string operator()(int steps) {
    std::string program;
    for (int i = 0; i < steps; ++i) {
      step(program);
    }
    return program;
  }

 private:
  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }
  std::string number(std::uint32_t limit) { return std::to_string(below(limit)); }

  std::string text() {
    static constexpr std::string_view kStable[] = {"a",       "b",      "Z",      " ",      "  ",
                                                   "     ",   "~",      "\u00E9", "\u6F22", "\u5B57",
                                                   "e\u0301", "\u2500", "\u0416", "\u00A0"};
    static constexpr std::string_view kUnstable[] = {"\U0001F600", "\u2764\uFE0F", "\uE0B0", "\U0001F1E6", "\u0378"};
    std::string result;
    const std::string piece(unstable_ && below(12) == 0 ? kUnstable[below(5)] : kStable[below(14)]);
    for (std::uint32_t n = below(6) == 0 ? below(100) : below(6) + 1; n > 0; --n) {
      result += piece;
    }
    return result;
  }

  std::string rendition() {
    static constexpr std::string_view kCodes[] = {
        "0",  "1",  "3",  "4",  "5",  "7",  "8",  "2",   "9",        "53",      "21",         "22",           "24",
        "27", "31", "36", "39", "42", "49", "95", "104", "38;5;200", "48;5;17", "38;2;1;2;3", "48;2;250;0;9", "4:3"};
    return joined("\033[", kCodes[below(26)], below(3) == 0 ? ";44m" : "m");
  }

  std::string mode() {
    static constexpr std::string_view kModes[] = {"25",   "5",    "2004", "1004", "1000", "1002", "1003", "9",
                                                  "1005", "1006", "1015", "6",    "7",    "1049", "1",    "1007"};
    return joined("\033[?", kModes[below(16)], below(2) == 0 ? "h" : "l");
  }

  std::string string() {
    switch (below(5)) {
      case 0: return joined("\033]0;t", number(9), "\a");
      case 1: return joined("\033]1;i", number(9), "\a");
      case 2: return joined("\033]2;w\u00E9", number(9), "\033\\");
      case 3: return "\033]52;c;aGk=\a";
      default: return "\a";
    }
  }

  void step(std::string& program) {
    static constexpr std::string_view kEdits = "@ABCDEFGHJKLMPSTXZdg`b";
    const std::uint32_t choice = below(100);
    if (choice < 40) {
      program += text();
    } else if (choice < 55) {
      program += rendition();
    } else if (choice < 63) {
      program += joined("\033[", number(30), ";", number(90), "H");
    } else if (choice < 80) {
      program += joined("\033[", number(below(4) == 0 ? 99 : 4), kEdits.substr(below(22), 1));
    } else if (choice < 90) {
      static constexpr std::string_view kControls[] = {"\r\n",  "\r",    "\n",      "\b",      "\t",     "\033M",
                                                       "\0337", "\0338", "\033[4h", "\033[4l", "\033#8", "\033[r"};
      program += kControls[below(12)];
    } else if (choice < 92) {
      program += joined("\033[", number(10), ";", number(30), "r");
    } else if (choice < 97) {
      program += mode();
    } else {
      program += string();
    }
  }

  std::mt19937 random_;
  bool unstable_;
};

}  // namespace sallyport::terminal::testing
