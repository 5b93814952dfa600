// The attacks of the hostile server, by name. Each is a script that a server with the session's key plays against a
// client that has just shown its first screen. Test code alone.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "tests/client_hostile/hostile_link.h"

namespace sallyport::hostile_server {

/// What an honest client makes of it.
enum class Outcome : std::uint8_t {
  kGoesOn,   ///< the session is usable afterwards: a new title is shown, and typing arrives
  kDeaf,     ///< the server has made itself unable to say anything more; the client still takes the user's commands
  kEnds,     ///< the session is over, by the protocol's rules
  kEndless,  ///< it never stops; the client still takes the user's commands
};

struct Attack {
  std::string_view name;
  Outcome outcome = Outcome::kGoesOn;
  void (*play)(HostileLink& link) = nullptr;
};

/// Below the instructions: datagrams, packets, fragments, zlib streams.
[[nodiscard]] std::span<const Attack> packet_attacks();
/// The same without the key.
[[nodiscard]] std::span<const Attack> keyless_attacks();
/// Instructions and states: numbers, protobuf, sizes, echo acks.
[[nodiscard]] std::span<const Attack> instruction_attacks();
/// Host bytes that a terminal would answer.
[[nodiscard]] std::span<const Attack> query_attacks();
/// What else is in host bytes.
[[nodiscard]] std::span<const Attack> screen_attacks();
/// Those that go on until the client leaves.
[[nodiscard]] std::span<const Attack> endless_attacks();

}  // namespace sallyport::hostile_server
