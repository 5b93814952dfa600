// The client's end of a session over datagrams: the counterpart of transport.h. Linked by the client's net and by the
// simulator. Wire 3 to 8. What a screen is it does not know: a received state is a number here, and what it consists of is
// handed on. No system calls: datagrams leave through a DatagramSink, time is a parameter.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "base/clock.h"
#include "net/address.h"
#include "sync/instruction_link.h"
#include "sync/receiver.h"
#include "sync/transport.h"
#include "sync/user_provider.h"

namespace sallyport::sync {

/// A state of the server's screen: state `base` with `diff` applied (a serialised HostMessage, wire 7.4). Borrowed.
struct ReceivedState {
  StateNumber base;
  StateNumber state;
  StateNumber oldest_kept;  ///< states below will never be a base again; at most `base`
  bool newest = true;       ///< false: a newer one is held already
  std::span<const std::byte> diff;
};

/// Where the server's states go.
class ScreenStates {
 public:
  ScreenStates() = default;
  ScreenStates(const ScreenStates&) = delete;
  ScreenStates& operator=(const ScreenStates&) = delete;
  virtual ~ScreenStates() = default;
  /// Takes one whose base was taken before and not yet below any oldest_kept. False: it cannot be decoded, or there is no
  /// room now; it is then as if it had never arrived.
  virtual bool accept(const ReceivedState& received) = 0;
};

/// Ours, as stock's client collects for 1 ms (wire 5.4): keys of one read leave together.
/// Who quits waits for no more than a second, so the server is told often.
inline constexpr PacingRule kClientPacing{.settle = std::chrono::milliseconds(0),
                                          .slowest_shutdown_repeat = std::chrono::milliseconds(100)};
/// Ours: the answer to the server's closing handshake is said three times, in place of a long linger: the person waits for it,
/// and a server that missed it gives up by itself.
inline constexpr int kClosingAnswers = 3;
inline constexpr Duration kClosingAnswerInterval = std::chrono::milliseconds(40);

class ClientTransport final : private InstructionSink {
 public:
  /// All borrowed for the transport's life.
  struct Parts {
    net::PacketLayer& packets;
    DatagramSink& sink;
    ScreenStates& screens;
    ChaffSource& chaff;
  };
  ClientTransport(const Parts& parts, const net::Address& server, TimePoint now, const PacingRule& rule = kClientPacing);

  /// Typed input and window sizes, in their order; ignored once the closing handshake runs. A size comes first (wire 7.1).
  void type(std::span<const std::byte> typed, TimePoint now) { append(typed, now); }
  void resize(WindowSize size, TimePoint now) { append(size, now); }

  struct Received {
    bool authentic = false;  ///< opened, and new
    bool forged = false;     ///< did not authenticate
    bool heard = false;      ///< it completed the newest state, or repeated it
  };
  /// Handles one UDP payload, opened in place. Whatever it contains, nothing but counters changes unless it is authentic.
  Received receive(std::span<std::byte> datagram, net::Ecn ecn, TimePoint now);

  /// The way to the server has changed, or was interrupted: datagrams go to `server` from now on, and what is not known to
  /// have arrived, or a sign of life, leaves at once.
  void move_to(const net::Address& server, TimePoint now);
  [[nodiscard]] const net::Address& server() const { return server_; }
  /// At most so many received states are held (state 0 among them); further ones are refused until the server throws some
  /// away. At least 1.
  void hold_at_most(std::size_t states) { receiver_.hold_at_most(states); }

  void start_shutdown(TimePoint now) { sender_.start_shutdown(now); }
  [[nodiscard]] TimePoint next_timer(TimePoint now) const;
  void tick(TimePoint now);
  /// kPeerLeft: the server's closing handshake is answered.
  [[nodiscard]] Ending ending(TimePoint now) const;

  /// The newest state held; 0 before the first.
  [[nodiscard]] StateNumber screen_state() const { return receiver_.last().num; }
  /// Events (typed bytes and sizes) that the server is not known to have.
  [[nodiscard]] std::size_t unacknowledged() const;
  [[nodiscard]] const Sender& sender() const { return sender_; }
  [[nodiscard]] const LinkDrops& drops() const { return link_.drops(); }

 private:
  struct Token {};

  template <typename Event>
  void append(const Event& event, TimePoint now) {
    if (sender_.closing()) return;
    stream_.append(event);
    if (!provider_.holds_back()) sender_.on_dirty(now);
  }
  std::size_t transmit(const proto::TransportInstruction& instruction, TimePoint now) override;
  bool on_instruction(const proto::TransportInstruction& instruction, TimePoint now);
  /// When the next answer to the server's closing handshake is due, or after the last one, when it is enough.
  [[nodiscard]] TimePoint next_answer() const;

  net::PacketLayer& packets_;
  DatagramSink& sink_;
  ScreenStates& screens_;
  net::Address server_;
  InstructionLink link_;
  UserStream stream_;
  UserProvider provider_;
  Receiver<Token> receiver_;
  Sender sender_;
  int closing_answers_ = 1;
};

}  // namespace sallyport::sync
