#include "tests/sync/stock_peer.h"

#include <cmath>

#include "base/bytes.h"

namespace sallyport::sync::sim {

StockClient::StockClient(net::PacketLayer& packets, DatagramSink& sink, ChaffSource& chaff, const net::Address& server,
                         const SimScreen& initial, TimePoint now)
    : sink_(sink),
      server_(server),
      link_(packets, chaff, net::max_datagram_bytes(server.family)),
      faults_(initial.faults),
      next_ack_(ms(now)) {
  sent_.push_back({0, ms(now), {}});
  assumed_ = sent_.begin();
  received_.push_back({0, initial});
}

void StockClient::type(const std::string& typed, TimePoint) {
  if (shutdown_) return;
  for (const char c : typed) current_.events.push_back(static_cast<unsigned char>(c));
}

void StockClient::resize(WindowSize size, TimePoint) {
  if (!shutdown_) current_.events.push_back(256 + (std::uint64_t{size.columns} << 16U) + size.rows);
}

void StockClient::start_shutdown(TimePoint now) {
  if (shutdown_) return;
  shutdown_ = true;
  shutdown_start_ = ms(now);
}

std::int64_t StockClient::send_interval() const {
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(std::ceil(link_.rtt().srtt_ms() / 2)), 20, 250);
}

void StockClient::update_assumed(std::int64_t now) {
  assumed_ = sent_.begin();
  for (auto it = std::next(sent_.begin()); it != sent_.end(); ++it) {
    if (now - it->timestamp >= rto() + 100) break;
    assumed_ = it;
  }
}

void StockClient::calculate_timers(std::int64_t now) {
  update_assumed(now);
  const StockUserStream acknowledged = sent_.front().state;
  current_.subtract(acknowledged);
  for (auto it = sent_.rbegin(); it != sent_.rend(); ++it) it->state.subtract(acknowledged);
  if (pending_data_ack_ && next_ack_ > now + 100) next_ack_ = now + 100;
  if (current_ != sent_.back().state) {
    if (!mindelay_clock_) mindelay_clock_ = now;
    next_send_ = std::max(*mindelay_clock_ + 1, sent_.back().timestamp + send_interval());
  } else if (current_ != assumed_->state && last_heard_ && *last_heard_ + 10000 > now) {
    next_send_ = sent_.back().timestamp + send_interval();
    if (mindelay_clock_) next_send_ = std::max(next_send_, *mindelay_clock_ + 1);
  } else if (current_ != sent_.front().state && last_heard_ && *last_heard_ + 10000 > now) {
    next_send_ = sent_.back().timestamp + rto() + 100;
  } else {
    next_send_ = INT64_MAX;
  }
  if (shutdown_ || ack_num_ == UINT64_MAX) next_ack_ = sent_.back().timestamp + send_interval();
}

TimePoint StockClient::next(TimePoint now) const {
  StockClient& self = const_cast<StockClient&>(*this);  // wait_time runs calculate_timers (wire 5.4)
  self.calculate_timers(ms(now));
  const std::int64_t due = std::min(next_ack_, next_send_);
  return TimePoint(std::chrono::milliseconds(due));
}

