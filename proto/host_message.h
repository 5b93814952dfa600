// The server's diff (wire 7.2 to 7.4): echo ack, screen size and host bytes. Linked by net (which writes it), later
// by the client (which reads it). Host bytes are opaque here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>

#include "base/secret_bytes.h"
#include "base/strong_id.h"
#include "proto/fields.h"
#include "proto/user_message.h"

namespace sallyport::proto {

struct HostBytes {
  std::span<const std::byte> bytes;  ///< borrowed
};
struct EchoAck {
  StateNumber newest;  ///< newest client state whose effects are on screen
};
/// monostate: an element with none of them, to be ignored. With several, the first of this order counts: host bytes,
/// size, echo ack.
using HostInstruction = std::variant<std::monostate, HostBytes, SentWindowSize, EchoAck>;

/// Reads a HostMessage element by element, like UserMessageReader.
class HostMessageReader {
 public:
  /// Borrows `message` for the reader's life.
  explicit HostMessageReader(std::span<const std::byte> message) : fields_(message) {}
  /// Puts the next element into `instruction`. False at the end and at the first malformed byte; then see ok().
  [[nodiscard]] bool next(HostInstruction& instruction);
  /// Whether the whole message was well-formed. Meaningful once next() returned false.
  [[nodiscard]] bool ok() const { return fields_.ok() && !failed_; }

 private:
  FieldReader fields_;
  bool failed_ = false;
};

/// What changed from one screen state to another.
struct HostDiff {
  std::optional<StateNumber> echo_ack;
  std::optional<WindowSize> size;
  std::span<const std::byte> host_bytes;  ///< borrowed for the call
};

/// A HostMessage in the order of wire 7.3: echo ack, size, host bytes, each only if present. Empty if nothing
/// changed. At most 64 bytes longer than the host bytes.
[[nodiscard]] SecretBytes encode(const HostDiff& diff);

}  // namespace sallyport::proto
