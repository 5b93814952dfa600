// The rendition that a stock client's emulator keeps, and what SGR does to it (terminal 2.3). Tests and fuzz
// harnesses only.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sallyport::terminal::testing {

/// Colour: 0 default, 1 + n palette, 1 << 24 | rgb.
struct StockPen {
  bool bold = false, italic = false, underline = false, blink = false, inverse = false, invisible = false;
  std::uint32_t foreground = 0, background = 0;
  bool operator==(const StockPen&) const = default;
};

/// Returns how many numbers after `place` it used.
inline std::size_t extended_colour(const std::vector<int>& numbers, std::size_t place, std::uint32_t& colour,
                                   std::string& faults) {
  const auto number = [&](std::size_t i) { return place + i < numbers.size() ? numbers[place + i] : -1; };
  const auto byte = [&](std::size_t i) {
    if (number(i) < 0 || number(i) > 255) {
      faults += "colour component; ";
    }
    return static_cast<std::uint32_t>(number(i)) & 0xFFU;
  };
  if (number(1) == 5) {
    colour = byte(2) + 1;
    return 2;
  }
  if (number(1) != 2) {
    faults += "colour; ";
  }
  colour = 1U << 24U | byte(2) << 16U | byte(3) << 8U | byte(4);
  return 4;
}

/// SGR as stock has it; numbers are -1 where absent. Returns what a difference may not contain, in words.
inline std::string apply_rendition(const std::vector<int>& numbers, StockPen& pen) {
  std::string faults;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const int code = std::max(numbers[i], 0);
    const bool on = code < 10;
    switch (code) {
      case 0: pen = {}; continue;
      case 1:
      case 22: pen.bold = on; continue;
      case 3:
      case 23: pen.italic = on; continue;
      case 4:
      case 24: pen.underline = on; continue;
      case 5:
      case 25: pen.blink = on; continue;
      case 7:
      case 27: pen.inverse = on; continue;
      case 8:
      case 28: pen.invisible = on; continue;
      case 2:
      case 9:
      case 53: continue;  // what stock skips one by one and a diff may carry
      case 39: pen.foreground = 0; continue;
      case 49: pen.background = 0; continue;
      default: break;
    }
    std::uint32_t& colour = code < 40 || (code >= 90 && code < 98) ? pen.foreground : pen.background;
    if (code == 38 || code == 48) {
      i += extended_colour(numbers, i, colour, faults);
    } else if ((code >= 30 && code < 38) || (code >= 40 && code < 48)) {
      colour = static_cast<std::uint32_t>(code % 10) + 1;
    } else if ((code >= 90 && code < 98) || (code >= 100 && code < 108)) {
      colour = static_cast<std::uint32_t>(code % 10) + 9;
    } else {
      faults += "rendition " + std::to_string(code) + "; ";
    }
  }
  return faults;
}

}  // namespace sallyport::terminal::testing
