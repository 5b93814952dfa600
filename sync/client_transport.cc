#include "sync/client_transport.h"

#include <algorithm>

namespace sallyport::sync {

ClientTransport::ClientTransport(const Parts& parts, const net::Address& server, TimePoint now, const PacingRule& rule)
    : packets_(parts.packets),
      sink_(parts.sink),
      screens_(parts.screens),
      server_(server),
      link_(parts.packets, parts.chaff, net::max_datagram_bytes(server.family)),
      provider_(stream_),
      receiver_(Token{}, now),
      sender_(provider_, *this, parts.packets.rtt(), rule, now) {
  provider_.attach(sender_);
  sender_.set_attached(true);
}

ClientTransport::Received ClientTransport::receive(std::span<std::byte> datagram, net::Ecn ecn, TimePoint now) {
  Received received;
  const std::uint64_t forged_before = link_.drops().forged;
  const auto opened = link_.open(datagram, ecn, now);
  received.forged = link_.drops().forged != forged_before;
  if (!opened) return received;
  received.authentic = true;
  if (opened->round_trip_ms) sender_.on_round_trip(*opened->round_trip_ms, now);
  if (opened->instruction) {
    received.heard = on_instruction(*opened->instruction, now);
    if (opened->order == net::Order::kInOrder) sender_.on_newest_word(opened->instruction->ack_num, now);
  }
  link_.done();
  return received;
}

bool ClientTransport::on_instruction(const proto::TransportInstruction& instruction, TimePoint now) {
  if (link_.size().on_acknowledgment(instruction.ack_num, now, sender_.patience(), sender_.loss().share())) {
    sender_.presume_lost(now);
  }
  const StateNumber before = sender_.sent().first().num;
  sender_.on_acknowledgment(instruction.ack_num, now);
  link_.forget_up_to(sender_.sent().first().num);
  // Not with the next request, as the server's screens are: the last line typed may be a password, and nothing follow it.
  stream_.forget_before(UserPosition(sender_.sent().first().version.value()));
  if (sender_.sent().first().num != before && provider_.holds_back() && !sender_.closing()) sender_.on_dirty(now);
  const StateNumber oldest_kept = receiver_.oldest_from(instruction.throwaway_num);
  const auto hand_on = [&](const Token&, const proto::TransportInstruction& received, const auto* next) {
    const ReceivedState state{.base = received.old_num,
                              .state = received.new_num,
                              .oldest_kept = oldest_kept,
                              .newest = next == nullptr,
                              .diff = received.diff};
    return screens_.accept(state) ? std::optional(Token{}) : std::nullopt;
  };
  const Arrival arrival = receiver_.receive(instruction, now, hand_on);
  if (arrival == Arrival::kNewest) {
    sender_.on_peer_state(instruction.new_num, !instruction.diff.empty(), now);
  } else if (arrival == Arrival::kDuplicate) {
    if (instruction.new_num == kShutdownState) sender_.on_repeated_shutdown(now);
    if (!instruction.diff.empty()) sender_.on_repeated_diff(now);
  }
  return arrival == Arrival::kNewest || (arrival == Arrival::kDuplicate && instruction.new_num == screen_state());
}

void ClientTransport::move_to(const net::Address& server, TimePoint now) {
  server_ = server;
  link_.size().on_path_change(net::max_datagram_bytes(server.family));
  sender_.on_path_change(now);
}

std::size_t ClientTransport::transmit(const proto::TransportInstruction& instruction, TimePoint now) {
  const std::size_t bytes = link_.send(instruction, now, [&](std::span<const std::byte> datagram) {
    if (sink_.send(server_, datagram) == net::SendOutcome::kTooBig) link_.size().on_too_big();
  });
  if (!instruction.diff.empty()) link_.wipe_sent();
  return bytes;
}

std::size_t ClientTransport::unacknowledged() const {
  // A position is its own version (user_provider.h).
  return static_cast<std::size_t>(stream_.end().value() - sender_.sent().first().version.value());
}

TimePoint ClientTransport::next_answer() const {
  const auto answered = sender_.responder().answered();
  return answered ? *answered + closing_answers_ * kClosingAnswerInterval : kNever;
}

void ClientTransport::tick(TimePoint now) {
  if (now >= next_answer() && closing_answers_ < kClosingAnswers) {
    ++closing_answers_;
    sender_.presume_lost(now);
  }
  sender_.tick(now);
}

TimePoint ClientTransport::next_timer(TimePoint now) const {
  return std::min({sender_.next_timer(now), next_answer(), sender_.initiator().deadline(packets_.last_heard())});
}

Ending ClientTransport::ending(TimePoint now) const {
  if (link_.exhausted()) return Ending::kUsageLimit;
  if (sender_.closed()) return Ending::kAcknowledged;
  if (now >= next_answer() && closing_answers_ == kClosingAnswers) return Ending::kPeerLeft;
  if (now >= sender_.initiator().deadline(packets_.last_heard())) return Ending::kTimedOut;
  return Ending::kNotYet;
}

}  // namespace sallyport::sync
