// Targets: terminal::Parser
// Dictionary: escape_sequences
// Any split of the input gives the same actions. The first byte seeds where the pieces end.
#include <algorithm>
#include <cstdint>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/check.h"
#include "fuzz/action_recorder.h"
#include "terminal/parser.h"

namespace {

using namespace sallyport;
using namespace sallyport::terminal;

std::string actions_of(std::span<const std::byte> input, unsigned seed) {
  fuzz::Recorder recorder;
  Parser parser(recorder);
  while (!input.empty()) {
    seed = seed * 1103515245U + 12345U;
    const std::size_t size = seed == 0 ? input.size() : std::min<std::size_t>(input.size(), 1 + (seed >> 16U) % 9);
    parser.write(input.first(size));
    input = input.subspan(size);
  }
  CHECK(parser.bytes_in_use() <= 4 * kMaxOscCodePoints * 2);
  return recorder.log;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const auto input = bytes_of(data + 1, size - 1);
  fuzz::Recorder whole;
  Parser parser(whole);
  parser.write(input);
  CHECK(actions_of(input, data[0]) == whole.log);
  return 0;
}
