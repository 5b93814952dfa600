#include "terminal/rendition.h"

namespace sallyport::terminal {
namespace {

using namespace style_layout;

constexpr std::uint32_t kColorMask = (1U << kColorBits) - 1;
constexpr std::uint32_t kRgbMask = (1U << kRgbBits) - 1;

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
    default:  // kTable: ours only if coarse
      if ((body & kCoarse) == 0) break;
      rendition.attributes = (body & kCoarseBold) != 0 ? kBold : 0;
      rendition.background = coarse_color(body >> kCoarseBits);
      rendition.foreground = coarse_color(body);
      break;
  }
  return rendition;
}

StyleId erased_style(const Rendition& rendition) { return packed_style(erased(rendition)).value_or(StyleId()); }

Rendition quantised(const Rendition& rendition) {
  if (rendition.foreground.is_rgb() && rendition.background.is_rgb() && (rendition.attributes & ~kBold) == 0) {
    return {.foreground = coarse_color(coarse_bits(rendition.foreground)),
            .background = coarse_color(coarse_bits(rendition.background)),
            .attributes = rendition.attributes};
  }
  return {.foreground = to_cube(rendition.foreground),
          .background = to_cube(rendition.background),
          .attributes = rendition.attributes};
}

}  // namespace sallyport::terminal
