// Which sequence numbers of the peer were seen: a sliding bitmap as in RFC 6479, so that a replayed datagram is
// dropped before anything in it is looked at. Linked by net and the client worker. Wire protocol 11.4: honest senders
// never repeat a number.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "crypto/nonce.h"

namespace sallyport::crypto {

/// Numbers behind the newest that may still arrive (ours: wire 11.4 asks for 64 to 1024).
inline constexpr std::uint64_t kReplayWindowNumbers = 1024;

enum class Freshness : std::uint8_t {
  kInOrder,   ///< newer than every number so far
  kLate,      ///< older than the newest, within the window, not seen before
  kRepeated,  ///< seen before
  kTooOld,    ///< behind the window: cannot be told from a repetition
};

class ReplayWindow {
 public:
  /// What accepting `sequence` would say. Changes nothing.
  [[nodiscard]] Freshness check(SequenceNumber sequence) const;
  /// As check(), and remembers the number if it is fresh (kInOrder or kLate). Only for numbers of authentic
  /// datagrams.
  [[nodiscard]] Freshness accept(SequenceNumber sequence);

 private:
  // One word more than the window needs, so that the newest word is cleared without losing the oldest bits.
  static constexpr std::size_t kWords = kReplayWindowNumbers / 64 + 1;
  std::array<std::uint64_t, kWords> seen_{};
  std::uint64_t expected_ = 0;  ///< newest accepted number + 1
};

}  // namespace sallyport::crypto
