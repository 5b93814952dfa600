// The server's end of a session over datagrams: packets, fragments, receiver, sender, roaming and the closing
// handshake put together (wire 3 to 8). The net process owns one; it moves datagrams and channel messages and asks
// for the timer:
//
//   datagram read           receive(bytes, from, ecn, now)
//   Dirty / Frame           on_dirty(now) / on_frame(answer, now)
//   then, each turn         take_peer_move(), input().take_resize(), input().next(credit, mode), tick(now), ending(now)
//   poll timeout            next_timer(now)
//
// No system calls: datagrams leave through a DatagramSink, time is a parameter, and one thread calls.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/clock.h"
#include "base/strong_id.h"
#include "net/roaming.h"
#include "net/udp_socket.h"
#include "sync/input_queue.h"
#include "sync/instruction_link.h"
#include "sync/sender.h"
#include "sync/user_events.h"

namespace sallyport::sync {

/// Where datagrams go. Never blocks.
class DatagramSink {
 public:
  DatagramSink() = default;
  DatagramSink(const DatagramSink&) = delete;
  DatagramSink& operator=(const DatagramSink&) = delete;
  virtual ~DatagramSink() = default;
  virtual net::SendOutcome send(const net::Address& to, std::span<const std::byte> datagram) = 0;
};

/// The terminal's whole answer to a frame request: privsep::Frame with its parts put together. At most
/// privsep::kMaxFrameBytes of host bytes, borrowed for the call.
struct FrameAnswer {
  SnapshotId base;
  SnapshotId snapshot;
  ContentVersion version;
  StateNumber echo_ack;
  bool echo_ack_changed = false;
  WindowSize size;
  bool size_changed = false;
  std::span<const std::byte> bytes;
};

/// How the session's protocol ended.
enum class Ending : std::uint8_t {
  kNotYet,
  kPeerLeft,       ///< the peer's closing handshake is answered, and the linger is over
  kAcknowledged,   ///< our own is acknowledged
  kTimedOut,       ///< our own went unanswered
  kUsageLimit,     ///< the key may not be used further
};

class ServerTransport final : private InstructionSink {
 public:
  /// All borrowed for the transport's life. `screens` becomes TakeFrame messages.
  struct Parts {
    net::PacketLayer& packets;
    DatagramSink& sink;
    StateProvider& screens;
    ChaffSource& chaff;
    net::Family bound;         ///< of the bound address: decides the datagrams' size
  };
  ServerTransport(const Parts& parts, TimePoint now, const PacingRule& rule = {});

  /// What one datagram was.
  struct Received {
    bool authentic = false;    ///< opened, and new
    bool new_state = false;    ///< it completed the newest client state so far
    bool first_state = false;  ///< and that is the very first: time for FirstContact
  };
  /// Handles one UDP payload, opened in place. Whatever it contains, nothing but counters changes unless it is
  /// authentic.
  Received receive(std::span<std::byte> datagram, const net::Address& from, net::Ecn ecn, TimePoint now);

  /// The screen differs from its last frame.
  void on_dirty(TimePoint now) { sender_.on_dirty(now); }
  /// The answer to the outstanding request. kMismatch: a violation (no such request, a foreign base, an echo ack that
  /// decreases or is newer than what the client sent); nothing has changed.
  [[nodiscard]] FrameVerdict on_frame(const FrameAnswer& answer, TimePoint now);

  /// Input and window sizes for the monitor.
  [[nodiscard]] InputQueue& input() { return input_; }

  /// Starts the closing handshake: the program has ended, or a signal or timeout wants it.
  void start_shutdown(TimePoint now) { sender_.start_shutdown(now); }
  [[nodiscard]] bool closing() const { return sender_.closing(); }
  /// The client has started its own: nothing more will be typed. ending() becomes kPeerLeft when the linger is
  /// over.
  [[nodiscard]] bool client_leaving() const { return sender_.responder().asked(); }
  [[nodiscard]] Ending ending(TimePoint now) const;

  /// At the latest when tick() or ending() has something new; kNever if only an event can bring it. May be in the
  /// past.
  [[nodiscard]] TimePoint next_timer(TimePoint now) const;
  /// Sends what is due. After every event, and when next_timer() comes.
  void tick(TimePoint now);

  /// The validated peer's address, if it changed since the last call: connect B to it, report FirstContact or
  /// PeerMoved.
  [[nodiscard]] std::optional<net::Address> take_peer_move();
  [[nodiscard]] const net::PeerPolicy& peer() const { return peer_; }
  /// A client address is known and was heard within the association timeout.
  [[nodiscard]] bool attached() const { return peer_.attached(); }
  /// The client's newest state, and when it arrived; 0 and the start before the first.
  [[nodiscard]] StateNumber newest_client_state() const { return receiver_.newest(); }
  [[nodiscard]] TimePoint newest_client_state_arrived() const { return receiver_.newest_arrived(); }
  [[nodiscard]] const LinkDrops& drops() const { return link_.drops(); }
  [[nodiscard]] const Sender& sender() const { return sender_; }

 private:
  std::size_t transmit(const proto::TransportInstruction& instruction, TimePoint now) override;
  [[nodiscard]] bool listens_aside() const override { return peer_.candidate().has_value(); }
  bool transmit_aside(const proto::TransportInstruction& instruction, TimePoint now) override;
  void send_to(const net::Address& to, std::span<const std::byte> datagram);
  Received on_instruction(const proto::TransportInstruction& instruction, const net::Address& from, TimePoint now);
  void welcome_candidate(TimePoint now);
  void welcome_again(TimePoint now);
  void note_welcome(TimePoint now);
  [[nodiscard]] TimePoint welcome_due() const;
  [[nodiscard]] TimePoint next_welcome() const;
  void note_answer(StateNumber acknowledged, const net::Address& from);

  net::PacketLayer& packets_;
  DatagramSink& sink_;
  std::size_t datagram_bytes_;
  InstructionLink link_;
  net::PeerPolicy peer_;
  UserReceiver receiver_;
  InputQueue input_;
  Sender sender_;
  StateNumber echo_ack_;                                  ///< of the newest frame
  StateNumber sent_echo_ack_;                             ///< of the newest state sent
  /// The newest numbers that were said to the candidate alone, as a ring: whoever names one of them is there.
  std::array<std::optional<StateNumber>, kMaxSentStates> said_aside_{};
  std::size_t aside_count_ = 0;
  TimePoint welcomed_;                                    ///< the candidate, for the last time
  Duration welcome_interval_{};                           ///< until the next
  bool welcoming_ = false;                                ///< what is said now may use the allowance up
  bool aside_refused_ = false;                            ///< more was said than it may get
  std::optional<net::Address> reported_peer_;
};

}  // namespace sallyport::sync
