// Colours and attributes of cells and of the pen, and their packing into style numbers. Most renditions are packed into
// the 32-bit number itself; only two RGB colours at once, rare attributes beside an RGB colour, and hyperlinks need a
// table entry (row_store.h). Linked by the terminal compartment. Specification: terminal 2.3, 2.9.
#pragma once

#include <cstdint>
#include <optional>

#include "terminal/cell.h"

namespace sallyport::terminal {

class Color {
 public:
  constexpr Color() = default;  ///< the terminal's default colour
  static constexpr Color palette(std::uint8_t index) { return Color(kPalette | index); }
  static constexpr Color rgb(std::uint8_t red, std::uint8_t green, std::uint8_t blue) {
    return Color(kRgb | static_cast<std::uint32_t>(red) << 16U | static_cast<std::uint32_t>(green) << 8U | blue);
  }
  static constexpr Color rgb(std::uint32_t packed) { return Color(kRgb | (packed & 0xFFFFFFU)); }

  [[nodiscard]] constexpr bool is_default() const { return value_ == 0; }
  [[nodiscard]] constexpr bool is_palette() const { return (value_ & kPalette) != 0; }
  [[nodiscard]] constexpr bool is_rgb() const { return (value_ & kRgb) != 0; }
  /// Palette: 0..255. RGB: 0xRRGGBB. Default: 0.
  [[nodiscard]] constexpr std::uint32_t value() const { return value_ & 0xFFFFFFU; }
  /// The whole colour as a number: default 0.
  [[nodiscard]] constexpr std::uint32_t bits() const { return value_; }
  static constexpr Color from_bits(std::uint32_t bits) { return Color(bits); }
  [[nodiscard]] constexpr std::uint8_t red() const { return static_cast<std::uint8_t>(value_ >> 16U); }
  [[nodiscard]] constexpr std::uint8_t green() const { return static_cast<std::uint8_t>(value_ >> 8U); }
  [[nodiscard]] constexpr std::uint8_t blue() const { return static_cast<std::uint8_t>(value_); }

  constexpr bool operator==(const Color&) const = default;

 private:
  static constexpr std::uint32_t kPalette = 1U << 24U;
  static constexpr std::uint32_t kRgb = 1U << 25U;
  constexpr explicit Color(std::uint32_t value) : value_(value) {}
  std::uint32_t value_ = 0;
};

enum class Underline : std::uint8_t { kNone = 0, kSingle = 1, kDouble = 2, kCurly = 3, kDotted = 4, kDashed = 5 };

/// Bits of Rendition::attributes. The low six are those that a stock client knows.
enum Attribute : std::uint16_t {
  kBold = 1U << 0U,
  kItalic = 1U << 1U,
  kBlink = 1U << 2U,
  kInverse = 1U << 3U,
  kInvisible = 1U << 4U,
  kUnderlineShift = 5,  ///< three bits: Underline
  kUnderlineMask = 7U << 5U,
  kFaint = 1U << 8U,
  kStrike = 1U << 9U,
  kOverline = 1U << 10U,
};

/// A hyperlink's number in the store's table; 0 is none.
using LinkId = std::uint16_t;

struct Rendition {
  Color foreground;
  Color background;
  std::uint16_t attributes = 0;  ///< bits of Attribute
  LinkId link = 0;

