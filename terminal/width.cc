#include "terminal/width.h"

#include <utf8proc.h>

#include <algorithm>
#include <iterator>

namespace sallyport::terminal {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

constexpr bool in_ranges(const Range* begin, const Range* end, char32_t code_point) {
  const Range* const after =
      std::upper_bound(begin, end, code_point, [](char32_t value, const Range& range) { return value < range.first; });
  return after != begin && code_point <= after[-1].last;
}

// Ours: where the C library since 2.26, musl and macOS agree (spec 2.2): scripts complete by Unicode 9, no emoji, no
// format characters, no private use. What is unassigned in between does not count.
constexpr Range kStable[] = {
    {0x20, 0x7E},     {0xA0, 0xAC},     {0xAE, 0x34E},    {0x350, 0x377},   {0x37A, 0x481},   {0x483, 0x52F},
    {0x1AB0, 0x1ABD}, {0x1D00, 0x1DBF}, {0x1DC0, 0x1DF5}, {0x1E00, 0x1FFE}, {0x2010, 0x2027}, {0x2030, 0x205E},
    {0x2070, 0x209C}, {0x20A0, 0x20BE}, {0x20D0, 0x20F0}, {0x2190, 0x2193}, {0x2200, 0x22FF}, {0x2500, 0x25A9},
    {0x25B2, 0x25B5}, {0x25BC, 0x25BF}, {0x25C6, 0x25CF}, {0x2800, 0x28FF}, {0x3000, 0x3029}, {0x3030, 0x303C},
    {0x3041, 0x30FF}, {0x3131, 0x318E}, {0x31F0, 0x31FF}, {0x3400, 0x4DB5}, {0x4E00, 0x9FD5}, {0xAC00, 0xD7A3},
    {0xF900, 0xFA6D}, {0xFF01, 0xFF60}, {0xFF61, 0xFF9F}, {0xFFE0, 0xFFE6}, {0xFFFD, 0xFFFD}, {0x20000, 0x2A6D6},
};

// Wide even where nothing is assigned yet (Unicode's EastAsianWidth.txt, its defaults).
constexpr Range kWideByDefault[] = {
    {0x3400, 0x4DBF}, {0x4E00, 0x9FFF}, {0xF900, 0xFAFF}, {0x20000, 0x2FFFD}, {0x30000, 0x3FFFD},
};

// Vowels and finals of conjoining Hangul join the initial before them.
constexpr Range kConjoining[] = {{0x1160, 0x11FF}, {0xD7B0, 0xD7C6}, {0xD7CB, 0xD7FB}};

std::uint8_t columns_of(char32_t code_point, int category) {
  if (category == UTF8PROC_CATEGORY_CN) {
    return in_ranges(std::begin(kWideByDefault), std::end(kWideByDefault), code_point) ? 2 : 1;
  }
  // Spacing marks take a column in every C library, whatever utf8proc says.
  if (code_point == 0xAD || category == UTF8PROC_CATEGORY_CO || category == UTF8PROC_CATEGORY_MC) return 1;
  if (in_ranges(std::begin(kConjoining), std::end(kConjoining), code_point)) return 0;
  if (category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_ME || category == UTF8PROC_CATEGORY_CF)
    return 0;
  return static_cast<std::uint8_t>(std::clamp(utf8proc_charwidth(static_cast<utf8proc_int32_t>(code_point)), 0, 2));
}

}  // namespace

CharacterWidth width_of(char32_t code_point) {
  const int category = utf8proc_category(static_cast<utf8proc_int32_t>(code_point));
  if (category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CS || category == UTF8PROC_CATEGORY_ZL ||
      category == UTF8PROC_CATEGORY_ZP) {
    return {.columns = 0, .dropped = true, .unstable = true};
  }
  const bool stable = category != UTF8PROC_CATEGORY_CN && in_ranges(std::begin(kStable), std::end(kStable), code_point);
  return {.columns = columns_of(code_point, category), .dropped = false, .unstable = !stable};
}

WidthCache::WidthCache() : pages_(kPages, 0) {}

std::uint8_t WidthCache::slow(char32_t code_point) {
  if (code_point > 0x10FFFF) return kDropped;
  const char32_t first = code_point & ~char32_t{0xFF};
  Page page{};
  for (char32_t offset = 0; offset < page.size(); ++offset) {
    const CharacterWidth width = width_of(first + offset);
    page[offset] =
        static_cast<std::uint8_t>(width.columns | (width.dropped ? kDropped : 0) | (width.unstable ? kUnstable : 0));
  }
  made_.push_back(page);
  pages_[code_point >> 8U] = static_cast<std::uint16_t>(made_.size());
  return page[code_point & 0xFFU];
}

}  // namespace sallyport::terminal
