// The closing handshake's clocks (wire 5.8, with the repairs of wire 11.19): how often the initiator repeats its last
// state and when it gives up; how long the responder lingers. Linked by net, later by the client. Pure logic.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace sallyport::sync {

/// Ours: an initiator keeps trying this long for a peer heard within kRecentlyHeard, so that one that is away for
/// some seconds still learns of the end (stock: 16 sends, 0.4 s on a fast path).
inline constexpr Duration kShutdownPatience = std::chrono::seconds(10);
inline constexpr Duration kRecentlyHeard = std::chrono::minutes(1);
/// Ours: for a peer that was silent for longer.
inline constexpr Duration kShutdownPatienceForSilent = std::chrono::seconds(2);
/// Ours: a responder answers further shutdown instructions until none came for this long, at most kLongestLinger.
inline constexpr Duration kLinger = std::chrono::seconds(1);
inline constexpr Duration kLongestLinger = std::chrono::seconds(2);

/// The initiator's side.
class ClosingInitiator {
 public:
  /// Once; later calls change nothing. The first transmission is due one `interval` after `last_transmission`; the pauses
  /// between the next ones double, up to `slowest`.
  void start(TimePoint now, TimePoint last_transmission, Duration interval, Duration slowest);
  [[nodiscard]] bool started() const { return started_.has_value(); }
  /// A shutdown instruction went out.
  void on_transmitted(TimePoint now);
  /// The peer said something that should be acknowledged by `at`.
  void hasten(TimePoint at);
  /// When the next transmission is due; kNever before start().
  [[nodiscard]] TimePoint due() const { return due_; }
  /// When to give up. `last_heard`: arrival of the peer's newest packet.
  [[nodiscard]] TimePoint deadline(std::optional<TimePoint> last_heard) const;

 private:
  std::optional<TimePoint> started_;
  TimePoint due_ = kNever;
  Duration repeat_{};
  Duration slowest_{};
};

/// The responder's side.
class ClosingResponder {
 public:
  /// The peer's shutdown instruction arrived, for the first time or again.
  void on_shutdown(TimePoint now);
  /// An instruction that acknowledges it went out.
  void on_answered(TimePoint now);
  [[nodiscard]] bool asked() const { return asked_.has_value(); }
  /// An answer is owed.
  [[nodiscard]] bool owes_answer() const { return owes_answer_; }
  /// When the first answer went out.
  [[nodiscard]] std::optional<TimePoint> answered() const { return answered_; }
  /// When the linger ends; kNever until the first answer went out.
  [[nodiscard]] TimePoint done() const;

 private:
  std::optional<TimePoint> asked_;        ///< newest shutdown instruction
  std::optional<TimePoint> answered_;     ///< first answer
  bool owes_answer_ = false;
};

}  // namespace sallyport::sync