  [[nodiscard]] constexpr bool has(Attribute attribute) const { return (attributes & attribute) != 0; }
  [[nodiscard]] constexpr Underline underline() const {
    return static_cast<Underline>((attributes & kUnderlineMask) >> kUnderlineShift);
  }
  constexpr void set(Attribute attribute, bool on) {
    attributes = static_cast<std::uint16_t>(on ? attributes | attribute : attributes & ~attribute);
  }
  constexpr void set_underline(Underline style) {
    attributes =
        static_cast<std::uint16_t>((attributes & ~kUnderlineMask) | static_cast<unsigned>(style) << kUnderlineShift);
  }
  constexpr bool operator==(const Rendition&) const = default;
};
static_assert(sizeof(Rendition) == 12);

/// What an erased cell keeps of the pen: the background alone (back-colour-erase; spec 2.1).
[[nodiscard]] constexpr Rendition erased(const Rendition& pen) {
  return {.foreground = {}, .background = pen.background};
}

/// Layout of a style number. Two tag bits, then: basic = attributes (11), background (9), foreground (9), both colours
/// as 0 or 1 + palette index; RGB forms = the low six attributes, then 24 bits of colour, the other colour being the
/// default. Two RGB colours fit if they are coarse: 5 bits of red and green and 4 of blue each, and bold or nothing; a
/// bit of the table's tag says so. Canonical: a rendition that fits is never in the table.
namespace style_layout {
enum Tag : std::uint32_t { kBasic = 0, kTable = 1, kForegroundRgb = 2, kBackgroundRgb = 3 };
inline constexpr unsigned kTagShift = 30;
inline constexpr std::uint32_t kBodyMask = (1U << kTagShift) - 1;
inline constexpr unsigned kColorBits = 9;
inline constexpr unsigned kRgbBits = 24;
inline constexpr unsigned kCommonAttributes = 0x3F;
inline constexpr std::uint32_t kCoarse = 1U << 29U;  // with kTable
inline constexpr std::uint32_t kCoarseBold = 1U << 28U;
inline constexpr unsigned kCoarseBits = 14;
[[nodiscard]] constexpr StyleId tagged(Tag tag, std::uint32_t body) { return StyleId(tag << kTagShift | body); }

/// The nearest coarse colour to an RGB colour, and its 14 bits.
[[nodiscard]] constexpr std::uint32_t coarse_bits(Color color) {
  const auto level = [](std::uint32_t value, std::uint32_t most) { return (value * most + 127) / 255; };
  return level(color.red(), 31) << 9U | level(color.green(), 31) << 4U | level(color.blue(), 15);
}
[[nodiscard]] constexpr Color coarse_color(std::uint32_t bits) {
  const auto value = [](std::uint32_t level, std::uint32_t most) { return (level * 255 + most / 2) / most; };
  return Color::rgb(value(bits >> 9U & 31U, 31) << 16U | value(bits >> 4U & 31U, 31) << 8U | value(bits & 15U, 15));
}
}  // namespace style_layout

/// True if the number is a table entry's; then `table_index` is its place.
[[nodiscard]] constexpr bool is_table_style(StyleId style) {
  return style.value() >> style_layout::kTagShift == style_layout::kTable &&
         (style.value() & style_layout::kCoarse) == 0;
}
[[nodiscard]] constexpr std::uint32_t table_index(StyleId style) { return style.value() & style_layout::kBodyMask; }
[[nodiscard]] constexpr StyleId table_style(std::uint32_t index) {
  return style_layout::tagged(style_layout::kTable, index);
}

/// The style number of a rendition without link whose colours are both RGB, if they are coarse and it is at most bold.
[[nodiscard]] constexpr std::optional<StyleId> coarse_style(const Rendition& rendition) {
  using namespace style_layout;
  const std::uint32_t fore = coarse_bits(rendition.foreground);
  const std::uint32_t back = coarse_bits(rendition.background);
  const bool fits = coarse_color(fore) == rendition.foreground && coarse_color(back) == rendition.background;
  if (!fits || (rendition.attributes & ~kBold) != 0) return std::nullopt;
  return tagged(kTable, kCoarse | (rendition.attributes != 0 ? kCoarseBold : 0) | back << kCoarseBits | fore);
}

/// The rendition's style number if it fits into the number itself, else none: then it needs the store's table.
[[nodiscard]] constexpr std::optional<StyleId> packed_style(const Rendition& rendition) {
  using namespace style_layout;
  const Color fore = rendition.foreground;
  const Color back = rendition.background;
  const auto pack = [](Color color) { return color.is_default() ? 0U : color.value() + 1; };
  if (rendition.link != 0) return std::nullopt;
  if (!fore.is_rgb() && !back.is_rgb()) {
    return tagged(kBasic, static_cast<std::uint32_t>(rendition.attributes) << (2 * kColorBits) |
                              pack(back) << kColorBits | pack(fore));
  }
  if (fore.is_rgb() && back.is_rgb()) return coarse_style(rendition);
  if ((rendition.attributes & ~kCommonAttributes) != 0) return std::nullopt;
  const std::uint32_t attributes = static_cast<std::uint32_t>(rendition.attributes) << kRgbBits;
  if (fore.is_rgb() && back.is_default()) return tagged(kForegroundRgb, attributes | fore.value());
  if (back.is_rgb() && fore.is_default()) return tagged(kBackgroundRgb, attributes | back.value());
  return std::nullopt;
}
/// The rendition of a style that is not a table entry's.
[[nodiscard]] Rendition unpacked_style(StyleId style);
/// The style of a cell erased with this pen: only the background stays. Never a table entry's.
[[nodiscard]] StyleId erased_style(const Rendition& rendition);
/// The nearest rendition that is packable, without hyperlink: what is used when the table is full. Two RGB colours
/// become coarse where nothing but bold is set, else RGB colours become the nearest of the 6x6x6 palette cube.
[[nodiscard]] Rendition quantised(const Rendition& rendition);

}  // namespace sallyport::terminal
