#include "terminal/echo_ack.h"

namespace sallyport::terminal {

void EchoAckHistory::input_written(StateNumber state, TimePoint now) {
  if (state <= newest_) {
    return;
  }
  newest_ = state;
  if (count_ < kMaxWaitingInputs) {
    ++count_;
  }
  at(count_ - 1) = {state, now + kEchoAckDelay};
}

bool EchoAckHistory::advance(TimePoint now) {
  const StateNumber before = value_;
  while (count_ > 0 && at(0).due <= now) {
    value_ = at(0).state;
    ripe_ = ripe_.value_or(at(0).due);
    first_ = (first_ + 1) % kMaxWaitingInputs;
    --count_;
  }
  return value_ != before;
}

TimePoint EchoAckHistory::frame_due() const {
  if (ripe_) {
    return *ripe_ + kEchoAckCompany;
  }
  return count_ == 0 ? kNever : waiting_[first_].due + kEchoAckCompany;
}

}  // namespace sallyport::terminal
