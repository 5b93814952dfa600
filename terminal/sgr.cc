#include "terminal/sgr.h"

#include <array>
#include <optional>

namespace sallyport::terminal {
namespace {

constexpr std::uint32_t kSetForeground = 38;
constexpr std::uint32_t kSetBackground = 48;
constexpr std::uint32_t kSetUnderlineColor = 58;  // understood, not kept
constexpr std::uint32_t kRgbForm = 2;
constexpr std::uint32_t kPaletteForm = 5;

std::optional<Color> rgb(std::uint32_t red, std::uint32_t green, std::uint32_t blue) {
  if (red > 255 || green > 255 || blue > 255) return std::nullopt;
  return Color::rgb(static_cast<std::uint8_t>(red), static_cast<std::uint8_t>(green), static_cast<std::uint8_t>(blue));
}

std::optional<Color> palette(std::uint32_t index) {
  if (index > 255) return std::nullopt;
  return Color::palette(static_cast<std::uint8_t>(index));
}

void set_color(std::uint32_t which, std::optional<Color> color, Rendition& pen) {
  if (!color) return;
  if (which == kSetForeground) pen.foreground = *color;
  if (which == kSetBackground) pen.background = *color;
}

// 38;5;n and 38;2;r;g;b from parameter `at` on; returns the parameter after it.
std::uint32_t color_with_semicolons(const ControlSequence& sequence, std::uint32_t at, Rendition& pen) {
  const auto value = [&](std::uint32_t offset) -> std::uint32_t { return sequence.values[at + offset]; };
  const std::uint32_t left = sequence.count - at;
  if (sequence.sub_parameters != 0) {
    for (std::uint32_t i = 1; i < left && i < 5; ++i) {
      if (sequence.is_sub_parameter(at + i)) return sequence.count;  // neither form
    }
  }
  if (left >= 3 && value(1) == kPaletteForm) {
    set_color(value(0), palette(value(2)), pen);
    return at + 3;
  }
  if (left >= 5 && value(1) == kRgbForm) {
    set_color(value(0), rgb(value(2), value(3), value(4)), pen);
    return at + 5;
  }
  return sequence.count;
}

// Parameter `at` and its sub-parameters up to `end`.
void apply_group(const ControlSequence& sequence, std::uint32_t at, std::uint32_t end, Rendition& pen) {
  const auto value = [&](std::uint32_t offset) { return sequence.value(at + offset, 0); };
  const std::uint32_t size = end - at;
  if (value(0) == 4) {
    const std::uint32_t style = value(1);
    return pen.set_underline(style <= 5 ? static_cast<Underline>(style) : Underline::kSingle);
  }
  if (value(0) != kSetForeground && value(0) != kSetBackground) return;
  if (value(1) == kPaletteForm && size >= 3) return set_color(value(0), palette(value(2)), pen);
  if (value(1) != kRgbForm || size < 5) return;
  const std::uint32_t red = size == 5 ? 2 : 3;  // with or without a colour space
  set_color(value(0), rgb(value(red), value(red + 1), value(red + 2)), pen);
}

// A table to be read as one: a line for each code.
// clang-format off
consteval bool apply_attribute(std::uint32_t code, Rendition& pen) {
  switch (code) {
    case 0:
      pen = {.foreground = {}, .background = {}, .attributes = 0, .link = pen.link};
      return true;
    case 1: pen.set(kBold, true); return true;
    case 2: pen.set(kFaint, true); return true;
    case 3: pen.set(kItalic, true); return true;
    case 4: pen.set_underline(Underline::kSingle); return true;
    case 5: pen.set(kBlink, true); return true;
    case 7: pen.set(kInverse, true); return true;
    case 8: pen.set(kInvisible, true); return true;
    case 9: pen.set(kStrike, true); return true;
    case 21: pen.set_underline(Underline::kDouble); return true;
    case 22:
      pen.set(kBold, false);
      pen.set(kFaint, false);
      return true;
    case 23: pen.set(kItalic, false); return true;
    case 24: pen.set_underline(Underline::kNone); return true;
    case 25: pen.set(kBlink, false); return true;
    case 27: pen.set(kInverse, false); return true;
    case 28: pen.set(kInvisible, false); return true;
    case 29: pen.set(kStrike, false); return true;
    case 39: pen.foreground = Color(); return true;
    case 49: pen.background = Color(); return true;
    case 53: pen.set(kOverline, true); return true;
    case 55: pen.set(kOverline, false); return true;
    default: return false;
  }
}
// clang-format on

consteval void apply_code(std::uint32_t code, Rendition& pen) {
  const auto color = [code](std::uint32_t first) { return Color::palette(static_cast<std::uint8_t>(code - first)); };
  if (apply_attribute(code, pen)) return;
  if (code >= 30 && code <= 37) pen.foreground = color(30);
  if (code >= 40 && code <= 47) pen.background = color(40);
  if (code >= 90 && code <= 97) pen.foreground = color(90 - 8);
  if (code >= 100 && code <= 107) pen.background = color(100 - 8);
}

// What a code does to any pen: some bits are kept, some set. Made from the functions above when this is compiled, so
// that applying one takes no branch that a program's output could make hard to predict.
struct Effect {
  std::uint32_t foreground_kept, foreground_set, background_kept, background_set;
  std::uint16_t attributes_kept, attributes_set;
};
constexpr std::uint32_t kFirstWithoutEffect = 108;

consteval Effect effect_of(std::uint32_t code) {
  Rendition zeros;
  Rendition ones{.foreground = Color::from_bits(~0U), .background = Color::from_bits(~0U), .attributes = 0xFFFF};
  apply_code(code, zeros);
  apply_code(code, ones);
  return {.foreground_kept = ones.foreground.bits() & ~zeros.foreground.bits(),
          .foreground_set = zeros.foreground.bits(),
          .background_kept = ones.background.bits() & ~zeros.background.bits(),
          .background_set = zeros.background.bits(),
          .attributes_kept = static_cast<std::uint16_t>(ones.attributes & ~zeros.attributes),
          .attributes_set = zeros.attributes};
}

constexpr std::array<Effect, kFirstWithoutEffect> kEffects = []() consteval {
  std::array<Effect, kFirstWithoutEffect> effects{};
  for (std::uint32_t code = 0; code < kFirstWithoutEffect; ++code) effects[code] = effect_of(code);
  return effects;
}();

Rendition applied(std::uint32_t code, const Rendition& pen) {
  if (code >= kFirstWithoutEffect) return pen;
  const Effect& effect = kEffects[code];
  return {.foreground = Color::from_bits((pen.foreground.bits() & effect.foreground_kept) | effect.foreground_set),
          .background = Color::from_bits((pen.background.bits() & effect.background_kept) | effect.background_set),
          .attributes = static_cast<std::uint16_t>((pen.attributes & effect.attributes_kept) | effect.attributes_set),
          .link = pen.link};
}

}  // namespace

Rendition with_sgr(const ControlSequence& sequence, Rendition pen) {
  if (sequence.count == 0) return applied(0, pen);
  std::uint32_t at = 0;
  while (at < sequence.count) {
    std::uint32_t end = at + 1;
    while (sequence.sub_parameters != 0 && end < sequence.count && sequence.is_sub_parameter(end)) ++end;
    const std::uint32_t code = sequence.values[at];
    if (end > at + 1) {
      apply_group(sequence, at, end, pen);
      at = end;
    } else if (code == kSetForeground || code == kSetBackground || code == kSetUnderlineColor) {
      at = color_with_semicolons(sequence, at, pen);
    } else {
      pen = applied(code, pen);
      at = end;
    }
  }
  return pen;
}

}  // namespace sallyport::terminal
