#include "sync/user_provider.h"

#include <algorithm>

#include "base/check.h"

namespace sallyport::sync {

UserPosition UserProvider::position_of(SnapshotId id) const {
  const auto found =
      std::find_if(snapshots_.begin(), snapshots_.end(), [id](const Snapshot& snapshot) { return snapshot.id == id; });
  CHECK(found != snapshots_.end());
  return found->position;
}

void UserProvider::request_frame(const FrameRequest& request, TimePoint now) {
  CHECK(sender_ != nullptr);
  const UserPosition begin = position_of(request.acknowledged);
  const UserPosition newest = snapshots_.back().position;
  const bool lost = request.assumed == request.acknowledged && newest > begin;
  constexpr std::uint64_t kStep = 4096;  // ours
  if (lost) {
    ahead_ = kFewestAhead;
  } else if (begin > acknowledged_) {
    ahead_ = std::min(ahead_ + kStep, kMostAhead);
  }
  acknowledged_ = begin;
  const UserPosition end = std::max(newest, std::min(stream_.end(), UserPosition(begin.value() + ahead_)));
  holds_back_ = end < stream_.end();
  const SecretBytes assumed = stream_.diff(position_of(request.assumed), end);
  const SecretBytes acknowledged = stream_.diff(begin, end);
  const bool rebase = prefer_acknowledged_base(acknowledged.size(), assumed.size());
  snapshots_.push_back({request.snapshot, end});
  // A position is its own version: equal positions are equal contents.
  const EncodedFrame frame{.base = rebase ? request.acknowledged : request.assumed,
                           .snapshot = request.snapshot,
                           .version = ContentVersion(end.value()),
                           .diff = rebase ? acknowledged : assumed};
  CHECK(sender_->on_frame(frame, now) == FrameVerdict::kAccepted);
}

void UserProvider::forget(SnapshotId oldest_kept) {
  while (snapshots_.front().id < oldest_kept) {
    snapshots_.pop_front();
  }
  stream_.forget_before(snapshots_.front().position);
}

}  // namespace sallyport::sync
