// The sender's list of what the peer may hold (wire 5.3, 5.5, 5.6): state numbers with the snapshot that each stands
// for. Linked by net, later by the client. Pure data, no time source.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/strong_id.h"

namespace sallyport::sync {

inline constexpr std::size_t kMaxSentStates = 32;  // spec: wire 5.5

struct SentState {
  StateNumber num;
  TimePoint timestamp;     ///< of the last transmission
  SnapshotId snapshot;
  ContentVersion version;
  std::size_t bytes = 0;   ///< of UDP payload, last transmission; for pacing
  bool aside = false;      ///< said to an address on trial alone: not presumed to be held until acknowledged
  StateNumber base = {};     ///< of the last transmission's diff
  TimePoint carried = {};    ///< when the link had carried that, by the estimate of its rate
  int copies = 1;            ///< transmissions since it was known to be missing
  bool missing = false;      ///< the peer did not have it when it should
};

/// Ascending by number. first() is the newest state known to be acknowledged, last() the newest sent. Never empty.
/// Versions and snapshots never decrease along the list.
class SentStates {
 public:
  explicit SentStates(TimePoint created) { states_.push_back({{}, created, {}, {}, 0}); }

  [[nodiscard]] const SentState& first() const { return states_.front(); }
  [[nodiscard]] const SentState& last() const { return states_.back(); }
  [[nodiscard]] SentState& last() { return states_.back(); }
  /// The newest that was not said aside; first() if there is none. Shows what last() shows.
  [[nodiscard]] const SentState& last_said() const { return states_[index_of_last_said()]; }
  [[nodiscard]] SentState& last_said() { return states_[index_of_last_said()]; }
  [[nodiscard]] std::size_t size() const { return states_.size(); }
  [[nodiscard]] const std::vector<SentState>& all() const { return states_; }

  /// The newest state that the peer probably has: every state up to it that was not said aside, from first() on,
  /// was sent less than `patience` ago and not before `lost_before`, and is not missing.
  [[nodiscard]] const SentState& assumed(TimePoint now, Duration patience,
                                         TimePoint lost_before = TimePoint::min()) const;
  /// Bytes sent after first().
  [[nodiscard]] std::size_t bytes_under_way() const;
  /// The number for the next state: above last()'s and all that were reserved.
  [[nodiscard]] StateNumber next_num() const {
    const bool closing = last().num == kShutdownState;  // then the one before it counts: numbers are only reserved
    return StateNumber(std::max(closing ? (states_.end() - 2)->num : last().num, reserved_).value() + 1);
  }
  /// Takes a number out of use. Until a state with a newer one is sent, who was told it does not look at last() any more.
  StateNumber reserve_num() { return reserved_ = next_num(); }
  [[nodiscard]] bool last_is_hidden() const { return reserved_ > last().num; }

  /// Appends; a full list loses the oldest that was said aside, or else one from its middle, never the first, the last
  /// two or `base`, the diff base in use.
  void add(const SentState& state, StateNumber base);
  /// last_said() is sent again, from `base`, `bytes` of payload that the link will have carried at `carried`.
  void repeat_last(TimePoint now, StateNumber base, std::size_t bytes, TimePoint carried);
  /// Marks as missing what was said after first() and carried before `carried_before`; calls `judge(state)` for each before that.
  template <typename Judge>
  void mark_missing(TimePoint carried_before, Judge&& judge) {
    for (auto state = states_.begin() + 1; state != states_.end() && state->carried < carried_before; ++state) {
      if (state->aside || state->missing) continue;
      judge(std::as_const(*state));
      state->missing = true;
    }
  }
  /// Everything older than `num` goes. False, and nothing, if no such state is held (wire 5.6).
  bool acknowledge(StateNumber num);
  /// States whose content is last()'s are known under a new name: the provider found nothing that the peer could see.
  void relabel_last(SnapshotId snapshot, ContentVersion version);

 private:
  [[nodiscard]] std::size_t index_of_last_said() const;

  std::vector<SentState> states_;
  StateNumber reserved_;
};

}  // namespace sallyport::sync
