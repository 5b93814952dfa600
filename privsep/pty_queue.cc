#include "privsep/pty_queue.h"

#include <algorithm>

#include "base/check.h"
#include "base/wipe.h"

namespace sallyport::privsep {

PtyQueue::Run& PtyQueue::new_run(bool input) {
  CHECK(runs_ < kMostRuns);
  ++runs_;
  back() = Run{.input = input};
  return back();
}

void PtyQueue::append(std::span<const std::byte> bytes) {
  CHECK(bytes.size() <= kCapacityBytes - used_);
  const std::size_t start = (first_ + used_) % kCapacityBytes;
  const std::size_t until_end = std::min(bytes.size(), kCapacityBytes - start);
  std::copy_n(bytes.begin(), until_end, ring_.begin() + static_cast<std::ptrdiff_t>(start));
  std::copy(bytes.begin() + static_cast<std::ptrdiff_t>(until_end), bytes.end(), ring_.begin());
  used_ += bytes.size();
}

void PtyQueue::push_input(std::span<const std::byte> bytes, StateNumber state, bool last) {
  append(bytes);
  // A merged run completes its newest state when all of it is written: an earlier state's echo clock starts a little later.
  Run& run = runs_ > 0 && back().input ? back() : new_run(true);
  run.bytes += bytes.size();
  if (!last) return;
  run.completes = true;
  run.state = state;
}

bool PtyQueue::push_reply(std::span<const std::byte> bytes) {
  if (bytes.empty() || bytes.size() > kReplyBytes - reply_bytes_) return false;
  const bool merges = runs_ > 0 && !back().input;
  // One place always stays free for an input run behind the replies.
  if (!merges && runs_ + 2 > kMostRuns) return false;
  append(bytes);
  reply_bytes_ += bytes.size();
  (merges ? back() : new_run(false)).bytes += bytes.size();
  return true;
}

std::span<const std::byte> PtyQueue::front() const {
  return std::span(ring_).subspan(first_, std::min(used_, kCapacityBytes - first_));
}

PtyQueue::Written PtyQueue::pop(std::size_t count) {
  CHECK(count <= front().size());
  wipe(std::span(ring_).subspan(first_, count));
  first_ = (first_ + count) % kCapacityBytes;
  used_ -= count;
  Written written;
  while (runs_ > 0) {
    Run& run = run_list_[first_run_];
    const std::size_t taken = std::min(run.bytes, count);
    run.bytes -= taken;
    count -= taken;
    written.input_bytes += run.input ? taken : 0;
    reply_bytes_ -= run.input ? 0 : taken;
    if (run.bytes > 0) break;
    if (run.completes) written.completed = run.state;
    first_run_ = (first_run_ + 1) % kMostRuns;
    --runs_;
  }
  CHECK(count == 0);
  return written;
}

std::optional<StateNumber> PtyQueue::take_completed() { return runs_ > 0 ? pop(0).completed : std::nullopt; }

}  // namespace sallyport::privsep
