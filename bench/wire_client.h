// A client's end of the wire protocol for benchmarks: types, acknowledges and receives, and keeps no screen, so that its own cost
// stays small. Not for use as a client: what the server sends is trusted.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/strong_id.h"
#include "bench/client.h"
#include "crypto/session_key.h"
#include "net/udp_socket.h"
#include "sync/chaff.h"
#include "sync/instruction_link.h"

namespace sallyport::bench {

class WireClient final : public Client {
 public:
  /// Connects to 127.0.0.1:`port`. `key` is the text of the MOSH CONNECT line.
  WireClient(std::string_view key, std::uint16_t port, WindowSize window = {.columns = 80, .rows = 24});
  static constexpr std::size_t kRecorded = 256;

  /// Types `keys` now. The first call also sends the window size.
  void type(std::string_view keys) override;
  /// Handles datagrams until `deadline` or until host bytes that contain `wanted` have arrived (any, if empty). Sends acks as a
  /// client does. True if they came.
  bool wait_for(std::string_view wanted, TimePoint deadline) override;

  /// Called with each new state that comes, and the diff that leads to it; borrowed for the call.
  using OnState = std::function<void(const proto::TransportInstruction&)>;
  void on_state(OnState call) { on_state_ = std::move(call); }

  /// The newest datagrams sent, at most kRecorded.
  [[nodiscard]] const std::vector<std::vector<std::byte>>& recorded() const { return recorded_; }
  [[nodiscard]] std::uint16_t local_port() const;
  [[nodiscard]] std::uint64_t bytes_received() const { return bytes_received_; }
  [[nodiscard]] std::uint64_t frames_received() const { return frames_received_; }
  /// Starts the closing handshake and waits for its answer, at most a second.
  void leave() override;

 private:
  void send(std::string_view diff, StateNumber number);
  /// When what is not known to have arrived is sent again, as a stock client does (spec: wire 5.4).
  [[nodiscard]] TimePoint resend_due() const;
  /// True if the datagram brought host bytes with `wanted` in them.
  bool take(std::span<std::byte> datagram, net::Ecn ecn, std::string_view wanted);

  WindowSize window_;
  net::UdpEndpoint socket_;
  net::Address server_;
  net::PacketLayer packets_;
  sync::ChaffSource chaff_;
  sync::InstructionLink link_;
  std::uint64_t last_sent_ = 0;
  std::uint64_t acknowledged_ = 0;
  std::set<std::uint64_t> received_ = {0};
  std::string unacknowledged_;      ///< serialised user instructions since `acknowledged_`
  std::set<std::pair<std::uint64_t, std::size_t>> ends_;  ///< state number, length of unacknowledged_ then
  TimePoint sent_;                  ///< the last time that anything was
  TimePoint typed_;                 ///< when what is unacknowledged was first sent
  TimePoint ack_due_ = kNever;
  TimePoint heartbeat_due_;
  std::vector<std::vector<std::byte>> recorded_;
  OnState on_state_;
  std::uint64_t sent_datagrams_ = 0;
  std::uint64_t bytes_received_ = 0;
  std::uint64_t frames_received_ = 0;
};

}  // namespace sallyport::bench
