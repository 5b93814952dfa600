// Sets up UDP sockets: the calls and options of wire protocol 3.6 and the kernel's prefilter of architecture 4. Used by the
// monitor's set-up and by the client's guard, which hand the sockets to their nets; datagrams are sent and received in net/.
// Never allocates.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace sallyport::sys {

/// An IPv4 or IPv6 address with a port, as the socket calls take it.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  [[nodiscard]] sa_family_t family() const { return storage.ss_family; }
  [[nodiscard]] std::uint16_t port() const;
  void set_port(std::uint16_t port);
  /// 0.0.0.0 or ::.
  [[nodiscard]] bool is_wildcard() const;
};

/// Reads a numeric address (IPv6 with an optional %INTERFACE); nothing if it is not one. No name is ever looked up.
[[nodiscard]] std::optional<SocketAddress> parse_address(std::string_view text);
/// The wildcard: the first numeric answer of a passive look-up of no particular family, 0.0.0.0 on Linux (command line 1.3).
[[nodiscard]] SocketAddress wildcard_address();

/// Smallest and largest payload that the prefilter passes. 38: nonce 8, tag 16, timestamps 4, fragment header 10 (spec: wire
/// 2.2, 3.1, 4.1). 2048: what a receiver takes (spec: wire 3.5).
inline constexpr std::uint32_t kMinDatagramBytes = 38;
inline constexpr std::uint32_t kMaxDatagramBytes = 2048;

/// A UDP socket, close-on-exec and non-blocking, without any option.
[[nodiscard]] Result<UniqueFd, SystemError> open_udp(sa_family_t family);
/// The options of wire 3.6. Fails only where the specification calls it fatal. `wildcard`: also serve IPv4 if it is IPv6.
[[nodiscard]] Result<void, SystemError> set_udp_options(BorrowedFd socket, sa_family_t family, bool wildcard);
/// Whose datagrams a socket takes: the first bit of a payload is their direction (spec: wire 2.2).
enum class DatagramsFrom : std::uint8_t { kClient, kServer };
/// Attaches and locks the classic-BPF prefilter: passes payloads of 38..2048 bytes of that direction, and drops the rest in
/// the kernel.
[[nodiscard]] Result<void, SystemError> attach_datagram_prefilter(BorrowedFd socket, DatagramsFrom from);
/// A socket for the client's net, with all options and the prefilter, serving one family only. Neither bound nor connected:
/// net connects it to the server, which gives it a port. Four of them make privsep::client_net_fd's: two of each family that
/// the server has an address of.
[[nodiscard]] Result<UniqueFd, SystemError> open_client_udp(sa_family_t family);
[[nodiscard]] Result<void, SystemError> set_reuse_port(BorrowedFd socket, bool on);
[[nodiscard]] Result<void, SystemError> bind(BorrowedFd socket, const SocketAddress& address);
/// getsockname(2).
[[nodiscard]] Result<SocketAddress, SystemError> local_address(BorrowedFd socket);
/// True for a UDP socket over IPv4 or IPv6, as a service manager may pass one.
[[nodiscard]] bool is_udp_socket(BorrowedFd socket);

}  // namespace sallyport::sys
