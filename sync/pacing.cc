#include "sync/pacing.h"

#include <algorithm>
#include <cmath>

namespace sallyport::sync {
namespace {

// Ours: how long a shortest round trip is believed, so that a move to a longer path is not taken for a queue for
// ever.
constexpr Duration kShortestWindow = std::chrono::seconds(10);
// Ours: smaller frames say nothing about a link's rate, their time is lost in the clock's milliseconds.
constexpr std::size_t kMinMeasuredBytes = 1000;
// Ours: what an unmeasured link is trusted with. Large frames measure it: the second one waits for the first one's
// acknowledgment, or as long as a bad link would need.
constexpr double kUnknownBytesPerSecond = 65536;
constexpr double kUnknownBytesPerSecondForLarge = 8192;
// Ours: round trips are measured in whole milliseconds; a link that shows no queue at all counts as ten times faster.
constexpr double kClockErrorMs = 0.1;
// spec: wire 3.1, of the clock that round trips are measured with.
constexpr double kClockStepMs = 1;
// spec: wire 3.1 and 4.1: nonce, tag, timestamps and fragment header. Whatever was timed was longer.
constexpr double kLeastDatagramBytes = 38;
// Ours: no link is believed to be slower. A peer that was stopped for seconds looks like one, and small frames would never
// correct it.
constexpr double kSlowestBytesPerSecond = 2000;
// Ours: and an estimate that nothing has confirmed for so long is forgotten: soon, if it is slower than what an unmeasured link is
// trusted with. A fast one that is not true any more is corrected by the first large frame.
constexpr Duration kRateLifetime = std::chrono::seconds(10);
constexpr Duration kFastRateLifetime = std::chrono::minutes(5);
// Ours: a wrong estimate must not silence a session; the peer's ack normally ends the wait earlier.
constexpr Duration kLongestDrain = std::chrono::seconds(3);
// Ours: so much may be under way on any link, lest typing waits for acknowledgments.
constexpr double kAlwaysUnderWay = kMinMeasuredBytes;
// Ours: a peer's acknowledgment comes so long after what it acknowledges (wire 5.4).
constexpr double kAckDelayMs = 100;
// Ours: nothing is heard of what is under way for so many times as long as it should take: then it is given up. Whoever shares the
// link may double that time from one frame to the next.
constexpr double kPatience = 2;
// Ours: the wait after that is twice as long, but as long as this at most: where half of everything is lost, waits of 10 s nearly
// doubled the mean delay at round trips of 500 and 1000 ms.
constexpr int kMostDoublings = 1;
constexpr Duration kLongestWait = std::chrono::seconds(2);
// Ours: a peer of which nothing was heard for longer than its heartbeat (wire 5.4) was cut off: the link was not busy.
constexpr Duration kSilence = std::chrono::milliseconds(3500);

// Ours: round trips measured since a large frame should have arrived until one of them tells of it. A peer returns the newest time
// that it has got, each once, so the first may be that of a datagram before the frame.
constexpr int kTellingSample = 2;

}  // namespace

Pacer::Pacer(const PacingRule& rule) : rule_(rule), trusted_rate_(kUnknownBytesPerSecondForLarge) {}

Duration send_interval(const PacingRule& rule, std::optional<double> srtt_ms) {
  if (!srtt_ms) return rule.max_interval;
  const auto half = std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(*srtt_ms / 2)));
  return std::clamp<Duration>(half, rule.min_interval, rule.max_interval);
}

void Pacer::on_change(TimePoint now) {
  if (!changed_) changed_ = now;
}

void Pacer::on_sent(TimePoint now, std::size_t bytes, Duration interval) {
  changed_.reset();
  bucket_full_ = std::max(bucket_full_, now) + interval;
  on_retransmitted(now, bytes);
}

