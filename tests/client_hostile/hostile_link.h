// A server's end of the wire protocol that can do wrong at every layer: datagrams without the key, packets, fragments,
// zlib streams, instructions and states of any content; and that can be honest in between (wire 3 to 5, 7). Test code
// alone: it serves one client on 127.0.0.1 that it trusts, keeps no screen and never gives up.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "crypto/ocb.h"
#include "net/inflate.h"
#include "net/udp_socket.h"
#include "sync/instruction_link.h"
#include "tests/client_hostile/raw_messages.h"

namespace sallyport::hostile_server {

/// The session's key, always the same: nothing here is secret.
inline constexpr std::string_view kKeyText = "AAECAwQFBgcICQoLDA0ODw";

class HostileLink {
 public:
  /// Binds a port of the system's choice.
  HostileLink();
  [[nodiscard]] std::uint16_t port() const;

  // What it sends, from the outside in. Nothing is sent before the client was heard.

  /// As it is: without the key.
  void datagram(std::string_view bytes);
  /// A sealed packet under the next sequence number: `plaintext` is timestamps and payload.
  void packet(std::string_view plaintext);
  /// The same with a sequence number and direction of the caller's choice.
  void packet_as(std::uint64_t wire_nonce, std::string_view plaintext);
  /// A packet with honest timestamps.
  void payload(std::string_view bytes);
  void payload_at(std::uint16_t timestamp, std::uint16_t reply, std::string_view bytes);
  void fragment(std::uint64_t id, std::uint16_t number, bool final, std::string_view slice);
  /// Cuts a compressed instruction under the next fragment id.
  void stream(std::string_view compressed);
  /// Compresses and sends a serialised instruction.
  void plain(std::string_view instruction);
  void instruction(const Instruction& instruction) { plain(serialized(instruction)); }

  /// An honest next state with this diff, based on the newest that the client acknowledged (or on `base`); it is not
  /// repeated. Returns its number.
  std::uint64_t state(std::string_view diff);
  /// A state, repeated until the client acknowledges it. False if it does not within `patience`.
  bool settle(std::string_view diff, Duration patience = std::chrono::seconds(10));
  /// The numbers of an honest next state, to be spoilt.
  [[nodiscard]] Instruction next() const;
  /// States that attacks made themselves: from here the honest ones go on.
  void continue_from(std::uint64_t number) { newest_ = number; }
  void close();

  // What it hears.

  /// Handles what comes from the client until then.
  void pump(Duration time);
  /// Handles it until `condition()`; false if it did not become true within `patience`.
  template <typename Condition>
  bool wait(Condition condition, Duration patience) {
    const TimePoint deadline = clock_.now() + patience;
    while (!condition()) {
      if (clock_.now() >= deadline) return false;
      pump(std::chrono::milliseconds(2));
    }
    return true;
  }
  [[nodiscard]] bool heard() const { return client_.has_value(); }
  /// All that was typed so far.
  [[nodiscard]] const std::string& typed() const { return typed_; }
  [[nodiscard]] std::uint64_t newest() const { return newest_; }
  /// The newest state that the client says it holds.
  [[nodiscard]] std::uint64_t acknowledged() const { return acknowledged_; }
  /// The client has begun the closing handshake.
  [[nodiscard]] bool leaving() const { return client_newest_ == UINT64_MAX; }
  [[nodiscard]] TimePoint now() const { return clock_.now(); }
  /// The same in every run.
  [[nodiscard]] std::uint64_t random();
  [[nodiscard]] std::string random_bytes(std::size_t count);

 private:
  void take(std::span<std::byte> bytes, net::Ecn ecn);
  void take_typing(const proto::TransportInstruction& instruction);

  SystemClock clock_;
  net::UdpEndpoint socket_;
  std::optional<net::Address> client_;
  net::PacketLayer packets_;  ///< opens only: what is sent is sealed with `ocb_`
  sync::ChaffSource chaff_;
  sync::InstructionLink link_;
  crypto::Ocb ocb_;
  net::Deflater deflater_;
  std::uint64_t sequence_ = 0;
  std::uint64_t fragment_id_ = 0;
  std::uint64_t sent_since_pause_ = 0;
  std::uint64_t newest_ = 0;
  std::uint64_t acknowledged_ = 0;
  std::uint64_t client_newest_ = 0;
  std::map<std::uint64_t, std::size_t> typed_until_ = {{0, 0}};  ///< client's state, bytes typed by then
  std::string typed_;
  std::uint64_t random_ = 0x9E3779B97F4A7C15;
};

}  // namespace sallyport::hostile_server
