#include "client/screen/held_states.h"

#include <algorithm>

#include "privsep/client_tty_screen.h"

namespace sallyport::client {

HeldStates::HeldStates(WindowSize window) : emulator_(window, kTables) {
  emulator_.leave_out(privsep::client::turns_direction);
  held_.emplace(StateNumber(0), HeldState{emulator_.blank_framebuffer(window), StateNumber(0)});
  grow(window);
}

void HeldStates::grow(WindowSize size) {
  largest_.columns = std::max(largest_.columns, size.columns);
  largest_.rows = std::max(largest_.rows, size.rows);
}

bool HeldStates::begin(const privsep::client::Diff& diff) {
  if (diff_ || held_.contains(diff.state)) return false;
  const auto base = held_.find(diff.base);
  if (base == held_.end()) return false;
  held_.erase(held_.begin(), held_.lower_bound(std::min(diff.oldest_kept, diff.base)));
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
  grow(size);
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
  // State 0 does not count, whether it is held or not.
  if (held_.size() > privsep::client::max_held_states(std::size_t{largest_.columns} * largest_.rows)) return false;
  held_.emplace(diff_->state, HeldState{emulator_.framebuffer(), diff_->echo_ack});
  diff_.reset();
  return true;
}

}  // namespace sallyport::client
