// Which of a server's addresses the client sends to, and when it takes a new port for that (wire 3.9; nothing in stock knows
// more than one address). Pure logic: time and addresses are parameters. Linked by the client's net.
//
// The preferred address is tried first. Until something authentic comes, the others get their turns too. Then what answers
// stays in use. While it does not, the addresses take turns again, every heartbeat another one: whichever carries both
// directions wins, because a server answers the newest packet, and because we take the first answer. New ports help where
// a middlebox has forgotten or dislikes the old one, and where our own address or route has changed: a connected socket
// keeps the source address that it was connected with.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "net/address.h"

namespace sallyport::net {

/// A new port when this long since the last one, and since the last round trip (spec: wire 3.9).
inline constexpr Duration kHopInterval = std::chrono::seconds(10);
/// Ours: the first repetition before contact comes after this (as RFC 8305 5 for a second address), later ones after twice as
/// long each time round.
inline constexpr Duration kFirstAttempt = std::chrono::milliseconds(250);
inline constexpr Duration kLastAttempt = std::chrono::seconds(3);
/// Ours: without a word for this long the server is silent. It says something every 3 s: two of its words were lost.
inline constexpr Duration kSilence = std::chrono::milliseconds(6500);
/// Ours: or so long after input that should have been answered within 100 ms and a round trip, and is repeated meanwhile.
inline constexpr Duration kSilenceOnInput = std::chrono::seconds(2);
/// Ours: while it is silent, another attempt.
inline constexpr Duration kProbeInterval = std::chrono::seconds(3);

class ServerPaths {
 public:
  /// At least one address, the preferred one first.
  explicit ServerPaths(std::vector<Address> addresses) : addresses_(std::move(addresses)) {}

  [[nodiscard]] const Address& current() const { return addresses_[current_]; }

  /// Sending begins.
  void start(TimePoint now);
  /// Something authentic and new came from `from`. The family that was left for good because it did not answer, if this
  /// decided it.
  std::optional<Family> on_heard(const Address& from, TimePoint now);

  /// There is no way to current() now: another address gets its turn soon.
  void on_no_way(TimePoint now);

  /// What is known from elsewhere.
  struct Facts {
    TimePoint last_roundtrip;               ///< send time of the newest state known to have arrived
    /// Input has waited since then, and none was acknowledged.
    std::optional<TimePoint> input_since;
    Duration round_trip{};                  ///< generously
  };
  struct Step {
    bool move = false;      ///< send what is not acknowledged to current() at once
    bool new_port = false;  ///< from a new port
  };
  /// What is due.
  [[nodiscard]] Step step(TimePoint now, const Facts& facts);
  [[nodiscard]] TimePoint next_deadline(const Facts& facts) const;

 private:
  [[nodiscard]] TimePoint silent_from(const Facts& facts) const;
  [[nodiscard]] TimePoint hop_due(const Facts& facts) const;
  [[nodiscard]] TimePoint attempt_due(const Facts& facts) const;

  std::vector<Address> addresses_;
  std::size_t current_ = 0;
  std::size_t confirmed_ = 0;            ///< answered last
  std::optional<TimePoint> heard_;       ///< from anywhere
  std::size_t attempts_ = 0;             ///< since the server was heard
  TimePoint next_attempt_ = kNever;
  std::size_t no_way_ = 0;               ///< so often since the server was heard
  std::optional<TimePoint> port_chosen_;
};

}  // namespace sallyport::net
