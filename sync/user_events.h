// The server's side of the user stream (wire 6.5): received instructions become window sizes and input, each exactly
// once and in order. A received state is only a position in the stream, because states of one sender are prefixes of
// each other, so nothing typed is kept here. Linked by net.
#pragma once

#include <cstddef>
#include <optional>

#include "base/secret_bytes.h"
#include "base/strong_id.h"
#include "proto/user_message.h"
#include "sync/receiver.h"
#include "sync/user_stream.h"

namespace sallyport::sync {

/// Input that net holds beyond its credit before it refuses more (ours: architecture 3).
inline constexpr std::size_t kMaxHeldInputBytes = std::size_t{1} << 20U;

/// A peer's window size within our limits: nothing if a side is below 1; a side above kMaxSideCells, then a product
/// above kMaxScreenCells (fewer rows), is clamped.
[[nodiscard]] std::optional<WindowSize> bounded(proto::SentWindowSize size);

/// What one new client state brought. Of all its window sizes only the last counts: stock too applies them all before
/// any byte (wire 6.5), and the last alone is then visible.
struct UserEvents {
  StateNumber state;
  std::optional<WindowSize> resize;
  SecretBytes bytes;  ///< as typed, cursor keys not yet filtered
};

class UserReceiver {
 public:
  explicit UserReceiver(TimePoint created) : states_(UserPosition(0), created) {}

  struct Outcome {
    Arrival arrival = Arrival::kDuplicate;
    std::optional<UserEvents> events;  ///< with kNewest, if the state brought any event
  };
  /// Handles one instruction whose acknowledgment has been taken. `held_bytes`: input handed out earlier that still
  /// waits for credit. If that plus the new input exceeds kMaxHeldInputBytes the instruction is refused, so that the
  /// client keeps it, except that with nothing held any one instruction is taken (a client cannot cut one up), and
  /// that a shutdown state is taken with its excess dropped. Memory: the new bytes, at most one instruction's diff.
  [[nodiscard]] Outcome receive(const proto::TransportInstruction& instruction, std::size_t held_bytes, TimePoint now);

  /// Highest number held: what is to be acknowledged.
  [[nodiscard]] StateNumber newest() const { return states_.last().num; }
  [[nodiscard]] TimePoint newest_arrived() const { return states_.last().arrived; }
  [[nodiscard]] std::size_t held_states() const { return states_.size(); }

 private:
  Receiver<UserPosition> states_;
};

}  // namespace sallyport::sync
