// The client's state provider: snapshots of a UserStream are positions in it, and a request is answered at once. What is far
// ahead of the acknowledged position waits: every piece of an instruction must arrive, and once a state has been sent none with
// less can follow, so on a path that loses datagrams a megabyte at once would never arrive. Linked by the client and by the
// simulator.
#pragma once

#include <deque>

#include "sync/sender.h"
#include "sync/state_provider.h"
#include "sync/user_stream.h"

namespace sallyport::sync {

/// Ours: so many events beyond the acknowledged ones are sent: few at first and when something was lost, then more.
inline constexpr std::uint64_t kMostAhead = std::uint64_t{64} << 10U;
inline constexpr std::uint64_t kFewestAhead = std::uint64_t{16} << 10U;

class UserProvider final : public StateProvider {
 public:
  /// Borrows `stream` for its life.
  explicit UserProvider(UserStream& stream) : stream_(stream) { snapshots_.push_back({}); }
  /// Where answers go; borrowed. Before the first request.
  void attach(Sender& sender) { sender_ = &sender; }

  void request_frame(const FrameRequest& request, TimePoint now) override;
  void forget(SnapshotId oldest_kept) override;

  /// The newest snapshot has not all there was: more can be had once an acknowledgment has made room, and not before.
  [[nodiscard]] bool holds_back() const { return holds_back_; }

 private:
  struct Snapshot {
    SnapshotId id;
    UserPosition position;
  };
  [[nodiscard]] UserPosition position_of(SnapshotId id) const;

  UserStream& stream_;
  Sender* sender_ = nullptr;
  std::deque<Snapshot> snapshots_;
  std::uint64_t ahead_ = kFewestAhead;
  UserPosition acknowledged_;  ///< at the last request
  bool holds_back_ = false;
};

}  // namespace sallyport::sync
