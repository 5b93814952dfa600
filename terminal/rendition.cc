#include "terminal/rendition.h"

namespace sallyport::terminal {
namespace {

// Layout of a style number. Two tag bits, then: basic = attributes (11), background (9), foreground (9), both colours as 0 or
// 1 + palette index; RGB forms = the low six attributes, then 24 bits of colour, the other colour being the default.
enum Tag : std::uint32_t { kBasic = 0, kTable = 1, kForegroundRgb = 2, kBackgroundRgb = 3 };
constexpr unsigned kTagShift = 30;
constexpr std::uint32_t kBodyMask = (1U << kTagShift) - 1;
constexpr unsigned kColorBits = 9;
constexpr std::uint32_t kColorMask = (1U << kColorBits) - 1;
constexpr unsigned kRgbBits = 24;
constexpr std::uint32_t kRgbMask = (1U << kRgbBits) - 1;
constexpr unsigned kCommonAttributes = 0x3F;

constexpr StyleId tagged(Tag tag, std::uint32_t body) { return StyleId(static_cast<std::uint32_t>(tag) << kTagShift | body); }

constexpr std::uint32_t pack_color(Color color) { return color.is_default() ? 0 : color.value() + 1; }

constexpr Color unpack_color(std::uint32_t packed) {
  return packed == 0 ? Color() : Color::palette(static_cast<std::uint8_t>(packed - 1));
}

constexpr Color to_cube(Color color) {
  if (!color.is_rgb()) return color;
  const auto step = [](unsigned level) { return (level * 5 + 127) / 255; };
  return Color::palette(
      static_cast<std::uint8_t>(16 + 36 * step(color.red()) + 6 * step(color.green()) + step(color.blue())));
}

}  // namespace

std::optional<StyleId> packed_style(const Rendition& rendition) {
  if (rendition.link != 0) return std::nullopt;
  const Color fore = rendition.foreground;
  const Color back = rendition.background;
  if (!fore.is_rgb() && !back.is_rgb()) {
    return tagged(kBasic, static_cast<std::uint32_t>(rendition.attributes) << (2 * kColorBits) |
                              pack_color(back) << kColorBits | pack_color(fore));
  }
  if ((rendition.attributes & ~kCommonAttributes) != 0) return std::nullopt;
  const std::uint32_t attributes = static_cast<std::uint32_t>(rendition.attributes) << kRgbBits;
  if (fore.is_rgb() && back.is_default()) return tagged(kForegroundRgb, attributes | fore.value());
  if (back.is_rgb() && fore.is_default()) return tagged(kBackgroundRgb, attributes | back.value());
  return std::nullopt;
}

bool is_table_style(StyleId style) { return style.value() >> kTagShift == kTable; }
std::uint32_t table_index(StyleId style) { return style.value() & kBodyMask; }
StyleId table_style(std::uint32_t index) { return tagged(kTable, index); }

Rendition unpacked_style(StyleId style) {
  const std::uint32_t body = style.value() & kBodyMask;
  Rendition rendition;
  switch (style.value() >> kTagShift) {
    case kBasic:
      rendition.attributes = static_cast<std::uint16_t>(body >> (2 * kColorBits));
      rendition.background = unpack_color(body >> kColorBits & kColorMask);
      rendition.foreground = unpack_color(body & kColorMask);
      break;
    case kForegroundRgb:
      rendition.attributes = static_cast<std::uint16_t>(body >> kRgbBits);
      rendition.foreground = Color::rgb(body & kRgbMask);
      break;
    case kBackgroundRgb:
      rendition.attributes = static_cast<std::uint16_t>(body >> kRgbBits);
      rendition.background = Color::rgb(body & kRgbMask);
      break;
    default:  // kTable: not ours to know
      break;
  }
  return rendition;
}

StyleId erased_style(const Rendition& rendition) { return packed_style(erased(rendition)).value_or(StyleId()); }

Rendition quantised(const Rendition& rendition) {
  return {.foreground = to_cube(rendition.foreground),
          .background = to_cube(rendition.background),
          .attributes = rendition.attributes};
}

}  // namespace sallyport::terminal
