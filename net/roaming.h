// Which addresses the server's output goes to. Pure logic: time, addresses and byte counts are parameters. Linked by
// net. Wire protocol 3.7, 3.8, 11.13; architecture 7.
//
// The first in-order authentic packet makes its source the validated peer. A newer in-order one from elsewhere makes
// that address the candidate: it gets output at once, within three times the bytes that came from it, so that a
// spoofed source cannot be flooded; the validated address is served too, so that a forged move cannot cut the client
// off. The candidate becomes the validated peer when it answers something first sent to it, or after one second. A
// packet from the validated address ends the candidacy.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/clock.h"
#include "net/address.h"
#include "net/packet.h"

namespace sallyport::net {

/// Output to an unproven address per byte received from it (ours: architecture 7, as QUIC).
inline constexpr std::uint64_t kAmplificationLimit = 3;
/// A candidate that nobody contradicted is believed after this (ours: architecture 7).
inline constexpr Duration kCandidateTrial = std::chrono::seconds(1);
/// Silence after which the server forgets where the client is (spec: wire 3.8).
inline constexpr Duration kAssociationTimeout = std::chrono::seconds(40);

/// Up to two addresses for one datagram, both to be sent the same sealed bytes.
class Targets {
 public:
  void add(const Address& address) { addresses_[count_++] = address; }
  [[nodiscard]] auto begin() const { return addresses_.begin(); }
  [[nodiscard]] auto end() const { return addresses_.begin() + static_cast<std::ptrdiff_t>(count_); }
  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] const Address& operator[](std::size_t index) const { return addresses_[index]; }

 private:
  std::array<Address, 2> addresses_{};
  std::size_t count_ = 0;
};

/// What an authentic packet did to the peer's address.
enum class PeerChange : std::uint8_t {
  kNone,
  kFirstContact,  ///< the very first packet: validated() is set; connect B to it
  kReattached,    ///< the first after 40 s of silence, from the same address
  kCandidate,     ///< a new address wants the output: send it a small non-empty diff now
  kReturned,      ///< the validated address spoke again: the candidate is forgotten
};

class PeerPolicy {
 public:
  /// An authentic packet of `datagram_bytes` (the whole UDP payload) arrived from `from`. Late packets change
  /// nothing.
  PeerChange on_authentic(const Address& from, std::size_t datagram_bytes, Order order, TimePoint now);

  /// Addresses for a datagram of `datagram_bytes`, which is charged to the candidate's allowance. Empty before first
  /// contact and while detached. Call it once per datagram that is really sent: afterwards the association timeout is
  /// checked, so a send that came too late is the last one (wire 3.8).
  [[nodiscard]] Targets targets(std::size_t datagram_bytes, TimePoint now);

  /// `from` acknowledged a state that was first sent after it became the candidate. True if that made it the
  /// validated peer: connect B to it.
  bool on_peer_answered(const Address& from);
  /// Makes a candidate whose second is over the validated peer; true if so: connect B to it. targets() does not do
  /// this itself, so that no move is missed: call it once per turn of the loop.
  bool on_time(TimePoint now);

  /// False before first contact and after 40 s of silence: nothing would be sent.
  [[nodiscard]] bool attached() const { return attached_; }
  [[nodiscard]] const std::optional<Address>& validated() const { return validated_; }
  /// The address under trial, if any; and since when.
  [[nodiscard]] std::optional<Address> candidate() const;
  [[nodiscard]] std::optional<TimePoint> candidate_since() const;
  /// When on_time() has something to do; kNever if not.
  [[nodiscard]] TimePoint next_deadline() const;
  /// Bytes that may still go to the candidate; unlimited (SIZE_MAX) without one.
  [[nodiscard]] std::size_t candidate_allowance() const;

 private:
  struct Candidate {
    Address address;
    TimePoint since;
    std::uint64_t allowance = 0;
  };
  void promote();

  std::optional<Address> validated_;
  std::optional<Candidate> candidate_;
  bool attached_ = false;
  bool serve_validated_ = true;  ///< false for a candidate that came after a detachment: the old address is dead
  TimePoint last_heard_;
};

}  // namespace sallyport::net
