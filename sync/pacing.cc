#include "sync/pacing.h"

#include <algorithm>
#include <cmath>

namespace sallyport::sync {
namespace {

// Ours: how long a shortest round trip is believed, so that a move to a longer path is not taken for a queue for ever.
constexpr Duration kShortestWindow = std::chrono::seconds(10);
// Ours: smaller frames say nothing about a link's rate, their time is lost in the clock's milliseconds.
constexpr std::size_t kMinMeasuredBytes = 1000;
// Ours: what an unmeasured link is trusted with per round trip (as TCP's initial window, RFC 6928), but at least this rate.
constexpr double kInitialWindowBytes = 16384;
constexpr double kInitialBytesPerSecond = 65536;
// Ours: a wrong estimate must not silence a session; the peer's ack normally ends the wait earlier.
constexpr Duration kLongestDrain = std::chrono::seconds(3);

}  // namespace

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
  last_sent_ = now;
  drained_ = std::min(std::max(drained_, now) + time_on_link(bytes), now + kLongestDrain);
}

void Pacer::on_round_trip(double milliseconds, TimePoint now) {
  if (!newest_ms_) {
    shortest_ms_ = shortest_here_ms_ = milliseconds;
    window_end_ = now + kShortestWindow;
  } else if (now >= window_end_) {
    shortest_ms_ = std::min(shortest_here_ms_, milliseconds);
    shortest_here_ms_ = milliseconds;
    window_end_ = now + kShortestWindow;
  }
  shortest_ms_ = std::min(shortest_ms_, milliseconds);
  shortest_here_ms_ = std::min(shortest_here_ms_, milliseconds);
  newest_ms_ = milliseconds;
}

void Pacer::on_acknowledged(std::size_t bytes, std::size_t under_way, TimePoint now) {
  if (newest_ms_ && bytes >= kMinMeasuredBytes) {
    // The time beyond the shortest round trip was spent in carrying the frame, or behind the one before it.
    const double carried_ms = std::max(*newest_ms_ - shortest_ms_, 1.0);
    rate_ = static_cast<double>(bytes) * 1000 / carried_ms;
  }
  drained_ = std::min(drained_, now + time_on_link(under_way));
}

TimePoint Pacer::earliest(Duration interval) const {
  if (!changed_) return kNever;
  TimePoint at = std::max(drained_, bucket_full_ - (rule_.burst_frames - 1) * interval);
  if (last_sent_) at = std::max(at, *last_sent_ + std::min(interval, std::max(rule_.gap, rule_.min_interval)));
  return std::max(at, *changed_ + settle(interval));
}

// The emptier the bucket, the more a frame should carry.
Duration Pacer::settle(Duration interval) const {
  const Duration lacking = std::clamp<Duration>(bucket_full_ - *changed_, Duration(0), rule_.burst_frames * interval);
  const auto share = Duration(static_cast<std::int64_t>(rule_.settle_share * static_cast<double>(lacking.count())));
  return std::max(rule_.settle, std::min(share, rule_.max_settle));
}

Duration Pacer::time_on_link(std::size_t bytes) const {
  double rate = kInitialBytesPerSecond;
  if (rate_) {
    rate = *rate_;
  } else if (newest_ms_) {
    rate = std::max(rate, kInitialWindowBytes * 1000 / std::max(*newest_ms_, 1.0));
  }
  const double seconds = static_cast<double>(bytes) / rate;
  return std::min<Duration>(Duration(static_cast<std::int64_t>(seconds * 1e6)), kLongestDrain);
}

}  // namespace sallyport::sync
