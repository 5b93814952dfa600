#include "crypto/nonce.h"

#include "base/byte_writer.h"

namespace sallyport::crypto {

Nonce make_nonce(Direction direction, SequenceNumber sequence) {
  Nonce nonce{};
  ByteWriter out(nonce);
  out.big_endian(std::uint32_t{0});
  out.big_endian((std::uint64_t{static_cast<std::uint8_t>(direction)} << 63U) | sequence.value());
  return nonce;
}

}  // namespace sallyport::crypto
