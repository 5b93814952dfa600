// A client with stock's exact timers, written straight from the pseudocode of wire 5.3 to 5.8 and 6 (not from sync/),
// with stock's weaknesses: it counts as an abort what makes stock abort. Objects are naive: one element per event,
// generated protobuf.
#pragma once

#include <algorithm>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "sync/instruction_link.h"
#include "sync/transport.h"
#include "tests/sync/sim_screen.h"
#include "tests/sync/simulator.h"
#include "user.pb.h"  // generated

namespace sallyport::sync::sim {

/// Wire 6.1: bytes 0..255, or a resize as 256 + columns * 65536 + rows.
struct StockUserStream {
  std::vector<std::uint64_t> events;
  bool operator==(const StockUserStream&) const = default;
  [[nodiscard]] std::string diff_from(const StockUserStream& older) const {
    ClientBuffers::UserMessage message;
    bool run = false;
    for (std::size_t i = older.events.size(); i < events.size(); ++i) {
      if (events[i] < 256) {
        if (!run) message.add_instruction()->mutable_keystroke();
        run = true;
        auto* keys = message.mutable_instruction(message.instruction_size() - 1)->mutable_keystroke()->mutable_keys();
        keys->push_back(static_cast<char>(events[i]));
      } else {
        run = false;
        auto* resize = message.add_instruction()->mutable_resize();
        resize->set_width(static_cast<std::int32_t>((events[i] - 256) >> 16U));
        resize->set_height(static_cast<std::int32_t>((events[i] - 256) & 0xFFFFU));
      }
    }
    return message.SerializeAsString();
  }
  void subtract(const StockUserStream& prefix) {
    events.erase(events.begin(), events.begin() + static_cast<std::ptrdiff_t>(prefix.events.size()));
  }
};

class StockClient final : public ClientEnd {
 public:
  StockClient(net::PacketLayer& packets, DatagramSink& sink, ChaffSource& chaff, const net::Address& server,
              const SimScreen& initial, TimePoint now);

  void type(const std::string& typed, TimePoint now) override;
  void resize(WindowSize size, TimePoint now) override;
  void receive(std::span<std::byte> datagram, TimePoint now) override;
  void start_shutdown(TimePoint now) override;
  void tick(TimePoint now) override;
  [[nodiscard]] TimePoint next(TimePoint now) const override;
  [[nodiscard]] bool ended(TimePoint now) const override;
  [[nodiscard]] const SimScreen& screen() const override { return received_.back().screen; }
  [[nodiscard]] std::uint64_t screen_state() const override { return received_.back().num; }
  [[nodiscard]] bool clean_end() const { return !sent_.empty() && sent_.front().num == UINT64_MAX; }

 private:
  struct Sent {
    std::uint64_t num;
    std::int64_t timestamp;
    StockUserStream state;
  };
  struct ReceivedState {
    std::uint64_t num;
    SimScreen screen;
  };
  static std::int64_t ms(TimePoint at) { return at.time_since_epoch().count() / 1000; }
  [[nodiscard]] std::int64_t send_interval() const;
  [[nodiscard]] std::int64_t rto() const { return link_.rtt().rto().count() / 1000; }
  void calculate_timers(std::int64_t now);
  void update_assumed(std::int64_t now);
  void add_sent(std::int64_t now, std::uint64_t num);
  void transmit(const std::string& diff, std::uint64_t num, TimePoint now);
  void on_instruction(const proto::TransportInstruction& instruction, std::int64_t now);

  DatagramSink& sink_;
  net::Address server_;
  InstructionLink link_;
  Faults* faults_;
  StockUserStream current_;
  std::list<Sent> sent_;
  std::list<Sent>::iterator assumed_;
  std::list<ReceivedState> received_;
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
  std::uint64_t highest_throwaway_ = 0;
};

}  // namespace sallyport::sync::sim
