// Targets: net::Inflater, net::Deflater
// Any bytes as a stream: the result is what zlib's one-call function makes of them, never more than the limit. Any
// bytes as plain text: they come back. One Inflater serves all, so that a bad stream must not spoil the next.
#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "fuzz/records.h"
#include "net/inflate.h"

using namespace sallyport;

// Half of the time what the stream means is changed, and compressed anew: its checksum would give away any other
// change.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  std::vector<Bytef> plain(std::size_t{64} << 10U);
  uLongf plain_size = plain.size() / 2;
  if (seed % 2 == 0 || uncompress(plain.data(), &plain_size, data, size) != Z_OK)
    return LLVMFuzzerMutate(data, size, max_size);
  const std::size_t changed = LLVMFuzzerMutate(plain.data(), plain_size, plain.size());
  uLongf packed = max_size;
  return compress2(data, &packed, plain.data(), changed, static_cast<int>(seed / 2 % 10)) == Z_OK
             ? packed
             : LLVMFuzzerMutate(data, size, max_size);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto input = bytes_of(data, size);
  net::Inflater inflater;
  net::Deflater deflater;

  static std::vector<std::byte> expected(net::kMaxInstructionBytes + 1);  // clearing it takes long
  uLongf expected_size = expected.size();
  uLong used = size;
  const int answer = uncompress2(reinterpret_cast<Bytef*>(expected.data()), &expected_size, data, &used);
  const bool valid = answer == Z_OK && expected_size <= net::kMaxInstructionBytes;
  const auto plain = inflater.inflate(input);
  CHECK(plain.has_value() == valid);
  CHECK(!plain || std::ranges::equal(*plain, std::span(expected).first(expected_size)));

  const auto compressed = deflater.deflate(input);
  CHECK(!compressed.empty());
  const auto again = inflater.inflate(compressed);
  CHECK(again.has_value() && std::ranges::equal(*again, input));
  return 0;
}
