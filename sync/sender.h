// The sender of the State Synchronization Protocol (wire 5.3 to 5.6, 5.8): decides which instruction goes out when.
// It knows state numbers, snapshots and versions, never contents; the object may live in another process
// (state_provider.h), and acks, heartbeats and the closing handshake do not wait for it longer than kFramePatience.
// Linked by net, later by the client. No sockets, no clock: time is a parameter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "base/secret_bytes.h"
#include "base/strong_id.h"
#include "net/rtt.h"
#include "proto/transport_instruction.h"
#include "sync/closing.h"
#include "sync/loss_estimate.h"
#include "sync/pacing.h"
#include "sync/sent_states.h"
#include "sync/state_provider.h"

namespace sallyport::sync {

inline constexpr Duration kHeartbeat = std::chrono::milliseconds(3000);         // spec: wire 5.4, ack interval
inline constexpr Duration kDelayedAck = std::chrono::milliseconds(100);         // spec: wire 5.4
inline constexpr Duration kActiveRetry = std::chrono::milliseconds(10000);      // spec: wire 5.4
/// Ours: how long a due ack waits for a frame that has been asked for; a healthy provider needs less than a
/// millisecond.
inline constexpr Duration kFramePatience = std::chrono::milliseconds(50);
/// Ours: how long the closing handshake waits for the last frame. It carries the program's last output, which nothing repeats
/// once the peer holds the shutdown state; well below what an initiator's peer waits for.
inline constexpr Duration kFinalFramePatience = std::chrono::seconds(2);

/// Where instructions go.
class InstructionSink {
 public:
  InstructionSink() = default;
  InstructionSink(const InstructionSink&) = delete;
  InstructionSink& operator=(const InstructionSink&) = delete;
  virtual ~InstructionSink() = default;
  /// Puts fresh chaff in and sends it; whether it arrives is not known. Returns the bytes of UDP payload, for pacing.
  /// Must not call the sender.
  virtual std::size_t transmit(const proto::TransportInstruction& instruction, TimePoint now) = 0;
  /// Whether there is an address on trial, which gets what is said aside: the same states under numbers that nobody else
  /// is told, so that who acknowledges one is there (architecture 7).
  [[nodiscard]] virtual bool listens_aside() const { return false; }
  /// Sends to that address alone. False if not even a part of it was sent.
  virtual bool transmit_aside(const proto::TransportInstruction& /*instruction*/, TimePoint /*now*/) { return false; }
};

/// Whether an answer fits its request. A mismatch is no honest provider's: nothing was changed.
enum class FrameVerdict : std::uint8_t { kAccepted, kMismatch };

class Sender {
 public:
  /// Borrows all three for its life. `rtt` is read at every decision.
  Sender(StateProvider& provider, InstructionSink& sink, const net::RttEstimator& rtt, const PacingRule& rule,
         TimePoint created);
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  // ---- what happened ----

  /// The provider's object differs from what its last frame showed.
  void on_dirty(TimePoint now);
  /// The answer to the outstanding request; may be called from inside request_frame.
  [[nodiscard]] FrameVerdict on_frame(const EncodedFrame& frame, TimePoint now);
  /// A packet measured a round trip; comes before the acknowledgment that the same packet carries.
  void on_round_trip(double milliseconds, TimePoint now) { pacer_.on_round_trip(milliseconds, now); }
  /// ack_num of any complete instruction (wire 5.6).
  void on_acknowledgment(StateNumber num, TimePoint now);
  /// The peer's newest packet acknowledges `num`: what was sent a round trip before has not arrived. After on_acknowledgment.
  void on_newest_word(StateNumber num, TimePoint now);
  /// The receiver's highest state is `newest` now; `carried_diff`: its diff was not empty.
  void on_peer_state(StateNumber newest, bool carried_diff, TimePoint now);
  /// A repeated instruction with a diff: its ack was probably lost, so it is repeated (wire 5.7 permits it).
  void on_repeated_diff(TimePoint now);
  /// The peer's shutdown instruction arrived again.
  void on_repeated_shutdown(TimePoint now);
  /// What was sent and is not acknowledged has not arrived. It, or an ack, is due at once.
  void presume_lost(TimePoint now);
  /// The same, because the way to the peer is another or was interrupted.
  void on_path_change(TimePoint now);
  /// Whether there is an address to send to. False at first. Timers stand still while detached.
  void set_attached(bool attached) { attached_ = attached; }
  /// Starts the closing handshake; the object changes no more. Again: nothing.
  void start_shutdown(TimePoint now);

  // ---- what is due ----

