// The transport instruction (wire 5.1): moves the peer's copy of an object from state old_num to new_num. Linked by
// net, later by the client.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "base/secret_bytes.h"
#include "base/strong_id.h"
#include "proto/fields.h"

namespace sallyport::proto {

inline constexpr std::uint32_t kProtocolVersion = 2;  // spec: wire 5.1
/// Longest chaff that a sender may put in (spec: wire 5.2). Receivers ignore chaff of any length.
inline constexpr std::size_t kMaxChaffBytes = 16;
/// Largest serialised instruction (spec: wire 4.5): a peer's inflate buffer is no larger.
inline constexpr std::size_t kMaxInstructionBytes = 4194304;
/// What the fields around a diff take at most: version, four numbers, two length headers, chaff, each with its tag.
inline constexpr std::size_t kMaxInstructionOverheadBytes = 2 + 4 * 11 + 2 * 6 + kMaxChaffBytes;
/// Largest diff that always fits.
inline constexpr std::size_t kMaxDiffBytes = kMaxInstructionBytes - kMaxInstructionOverheadBytes;

struct TransportInstruction {
  StateNumber old_num;
  StateNumber new_num;               ///< kShutdownState: the sender's last state
  StateNumber ack_num;
  StateNumber throwaway_num;
  std::span<const std::byte> diff;   ///< borrowed; a UserMessage or HostMessage, empty for a pure ack
  std::span<const std::byte> chaff;  ///< borrowed; ignored on receipt
};

/// Decodes one serialised instruction. diff and chaff borrow `bytes`. No allocation. Missing numbers are 0, missing
/// bytes empty, unknown fields skipped, the last occurrence wins.
[[nodiscard]] Result<TransportInstruction, DropReason> decode(std::span<const std::byte> bytes);

/// Serialises with all seven fields in the order of their numbers. The diff must be at most kMaxDiffBytes and the
/// chaff at most kMaxChaffBytes (both are ours: a CHECK), so that the result is at most kMaxInstructionBytes.
[[nodiscard]] SecretBytes encode(const TransportInstruction& instruction);

}  // namespace sallyport::proto
