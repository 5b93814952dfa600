// Targets: crypto::Ocb
// Key, nonce, a bit position and a plaintext: what is sealed is what a plain reading of the RFC seals, and opens to the
// same bytes, in place too; with any bit flipped it does not open and nothing is written.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/byte_reader.h"
#include "base/bytes.h"
#include "base/check.h"
#include "crypto/ocb.h"
#include "fuzz/ocb_reference.h"

using namespace sallyport;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteReader in(bytes_of(data, size));
  const auto key = in.take(crypto::kKeyBytes);
  const auto nonce_bytes = in.take(crypto::kNonceBytes);
  const auto position = in.little_endian<std::uint16_t>();
  if (!in.ok() || in.remaining() > crypto::kMaxOcbPlaintextBytes) return 0;
  const auto plaintext = in.rest();
  crypto::Nonce nonce{};
  std::ranges::copy(nonce_bytes, nonce.begin());
  crypto::Ocb ocb(key.first<crypto::kKeyBytes>());

  std::vector<std::byte> sealed(plaintext.size() + crypto::kTagBytes);
  ocb.seal(nonce, plaintext, sealed);
  CHECK(sealed == fuzz::OcbReference(key).seal(nonce_bytes, plaintext));
  std::vector<std::byte> in_place(plaintext.begin(), plaintext.end());
  in_place.resize(sealed.size());
  ocb.seal(nonce, std::span(in_place).first(plaintext.size()), in_place);
  CHECK(in_place == sealed);
  std::vector<std::byte> opened(plaintext.size());
  CHECK(ocb.open(nonce, sealed, opened) && std::ranges::equal(opened, plaintext));

  const std::size_t bit = position % (sealed.size() * 8);
  sealed[bit / 8] ^= std::byte{1} << (bit % 8);
  std::fill(opened.begin(), opened.end(), std::byte{0x5A});
  CHECK(!ocb.open(nonce, sealed, opened));
  CHECK(std::ranges::all_of(opened, [](std::byte b) { return b == std::byte{0x5A}; }));
  return 0;
}
