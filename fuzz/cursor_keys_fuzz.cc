// Targets: sync::CursorKeyFilter
// Property: cut anywhere, the output is the same; only `O` before A..D becomes `[`; at most one byte is held back.
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/check.h"
#include "sync/cursor_keys.h"

using namespace sallyport;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const auto mode = data[0] % 2 == 0 ? sync::CursorKeyMode::kNormal : sync::CursorKeyMode::kApplication;
  const std::size_t cut = data[0] % size;
  const auto input = bytes_of(data + 1, size - 1);
  sync::CursorKeyFilter at_once;
  SecretBytes whole;
  at_once.filter(input, mode, whole);
  sync::CursorKeyFilter in_two;
  SecretBytes parts;
  in_two.filter(input.first(cut > 0 ? cut - 1 : 0), mode, parts);
  in_two.filter(input.subspan(cut > 0 ? cut - 1 : 0), mode, parts);
  CHECK(whole == parts);
  CHECK(whole.size() == input.size() || whole.size() + 1 == input.size());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    if (whole[i] == input[i]) continue;
    CHECK(mode == sync::CursorKeyMode::kNormal && whole[i] == std::byte{'['} && input[i] == std::byte{'O'});
    CHECK(i + 1 < whole.size() && whole[i + 1] >= std::byte{'A'} && whole[i + 1] <= std::byte{'D'});
  }
  return 0;
}
