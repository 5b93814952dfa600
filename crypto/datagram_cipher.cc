#include "crypto/datagram_cipher.h"

#include <algorithm>
#include <utility>

#include "base/byte_reader.h"

namespace sallyport::crypto {

DatagramCipher::DatagramCipher(SessionKey&& key, Direction sends, UsageLimits limits)
    : ocb_(key.bytes()),
      sends_(sends),
      nonces_(limits.sequence_numbers),
      sealed_block_limit_(std::min(limits.sealed_blocks, kSealedBlockLimit)) {
  const SessionKey consumed = std::move(key);  // wiped at the end of this scope
}

Result<std::span<std::byte>, SealError> DatagramCipher::seal(std::span<const std::byte> plaintext,
                                                             std::span<std::byte> out) {
  const std::size_t size = plaintext.size() + kSealOverheadBytes;
  if (plaintext.size() > kMaxPlaintextBytes || out.size() < size) return std::unexpected(SealError::kTooLong);
  const std::uint64_t blocks = (plaintext.size() + 15) / 16;
  if (sealed_blocks_ + blocks >= sealed_block_limit_) return std::unexpected(SealError::kUsageLimit);
  const auto sequence = nonces_.next();
  if (!sequence) return std::unexpected(SealError::kSequenceExhausted);
  sealed_blocks_ += blocks;
  const Nonce nonce = make_nonce(sends_, *sequence);
  ocb_.seal(nonce, plaintext, out.subspan(kWireNonceBytes, plaintext.size() + kTagBytes));
  std::copy(nonce.end() - kWireNonceBytes, nonce.end(), out.begin());
  return out.first(size);
}

Result<OpenedDatagram, DropReason> DatagramCipher::open(std::span<const std::byte> datagram,
                                                        std::span<std::byte> out) {
  if (datagram.size() < kSealOverheadBytes) return std::unexpected(DropReason::kTooShort);
  const std::size_t size = datagram.size() - kSealOverheadBytes;
  if (datagram.size() > kMaxDatagramBytes || out.size() < size) return std::unexpected(DropReason::kTooLong);
  ByteReader in(datagram);
  const auto wire_nonce = in.big_endian<std::uint64_t>();
  const auto direction = static_cast<Direction>(wire_nonce >> 63U);
  const SequenceNumber sequence(wire_nonce & (kSequenceNumberLimit - 1));
  if (!ocb_.open(make_nonce(direction, sequence), in.rest(), out.first(size))) {
    return std::unexpected(DropReason::kNotAuthentic);
  }
  if (direction == sends_) {
    // A reflection of our own plaintext: not for the caller.
    wipe(out.first(size));
    return std::unexpected(DropReason::kWrongDirection);
  }
  return OpenedDatagram{sequence, out.first(size)};
}

}  // namespace sallyport::crypto