  /// When tick() has something to do, at the latest; kNever if only an event can make work. May be in the past.
  [[nodiscard]] TimePoint next_timer(TimePoint now) const;
  /// Sends or asks for what is due. Call after every event and when next_timer() comes.
  void tick(TimePoint now);
  /// Sends `diff`, which must change nothing in the newest state sent, as a new state at once: something that the
  /// peer will acknowledge soon. For a peer that has moved (architecture 7). False, and nothing, while closing or
  /// detached.
  bool probe(std::span<const std::byte> diff, TimePoint now);
  /// Says aside, under a number that is not remembered, the state known to be acknowledged: a peer that has missed the
  /// newest can take this, and if it has not, it goes back to it until the next frame. While closing too, since the last
  /// frame may be too long for an address on trial; nothing once either side is done, or detached.
  void probe_acknowledged(std::span<const std::byte> diff, TimePoint now);

  // ---- what is known ----

  /// How long an acknowledgment may take before something is presumed lost (wire 5.5).
  [[nodiscard]] Duration patience() const;
  /// Stock's interval between transmissions (wire 5.4): what retransmissions keep, and what prediction reckons with.
  [[nodiscard]] Duration retransmission_interval() const;
  [[nodiscard]] const LossEstimate& loss() const { return loss_; }

  [[nodiscard]] const SentStates& sent() const { return sent_; }
  [[nodiscard]] bool frame_outstanding() const { return request_.has_value(); }
  /// Send time of the newest state known to be acknowledged (wire 3.9).
  [[nodiscard]] TimePoint last_roundtrip() const { return sent_.first().timestamp; }
  [[nodiscard]] bool closing() const { return initiator_.started(); }
  /// Our shutdown was acknowledged.
  [[nodiscard]] bool closed() const { return closing() && sent_.first().num == kShutdownState; }
  [[nodiscard]] const ClosingInitiator& initiator() const { return initiator_; }
  [[nodiscard]] const ClosingResponder& responder() const { return responder_; }

 private:
  struct Request {
    SentState assumed;
    SentState acknowledged;
    SnapshotId snapshot;
    TimePoint asked;
    bool final = false;    ///< asked for after the shutdown had started
  };
  /// The newest diff, while it is unacknowledged, so that a retransmission need not wake the provider.
  struct Encoded {
    StateNumber base;
    StateNumber throwaway;
    SecretBytes diff;
  };

  [[nodiscard]] Duration interval() const;
  [[nodiscard]] const SentState& assumed(TimePoint now) const { return sent_.assumed(now, patience(), lost_before_); }
  [[nodiscard]] TimePoint send_due(TimePoint now) const;
  [[nodiscard]] TimePoint repeat_due(TimePoint now) const;
  [[nodiscard]] bool heals_everything() const;
  [[nodiscard]] TimePoint ack_due() const;
  [[nodiscard]] StateNumber throwaway() const;

  void send_changes(TimePoint now);
  void ask(const SentState& assumed, bool final, TimePoint now);
  void on_invisible_change(const Request& request, const EncodedFrame& frame, TimePoint now);
  void send_data(const EncodedFrame& frame, const SentState& base, StateNumber throwaway, TimePoint now);
  void send_final(const EncodedFrame& frame, const Request& request, TimePoint now);
  void send_empty_ack(TimePoint now);
  void send_unchanged(std::span<const std::byte> diff, TimePoint now);
  void tick_closing(TimePoint now);
  void transmit_shutdown(StateNumber base, StateNumber throwaway, std::span<const std::byte> diff, TimePoint now);
  std::size_t transmit(StateNumber base, StateNumber num, StateNumber throwaway, std::span<const std::byte> diff,
                       TimePoint now);
  void note_said(SentState state, StateNumber base);
  void say_aside(StateNumber base, StateNumber throwaway, std::span<const std::byte> diff, TimePoint now);

  StateProvider& provider_;
  InstructionSink& sink_;
  const net::RttEstimator& rtt_;
  PacingRule rule_;
  Pacer pacer_;
  SentStates sent_;
  LossEstimate loss_;
  std::optional<Request> request_;
  std::optional<Encoded> encoded_;
  std::uint64_t next_snapshot_ = 1;
  SnapshotId forgotten_;                    ///< oldest kept, as the provider was told
  bool attached_ = false;
  bool dirty_ = false;
  TimePoint lost_before_ = TimePoint::min();  ///< what was sent before has not arrived
  StateNumber ack_num_;
  TimePoint next_ack_;
  std::optional<TimePoint> last_heard_new_;
  ClosingInitiator initiator_;
  ClosingResponder responder_;
  bool final_encoded_ = false;              ///< encoded_ is the shutdown's diff
};

}  // namespace sallyport::sync
