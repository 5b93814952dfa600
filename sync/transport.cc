#include "sync/transport.h"

#include <algorithm>
#include <utility>

#include "proto/host_message.h"

namespace sallyport::sync {
namespace {

// ours: an address on trial that goes on without an answer is asked again after this, and then after twice as long each
// time, but never before an answer is overdue: each question draws an acknowledgment with all that the client repeats,
// and where the path reorders, the pieces of such repetitions keep each other from arriving whole.
constexpr Duration kFirstWelcomeInterval = std::chrono::milliseconds(250);
constexpr Duration kLastWelcomeInterval = std::chrono::seconds(8);
// ours: room for one of them. Nonce and tag 24, timestamps 4, fragment header 10, an instruction with chaff and no content.
// With state numbers in the millions it can take some bytes more; then the next packet from there brings them.
constexpr std::size_t kWelcomeBytes = 100;

}  // namespace

ServerTransport::ServerTransport(const Parts& parts, TimePoint now, const PacingRule& rule)
    : packets_(parts.packets),
      sink_(parts.sink),
      datagram_bytes_(net::max_datagram_bytes(parts.bound)),
      link_(parts.packets, parts.chaff, datagram_bytes_),
      receiver_(now),
      sender_(parts.screens, *this, parts.packets.rtt(), rule, now) {}

ServerTransport::Received ServerTransport::receive(std::span<std::byte> datagram, const net::Address& from,
                                                   net::Ecn ecn, TimePoint now) {
  Received received;
  const std::size_t datagram_bytes = datagram.size();
  const auto opened = link_.open(datagram, ecn, now);
  if (!opened) return received;
  const net::PeerChange change = peer_.on_authentic(from, datagram_bytes, opened->order, now);
  if (change == net::PeerChange::kCandidate) {
    said_aside_.fill(std::nullopt);
    welcome_interval_ = kFirstWelcomeInterval / 2;
  }
  sender_.set_attached(peer_.attached());
  if (opened->round_trip_ms) sender_.on_round_trip(*opened->round_trip_ms, now);
  if (opened->instruction) {
    received = on_instruction(*opened->instruction, from, now);
    if (opened->order == net::Order::kInOrder) sender_.on_newest_word(opened->instruction->ack_num, now);
  }
  received.authentic = true;
  link_.done();
  const bool unanswered = change == net::PeerChange::kOnTrial && peer_.candidate() && now >= welcome_due();
  if (unanswered && aside_refused_) {
    welcome_again(now);
  } else if (change == net::PeerChange::kCandidate || unanswered) {
    welcome_candidate(now);
  }
  return received;
}

ServerTransport::Received ServerTransport::on_instruction(const proto::TransportInstruction& instruction,
                                                          const net::Address& from, TimePoint now) {
  Received received;
  note_answer(instruction.ack_num, from);
  if (link_.size().on_acknowledgment(instruction.ack_num, now, sender_.patience(), sender_.loss().share())) {
    sender_.presume_lost(now);
  }
  sender_.on_acknowledgment(instruction.ack_num, now);
  link_.forget_up_to(sender_.sent().first().num);
  const bool first = receiver_.newest() == StateNumber(0);
  auto outcome = receiver_.receive(instruction, input_.held_bytes(), now);
  if (outcome.events) input_.push(std::move(*outcome.events));
  if (outcome.arrival == Arrival::kNewest) {
    sender_.on_peer_state(instruction.new_num, !instruction.diff.empty(), now);
    received.new_state = true;
    received.first_state = first;
  } else if (outcome.arrival == Arrival::kDuplicate) {
    if (instruction.new_num == kShutdownState) sender_.on_repeated_shutdown(now);
    if (!instruction.diff.empty()) sender_.on_repeated_diff(now);
  }
  return received;
}

// A new address gets something that a client answers within its ack delay, and that fits three times what came from
// it (architecture 7): the newest state once more under a new number, with its echo ack said again.
void ServerTransport::welcome_candidate(TimePoint now) {
  // What the client had not acknowledged when it spoke from there, it has missed: it could not take a diff from that.
  if (sender_.sent().first().version != sender_.sent().last().version) return welcome_again(now);
  note_welcome(now);
  const SecretBytes diff = proto::encode(proto::HostDiff{.echo_ack = sent_echo_ack_, .size = {}, .host_bytes = {}});
  welcoming_ = true;
  (void)sender_.probe(diff, now);
  welcoming_ = false;
}

// The client has missed the newest state, and the way there from what it has is too long for an address on trial.
void ServerTransport::welcome_again(TimePoint now) {
  // Host bytes, of which there are none (wire 7.2): a diff that is not empty, and without effect.
  static constexpr std::array<std::byte, 6> kNoHostBytes = {std::byte{0x0A}, std::byte{4}, std::byte{0x12},
                                                            std::byte{2},    std::byte{0x22}, std::byte{0}};
  note_welcome(now);
  welcoming_ = true;
  sender_.probe_acknowledged(kNoHostBytes, now);
  welcoming_ = false;
}

void ServerTransport::note_welcome(TimePoint now) {
  welcomed_ = now;
  welcome_interval_ = std::min(2 * welcome_interval_, kLastWelcomeInterval);
  aside_refused_ = false;
}

TimePoint ServerTransport::welcome_due() const {
  return welcomed_ + std::max(welcome_interval_, sender_.patience());
}

TimePoint ServerTransport::next_welcome() const {
  const bool due = aside_refused_ && peer_.candidate() && peer_.candidate_allowance() >= kWelcomeBytes;
  return due ? welcome_due() : kNever;
}

void ServerTransport::note_answer(StateNumber acknowledged, const net::Address& from) {
  if (std::find(said_aside_.begin(), said_aside_.end(), acknowledged) == said_aside_.end()) return;
  if (peer_.on_peer_answered(from)) link_.size().on_path_change(datagram_bytes_);
}

FrameVerdict ServerTransport::on_frame(const FrameAnswer& answer, TimePoint now) {
  if (answer.echo_ack < echo_ack_ || answer.echo_ack > receiver_.newest()) return FrameVerdict::kMismatch;
  proto::HostDiff diff{.echo_ack = {}, .size = {}, .host_bytes = answer.bytes};
  if (answer.echo_ack_changed) diff.echo_ack = answer.echo_ack;
  if (answer.size_changed) diff.size = answer.size;
  const SecretBytes encoded = proto::encode(diff);
  const FrameVerdict verdict = sender_.on_frame({answer.base, answer.snapshot, answer.version, encoded}, now);
  if (verdict == FrameVerdict::kAccepted) {
    echo_ack_ = answer.echo_ack;
    // A frame that came too late was not sent; its successor will say the same.
    if (sender_.sent().last().version == answer.version) sent_echo_ack_ = answer.echo_ack;
  }
  return verdict;
}

void ServerTransport::send_to(const net::Address& to, std::span<const std::byte> datagram) {
  if (sink_.send(to, datagram) == net::SendOutcome::kTooBig) link_.size().on_too_big();
}

std::size_t ServerTransport::transmit(const proto::TransportInstruction& instruction, TimePoint now) {
  return link_.send(instruction, now, [&](std::span<const std::byte> datagram) {
    if (const auto to = peer_.target(now)) send_to(*to, datagram);
  });
}

bool ServerTransport::transmit_aside(const proto::TransportInstruction& instruction, TimePoint now) {
  bool any = false;
  bool refused = false;
  (void)link_.send(instruction, now, [&](std::span<const std::byte> datagram) {
    if (refused) return;  // of an instruction that cannot arrive whole the rest only costs allowance
    // One more welcome must always be possible.
    const auto to = peer_.candidate_target(datagram.size(), now, welcoming_ ? 0 : kWelcomeBytes);
    refused = !to;
    if (refused) return;
    send_to(*to, datagram);
    any = true;
  });
  aside_refused_ = aside_refused_ || refused;
  const bool proves = any && instruction.new_num != kShutdownState;
  if (proves) said_aside_[aside_count_++ % said_aside_.size()] = instruction.new_num;
  return any;
}

Ending ServerTransport::ending(TimePoint now) const {
  if (link_.exhausted()) return Ending::kUsageLimit;
  if (sender_.closed()) return Ending::kAcknowledged;
  if (now >= sender_.responder().done()) return Ending::kPeerLeft;
  if (now >= sender_.initiator().deadline(packets_.last_heard())) return Ending::kTimedOut;
  return Ending::kNotYet;
}

TimePoint ServerTransport::next_timer(TimePoint now) const {
  return std::min({sender_.next_timer(now), next_welcome(), sender_.responder().done(),
                   sender_.initiator().deadline(packets_.last_heard())});
}

void ServerTransport::tick(TimePoint now) {
  sender_.set_attached(peer_.attached());
  if (now >= next_welcome()) welcome_again(now);
  sender_.tick(now);
  sender_.set_attached(peer_.attached());
}

std::optional<net::Address> ServerTransport::take_peer_move() {
  if (peer_.validated() == reported_peer_) return std::nullopt;
  reported_peer_ = peer_.validated();
  return reported_peer_;
}

}  // namespace sallyport::sync
