// The client's state provider: snapshots of a UserStream are positions in it, and a request is answered at once.
// Linked by the client and by the simulator.
#pragma once

#include <deque>

#include "sync/sender.h"
#include "sync/state_provider.h"
#include "sync/user_stream.h"

namespace sallyport::sync {

class UserProvider final : public StateProvider {
 public:
  /// Borrows `stream` for its life.
  explicit UserProvider(UserStream& stream) : stream_(stream) { snapshots_.push_back({}); }
  /// Where answers go; borrowed. Before the first request.
  void attach(Sender& sender) { sender_ = &sender; }

  void request_frame(const FrameRequest& request, TimePoint now) override;
  void forget(SnapshotId oldest_kept) override;

 private:
  struct Snapshot {
    SnapshotId id;
    UserPosition position;
  };
  [[nodiscard]] UserPosition position_of(SnapshotId id) const;

  UserStream& stream_;
  Sender* sender_ = nullptr;
  std::deque<Snapshot> snapshots_;
};

}  // namespace sallyport::sync