void StockClient::tick(TimePoint at) {
  const std::int64_t now = ms(at);
  calculate_timers(now);
  if (now < next_ack_ && now < next_send_) return;
  std::string diff = current_.diff_from(assumed_->state);
  if (assumed_ != sent_.begin()) {
    const std::string resend = current_.diff_from(sent_.front().state);
    if (resend.size() <= diff.size() || (resend.size() < 1000 && resend.size() - diff.size() < 100)) {
      assumed_ = sent_.begin();
      diff = resend;
    }
  }
  if (diff.empty()) {
    if (now >= next_ack_) {
      const std::uint64_t num = shutdown_ ? UINT64_MAX : sent_.back().num + 1;
      add_sent(now, num);
      transmit("", num, at);
      next_ack_ = now + 3000;
      next_send_ = INT64_MAX;
      mindelay_clock_.reset();
    }
    if (now >= next_send_) {
      next_send_ = INT64_MAX;
      mindelay_clock_.reset();
    }
    return;
  }
  const std::uint64_t num = shutdown_ ? UINT64_MAX
                            : current_ == sent_.back().state ? sent_.back().num
                                                             : sent_.back().num + 1;
  if (num == sent_.back().num) {
    sent_.back().timestamp = now;
  } else {
    add_sent(now, num);
  }
  transmit(diff, num, at);
  assumed_ = std::prev(sent_.end());
  next_ack_ = now + 3000;
  next_send_ = INT64_MAX;
  mindelay_clock_.reset();
}

void StockClient::add_sent(std::int64_t now, std::uint64_t num) {
  if (num == UINT64_MAX && sent_.back().num == num) return;  // "keep one" (wire 5.8)
  sent_.push_back({num, now, current_});
  if (sent_.size() > 32) {
    auto victim = std::prev(sent_.end(), 16);
    if (victim == assumed_) --victim;
    sent_.erase(victim);
  }
}

void StockClient::transmit(const std::string& diff, std::uint64_t num, TimePoint at) {
  const proto::TransportInstruction instruction{StateNumber(assumed_->num), StateNumber(num), StateNumber(ack_num_),
                                                StateNumber(sent_.front().num), bytes_of(diff), {}};
  if (num == UINT64_MAX) {
    ++tries_;
    sent_.back().timestamp = ms(at);
  }
  last_transmitted_ack_ = ack_num_;
  (void)link_.send(instruction, at, [&](std::span<const std::byte> datagram) { (void)sink_.send(server_, datagram); });
  pending_data_ack_ = false;
}

void StockClient::receive(std::span<std::byte> datagram, TimePoint now) {
  const auto opened = link_.open(datagram, net::Ecn::kNotCongested, now);
  if (opened && opened->instruction) on_instruction(*opened->instruction, ms(now));
}

void StockClient::on_instruction(const proto::TransportInstruction& instruction, std::int64_t now) {
  const std::uint64_t num = instruction.new_num.value();
  const std::uint64_t throwaway = instruction.throwaway_num.value();
  if (throwaway > instruction.old_num.value()) ++faults_->bad_throwaway;
  highest_throwaway_ = std::max(highest_throwaway_, throwaway);
  const auto acked = std::find_if(sent_.begin(), sent_.end(),
                                  [&](const Sent& s) { return s.num == instruction.ack_num.value(); });
  if (acked != sent_.end()) sent_.erase(sent_.begin(), acked);
  update_assumed(now);
  for (const ReceivedState& state : received_) {
    if (state.num == num) return;
  }
  const auto ref = std::find_if(received_.begin(), received_.end(),
                                [&](const ReceivedState& s) { return s.num == instruction.old_num.value(); });
  if (ref == received_.end()) return;
  SimScreen screen = ref->screen;
  received_.remove_if([&](const ReceivedState& s) { return s.num < throwaway; });
  if (received_.empty()) ++faults_->bad_throwaway;
  if (!instruction.diff.empty()) (void)screen.apply(instruction.diff);
  const auto above =
      std::find_if(received_.begin(), received_.end(), [&](const ReceivedState& s) { return s.num > num; });
  const bool newest = above == received_.end();
  received_.insert(above, {num, std::move(screen)});
  if (!newest) return;
  ack_num_ = num;
  last_heard_ = now;
  if (!instruction.diff.empty()) pending_data_ack_ = true;
}

bool StockClient::ended(TimePoint now) const {
  if (shutdown_ && (clean_end() || tries_ >= 16 || ms(now) - shutdown_start_ >= 10000)) return true;
  return last_transmitted_ack_ == UINT64_MAX;
}

}  // namespace sallyport::sync::sim
