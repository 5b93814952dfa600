// Takes the session's UDP sockets (command line 1.3, architecture 4): A bound to the first free port of the range on the
// address asked for, or on the wildcard if that address cannot be bound, and B bound to the same port, to be connected to the
// validated peer later. Linked by the monitor; runs before its lock-down, and net gets the sockets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "server/compartment_arguments.h"
#include "server/options.h"

namespace sallyport::server {

struct UdpSockets {
  UniqueFd first;   ///< A: any peer
  UniqueFd second;  ///< B: not yet connected; empty if A was passed to us
  std::uint16_t port = 0;
  AddressFamily family = AddressFamily::kIpv4;
};

/// Binds both sockets. `address` as given on the command line; none: the wildcard. `messages` gets the lines of 1.3 about an
/// address that cannot be bound, also on success. Neither socket allows another to bind its port when this returns.
/// On failure: the lines to show, the last one saying what to do.
[[nodiscard]] Result<UdpSockets, std::string> bind_udp(const std::optional<std::string>& address, PortRange ports,
                                                       std::string& messages);

/// Takes a bound UDP socket that a service manager passed: sets its options and filter. There is no B. The error is one line.
[[nodiscard]] Result<UdpSockets, std::string> adopt_udp(UniqueFd socket);

}  // namespace sallyport::server
