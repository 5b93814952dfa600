#include "sync/sender.h"

#include <algorithm>
#include <utility>

#include "net/mtu.h"

namespace sallyport::sync {
namespace {

// compat: the pace of retransmissions and of the closing handshake stays stock's (wire 5.4): there is no hurry in
// them.
constexpr PacingRule kRetransmissionRule = stock_pacing(Duration(0));
// spec: wire 5.4 and 5.5, how much longer than the RTO a state is presumed to be under way.
constexpr Duration kAckAllowance = kDelayedAck;
// Ours: what a round trip may vary by, in its clock's milliseconds, before somebody who does not acknowledge is taken at their word.
constexpr Duration kWordAllowance = std::chrono::milliseconds(5);
// Ours: where so much is lost while round trips vary by less than those of small frames of different lengths on a thin link do, it is
// loss and no queue.
constexpr double kLossyShare = 0.1;
constexpr double kSteadyMs = 4;
// Ours: between repetitions that do not wait for word from the peer, a share of stock's interval: within it, losses that follow
// each other closely are over, and more than one repetition would be a burst.
constexpr int kRepeatsInInterval = 2;
// Ours: what is known to be missing leaves at once, but not in the moment of what was just sent.
constexpr Duration kRepeatGap = std::chrono::milliseconds(2);

std::optional<double> srtt(const net::RttEstimator& rtt) {
  return rtt.has_sample() ? std::optional(rtt.srtt_ms()) : std::nullopt;
}

}  // namespace

Sender::Sender(StateProvider& provider, InstructionSink& sink, const net::RttEstimator& rtt, const PacingRule& rule,
               TimePoint created)
    : provider_(provider), sink_(sink), rtt_(rtt), rule_(rule), pacer_(rule), sent_(created), next_ack_(created) {}

Duration Sender::interval() const { return send_interval(rule_, srtt(rtt_)); }
Duration Sender::retransmission_interval() const { return send_interval(kRetransmissionRule, srtt(rtt_)); }
Duration Sender::patience() const { return rtt_.rto() + kAckAllowance; }

// ---- what happened ----

void Sender::on_dirty(TimePoint now) {
  dirty_ = true;
  pacer_.on_change(now);
}

void Sender::on_acknowledgment(StateNumber num, TimePoint now) {
  const StateNumber before = sent_.first().num;
  if (!sent_.acknowledge(num)) return;
  const SentState& held = sent_.first();
  if (held.num != before && held.bytes <= net::kIpv4DatagramBytes) loss_.on_arrived(held.copies);
  if (sent_.first().version == sent_.last().version && !final_encoded_) encoded_.reset();
  pacer_.on_acknowledged(held.num != before ? held.bytes : 0, sent_.bytes_under_way(), now);
}

void Sender::on_newest_word(StateNumber num, TimePoint now) {
  if (num != sent_.first().num) return;  // one that was never sent, or is not reckoned with any more
  const auto variation = std::chrono::microseconds(static_cast<std::int64_t>(4000 * rtt_.rttvar_ms()));
  const auto round_trip = std::chrono::microseconds(static_cast<std::int64_t>(1000 * rtt_.srtt_ms()));
  sent_.mark_missing(now - round_trip - variation - kWordAllowance, [&](const SentState& state) {
    // Of several datagrams any may be missing; what has a base that the peer lacks may have arrived.
    if (state.base <= num && state.bytes <= net::kIpv4DatagramBytes) loss_.on_lost(state.copies);
  });
  if (loss_.share() >= kLossyShare && rtt_.rttvar_ms() <= kSteadyMs) pacer_.on_steady_loss(now);
}

void Sender::on_peer_state(StateNumber newest, bool carried_diff, TimePoint now) {
  ack_num_ = newest;
  last_heard_new_ = now;
  if (newest == kShutdownState) on_repeated_shutdown(now);
  if (carried_diff) on_repeated_diff(now);
}

void Sender::presume_lost(TimePoint now) {
  lost_before_ = now;
  next_ack_ = now;
  if (closing()) initiator_.hasten(now);
}

void Sender::on_path_change(TimePoint now) {
  pacer_.on_path_change();
  presume_lost(now);
}

void Sender::on_repeated_diff(TimePoint now) {
  next_ack_ = std::min(next_ack_, now + kDelayedAck);
  if (closing()) initiator_.hasten(now + kDelayedAck);
}

void Sender::on_repeated_shutdown(TimePoint now) {
  responder_.on_shutdown(now);
  if (closing()) initiator_.hasten(sent_.last_said().timestamp + retransmission_interval());
}

void Sender::start_shutdown(TimePoint now) {
  if (closing()) return;
  initiator_.start(now, sent_.last_said().timestamp, retransmission_interval(), rule_.slowest_shutdown_repeat);
  encoded_.reset();
}

// ---- what is due ----

TimePoint Sender::ack_due() const {
  if (!responder_.owes_answer()) return next_ack_;
  return std::min(next_ack_, sent_.last_said().timestamp + retransmission_interval());
}

// Wire 5.4, cases (a) to (d).
TimePoint Sender::send_due(TimePoint now) const {
  if (responder_.asked()) return kNever;  // the peer is leaving: it wants its acknowledgment and nothing else
  if (dirty_) return pacer_.earliest(interval());
  if (!last_heard_new_ || *last_heard_new_ + kActiveRetry <= now) return kNever;
  if (sent_.first().version == sent_.last_said().version) return kNever;
  return std::max(repeat_due(now), pacer_.drained());
}

// The newest state said is not acknowledged. A repetition renews its time, and not that of what was said aside.
TimePoint Sender::repeat_due(TimePoint now) const {
  const SentState& last = sent_.last_said();
  if (last.missing) return last.timestamp + kRepeatGap;
  const bool expired = sent_.assumed(now, patience()).version != last.version;
  const TimePoint in_turn = last.timestamp + (expired ? retransmission_interval() : patience());
  if (!heals_everything()) return assumed(now).version == last.version ? in_turn : last.timestamp + kRepeatGap;
  const bool worthwhile = last.copies < loss_.worthwhile_copies() && last.bytes <= net::kIpv4DatagramBytes;
  return worthwhile ? std::min(in_turn, last.timestamp + retransmission_interval() / kRepeatsInInterval) : in_turn;
}

// Whether the newest state said needs nothing but what the peer has acknowledged.
bool Sender::heals_everything() const { return encoded_ && sent_.last_said().base == sent_.first().num; }

TimePoint Sender::next_timer(TimePoint now) const {
  if (!attached_ || closed()) return kNever;
  const Duration frame_patience = closing() ? kFinalFramePatience : kFramePatience;
  const TimePoint overdue = request_ ? request_->asked + frame_patience : TimePoint::min();
  if (closing()) return std::max(initiator_.due(), overdue);
  if (request_) return std::max(ack_due(), overdue);
  return std::min(ack_due(), send_due(now));
}

void Sender::tick(TimePoint now) {
  if (!attached_ || now < next_timer(now)) return;
  if (closing()) {
    tick_closing(now);
    return;
  }
  const bool unsent = dirty_ || assumed(now).version != sent_.last().version || send_due(now) <= now;
  // A due ack takes changes along ahead of their time (wire 5.5), unless the link is still busy with the frame
  // before.
  const bool too_early = send_due(now) > now && pacer_.drained() > now;
  if (request_ || !unsent || too_early || responder_.asked()) {
    send_empty_ack(now);
  } else {
    send_changes(now);
  }
}

// The newest state as a diff: from memory if it is the one sent last, else from the provider.
void Sender::send_changes(TimePoint now) {
  const SentState& base = assumed(now);
  const bool reusable = !dirty_ && encoded_ && (encoded_->base == base.num || encoded_->base == sent_.first().num);
  if (!reusable) {
    ask(base, /*final=*/false, now);
    return;
  }
  const SentState last = sent_.last_said();
  const StateNumber num = sent_.last_is_hidden() ? sent_.next_num() : last.num;
  const std::size_t bytes = transmit(encoded_->base, num, sent_.first().num, encoded_->diff, now);
  pacer_.on_retransmitted(now, bytes);
  note_said({.num = num, .timestamp = now, .snapshot = last.snapshot, .version = last.version, .bytes = bytes}, encoded_->base);
  say_aside(encoded_->base, sent_.first().num, encoded_->diff, now);
}

void Sender::ask(const SentState& assumed, bool final, TimePoint now) {
  request_ = Request{assumed, sent_.first(), SnapshotId(next_snapshot_++), now, final};
  dirty_ = false;
  const FrameRequest question{request_->assumed.snapshot, request_->acknowledged.snapshot, request_->snapshot};
  if (question.acknowledged > forgotten_) {
    forgotten_ = question.acknowledged;
    provider_.forget(forgotten_);
  }
  provider_.request_frame(question, now);  // may answer inside: nothing of this function is used afterwards
}

FrameVerdict Sender::on_frame(const EncodedFrame& frame, TimePoint now) {
  if (!request_ || frame.snapshot != request_->snapshot || frame.version < sent_.last().version ||
      frame.diff.size() > proto::kMaxDiffBytes ||
      (frame.base != request_->acknowledged.snapshot && frame.base != request_->assumed.snapshot)) {
    return FrameVerdict::kMismatch;
  }
  const Request request = *std::exchange(request_, std::nullopt);
  const SentState& base = frame.base == request.acknowledged.snapshot ? request.acknowledged : request.assumed;
  if (!attached_ || (closing() && !request.final)) {
    dirty_ = true;  // too late for this one; the change is still there
    pacer_.on_change(now);
  } else if (request.final) {
    send_final(frame, request, now);
  } else if (frame.diff.empty() && base.version == sent_.last().version) {
    on_invisible_change(request, frame, now);
  } else {
    send_data(frame, base, request.acknowledged.num, now);
  }
  return FrameVerdict::kAccepted;
}

// Nothing that the peer could see has changed since the newest state (wire 5.5): it only gets another name.
void Sender::on_invisible_change(const Request& request, const EncodedFrame& frame, TimePoint now) {
  sent_.relabel_last(request.snapshot, frame.version);
  if (!dirty_) pacer_.on_nothing();
  if (now >= ack_due()) send_empty_ack(now);
}

void Sender::send_data(const EncodedFrame& frame, const SentState& base, StateNumber throwaway, TimePoint now) {
  const SentState last = sent_.last_said();
  const bool repeats = frame.version == last.version && base.num != last.num && !sent_.last_is_hidden();
  const StateNumber num = repeats ? last.num : sent_.next_num();
  const std::size_t bytes = transmit(base.num, num, throwaway, frame.diff, now);
  pacer_.on_sent(now, bytes, interval());
  const StateNumber from = base.num;  // the list is about to change
  note_said({.num = num, .timestamp = now, .snapshot = frame.snapshot, .version = frame.version, .bytes = bytes}, from);
  say_aside(from, throwaway, frame.diff, now);
  encoded_ = Encoded{from, throwaway, SecretBytes(frame.diff.begin(), frame.diff.end())};
  if (dirty_) pacer_.on_change(now);
}

void Sender::send_empty_ack(TimePoint now) { send_unchanged({}, now); }

bool Sender::probe(std::span<const std::byte> diff, TimePoint now) {
  if (!attached_ || closing() || responder_.asked()) return false;
  send_unchanged(diff, now);
  return true;
}

// The new number stands for what the newest state shows. Its base is the acknowledged state if that shows the same,
// or else the assumed one, or else the newest: numbered on an older content the peer's screen and echo ack would jump
// back. A peer without that base ignores the state and takes the acknowledgment, which is all that is wanted.
void Sender::send_unchanged(std::span<const std::byte> diff, TimePoint now) {
  const SentState last = sent_.last_said();
  StateNumber base = last.num;
  if (assumed(now).version == last.version) base = assumed(now).num;
  if (sent_.first().version == last.version) base = sent_.first().num;
  const StateNumber num = sent_.next_num();
  const std::size_t bytes = transmit(base, num, throwaway(), diff, now);
  note_said({.num = num, .timestamp = now, .snapshot = last.snapshot, .version = last.version, .bytes = bytes}, base);
  say_aside(base, throwaway(), diff, now);
}

// A state went out: the newest once more, or a new one.
void Sender::note_said(SentState state, StateNumber base) {
  state.carried = std::max(state.timestamp, pacer_.drained());
  if (state.num == sent_.last_said().num) {
    sent_.repeat_last(state.timestamp, base, state.bytes, state.carried);
  } else {
    sent_.add(state, base);
  }
}

void Sender::probe_acknowledged(std::span<const std::byte> diff, TimePoint now) {
  if (!attached_ || closed() || responder_.asked()) return;
  // The base of a last frame that is being repeated must stay with the peer.
  const StateNumber base = final_encoded_ ? encoded_->base : sent_.first().num;
  const StateNumber kept = final_encoded_ ? encoded_->throwaway : throwaway();
  (void)sink_.transmit_aside({base, sent_.reserve_num(), ack_num_, kept, diff, {}}, now);
}

// What was just said, once more for an address on trial.
void Sender::say_aside(StateNumber base, StateNumber throwaway, std::span<const std::byte> diff, TimePoint now) {
  if (!sink_.listens_aside()) return;
  const SentState last = sent_.last();
  const StateNumber num = sent_.next_num();
  if (!sink_.transmit_aside({base, num, ack_num_, throwaway, diff, {}}, now)) return;
  sent_.add({num, now, last.snapshot, last.version, 0, /*aside=*/true}, base);
}

// While a frame is outstanding the peer must keep its base.
StateNumber Sender::throwaway() const { return request_ ? request_->acknowledged.num : sent_.first().num; }

std::size_t Sender::transmit(StateNumber base, StateNumber num, StateNumber throwaway, std::span<const std::byte> diff,
                             TimePoint now) {
  next_ack_ = now + kHeartbeat;
  if (ack_num_ == kShutdownState) responder_.on_answered(now);
  return sink_.transmit({base, num, ack_num_, throwaway, diff, {}}, now);
}

// ---- the closing handshake ----

// Every repetition is the same instruction, from the state that was known to be acknowledged when it was made: it
// applies whatever else was lost.
void Sender::tick_closing(TimePoint now) {
  if (final_encoded_) {
    transmit_shutdown(encoded_->base, encoded_->throwaway, encoded_->diff, now);
  } else if (!request_) {
    ask(sent_.first(), /*final=*/true, now);
  } else {
    // The provider is late. The peer learns of the end with what it has.
    transmit_shutdown(sent_.first().num, throwaway(), {}, now);
  }
}

void Sender::send_final(const EncodedFrame& frame, const Request& request, TimePoint now) {
  encoded_ = Encoded{request.acknowledged.num, request.acknowledged.num,
                     SecretBytes(frame.diff.begin(), frame.diff.end())};
  final_encoded_ = true;
  transmit_shutdown(encoded_->base, encoded_->throwaway, encoded_->diff, now);
}

void Sender::transmit_shutdown(StateNumber base, StateNumber throwaway, std::span<const std::byte> diff,
                               TimePoint now) {
  const std::size_t bytes = transmit(base, kShutdownState, throwaway, diff, now);
  if (sink_.listens_aside()) (void)sink_.transmit_aside({base, kShutdownState, ack_num_, throwaway, diff, {}}, now);
  if (sent_.last().num == kShutdownState) {
    sent_.last().timestamp = now;
  } else {
    const SentState last = sent_.last();
    sent_.add({kShutdownState, now, last.snapshot, last.version, bytes}, base);
  }
  initiator_.on_transmitted(now);
}

}  // namespace sallyport::sync
