#include "client/screen/held_states.h"

#include <algorithm>

namespace sallyport::client {

HeldStates::HeldStates(WindowSize window) : emulator_(window, kTables) {
  held_.emplace(StateNumber(0), HeldState{emulator_.blank_framebuffer(window), StateNumber(0)});
  note_window(window);
}

void HeldStates::note_window(WindowSize window) {
  largest_.columns = std::max(largest_.columns, window.columns);
  largest_.rows = std::max(largest_.rows, window.rows);
}

bool HeldStates::begin(const privsep::client::Diff& diff) {
  if (diff_ || held_.contains(diff.state)) return false;
  const auto base = held_.find(diff.base);
  if (base == held_.end()) return false;
  // What net may hold shrinks when the window grows; what it held before is not its fault.
  held_.erase(held_.begin(), held_.lower_bound(std::min(diff.oldest_kept, diff.base)));
  const std::size_t allowed = privsep::client::max_held_states(std::size_t{largest_.columns} * largest_.rows);
  if (limit_ == 0 || held_.size() <= allowed) limit_ = allowed;
  if (held_.size() > limit_) return false;  // state 0 does not count, whether it is held or not
  emulator_.continue_from(base->second.screen);
  diff_ = Making{.state = diff.state, .echo_ack = base->second.echo_ack};
  return true;
}

bool HeldStates::echo_ack(StateNumber state) {
  if (!diff_) return false;
  diff_->echo_ack = state;
  return true;
}

bool HeldStates::resize(WindowSize size) {
  if (!diff_) return false;
  if (diff_->sizes < kMaxSizesPerDiff) emulator_.resize(size);
  ++diff_->sizes;
  return true;
}

bool HeldStates::write(std::span<const std::byte> host_bytes) {
  if (!diff_) return false;
  emulator_.write(host_bytes);
  return true;
}

bool HeldStates::end() {
  if (!diff_) return false;
  held_.emplace(diff_->state, HeldState{emulator_.framebuffer(), diff_->echo_ack});
  diff_.reset();
  return true;
}

}  // namespace sallyport::client
