// One direction of a path, as the link simulator keeps it: packets are lost at random, wait in a drop-tail queue while
// a link of limited rate sends those before them, and then travel for a while. Never reorders. No clock of its own:
// time is a parameter. prediction 11.3 item 2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <vector>

#include "base/clock.h"

namespace sallyport::bench {

/// What a direction does. The default is a perfect wire.
struct PathSettings {
  Duration delay{};                   ///< one way, when nothing is queued
  Duration jitter{};                  ///< standard deviation of what is added to it: normal, cut at three of them
  double loss = 0;                    ///< probability that a packet is lost, each for itself
  std::uint64_t bits_per_second = 0;  ///< 0: without limit
  std::size_t queue_bytes = 0;        ///< with a limit: how much may wait, the packet being sent included
};

struct PathCounts {
  std::uint64_t offered = 0;
  std::uint64_t lost = 0;     ///< at random
  std::uint64_t dropped = 0;  ///< because the queue was full
  std::uint64_t delivered = 0;
  Duration late_total{};  ///< how much later than due packets were taken: the simulator's own error
  Duration late_most{};
};

class LinkModel {
 public:
  using Packet = std::vector<std::byte>;

  /// The same seed loses the same packets, counted from the first.
  explicit LinkModel(std::uint64_t seed) : random_(seed) {}

  /// Holds for packets offered from now on; those under way keep their times, and none overtakes them.
  void set(const PathSettings& settings) { settings_ = settings; }
  /// A packet enters at `now`, which never decreases.
  void offer(TimePoint now, Packet packet);
  /// When the next packet leaves; kNever if none is under way.
  [[nodiscard]] TimePoint next_due() const { return under_way_.empty() ? kNever : under_way_.front().due; }
  /// The next packet if it is due.
  [[nodiscard]] std::optional<Packet> take(TimePoint now);
  /// How long a packet offered now would wait before it is sent.
  [[nodiscard]] Duration queued(TimePoint now) const { return link_free_ > now ? link_free_ - now : Duration::zero(); }
  [[nodiscard]] const PathCounts& counts() const { return counts_; }

 private:
  struct UnderWay {
    TimePoint due;
    Packet packet;
  };

  PathSettings settings_;
  std::mt19937_64 random_;
  std::deque<UnderWay> under_way_;
  TimePoint link_free_{};  // when the last queued packet will have been sent
  TimePoint last_due_{};
  PathCounts counts_;
};

}  // namespace sallyport::bench
