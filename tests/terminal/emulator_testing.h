// Helpers for tests of the emulator: feeding text, reading the screen back, and the invariants that every screen keeps.
// Linked by the tests alone.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "terminal/emulator.h"

namespace sallyport::terminal {

/// `text` printed `count` times.
[[nodiscard]] std::string times(std::string_view text, std::size_t count);
/// UTF-8 of one code point.
[[nodiscard]] std::string utf8(char32_t code_point);

void feed(Emulator& emulator, std::string_view text);
void feed_bytewise(Emulator& emulator, std::string_view text);

/// The row's text, empty cells as spaces, blanks at its end removed.
[[nodiscard]] std::string row_text(const Framebuffer& frame, std::uint32_t row);
[[nodiscard]] Rendition rendition_at(const Framebuffer& frame, std::uint32_t row, std::uint32_t column);

constexpr WindowSize kUsual{80, 24};

/// An emulator that was fed one input, for short tests.
struct After {
  explicit After(std::string_view input, WindowSize size = kUsual) : emulator(size) { feed(emulator, input); }
  [[nodiscard]] const Framebuffer& frame() const { return emulator.framebuffer(); }
  [[nodiscard]] Rendition at(std::uint32_t row, std::uint32_t column) const {
    return rendition_at(frame(), row, column);
  }
  [[nodiscard]] std::string row(std::uint32_t row) const { return row_text(frame(), row); }
  Emulator emulator;
};

/// All replies waiting, taken out.
[[nodiscard]] std::vector<Reply> take_replies(Emulator& emulator);

/// Empty if the two screens are the same in every respect that a client could see, else what differs.
[[nodiscard]] std::string difference(const Framebuffer& one, const Framebuffer& other);
/// Empty if the screen is well formed (spec 2.7: wide cells; 2.1: contents; cursor inside), else what is wrong.
[[nodiscard]] std::string malformation(const Framebuffer& frame);

/// A vector of section 9.1: after RIS on 80x24, `input` must leave exactly these rows (from 1; all others blank) and
/// this cursor (from 1; row 0 means any), whether it comes at once or byte by byte.
struct ExpectedCursor {
  std::uint32_t row = 0;
  std::uint32_t column = 0;
};
using ExpectedRows = std::map<std::uint32_t, std::string>;
void expect_screen(std::string_view input, const ExpectedRows& rows, ExpectedCursor cursor);

}  // namespace sallyport::terminal
