// When the next frame may go out (architecture 7, in place of wire 5.4's collection delay and send interval). The first
// frame after an idle period leaves at once (its request's way to the terminal and back is settle time enough); a small
// bucket lets a few follow soon; sustained frames are spaced by half the round trip; and no frame is sent before the link
// has had time to carry the one before. Linked by net, later by the client. Pure arithmetic over times that it is given.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>

#include "base/clock.h"

namespace sallyport::sync {

/// Constants of one pacing rule. The defaults are ours: the least mean delay over the workloads of
/// tests/sync/pacing_table_test.cc among the rules tried, about half of stock's at every round trip.
struct PacingRule {
  Duration settle = std::chrono::microseconds(0);         ///< from a change to its frame while the bucket is full
  /// Beyond that a change waits for this share of the interval, at most max_settle, in proportion to what the bucket
  /// lacks.
  double settle_share = 0.05;
  Duration max_settle = std::chrono::milliseconds(8);
  Duration min_interval = std::chrono::milliseconds(1);   ///< of sustained frames
  Duration max_interval = std::chrono::milliseconds(250);
  int burst_frames = 4;                                   ///< frames that a full bucket pays for
  Duration gap = std::chrono::milliseconds(4);            ///< between them
  Duration slowest_shutdown_repeat = std::chrono::seconds(1);  ///< of the closing handshake (closing.h)
};
/// Stock's rule (compat: wire 5.4), for comparison and for what keeps stock's pace.
[[nodiscard]] constexpr PacingRule stock_pacing(Duration collect) {
  return {.settle = collect,
          .settle_share = 0,
          .max_settle = collect,
          .min_interval = std::chrono::milliseconds(20),
          .max_interval = std::chrono::milliseconds(250),
          .burst_frames = 1,
          .gap = std::chrono::milliseconds(250)};
}

/// Half the smoothed round trip, rounded up to a millisecond, within the rule's bounds.
/// `srtt_ms`: nothing before the first sample (then the maximum).
[[nodiscard]] Duration send_interval(const PacingRule& rule, std::optional<double> srtt_ms);

class Pacer {
 public:
  explicit Pacer(const PacingRule& rule);

  /// The object differs from the last frame. Only the first call since the last frame counts.
  void on_change(TimePoint now);
  /// A frame of `bytes` of UDP payload went out, while the interval was `interval`.
  void on_sent(TimePoint now, std::size_t bytes, Duration interval);
  /// A frame of `bytes` was sent again: the link carries it, the bucket does not pay for it.
  void on_retransmitted(TimePoint now, std::size_t bytes);
  /// Small frames are lost, and those that arrive do not wait for each other: the link is not taken for a thin one.
  void on_steady_loss(TimePoint now);
  /// Whatever was under way is not any more, and nothing is known of the new way.
  void on_path_change();
  /// Nothing was left to send after all.
  void on_nothing() { changed_.reset(); }

  /// A packet measured this round trip, in milliseconds.
  void on_round_trip(double milliseconds, TimePoint now);
  /// A frame of `bytes` was acknowledged (0: once more), `under_way` bytes were sent after it. If a round trip was measured by the
  /// same packet (at the same `now`), it tells how long the link took to carry the frame.
  void on_acknowledged(std::size_t bytes, std::size_t under_way, TimePoint now);

  /// Earliest time for the frame that carries the change; kNever if nothing changed.
  [[nodiscard]] TimePoint earliest(Duration interval) const;
  /// When the link will have carried what was sent: by the estimate of its rate, and by the peer's word, unless that takes too
  /// long. Retransmissions wait for it too.
  [[nodiscard]] TimePoint drained() const { return std::max(drained_, heard_of()); }
  /// Bytes per second; nothing while unknown.
  [[nodiscard]] std::optional<double> rate() const { return rate_; }

 private:
  struct Sample {
    double milliseconds;
    TimePoint at;
  };
  void measure(std::size_t bytes, std::size_t under_way);
  void note_passage(double milliseconds, TimePoint now);
  void note_small_frame(std::size_t bytes, double milliseconds);
  void trust(double bytes_per_second);
  void renew_shortest(double unbiased_ms, TimePoint now);
  [[nodiscard]] Duration settle(Duration interval) const;
  [[nodiscard]] TimePoint heard_of() const;
  [[nodiscard]] double believed_rate() const;
  [[nodiscard]] double window() const;
  [[nodiscard]] Duration time_on_link(std::size_t bytes) const;

  PacingRule rule_;
  std::optional<TimePoint> changed_;    ///< first change that no frame has carried
  std::optional<TimePoint> last_sent_;
  TimePoint bucket_full_;               ///< when the bucket will be full again
  TimePoint drained_;                   ///< by the estimate of the rate alone
  std::size_t under_way_ = 0;           ///< bytes sent since the newest acknowledged, that were not given up
  int doublings_ = 0;                   ///< of the wait for the peer's word, since it came last
  TimePoint last_word_;                 ///< when the peer acknowledged anything, or the same again
  /// A large frame that nothing is known of: when it was sent, and the round trips measured since it should have arrived.
  struct Unknown {
    TimePoint sent;
    std::size_t bytes;
    int samples = 0;
  };
  std::optional<Unknown> unknown_;
  /// The small frame with the shortest round trip, and among those the smallest.
  struct SmallFrame {
    std::size_t bytes;
    double milliseconds;
  };
  std::optional<SmallFrame> fastest_;
  double trusted_rate_;                 ///< bytes per second that the link carries at least, or an unmeasured one is trusted with
  std::size_t last_bytes_ = 0;
  std::optional<Sample> newest_;        ///< newest round trip
  std::optional<double> shortest_ms_;       ///< shortest round trip of this window of time and the one before
  std::optional<double> shortest_here_ms_;  ///< shortest unbiased one of this window
  TimePoint window_end_;
  std::optional<double> rate_;
  TimePoint measured_at_;
};

}  // namespace sallyport::sync
