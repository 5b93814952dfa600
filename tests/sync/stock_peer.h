// What a stock client synchronises, and a stock client for the simulator: stock_end.h with a screen to show. Objects are naive:
// one element per event, generated protobuf.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sync/transport.h"
#include "tests/sync/sim_screen.h"
#include "tests/sync/simulator.h"
#include "tests/sync/stock_end.h"
#include "user.pb.h"  // generated

namespace sallyport::sync::sim {

/// Wire 6.1: bytes 0..255, or a resize as 256 + columns * 65536 + rows.
struct StockUserStream {
  std::vector<std::uint64_t> events;
  bool operator==(const StockUserStream&) const = default;
  [[nodiscard]] std::string diff_from(const StockUserStream& older) const;
  bool apply(std::span<const std::byte> diff);
  void subtract(const StockUserStream& prefix) {
    events.erase(events.begin(), events.begin() + static_cast<std::ptrdiff_t>(prefix.events.size()));
  }
  void type(const std::string& typed) {
    for (const char c : typed) events.push_back(static_cast<unsigned char>(c));
  }
  void resize(std::uint64_t columns, std::uint64_t rows) { events.push_back(256 + (columns << 16U) + rows); }
};

class StockClient final : public ClientEnd {
 public:
  StockClient(net::PacketLayer& packets, DatagramSink& sink, ChaffSource& chaff, const net::Address& server,
              const SimScreen& initial, TimePoint now)
      : end_({.packets = packets,
              .chaff = chaff,
              .datagram_bytes = net::max_datagram_bytes(server.family),
              .mindelay_ms = 1,
              .has_remote = true,
              .emit = [&sink, server](std::span<const std::byte> datagram) { (void)sink.send(server, datagram); },
              .faults = initial.faults},
             {}, initial, now) {}

  void type(const std::string& typed, TimePoint) override {
    if (!end_.shutting_down()) end_.current.type(typed);
  }
  void resize(WindowSize size, TimePoint) override {
    if (!end_.shutting_down()) end_.current.resize(size.columns, size.rows);
  }
  void receive(std::span<std::byte> datagram, TimePoint now) override { end_.receive(datagram, now); }
  void start_shutdown(TimePoint now) override { end_.start_shutdown(now); }
  void tick(TimePoint now) override { end_.tick(now); }
  [[nodiscard]] TimePoint next(TimePoint now) const override { return end_.next(now); }
  [[nodiscard]] bool ended(TimePoint now) const override { return end_.ended(now); }
  [[nodiscard]] const SimScreen& screen() const override { return end_.seen(); }
  [[nodiscard]] std::uint64_t screen_state() const override { return end_.seen_state(); }

 private:
  StockEnd<StockUserStream, SimScreen> end_;
};

}  // namespace sallyport::sync::sim
