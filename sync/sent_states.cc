#include "sync/sent_states.h"

#include <algorithm>
#include <numeric>

namespace sallyport::sync {

const SentState& SentStates::assumed(TimePoint now, Duration patience) const {
  std::size_t index = 0;
  while (index + 1 < states_.size() && now - states_[index + 1].timestamp < patience) {
    ++index;
  }
  return states_[index];
}

std::size_t SentStates::bytes_under_way() const {
  return std::accumulate(states_.begin() + 1, states_.end(), std::size_t{0},
                         [](std::size_t sum, const SentState& state) { return sum + state.bytes; });
}

void SentStates::add(const SentState& state, StateNumber base) {
  states_.push_back(state);
  if (states_.size() <= kMaxSentStates) return;
  std::size_t victim = states_.size() - kMaxSentStates / 2;
  if (states_[victim].num == base) --victim;
  states_.erase(states_.begin() + static_cast<std::ptrdiff_t>(victim));
}

bool SentStates::acknowledge(StateNumber num) {
  const auto found = std::find_if(states_.begin(), states_.end(), [num](const SentState& s) { return s.num == num; });
  if (found == states_.end()) return false;
  states_.erase(states_.begin(), found);
  return true;
}

void SentStates::relabel_last(SnapshotId snapshot, ContentVersion version) {
  const ContentVersion old = last().version;
  for (SentState& state : states_) {
    if (state.version == old) {
      state.snapshot = snapshot;
      state.version = version;
    }
  }
}

}  // namespace sallyport::sync
