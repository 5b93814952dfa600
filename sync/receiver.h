// Which received instructions become states (wire 5.7), independent of what a state contains. Linked by net, later by
// the client. Every number here is the peer's: nothing traps, every list is bounded.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/strong_id.h"
#include "proto/transport_instruction.h"

namespace sallyport::sync {

/// One more than this many states are held before quenching starts (spec: wire 5.7).
inline constexpr std::size_t kMaxReceivedStates = 1024;
inline constexpr Duration kQuench = std::chrono::seconds(15);  // spec: wire 5.7

/// What became of an instruction.
enum class Arrival : std::uint8_t {
  kNewest,        ///< stored, and the highest number now: to be acknowledged
  kOutOfOrder,    ///< stored below a higher number
  kDuplicate,     ///< its new_num is held already
  kUnknownBase,   ///< its old_num is not held
  kInconsistent,  ///< hardening: throwaway_num above old_num, or new_num below it
  kQuenched,      ///< refused to grow
  kRefused,       ///< the content did: undecodable, or no room for input now
};

/// Received states with a `Content` each, a copyable value. Ascending by number, never empty, at most
/// kMaxReceivedStates + 2 of them plus one per 15 s, or what hold_at_most() says.
template <typename Content>
class Receiver {
 public:
  struct State {
    StateNumber num;
    TimePoint arrived;
    Content content;
  };

  Receiver(Content initial, TimePoint created) { states_.push_back({StateNumber(0), created, std::move(initial)}); }

  [[nodiscard]] const State& first() const { return states_.front(); }
  [[nodiscard]] const State& last() const { return states_.back(); }
  [[nodiscard]] std::size_t size() const { return states_.size(); }

  /// From now on at most `states` are held, without exception. At least 1.
  void hold_at_most(std::size_t states) { max_states_ = states; }
  /// What would be the oldest state held after everything below `num` was thrown away; the newest if that is all.
  [[nodiscard]] StateNumber oldest_from(StateNumber num) const {
    const auto kept = std::find_if(states_.begin(), states_.end(), [num](const State& state) { return state.num >= num; });
    return kept == states_.end() ? last().num : kept->num;
  }

  /// Handles one instruction whose acknowledgment the sender has already taken. `apply(base, instruction, next)`
  /// returns the new state's content or nothing to refuse it; `next` is the held state just above, null if this one
  /// becomes the newest. It is called only if everything else is in order, and a refusal leaves the list as it was.
  template <typename Apply>
  [[nodiscard]] Arrival receive(const proto::TransportInstruction& instruction, TimePoint now, Apply&& apply) {
    const auto place = lower_bound(instruction.new_num);
    if (place != states_.end() && place->num == instruction.new_num) return Arrival::kDuplicate;
    const auto base = lower_bound(instruction.old_num);
    if (base == states_.end() || base->num != instruction.old_num) return Arrival::kUnknownBase;
    // An honest sender never says these; stock aborts on some of them (wire 5.7).
    if (instruction.throwaway_num > instruction.old_num || instruction.new_num < instruction.old_num) {
      return Arrival::kInconsistent;
    }
    const auto kept = lower_bound(instruction.throwaway_num);
    const bool crowded = states_.end() - kept > static_cast<std::ptrdiff_t>(kMaxReceivedStates);
    const bool full = max_states_ && states_.end() - kept >= static_cast<std::ptrdiff_t>(*max_states_);
    if (full || (crowded && now < quenched_until_)) {
      states_.erase(states_.begin(), kept);
      return Arrival::kQuenched;
    }
    const State* next = place == states_.end() ? nullptr : &*place;
    std::optional<Content> content = apply(base->content, instruction, next);
    if (!content) return Arrival::kRefused;
    if (crowded) quenched_until_ = now + kQuench;
    const bool newest = next == nullptr;
    states_.insert(place, State{instruction.new_num, now, std::move(*content)});
    states_.erase(states_.begin(), lower_bound(instruction.throwaway_num));
    return newest ? Arrival::kNewest : Arrival::kOutOfOrder;
  }

 private:
  auto lower_bound(StateNumber num) {
    return std::lower_bound(states_.begin(), states_.end(), num,
                            [](const State& state, StateNumber wanted) { return state.num < wanted; });
  }

  std::vector<State> states_;
  std::optional<std::size_t> max_states_;
  TimePoint quenched_until_ = TimePoint::min();
};

}  // namespace sallyport::sync
