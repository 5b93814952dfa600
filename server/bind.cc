#include "server/bind.h"

#include <cerrno>
#include <cstring>

#include "base/sys/udp.h"

namespace sallyport::server {
namespace {

constexpr std::uint16_t kFirstUnprivilegedPort = 1024;

/// Why a range could not be bound, and at which port the last attempt was.
struct BindFailure {
  std::uint16_t port = 0;
  SystemError error;
};

std::string reason(const SystemError& error) { return std::string(error.call) + ": " + std::strerror(error.number); }

AddressFamily family_of(const sys::SocketAddress& address) {
  return address.family() == AF_INET ? AddressFamily::kIpv4 : AddressFamily::kIpv6;
}

Result<UniqueFd, SystemError> prepared_socket(const sys::SocketAddress& address) {
  UniqueFd fd = TRY(sys::open_udp(address.family()));
  TRY_VOID(sys::set_udp_options(fd, address.family(), address.is_wildcard()));
  TRY_VOID(sys::attach_datagram_prefilter(fd, sys::DatagramsFrom::kClient));  // before bind: no datagram ever comes around it
  return fd;
}

/// Binds A without SO_REUSEPORT, so that a port in use is refused; B needs the option on both, and as long as it is on,
/// another process of this user could bind the port and take datagrams: it goes off before anything is announced.
Result<UdpSockets, SystemError> bind_pair(const sys::SocketAddress& address) {
  UdpSockets sockets;
  sockets.first = TRY(prepared_socket(address));
  TRY_VOID(sys::bind(sockets.first, address));
  const sys::SocketAddress bound = TRY(sys::local_address(sockets.first));
  sockets.second = TRY(prepared_socket(address));
  TRY_VOID(sys::set_reuse_port(sockets.first, true));
  TRY_VOID(sys::set_reuse_port(sockets.second, true));
  TRY_VOID(sys::bind(sockets.second, bound));
  TRY_VOID(sys::set_reuse_port(sockets.first, false));
  TRY_VOID(sys::set_reuse_port(sockets.second, false));
  sockets.port = bound.port();
  sockets.family = family_of(bound);
  return sockets;
}

Result<UdpSockets, BindFailure> bind_range(sys::SocketAddress address, PortRange ports) {
  BindFailure failure;
  for (std::uint32_t port = ports.low; port <= ports.high; ++port) {
    address.set_port(static_cast<std::uint16_t>(port));
    auto sockets = bind_pair(address);
    if (sockets) return std::move(*sockets);
    failure = {static_cast<std::uint16_t>(port), sockets.error()};
  }
  return std::unexpected(failure);
}

/// What a person can do about it (command line 5, rows 9, 15 and 16).
std::string hint(PortRange ports, const BindFailure& failure) {
  const std::string low = std::to_string(ports.low);
  if (failure.error.number == EACCES && failure.port < kFirstUnprivilegedPort) {
    return "-p is the UDP port of the session. For the ssh port use --ssh=\"ssh -p " + low + "\".\n";
  }
  if (failure.error.number != EADDRINUSE) return {};
  if (ports.low == ports.high) {
    return "UDP port " + low + " is in use; every session needs its own port. Give a range with -p LOW:HIGH.\n";
  }
  return "All UDP ports " + low + "-" + std::to_string(ports.high) + " are in use. End a session or give another range "
         "with -p LOW:HIGH.\n";
}

}  // namespace

Result<UdpSockets, std::string> bind_udp(const std::optional<std::string>& address, PortRange ports,
                                         std::string& messages) {
  if (address) {
    const auto wanted = sys::parse_address(*address);
    if (wanted) {
      auto sockets = bind_range(*wanted, ports);
      if (sockets) return std::move(*sockets);
      messages += "Failed binding to " + *address + ":" + std::to_string(sockets.error().port) + "\n";
      messages += "Error binding to IP " + *address + ": " + reason(sockets.error().error) + "\n";
    } else {
      messages += "Error binding to IP " + *address + ": Bad IP address (" + *address + ")\n";
    }
  }
  const sys::SocketAddress wildcard = sys::wildcard_address();
  auto sockets = bind_range(wildcard, ports);
  if (sockets) return std::move(*sockets);
  const BindFailure failure = sockets.error();
  const char* shown = wildcard.family() == AF_INET ? "0.0.0.0" : "::";
  return std::unexpected("Failed binding to " + std::string(shown) + ":" + std::to_string(failure.port) + "\n" +
                         "Error binding to any interface: " + reason(failure.error) + "\n" +
                         "Network exception: " + reason(failure.error) + "\n" + hint(ports, failure));
}

Result<UdpSockets, std::string> adopt_udp(UniqueFd socket) {
  const auto complaint = [](const SystemError& error) {
    return std::unexpected("The socket passed by the service manager cannot be used: " + reason(error) + "\n");
  };
  const auto bound = sys::local_address(socket);
  if (!bound) return complaint(bound.error());
  if (bound->port() == 0) return complaint(SystemError{"bind", EINVAL});
  if (const auto set = sys::set_udp_options(socket, bound->family(), bound->is_wildcard()); !set) return complaint(set.error());
  if (const auto set = sys::attach_datagram_prefilter(socket, sys::DatagramsFrom::kClient); !set) return complaint(set.error());
  return UdpSockets{.first = std::move(socket), .second = {}, .port = bound->port(), .family = family_of(*bound)};
}

}  // namespace sallyport::server
