#include "sync/sent_states.h"

#include <algorithm>
#include <numeric>

namespace sallyport::sync {

const SentState& SentStates::assumed(TimePoint now, Duration patience, TimePoint lost_before) const {
  std::size_t assumed = 0;
  for (std::size_t i = 1; i < states_.size(); ++i) {
    if (states_[i].aside) continue;
    const bool lost = states_[i].missing || states_[i].timestamp < lost_before;
    if (lost || now - states_[i].timestamp >= patience) break;
    assumed = i;
  }
  return states_[assumed];
}

std::size_t SentStates::index_of_last_said() const {
  std::size_t index = states_.size() - 1;
  while (index > 0 && states_[index].aside) --index;
  return index;
}

std::size_t SentStates::bytes_under_way() const {
  return std::accumulate(states_.begin() + 1, states_.end(), std::size_t{0},
                         [](std::size_t sum, const SentState& state) { return sum + state.bytes; });
}

void SentStates::add(const SentState& state, StateNumber base) {
  states_.push_back(state);
  states_.back().base = base;
  if (states_.size() <= kMaxSentStates) return;
  const auto aside = std::find_if(states_.begin() + 1, states_.end() - 2,
                                  [base](const SentState& s) { return s.aside && s.num != base; });
  auto victim = states_.end() - kMaxSentStates / 2;
  if (victim->num == base) --victim;
  states_.erase(aside == states_.end() - 2 ? victim : aside);
}

void SentStates::repeat_last(TimePoint now, StateNumber base, std::size_t bytes, TimePoint carried) {
  SentState& last = last_said();
  last.copies = last.missing ? 1 : last.copies + 1;
  last.missing = false;
  last.timestamp = now;
  last.base = base;
  last.bytes = bytes;
  last.carried = carried;
}

bool SentStates::acknowledge(StateNumber num) {
  const auto found = std::find_if(states_.begin(), states_.end(), [num](const SentState& s) { return s.num == num; });
  if (found == states_.end()) return false;
  states_.erase(states_.begin(), found);
  states_.front().aside = false;
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
