// One end of a session with stock's exact timers, written straight from the pseudocode of wire 5.3 to 5.8 (not from sync/), with
// stock's weaknesses: it counts as a fault what makes stock abort. Both roles run this code; an end is made of the object that it
// sends and the one that it receives.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "sync/instruction_link.h"
#include "tests/sync/sim_screen.h"

namespace sallyport::sync::sim {

/// `Own` compares equal, has diff_from(older) and subtract(prefix); `Seen` is copyable and has apply(diff).
template <typename Own, typename Seen>
class StockEnd {
 public:
  using Emit = std::function<void(std::span<const std::byte>)>;
  struct Parts {
    net::PacketLayer& packets;
    ChaffSource& chaff;
    std::size_t datagram_bytes;
    std::int64_t mindelay_ms;   ///< wire 5.4: 8 at the server, 1 at the client
    bool has_remote;            ///< false: not before something was heard
    Emit emit;
    Faults* faults = nullptr;
  };
  StockEnd(const Parts& parts, Own own, Seen seen, TimePoint now)
      : current(std::move(own)),
        link_(parts.packets, parts.chaff, parts.datagram_bytes),
        parts_(parts),
        next_ack_(ms(now)) {
    sent_.push_back({0, ms(now), current});
    assumed_ = sent_.begin();
    received_.push_back({0, std::move(seen)});
  }
  StockEnd(const StockEnd&) = delete;
  StockEnd& operator=(const StockEnd&) = delete;

  Own current;   ///< what the peer should reach; not to be changed once the shutdown has started

  [[nodiscard]] const Seen& seen() const { return received_.back().state; }
  [[nodiscard]] std::uint64_t seen_state() const { return received_.back().num; }
  [[nodiscard]] bool shutting_down() const { return shutdown_; }
  [[nodiscard]] bool clean_end() const { return sent_.front().num == UINT64_MAX; }
  [[nodiscard]] bool ended(TimePoint now) const {
    if (shutdown_ && (clean_end() || tries_ >= 16 || ms(now) - shutdown_start_ >= 10000)) return true;
    return last_transmitted_ack_ == UINT64_MAX;
  }

  void start_shutdown(TimePoint now) {
    if (shutdown_) return;
    shutdown_ = true;
    shutdown_start_ = ms(now);
  }

  [[nodiscard]] TimePoint next(TimePoint now) const {
    if (!parts_.has_remote) return kNever;
    StockEnd& self = const_cast<StockEnd&>(*this);  // wait_time runs calculate_timers (wire 5.4)
    self.calculate_timers(ms(now));
    const std::int64_t due = std::min(next_ack_, next_send_);
    return TimePoint(std::chrono::milliseconds(due));
  }

  void receive(std::span<std::byte> datagram, TimePoint now) {
    const auto opened = link_.open(datagram, net::Ecn::kNotCongested, now);
    if (!opened) return;
    parts_.has_remote = true;
    if (opened->instruction) on_instruction(*opened->instruction, ms(now));
  }

  void tick(TimePoint at) {
    const std::int64_t now = ms(at);
    calculate_timers(now);
    if (!parts_.has_remote || (now < next_ack_ && now < next_send_)) return;
    std::string diff = current.diff_from(assumed_->state);
    attempt_prospective_resend(diff);
    if (diff.empty()) {
      if (now >= next_ack_) send_empty_ack(now, at);
      if (now >= next_send_) {
        next_send_ = INT64_MAX;
        mindelay_clock_.reset();
      }
      return;
    }
    send_data(diff, now, at);
  }

 private:
  struct Sent {
    std::uint64_t num;
    std::int64_t timestamp;
    Own state;
  };
  struct Received {
    std::uint64_t num;
    Seen state;
  };
  static std::int64_t ms(TimePoint at) { return at.time_since_epoch().count() / 1000; }
  [[nodiscard]] std::int64_t rto() const { return link_.rtt().rto().count() / 1000; }
  [[nodiscard]] std::int64_t send_interval() const {
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(std::ceil(link_.rtt().srtt_ms() / 2)), 20, 250);
  }

  void update_assumed(std::int64_t now) {
    assumed_ = sent_.begin();
    for (auto it = std::next(sent_.begin()); it != sent_.end(); ++it) {
      if (now - it->timestamp >= rto() + 100) break;
      assumed_ = it;
    }
  }

