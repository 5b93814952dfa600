// Targets: terminal::Emulator
// Dictionary: escape_sequences
// Any split gives the same screen and replies, the screen stays well formed, and memory bounded, also over a resize.
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/check.h"
#include "fuzz/screen_checks.h"
#include "terminal/emulator.h"

using namespace sallyport;
using namespace sallyport::terminal;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 4) return 0;
  const WindowSize first{1U + data[0] % 40, 1U + data[1] % 12};
  const WindowSize second{1U + data[2] % 40, 1U + data[3] % 12};
  auto input = bytes_of(data + 4, size - 4);
  Emulator whole(first);
  Emulator split(first);
  for (const auto part : {input.first(input.size() / 2), input.subspan(input.size() / 2)}) {
    const Framebuffer snapshot = whole.framebuffer();
    whole.write(part);
    for (std::size_t at = 0; at < part.size(); ++at) split.write(part.subspan(at, 1));
    fuzz::check_form(whole.framebuffer());
    fuzz::check_form(snapshot);
    fuzz::check_same(whole, split);
    whole.resize(second);
    split.resize(second);
    fuzz::check_form(whole.framebuffer());
    CHECK(whole.bytes_in_use() <= (std::size_t{256} << 10U) + 4 * size);
  }
  return 0;
}
