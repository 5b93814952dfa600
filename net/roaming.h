// Which addresses the server's output goes to. Pure logic: time, addresses and byte counts are parameters. Linked by
// net. Wire protocol 3.7, 3.8, 11.13; architecture 7.
//
// The first in-order authentic packet makes its source the validated peer. A newer in-order one from elsewhere makes
// that address the candidate: it gets output at once, within three times the bytes that came from it, so that a
// spoofed source cannot be flooded; the validated address is served too, so that a forged move cannot cut the client
// off. The candidate becomes the validated peer when it answers something that was sent to it alone, and by nothing
// else: whoever copies the client's packets and gives them another source cannot copy an answer that the client never
// had reason to give. A packet from the validated address ends the candidacy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "net/address.h"
#include "net/packet.h"

namespace sallyport::net {

/// Output to an unproven address per byte received from it (ours: architecture 7, as QUIC).
inline constexpr std::uint64_t kAmplificationLimit = 3;
/// Silence after which the server forgets where the client is (spec: wire 3.8).
inline constexpr Duration kAssociationTimeout = std::chrono::seconds(40);

/// What an authentic packet did to the peer's address.
enum class PeerChange : std::uint8_t {
  kNone,
  kFirstContact,  ///< the very first packet: validated() is set; connect B to it
  kReattached,    ///< the first after 40 s of silence, from the same address
  kCandidate,     ///< a new address wants the output: send it a small non-empty diff now
  kOnTrial,       ///< the candidate spoke again
  kReturned,      ///< the validated address spoke again: the candidate is forgotten
};

class PeerPolicy {
 public:
  /// An authentic packet of `datagram_bytes` (the whole UDP payload) arrived from `from`. Late packets change
  /// nothing.
  PeerChange on_authentic(const Address& from, std::size_t datagram_bytes, Order order, TimePoint now);

  /// The validated address; nothing before first contact, while detached, and after a detachment until a candidate has
  /// proved itself. Call it once per datagram that is really sent: afterwards the association timeout is checked, so a
  /// send that came too late is the last one (wire 3.8).
  [[nodiscard]] std::optional<Address> target(TimePoint now);
  /// The candidate, for a datagram of `datagram_bytes`, which is charged to its allowance; nothing if less than
  /// `kept_bytes` of that would be left. Otherwise as target().
  [[nodiscard]] std::optional<Address> candidate_target(std::size_t datagram_bytes, TimePoint now,
                                                        std::size_t kept_bytes = 0);

  /// `from` acknowledged a state that was sent to the candidate alone. True if that made it the validated peer:
  /// connect B to it.
  bool on_peer_answered(const Address& from);

  /// False before first contact and after 40 s of silence: nothing would be sent.
  [[nodiscard]] bool attached() const { return attached_; }
  [[nodiscard]] const std::optional<Address>& validated() const { return validated_; }
  /// The address under trial, if any.
  [[nodiscard]] std::optional<Address> candidate() const;
  /// Bytes that may still go to the candidate; unlimited (SIZE_MAX) without one.
  [[nodiscard]] std::size_t candidate_allowance() const;

 private:
  struct Candidate {
    Address address;
    std::uint64_t allowance = 0;
  };
  void check_association(TimePoint now);

  std::optional<Address> validated_;
  std::optional<Candidate> candidate_;
  bool attached_ = false;
  bool serve_validated_ = true;  ///< false for a candidate that came after a detachment: the old address is dead
  TimePoint last_heard_;
};

}  // namespace sallyport::net
