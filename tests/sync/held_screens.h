// What a client does with received states, in its simplest form: each is a copy of its base, brought forward. For tests.
#pragma once

#include <map>
#include <utility>

#include "sync/client_transport.h"

namespace sallyport::sync::sim {

/// `Screen` is copyable and has bool apply(diff); false: the diff does not decode.
template <typename Screen>
class HeldScreens final : public ScreenStates {
 public:
  explicit HeldScreens(Screen initial) { held_.emplace(StateNumber(0), std::move(initial)); }

  bool accept(const ReceivedState& received) override {
    const auto base = held_.find(received.base);
    if (base == held_.end() || received.oldest_kept > received.base || held_.contains(received.state)) {
      ++wrong_numbers_;
      return false;
    }
    Screen screen(base->second);
    if (!received.diff.empty() && !screen.apply(received.diff)) return false;
    held_.emplace(received.state, std::move(screen));
    held_.erase(held_.begin(), held_.lower_bound(received.oldest_kept));
    return true;
  }

  [[nodiscard]] const Screen& newest() const { return held_.rbegin()->second; }
  [[nodiscard]] std::size_t size() const { return held_.size(); }
  /// Unknown bases and the like: faults of the transport.
  [[nodiscard]] int wrong_numbers() const { return wrong_numbers_; }

 private:
  std::map<StateNumber, Screen> held_;
  int wrong_numbers_ = 0;
};

}  // namespace sallyport::sync::sim