void Pacer::on_retransmitted(TimePoint now, std::size_t bytes) {
  if (rate_ && static_cast<double>(under_way_) > window() && now >= heard_of()) {
    under_way_ = 0;  // given up
    doublings_ = std::min(doublings_ + 1, kMostDoublings);
  }
  under_way_ += bytes;
  last_sent_ = now;
  if (rate_ && now - measured_at_ > (*rate_ < kUnknownBytesPerSecond ? kRateLifetime : kFastRateLifetime)) rate_.reset();
  if (!unknown_ && bytes >= kMinMeasuredBytes) unknown_ = Unknown{now, bytes};
  last_bytes_ = bytes;
  drained_ = std::min(std::max(drained_, now) + time_on_link(bytes), now + kLongestDrain);
}

void Pacer::on_round_trip(double milliseconds, TimePoint now) {
  newest_ = Sample{milliseconds, now};
  const bool unbiased = under_way_ < kMinMeasuredBytes;  // else the first one may have been spent behind a frame of ours
  if (unbiased || shortest_ms_) shortest_ms_ = std::min(shortest_ms_.value_or(milliseconds), milliseconds);
  trust(kLeastDatagramBytes * 1000 / (milliseconds + kClockStepMs));
  if (!rate_ && unknown_) note_passage(milliseconds, now);
}

// A large frame may be lost over and over, and never measure the link by its acknowledgment. A datagram that was sent with it or later
// and had waited for so long behind it shows that the link had carried it by then: its rate is that or more.
void Pacer::note_passage(double milliseconds, TimePoint now) {
  const double since_ms = static_cast<double>((now - unknown_->sent).count()) / 1000;
  if (since_ms < milliseconds || ++unknown_->samples < kTellingSample) return;
  const double carried_ms = std::max(since_ms - shortest_ms_.value_or(0), kClockErrorMs);
  trusted_rate_ = std::max(trusted_rate_, static_cast<double>(unknown_->bytes) * 1000 / carried_ms);
  unknown_.reset();
  drained_ = std::min(drained_, *last_sent_ + time_on_link(last_bytes_));
}

// Small frames do not measure a link, but they show that it is not thin: it carries what one has more than a smaller one within the time
// that it takes longer.
void Pacer::note_small_frame(std::size_t bytes, double milliseconds) {
  if (!fastest_ || milliseconds < fastest_->milliseconds || (milliseconds == fastest_->milliseconds && bytes < fastest_->bytes)) {
    fastest_ = SmallFrame{bytes, milliseconds};
  } else if (bytes > fastest_->bytes) {
    trust(static_cast<double>(bytes - fastest_->bytes) * 1000 / (milliseconds - fastest_->milliseconds + kClockStepMs));
  }
}

void Pacer::trust(double bytes_per_second) {
  trusted_rate_ = std::max(trusted_rate_, std::min(bytes_per_second, kUnknownBytesPerSecond));
}

void Pacer::on_steady_loss(TimePoint now) {
  doublings_ = 0;  // nobody else's frames are in the way
  if (trusted_rate_ >= kUnknownBytesPerSecond) return;
  trust(kUnknownBytesPerSecond);
  if (!rate_) drained_ = std::min(drained_, now + time_on_link(last_bytes_));
}

void Pacer::on_path_change() {
  drained_ = TimePoint();
  fastest_.reset();
  under_way_ = 0;
  doublings_ = 0;
  rate_.reset();
  unknown_.reset();
  trusted_rate_ = kUnknownBytesPerSecondForLarge;
}

void Pacer::on_acknowledged(std::size_t bytes, std::size_t under_way, TimePoint now) {
  under_way_ = std::min(under_way_, under_way);
  if (bytes > 0 || now - last_word_ > kSilence) doublings_ = 0;
  if (bytes >= kMinMeasuredBytes) measured_at_ = now;
  last_word_ = now;
  if (newest_ && newest_->at == now) {
    if (bytes >= kMinMeasuredBytes) {
      unknown_.reset();
      measure(bytes, under_way);
    } else if (under_way < kMinMeasuredBytes) {
      renew_shortest(newest_->milliseconds, now);
      if (bytes > 0 && under_way == 0) note_small_frame(bytes, newest_->milliseconds);
    }
  }
  drained_ = std::min(drained_, now + time_on_link(under_way));
}

