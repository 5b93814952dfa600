// The seam between the sender and whoever owns the object that it synchronises. On the server the object is the
// screen and lives in another process, so the answer comes later; a client's input stream answers inside the call.
// Linked by net, later by the client. Architecture 3 ("Frames and the protocol's sender").
#pragma once

#include <cstddef>
#include <span>

#include "base/clock.h"
#include "base/strong_id.h"

namespace sallyport::sync {

/// What is asked of the provider: take a snapshot of the object as it is now under the name `snapshot`, and say how
/// it differs from `assumed` or from `acknowledged`, by the prospective-resend rule (wire 5.5). Both were named by
/// earlier requests, or are 0, the agreed initial state. acknowledged <= assumed < snapshot.
struct FrameRequest {
  SnapshotId assumed;
  SnapshotId acknowledged;
  SnapshotId snapshot;
};

/// The answer. `diff` is a serialised HostMessage or UserMessage, at most proto::kMaxDiffBytes, borrowed for the
/// call.
struct EncodedFrame {
  SnapshotId base;         ///< which of the request's two the diff starts from
  SnapshotId snapshot;     ///< the request's
  ContentVersion version;  ///< equal versions are equal contents; never decreases; 0 is the agreed initial state
  std::span<const std::byte> diff;
};

class StateProvider {
 public:
  StateProvider() = default;
  StateProvider(const StateProvider&) = delete;
  StateProvider& operator=(const StateProvider&) = delete;
  virtual ~StateProvider() = default;
  /// To be answered exactly once by Sender::on_frame, now or later. Never called again before that answer.
  virtual void request_frame(const FrameRequest& request, TimePoint now) = 0;
  /// Snapshots older than `oldest_kept` are not needed any more. Called only directly before request_frame.
  virtual void forget(SnapshotId oldest_kept) = 0;
};

/// The acknowledged base is taken instead of the assumed one if its diff is shorter, or not much longer (spec: wire
/// 5.5).
[[nodiscard]] constexpr bool prefer_acknowledged_base(std::size_t from_acknowledged, std::size_t from_assumed) {
  return from_acknowledged <= from_assumed || (from_acknowledged < 1000 && from_acknowledged - from_assumed < 100);
}

}  // namespace sallyport::sync
