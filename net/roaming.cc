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
    return PeerChange::kOnTrial;
  }
  candidate_ = Candidate{from, allowance};
  if (!was_attached) serve_validated_ = false;
  return PeerChange::kCandidate;
}

void PeerPolicy::check_association(TimePoint now) {
  if (now - last_heard_ <= kAssociationTimeout) return;
  attached_ = false;
  candidate_.reset();
}

std::optional<Address> PeerPolicy::target(TimePoint now) {
  if (!attached_) return std::nullopt;
  const bool served = !candidate_ || serve_validated_;
  check_association(now);
  return served ? validated_ : std::nullopt;
}

std::optional<Address> PeerPolicy::candidate_target(std::size_t datagram_bytes, TimePoint now,
                                                    std::size_t kept_bytes) {
  if (!attached_ || !candidate_) return std::nullopt;
  std::optional<Address> chosen;
  if (candidate_->allowance >= datagram_bytes + kept_bytes) {
    candidate_->allowance -= datagram_bytes;
    chosen = candidate_->address;
  }
  check_association(now);
  return chosen;
}

bool PeerPolicy::on_peer_answered(const Address& from) {
  if (!candidate_ || candidate_->address != from) return false;
  validated_ = candidate_->address;
  candidate_.reset();
  serve_validated_ = true;
  return true;
}

std::optional<Address> PeerPolicy::candidate() const {
  if (!candidate_) return std::nullopt;
  return candidate_->address;
}

std::size_t PeerPolicy::candidate_allowance() const {
  if (!candidate_) return std::numeric_limits<std::size_t>::max();
  return static_cast<std::size_t>(
      std::min<std::uint64_t>(candidate_->allowance, std::numeric_limits<std::size_t>::max()));
}

}  // namespace sallyport::net
