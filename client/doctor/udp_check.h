// The doctor's look at UDP: runs the probe against a server that waits, and puts what it measured into words.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/sys/udp.h"
#include "client/doctor/findings.h"
#include "client/doctor/probe_messages.h"

namespace sallyport::client {

struct UdpPlace {
  std::vector<sys::SocketAddress> addresses;  ///< the first of each family counts
  std::uint16_t port = 0;
};

struct UdpResult {
  std::optional<ProbeAnswered> answered;
  std::optional<ProbeRoundTrips> round_trips;
  std::optional<ProbeUpward> upward;
  std::optional<ProbeDownward> downward;
  std::optional<ProbeDone> done;
  std::string failure;  ///< why there is no probe
};

/// Starts the probe with the key (22 characters), and waits for all of it.
[[nodiscard]] UdpResult run_probe(const UdpPlace& place, std::string_view key, const Clock& clock);

/// What the far side knows of it.
enum class ServerSaw : std::uint8_t { kUnknown, kNothing, kUs };

/// Findings "UDP", "round trip", "datagrams to the server" and "datagrams from the server". `ports`: what -p said, or
/// the server's range. `address`: for people.
[[nodiscard]] std::vector<Finding> explain(const UdpResult& result, ServerSaw saw, const std::string& address,
                                           std::uint16_t port, const std::string& ports);

/// Commands that open these UDP ports ("60001:60999") in the server's firewall.
[[nodiscard]] std::vector<std::string> firewall_commands(const std::string& ports);

}  // namespace sallyport::client
