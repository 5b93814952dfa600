// How many columns a code point takes, from utf8proc's Unicode tables (never the C library's locale), and whether all
// terminals agree about it. Linked by the terminal compartment. Specification: terminal 2.2.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace sallyport::terminal {

struct CharacterWidth {
  std::uint8_t columns = 1;  ///< 0 (joins the character before it), 1 or 2
  bool dropped = false;      ///< a control: not shown at all
  bool unstable = false;     ///< another implementation may give another width
};

/// The width of one code point, by its properties; slow.
[[nodiscard]] CharacterWidth width_of(char32_t code_point);

/// The same, remembered in pages of 256 code points as they are met: at most 1.1 MiB, usually a few KiB.
class WidthCache {
 public:
  WidthCache();
  [[nodiscard]] CharacterWidth operator()(char32_t code_point) {
    const std::uint16_t page = pages_[code_point >> 8U];
    const std::uint8_t entry = page != 0 ? made_[page - 1][code_point & 0xFFU] : slow(code_point);
    return {static_cast<std::uint8_t>(entry & kColumnsMask), (entry & kDropped) != 0, (entry & kUnstable) != 0};
  }

 private:
  using Page = std::array<std::uint8_t, 256>;
  static constexpr std::uint8_t kColumnsMask = 3;
  static constexpr std::uint8_t kDropped = 4;
  static constexpr std::uint8_t kUnstable = 8;
  static constexpr std::size_t kPages = 0x110000 / 256;
  std::uint8_t slow(char32_t code_point);

  std::vector<std::uint16_t> pages_;  // 0: not made yet; else 1 + place in made_
  std::vector<Page> made_;
};

}  // namespace sallyport::terminal
