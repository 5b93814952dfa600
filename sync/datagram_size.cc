#include "sync/datagram_size.h"

#include <algorithm>
#include <cmath>

namespace sallyport::sync {
namespace {

// ours: more would decide nothing.
constexpr std::size_t kMaxTries = 64;
// ours: how likely mere loss may be to look like a limit. What counts of each try's chance is its logarithm.
constexpr double kMistaken = 0.01;

}  // namespace

std::size_t DatagramSize::bytes(TimePoint now) {
  if (short_for_good_) return net::kFallbackDatagramBytes;
  if (short_ && now >= trial_at_) {
    short_ = proved_ = false;
    on_trial_ = true;
    tries_.clear();
  }
  return short_ ? net::kFallbackDatagramBytes : longest_;
}

void DatagramSize::on_path_change(std::size_t longest) {
  longest_ = longest;
  short_ = proved_ = on_trial_ = false;
  next_trial_ = kFirstTrial;
  tries_.clear();
}

void DatagramSize::on_sent(StateNumber num, std::size_t bytes, TimePoint now,
                           std::size_t datagrams) {
  if (short_for_good_ || bytes < net::kFallbackDatagramBytes) return;
  if (tries_.size() == kMaxTries) tries_.erase(tries_.begin());
  tries_.push_back({num, now, datagrams});
}

bool DatagramSize::note_arrival(StateNumber num) {
  bool arrived = false;
  std::erase_if(tries_, [&](const Try& sent) {
    arrived = arrived || sent.num == num;
    return sent.num <= num;  // what an acknowledged state replaces decides nothing
  });
  return arrived;
}

int DatagramSize::vain_until_change() const {
  if (short_) return kVainUntilLongAgain;
  if (on_trial_) return kVainOnTrial;
  return proved_ ? kVainUntilShortIfProved : kVainUntilShort;
}

bool DatagramSize::on_acknowledgment(StateNumber num, TimePoint now, Duration patience, double loss) {
  if (short_for_good_) return false;
  if (note_arrival(num)) {
    proved_ = true;
    if (!short_) {
      on_trial_ = false;
      next_trial_ = kFirstTrial;  // they do pass: what was taken for a limit was none, or is none any more
    }
    return false;
  }
  if (short_ && proved_) return false;  // these do arrive: what is missing was lost otherwise
  int vain = 0;
  double by_loss = 1;  // the chance that so many in vain are nothing but loss
  for (const Try& sent : tries_) {
    if (sent.at + patience > now) continue;
    ++vain;
    by_loss *= 1 - std::pow(1 - loss, sent.datagrams);
  }
  if (vain < vain_until_change() || by_loss > kMistaken) return false;
  change(now);
  return true;
}

void DatagramSize::change(TimePoint now) {
  short_ = !short_;
  proved_ = false;
  tries_.clear();
  if (!short_) return;
  trial_at_ = now + next_trial_;
  next_trial_ = std::min(2 * next_trial_, kLastTrial);
}

}  // namespace sallyport::sync
