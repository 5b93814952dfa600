// The two character sets that programs still switch between: ASCII and DEC's line drawing. Translated when printed, so
// that the screen holds Unicode alone. Linked by the terminal compartment. Specification: terminal 4.7 (DEC graphics).
#pragma once

#include <array>
#include <cstdint>

namespace sallyport::terminal {

/// The Unicode form of a code point printed while DEC graphics are active; itself outside 0x5F..0x7E.
[[nodiscard]] char32_t dec_graphic(char32_t code_point);

/// Which set G0 and G1 are, and which of the two is in use.
struct Charsets {
  std::array<bool, 2> graphics{};  ///< false: ASCII
  std::uint8_t active = 0;         ///< 0 after SI, 1 after SO
  [[nodiscard]] bool graphics_active() const { return graphics[active]; }
};

}  // namespace sallyport::terminal
