// Sequence numbers, directions and the AEAD nonce made of them. Linked by net and the client worker. Wire
// protocol 2.2.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/strong_id.h"

namespace sallyport::crypto {

inline constexpr std::size_t kWireNonceBytes = 8;  ///< spec: wire 2.2, the part that is sent
inline constexpr std::size_t kNonceBytes = 12;     ///< spec: wire 2.3

/// Bit 63 of the wire nonce.
enum class Direction : std::uint8_t { kToServer = 0, kToClient = 1 };
[[nodiscard]] constexpr Direction opposite(Direction direction) {
  return direction == Direction::kToServer ? Direction::kToClient : Direction::kToServer;
}

/// Number of a datagram within its direction, below 2^63. Never a state number.
using SequenceNumber = StrongId<struct SequenceNumberTag>;
inline constexpr std::uint64_t kSequenceNumberLimit = std::uint64_t{1} << 63U;  ///< spec: wire 2.2

using Nonce = std::array<std::byte, kNonceBytes>;
/// Four zero bytes, then direction bit and sequence number, big-endian. Its last 8 bytes are what the wire carries.
[[nodiscard]] Nonce make_nonce(Direction direction, SequenceNumber sequence);

/// Gives each sequence number of one direction once: 0, 1, 2 ... It can be neither copied, moved nor rewound, so the
/// right to send stays where it was made.
class NonceSource {
 public:
  /// `limit`: the first number that is never given; tests lower it.
  explicit NonceSource(std::uint64_t limit = kSequenceNumberLimit)
      : limit_(limit < kSequenceNumberLimit ? limit : kSequenceNumberLimit) {}
  NonceSource(const NonceSource&) = delete;
  NonceSource& operator=(const NonceSource&) = delete;

  /// The next number, or nothing for ever once all are used: the session must end.
  [[nodiscard]] std::optional<SequenceNumber> next() {
    if (next_ >= limit_) return std::nullopt;
    return SequenceNumber(next_++);
  }

 private:
  std::uint64_t next_ = 0;
  std::uint64_t limit_;
};

}  // namespace sallyport::crypto
