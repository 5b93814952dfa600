// Plaintexts to datagrams and back: wire nonce, AEAD, direction check and usage limits. Linked by net and the client
// worker. Wire protocol 2.2 to 2.4. A second suite would be a second class with these two functions; there is no
// plug-in system.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "crypto/nonce.h"
#include "crypto/ocb.h"
#include "crypto/session_key.h"

namespace sallyport::crypto {

inline constexpr std::size_t kMaxDatagramBytes = 2048;                          ///< spec: wire 3.6
inline constexpr std::size_t kSealOverheadBytes = kWireNonceBytes + kTagBytes;  ///< spec: wire 2.3, 24 bytes
inline constexpr std::size_t kMaxPlaintextBytes = kMaxDatagramBytes - kSealOverheadBytes;
inline constexpr std::uint64_t kSealedBlockLimit = std::uint64_t{1} << 47U;  ///< spec: wire 2.4

/// Why a received datagram goes no further. Counted, never logged with content, never answered.
enum class DropReason : std::uint8_t {
  kTooShort,        ///< below 24 bytes, or a plaintext without both timestamps
  kTooLong,         ///< above 2048 bytes
  kNotAuthentic,    ///< the tag does not match
  kWrongDirection,  ///< authentic, but one of our own: a reflection
  kRepeated,        ///< authentic, sequence number seen before
  kTooOld,          ///< authentic, behind the replay window
};

/// Why nothing was sealed. The first two end the session, the third is a bug of the caller that cost no sequence
/// number.
enum class SealError : std::uint8_t { kSequenceExhausted, kUsageLimit, kTooLong };

/// Limits on the key's use. Tests lower them; raising has no effect.
struct UsageLimits {
  std::uint64_t sequence_numbers = kSequenceNumberLimit;
  std::uint64_t sealed_blocks = kSealedBlockLimit;
};

/// An opened datagram. `plaintext` is the part of the caller's buffer that was filled.
struct OpenedDatagram {
  SequenceNumber sequence;
  std::span<std::byte> plaintext;
};

/// One end of a session. Consumes its key, so that one key in memory never feeds two nonce sources. Neither copied
/// nor moved.
class DatagramCipher {
 public:
  /// `sends`: the direction of what this end seals; it opens the opposite one only.
  DatagramCipher(SessionKey&& key, Direction sends, UsageLimits limits = {});
  DatagramCipher(const DatagramCipher&) = delete;
  DatagramCipher& operator=(const DatagramCipher&) = delete;

  /// Seals `plaintext` (at most kMaxPlaintextBytes) under the next sequence number into the front of `out`, which has
  /// room for kSealOverheadBytes more (else kTooLong). `plaintext` may lie at out[8]. Returns the datagram, a part of
  /// `out`. A number is used up whether or not the datagram is sent.
  [[nodiscard]] Result<std::span<std::byte>, SealError> seal(std::span<const std::byte> plaintext,
                                                             std::span<std::byte> out);

  /// Verifies and opens a whole UDP payload into the front of `out`, which has room for all but kSealOverheadBytes of
  /// it (else kTooLong). May overlap. On failure nothing is written. Sequence rules are the caller's
  /// (replay_window.h).
  [[nodiscard]] Result<OpenedDatagram, DropReason> open(std::span<const std::byte> datagram,
                                                        std::span<std::byte> out);

  [[nodiscard]] Direction sends() const { return sends_; }

 private:
  Ocb ocb_;
  Direction sends_;
  NonceSource nonces_;
  std::uint64_t sealed_blocks_ = 0;
  std::uint64_t sealed_block_limit_;
};

}  // namespace sallyport::crypto
