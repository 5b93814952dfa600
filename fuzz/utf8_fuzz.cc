// Targets: terminal::Utf8Decoder
// Byte by byte must give what a plain table of well-formed sequences gives (Unicode, table 3-7, with surrogates as
// one).
#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "base/check.h"
#include "terminal/utf8.h"

namespace {

struct Form {
  std::uint8_t lead_low, lead_high, second_low, second_high;
  std::size_t length;
};
constexpr Form kForms[] = {
    {0x00, 0x7F, 0, 0, 1},       {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3}, {0xE1, 0xEF, 0x80, 0xBF, 3},
    {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
};

// How many bytes at the start belong together, and what they mean; `incomplete` if the input ends inside.
std::size_t reference(std::span<const std::uint8_t> in, char32_t& code_point, bool& incomplete) {
  code_point = sallyport::terminal::kReplacement;
  const auto* const form =
      std::ranges::find_if(kForms, [&](const Form& f) { return in[0] >= f.lead_low && in[0] <= f.lead_high; });
  if (form == std::end(kForms)) return 1;
  char32_t value = form->length == 1 ? in[0] : in[0] & (0xFFU >> (form->length + 1));
  for (std::size_t at = 1; at < form->length; ++at) {
    if (at == in.size()) {
      incomplete = true;
      return at;
    }
    const bool fits = in[at] >= (at == 1 ? form->second_low : 0x80) && in[at] <= (at == 1 ? form->second_high : 0xBF);
    if (!fits) return at;
    value = value << 6U | (in[at] & 0x3FU);
  }
  if (value < 0xD800 || value > 0xDFFF) code_point = value;
  return form->length;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sallyport::terminal::Utf8Decoder decoder;
  std::vector<char32_t> ours;
  for (size_t at = 0; at < size;) {
    const auto step = decoder.feed(data[at]);
    if (step.has_code_point) ours.push_back(step.code_point);
    if (!step.again) ++at;
  }
  std::vector<char32_t> expected;
  bool incomplete = false;
  for (size_t at = 0; at < size;) {
    char32_t code_point = 0;
    at += reference({data + at, size - at}, code_point, incomplete);
    if (!incomplete) expected.push_back(code_point);
  }
  CHECK(ours == expected);
  CHECK(decoder.idle() == !incomplete);
  return 0;
}
