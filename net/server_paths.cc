#include "net/server_paths.h"

#include <algorithm>

namespace sallyport::net {

void ServerPaths::start(TimePoint now) {
  if (port_chosen_) return;
  port_chosen_ = now;
  next_attempt_ = now + kFirstAttempt;
}

std::optional<Family> ServerPaths::on_heard(const Address& from, TimePoint now) {
  const bool was_searching = !heard_ || attempts_ > 0;
  heard_ = now;
  attempts_ = no_way_ = 0;
  next_attempt_ = kNever;
  if (!was_searching) return std::nullopt;
  const auto answered = std::find(addresses_.begin(), addresses_.end(), from);
  if (answered == addresses_.end()) return std::nullopt;
  const Family left = addresses_[confirmed_].family;
  current_ = confirmed_ = static_cast<std::size_t>(answered - addresses_.begin());
  return left == current().family ? std::nullopt : std::optional(left);
}

void ServerPaths::on_no_way(TimePoint now) {
  if (addresses_.size() == 1 || !port_chosen_) return;
  const Duration pause = std::min<Duration>(kFirstAttempt * (std::int64_t{1} << std::min<std::size_t>(no_way_++, 8)), kProbeInterval);
  next_attempt_ = attempts_ == 0 ? now : std::min(next_attempt_, now + pause);
  attempts_ = std::max<std::size_t>(attempts_, 1);
}

TimePoint ServerPaths::silent_from(const Facts& facts) const {
  TimePoint at = *heard_ + kSilence;
  const bool unanswered = facts.input_since && *heard_ <= *facts.input_since;  // a server may also refuse input, and be heard
  if (unanswered) at = std::min(at, *facts.input_since + kSilenceOnInput + 2 * facts.round_trip);
  return at;
}

TimePoint ServerPaths::attempt_due(const Facts& facts) const {
  if (!port_chosen_) return kNever;
  if (!heard_ || attempts_ > 0) return next_attempt_;
  return silent_from(facts);
}

TimePoint ServerPaths::hop_due(const Facts& facts) const {
  if (!port_chosen_) return kNever;
  return std::max(*port_chosen_, facts.last_roundtrip) + kHopInterval + Duration(1);
}

TimePoint ServerPaths::next_deadline(const Facts& facts) const { return std::min(attempt_due(facts), hop_due(facts)); }

ServerPaths::Step ServerPaths::step(TimePoint now, const Facts& facts) {
  Step step;
  bool turn = false;  // of the next address
  if (now >= attempt_due(facts)) {
    // When a server falls silent, its own address comes first once more, by another port and perhaps another route.
    step = {.move = true, .new_port = heard_ && attempts_ == 0};
    turn = !step.new_port;
    ++attempts_;
    const Duration longer = kFirstAttempt * (std::int64_t{1} << std::min<std::size_t>(attempts_ / addresses_.size(), 8));
    next_attempt_ = now + (heard_ ? kProbeInterval : std::min<Duration>(longer, kLastAttempt));
  }
  if (now >= hop_due(facts)) {
    turn = turn || !step.move;  // heard, perhaps, but not hearing us
    step = {.move = true, .new_port = true};
  }
  if (turn) {
    const Family left = current().family;
    current_ = (current_ + 1) % addresses_.size();
    // Our own address of the other family may have changed since its port was chosen, and IPv6 goes on sending from the old one.
    step.new_port = step.new_port || (heard_ && current().family != left);
  }
  if (step.new_port) port_chosen_ = now;
  return step;
}

}  // namespace sallyport::net
