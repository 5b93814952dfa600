// The client's end of a session over datagrams: the counterpart of transport.h, generic over what a screen is. Linked
// by the client and by the simulator. Wire 3 to 8. No system calls: datagrams leave through a DatagramSink, time is a
// parameter.
#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>

#include "base/clock.h"
#include "net/address.h"
#include "sync/instruction_link.h"
#include "sync/receiver.h"
#include "sync/transport.h"
#include "sync/user_provider.h"

namespace sallyport::sync {

/// A screen state: copied for each received state, brought forward by a diff (a serialised HostMessage, wire 7.4).
/// False: the diff does not decode, and the copy is thrown away.
template <typename T>
concept ScreenState = std::copyable<T> && requires(T screen, std::span<const std::byte> diff) {
  { screen.apply(diff) } -> std::same_as<bool>;
};

/// Ours, as stock's client collects for 1 ms (wire 5.4): keys of one read leave together.
inline constexpr PacingRule kClientPacing{.settle = std::chrono::milliseconds(0)};

template <ScreenState Screen>
class ClientTransport final : private InstructionSink {
 public:
  /// `server` never changes. `initial` has the size that the first resize() announces (wire 7.1). The rest is
  /// borrowed.
  ClientTransport(net::PacketLayer& packets, DatagramSink& sink, ChaffSource& chaff, const net::Address& server,
                  Screen initial, TimePoint now, const PacingRule& rule = kClientPacing)
      : packets_(packets),
        sink_(sink),
        server_(server),
        link_(packets, chaff, net::max_datagram_bytes(server.family)),
        provider_(stream_),
        receiver_(std::move(initial), now),
        sender_(provider_, *this, packets.rtt(), rule, now) {
    provider_.attach(sender_);
    sender_.set_attached(true);
  }

  /// Typed input and window sizes, in their order; ignored once the closing handshake runs.
  void type(std::span<const std::byte> typed, TimePoint now) { append(typed, now); }
  void resize(WindowSize size, TimePoint now) { append(size, now); }

  /// Handles one UDP payload, opened in place. True if the screen is a newer one now.
  bool receive(std::span<std::byte> datagram, net::Ecn ecn, TimePoint now) {
    const auto opened = link_.open(datagram, ecn, now);
    if (!opened) return false;
    if (opened->round_trip_ms) sender_.on_round_trip(*opened->round_trip_ms, now);
    const bool newer = opened->instruction && on_instruction(*opened->instruction, now);
    link_.done();
    return newer;
  }

  void start_shutdown(TimePoint now) { sender_.start_shutdown(now); }
  [[nodiscard]] TimePoint next_timer(TimePoint now) const {
    return std::min({sender_.next_timer(now), sender_.responder().done(),
                     sender_.initiator().deadline(packets_.last_heard())});
  }
  void tick(TimePoint now) { sender_.tick(now); }
  [[nodiscard]] Ending ending(TimePoint now) const {
    if (link_.exhausted()) return Ending::kUsageLimit;
    if (sender_.closed()) return Ending::kAcknowledged;
    if (now >= sender_.responder().done()) return Ending::kClientLeft;
    if (now >= sender_.initiator().deadline(packets_.last_heard())) return Ending::kTimedOut;
    return Ending::kNotYet;
  }

  /// The newest screen; borrowed until the next receive().
  [[nodiscard]] const Screen& screen() const { return receiver_.last().content; }
  [[nodiscard]] StateNumber screen_state() const { return receiver_.last().num; }
  [[nodiscard]] const Sender& sender() const { return sender_; }
  [[nodiscard]] const LinkDrops& drops() const { return link_.drops(); }

 private:
  template <typename Event>
  void append(const Event& event, TimePoint now) {
    if (sender_.closing()) return;
    stream_.append(event);
    sender_.on_dirty(now);
  }

  std::size_t transmit(const proto::TransportInstruction& instruction, TimePoint now) override {
    return link_.send(instruction, now, [&](std::span<const std::byte> datagram) {
      if (sink_.send(server_, datagram) == net::SendOutcome::kTooBig) link_.shrink_datagrams();
    });
  }

  bool on_instruction(const proto::TransportInstruction& instruction, TimePoint now) {
    sender_.on_acknowledgment(instruction.ack_num, now);
    const auto apply = [](const Screen& base, const proto::TransportInstruction& received, const auto*) {
      std::optional<Screen> screen(base);
      if (!received.diff.empty() && !screen->apply(received.diff)) screen.reset();
      return screen;
    };
    const Arrival arrival = receiver_.receive(instruction, now, apply);
    if (arrival == Arrival::kNewest) {
      sender_.on_peer_state(instruction.new_num, !instruction.diff.empty(), now);
    } else if (arrival == Arrival::kDuplicate) {
      if (instruction.new_num == kShutdownState) sender_.on_repeated_shutdown(now);
      if (!instruction.diff.empty()) sender_.on_repeated_diff(now);
    }
    return arrival == Arrival::kNewest;
  }

  net::PacketLayer& packets_;
  DatagramSink& sink_;
  net::Address server_;
  InstructionLink link_;
  UserStream stream_;
  UserProvider provider_;
  Receiver<Screen> receiver_;
  Sender sender_;
};

}  // namespace sallyport::sync
