#include "net/roaming.h"

#include <algorithm>
#include <limits>

namespace sallyport::net {

PeerChange PeerPolicy::on_authentic(const Address& from, std::size_t datagram_bytes, Order order, TimePoint now) {
  if (order == Order::kLate) return PeerChange::kNone;
  const bool was_attached = attached_;
  attached_ = true;
  last_heard_ = now;
  if (!validated_) {
    validated_ = from;
    return PeerChange::kFirstContact;
  }
  const std::uint64_t allowance = kAmplificationLimit * datagram_bytes;
  if (*validated_ == from) {
    const bool returned = candidate_.has_value();
    candidate_.reset();
    serve_validated_ = true;
    if (!was_attached) return PeerChange::kReattached;
    return returned ? PeerChange::kReturned : PeerChange::kNone;
  }
  if (candidate_ && candidate_->address == from) {
    candidate_->allowance += allowance;
    return PeerChange::kNone;
  }
  candidate_ = Candidate{from, now, allowance};
  if (!was_attached) serve_validated_ = false;
  return PeerChange::kCandidate;
}

Targets PeerPolicy::targets(std::size_t datagram_bytes, TimePoint now) {
  Targets chosen;
  if (!attached_) return chosen;
  if (candidate_ && candidate_->allowance >= datagram_bytes) {
    candidate_->allowance -= datagram_bytes;
    chosen.add(candidate_->address);
  }
  if (!candidate_ || serve_validated_) chosen.add(*validated_);
  if (!chosen.empty() && now - last_heard_ > kAssociationTimeout) {
    attached_ = false;
    candidate_.reset();
  }
  return chosen;
}

void PeerPolicy::promote() {
  validated_ = candidate_->address;
  candidate_.reset();
  serve_validated_ = true;
}

bool PeerPolicy::on_peer_answered(const Address& from) {
  if (!candidate_ || candidate_->address != from) return false;
  promote();
  return true;
}

bool PeerPolicy::on_time(TimePoint now) {
  if (!candidate_ || now - candidate_->since < kCandidateTrial) return false;
  promote();
  return true;
}

std::optional<Address> PeerPolicy::candidate() const {
  if (!candidate_) return std::nullopt;
  return candidate_->address;
}

std::optional<TimePoint> PeerPolicy::candidate_since() const {
  if (!candidate_) return std::nullopt;
  return candidate_->since;
}

TimePoint PeerPolicy::next_deadline() const { return candidate_ ? candidate_->since + kCandidateTrial : kNever; }

std::size_t PeerPolicy::candidate_allowance() const {
  if (!candidate_) return std::numeric_limits<std::size_t>::max();
  return static_cast<std::size_t>(
      std::min<std::uint64_t>(candidate_->allowance, std::numeric_limits<std::size_t>::max()));
}

}  // namespace sallyport::net