  void calculate_timers(std::int64_t now) {
    update_assumed(now);
    const Own acknowledged = sent_.front().state;
    current.subtract(acknowledged);
    for (auto it = sent_.rbegin(); it != sent_.rend(); ++it) it->state.subtract(acknowledged);
    if (pending_data_ack_ && next_ack_ > now + 100) next_ack_ = now + 100;
    if (!(current == sent_.back().state)) {
      if (!mindelay_clock_) mindelay_clock_ = now;
      next_send_ = std::max(*mindelay_clock_ + parts_.mindelay_ms, sent_.back().timestamp + send_interval());
    } else if (!(current == assumed_->state) && last_heard_ && *last_heard_ + 10000 > now) {
      next_send_ = sent_.back().timestamp + send_interval();
      if (mindelay_clock_) next_send_ = std::max(next_send_, *mindelay_clock_ + parts_.mindelay_ms);
    } else if (!(current == sent_.front().state) && last_heard_ && *last_heard_ + 10000 > now) {
      next_send_ = sent_.back().timestamp + rto() + 100;
    } else {
      next_send_ = INT64_MAX;
    }
    if (shutdown_ || ack_num_ == UINT64_MAX) next_ack_ = sent_.back().timestamp + send_interval();
  }

  void attempt_prospective_resend(std::string& diff) {
    if (assumed_ == sent_.begin()) return;
    const std::string resend = current.diff_from(sent_.front().state);
    if (resend.size() <= diff.size() || (resend.size() < 1000 && resend.size() - diff.size() < 100)) {
      assumed_ = sent_.begin();
      diff = resend;
    }
  }

  void send_empty_ack(std::int64_t now, TimePoint at) {
    const std::uint64_t num = shutdown_ ? UINT64_MAX : sent_.back().num + 1;
    add_sent(now, num);
    transmit("", num, at);
    next_ack_ = now + 3000;
    next_send_ = INT64_MAX;
    mindelay_clock_.reset();
  }

  void send_data(const std::string& diff, std::int64_t now, TimePoint at) {
    std::uint64_t num = current == sent_.back().state ? sent_.back().num : sent_.back().num + 1;
    if (shutdown_) num = UINT64_MAX;
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

  void add_sent(std::int64_t now, std::uint64_t num) {
    if (num == UINT64_MAX && sent_.back().num == num) return;  // "keep one" (wire 5.8)
    sent_.push_back({num, now, current});
    if (sent_.size() > 32) {
      auto victim = std::prev(sent_.end(), 16);
      if (victim == assumed_) --victim;
      sent_.erase(victim);
    }
  }

  void transmit(const std::string& diff, std::uint64_t num, TimePoint at) {
    const proto::TransportInstruction instruction{StateNumber(assumed_->num), StateNumber(num), StateNumber(ack_num_),
                                                  StateNumber(sent_.front().num), bytes_of(diff), {}};
    if (num == UINT64_MAX) {
      ++tries_;
      sent_.back().timestamp = ms(at);
    }
    last_transmitted_ack_ = ack_num_;
    (void)link_.send(instruction, at, parts_.emit);
    link_.forget_up_to(kShutdownState);  // stock never sends the same pieces again
    pending_data_ack_ = false;
  }

  void on_instruction(const proto::TransportInstruction& instruction, std::int64_t now) {
    const std::uint64_t num = instruction.new_num.value();
    const std::uint64_t throwaway = instruction.throwaway_num.value();
    if (throwaway > instruction.old_num.value()) count_bad_throwaway();
    const auto acked = std::find_if(sent_.begin(), sent_.end(),
                                    [&](const Sent& s) { return s.num == instruction.ack_num.value(); });
    if (acked != sent_.end()) sent_.erase(sent_.begin(), acked);
    update_assumed(now);
    for (const Received& state : received_) {
      if (state.num == num) return;
    }
    const auto ref = std::find_if(received_.begin(), received_.end(),
                                  [&](const Received& s) { return s.num == instruction.old_num.value(); });
    if (ref == received_.end()) return;
    Seen state = ref->state;
    received_.remove_if([&](const Received& s) { return s.num < throwaway; });
    if (received_.empty()) count_bad_throwaway();
    if (!instruction.diff.empty()) (void)state.apply(instruction.diff);
    const auto above = std::find_if(received_.begin(), received_.end(), [&](const Received& s) { return s.num > num; });
    const bool newest = above == received_.end();
    received_.insert(above, {num, std::move(state)});
    if (!newest) return;
    ack_num_ = num;
    last_heard_ = now;
    if (!instruction.diff.empty()) pending_data_ack_ = true;
  }

  void count_bad_throwaway() {
    if (parts_.faults != nullptr) ++parts_.faults->bad_throwaway;
  }

  InstructionLink link_;
  Parts parts_;
  std::list<Sent> sent_;
  typename std::list<Sent>::iterator assumed_;
  std::list<Received> received_;
  std::int64_t next_ack_;
  std::int64_t next_send_ = INT64_MAX;
  std::uint64_t ack_num_ = 0;
  bool pending_data_ack_ = false;
  std::optional<std::int64_t> mindelay_clock_;
  std::optional<std::int64_t> last_heard_;
  bool shutdown_ = false;
  int tries_ = 0;
  std::int64_t shutdown_start_ = 0;
  std::uint64_t last_transmitted_ack_ = 0;
};

}  // namespace sallyport::sync::sim
