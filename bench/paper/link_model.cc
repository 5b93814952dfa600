#include "bench/paper/link_model.h"

#include <algorithm>
#include <utility>

namespace sallyport::bench {
namespace {

Duration sending_time(std::size_t bytes, std::uint64_t bits_per_second) {
  return Duration(static_cast<std::int64_t>(bytes * 8 * std::uint64_t{1'000'000} / bits_per_second));
}

}  // namespace

void LinkModel::offer(TimePoint now, Packet packet) {
  ++counts_.offered;
  // Both are drawn for every packet, so that what is lost does not depend on the other settings.
  const bool lost = std::uniform_real_distribution<double>()(random_) < settings_.loss;
  const double deviation = std::clamp(std::normal_distribution<double>()(random_), -3.0, 3.0);
  if (lost) {
    ++counts_.lost;
    return;
  }
  TimePoint sent = now;
  if (settings_.bits_per_second != 0) {
    const Duration takes = sending_time(packet.size(), settings_.bits_per_second);
    if (queued(now) + takes > sending_time(settings_.queue_bytes, settings_.bits_per_second)) {
      ++counts_.dropped;
      return;
    }
    link_free_ = std::max(link_free_, now) + takes;
    sent = link_free_;
  }
  const auto jitter = Duration(static_cast<std::int64_t>(deviation * static_cast<double>(settings_.jitter.count())));
  last_due_ = std::max({last_due_, sent, sent + settings_.delay + jitter});
  under_way_.push_back({.due = last_due_, .packet = std::move(packet)});
}

std::optional<LinkModel::Packet> LinkModel::take(TimePoint now) {
  if (next_due() > now) return std::nullopt;
  const Duration late = now - under_way_.front().due;
  counts_.late_total += late;
  counts_.late_most = std::max(counts_.late_most, late);
  ++counts_.delivered;
  Packet packet = std::move(under_way_.front().packet);
  under_way_.pop_front();
  return packet;
}

}  // namespace sallyport::bench
