#include "sync/closing.h"

#include <algorithm>

namespace sallyport::sync {

void ClosingInitiator::start(TimePoint now, TimePoint last_transmission, Duration interval, Duration slowest) {
  if (started_) return;
  started_ = now;
  slowest_ = slowest;
  repeat_ = std::min(interval, slowest);
  due_ = std::max(now, last_transmission + repeat_);
}

void ClosingInitiator::on_transmitted(TimePoint now) {
  due_ = now + repeat_;
  repeat_ = std::min(2 * repeat_, slowest_);
}

void ClosingInitiator::hasten(TimePoint at) { due_ = std::min(due_, at); }

TimePoint ClosingInitiator::deadline(std::optional<TimePoint> last_heard) const {
  if (!started_) return kNever;
  const bool heard = last_heard && *last_heard + kRecentlyHeard > *started_;
  return *started_ + (heard ? kShutdownPatience : kShutdownPatienceForSilent);
}

void ClosingResponder::on_shutdown(TimePoint now) {
  asked_ = now;
  owes_answer_ = true;
}

void ClosingResponder::on_answered(TimePoint now) {
  owes_answer_ = false;
  if (!answered_) answered_ = now;
}

TimePoint ClosingResponder::done() const {
  if (!answered_ || !asked_) return kNever;
  return std::min(std::max(*answered_, *asked_) + kLinger, *answered_ + kLongestLinger);
}

}  // namespace sallyport::sync