// A path may have become longer for good. Only round trips that no frame of ours can have lengthened tell: while the
// link is saturated the shortest one is kept.
void Pacer::renew_shortest(double unbiased_ms, TimePoint now) {
  shortest_here_ms_ = std::min(shortest_here_ms_.value_or(unbiased_ms), unbiased_ms);
  if (now < window_end_) return;
  shortest_ms_ = shortest_here_ms_;
  shortest_here_ms_.reset();
  window_end_ = now + kShortestWindow;
}

// The time beyond the shortest round trip was spent in carrying the frame, or behind the one before it. If more is
// under way the peer may have timed the first piece of that instead, a much shorter time: then only a slower link is
// believed.
void Pacer::measure(std::size_t bytes, std::size_t under_way) {
  const double queued_ms = newest_->milliseconds - shortest_ms_.value_or(0);
  const double measured = static_cast<double>(bytes) * 1000 / std::max(queued_ms, kClockErrorMs);
  const bool exact = under_way < kMinMeasuredBytes || queued_ms <= 1;
  if (!rate_ || (exact && measured > *rate_)) {
    rate_ = measured;
  } else if (measured < *rate_) {
    rate_ = std::max(measured, *rate_ / 2);
  }
}

TimePoint Pacer::earliest(Duration interval) const {
  if (!changed_) return kNever;
  TimePoint at = std::max(drained(), bucket_full_ - (rule_.burst_frames - 1) * interval);
  if (last_sent_) at = std::max(at, *last_sent_ + std::min(interval, std::max(rule_.gap, rule_.min_interval)));
  return std::max(at, *changed_ + settle(interval));
}

// The emptier the bucket, the more a frame should carry.
Duration Pacer::settle(Duration interval) const {
  const Duration lacking = std::clamp<Duration>(bucket_full_ - *changed_, Duration(0), rule_.burst_frames * interval);
  const auto share = Duration(static_cast<std::int64_t>(rule_.settle_share * static_cast<double>(lacking.count())));
  return std::max(rule_.settle, std::min(share, rule_.max_settle));
}

// A link is shared with others whose frames nobody tells us of; acknowledgments do. While more is under way than the link carries
// until they come, nothing is sent, unless they do not come at all. A link that was not measured yet is not reckoned thin: what is
// unheard of there may be lost.
TimePoint Pacer::heard_of() const {
  if (!rate_ || !last_sent_ || static_cast<double>(under_way_) <= window()) return TimePoint::min();
  const double on_link_ms = static_cast<double>(under_way_) * 1000 / believed_rate();
  const double expected_ms = on_link_ms + shortest_ms_.value_or(0) + kAckDelayMs;
  const auto wait = Duration(static_cast<std::int64_t>(kPatience * expected_ms * 1000)) * (1 << doublings_);
  return *last_sent_ + std::min<Duration>(wait, kLongestWait);
}

double Pacer::believed_rate() const { return std::max(rate_.value_or(trusted_rate_), kSlowestBytesPerSecond); }

double Pacer::window() const {
  return std::max(kAlwaysUnderWay, believed_rate() * (shortest_ms_.value_or(0) + kAckDelayMs) / 1000);
}

Duration Pacer::time_on_link(std::size_t bytes) const {
  const double unknown = bytes >= kMinMeasuredBytes ? trusted_rate_ : std::max(trusted_rate_, kUnknownBytesPerSecond);
  const double rate = std::max(rate_.value_or(unknown), kSlowestBytesPerSecond);
  const double seconds = static_cast<double>(bytes) / rate;
  return std::min<Duration>(Duration(static_cast<std::int64_t>(seconds * 1e6)), kLongestDrain);
}

}  // namespace sallyport::sync
