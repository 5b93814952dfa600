// The net compartment's loop in this process, between channels that the test holds, on real sockets, with a client of
// ours on the other side of the network. Time is the test's.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "net/packet.h"
#include "privsep/channel.h"
#include "server/net_session.h"
#include "sync/client_transport.h"
#include "tests/sync/held_screens.h"

namespace sallyport::hostile {

/// A screen that only counts what came, and looks for a word in it.
struct CountedScreen {
  static constexpr std::string_view kWord = "Z9Q8";
  int frames = 0;
  bool word_seen = false;
  bool apply(std::span<const std::byte> diff);
};

class NetRig final : private sync::DatagramSink {
 public:
  /// Net's ends of its two channels. SIGUSR1 is ignored for a thousand seconds after a key.
  NetRig(privsep::Channel monitor, privsep::Channel terminal, FakeClock& clock);

  /// One turn of net; unless told otherwise it does not wait. False once it would have exited.
  [[nodiscard]] bool turn(Duration at_most = Duration(0)) { return session_.turn(at_most); }
  /// Net's first words after its lock-down.
  [[nodiscard]] bool start() { return session_.start({}); }

  /// The client types, or changes its window's size; leaves with the next client_sends().
  void client_types(std::string_view keys);
  void client_resizes(WindowSize size) { client_.resize(size, clock_.now()); }
  /// How many datagrams there were.
  int client_receives();
  void client_sends() { client_.tick(clock_.now()); }
  [[nodiscard]] const CountedScreen& screen() const { return screens_.newest(); }
  /// The server has begun the closing handshake.
  [[nodiscard]] bool closing_seen() const { return client_.sender().responder().asked(); }

 private:
  net::SendOutcome send(const net::Address& to, std::span<const std::byte> datagram) override;
  static crypto::SessionKey key();
  static std::array<std::byte, 32> seed() { return {std::byte{1}}; }

  FakeClock& clock_;
  UniqueFd server_socket_, client_socket_;
  net::Address server_;
  net::PacketLayer packets_;
  std::array<std::byte, 32> server_seed_ = seed();
  std::array<std::byte, 32> client_seed_ = seed();
  sync::ChaffSource chaff_;
  server::NetSession session_;
  sync::sim::HeldScreens<CountedScreen> screens_;
  sync::ClientTransport client_;
};

}  // namespace sallyport::hostile
