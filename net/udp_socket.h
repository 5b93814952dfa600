// The server's steady work on its UDP sockets: receive, send, connect, and no other system call, because it runs under net's
// filter with pinned descriptors. Wire protocol 3.6, 3.10; architecture 4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "base/result.h"
#include "base/unique_fd.h"
#include "net/address.h"
#include "net/udp_calls.h"

namespace sallyport::net {

enum class SendOutcome : std::uint8_t {
  kSent,
  kTooBig,  ///< EMSGSIZE: use kFallbackDatagramBytes from now on (wire 3.10)
  kFailed,  ///< anything else; counted. Go on as if it had been sent
};

struct UdpCounters {
  std::uint64_t received = 0;
  std::uint64_t truncated = 0;    ///< longer than the buffer
  std::uint64_t icmp_errors = 0;  ///< errors that arrived for earlier sends; ignored
  std::uint64_t send_failures = 0;
};

/// A takes datagrams from anybody; B, once connected, only from the validated peer, in a queue of its own that a
/// flood on A cannot displace. Both are bound to the same port and filtered before net gets them (base/sys/udp.h);
/// until B is connected the kernel may deliver to either: read both. Bound IPv6 sockets see IPv4 peers as mapped
/// addresses.
class UdpEndpoint {
 public:
  /// `peer` may be empty: everything then goes over `any`.
  explicit UdpEndpoint(UniqueFd any, UniqueFd peer = {}) : any_(std::move(any)), peer_(std::move(peer)) {}

  /// The next datagram of B, else of A; nothing if both are empty. Never blocks. At most four errors or truncated
  /// datagrams are swallowed per socket and call, so that a flood of them cannot hold the caller.
  [[nodiscard]] std::optional<ReceivedDatagram> receive(std::span<std::byte, kReceiveBufferBytes> buffer);
  /// As receive(), from one socket only; for a caller that budgets them apart.
  enum class Socket : std::uint8_t { kAny, kPeer };
  [[nodiscard]] std::optional<ReceivedDatagram> receive_from(Socket which,
                                                             std::span<std::byte, kReceiveBufferBytes> buffer);

  /// Sends one datagram to `to`: over B if it is connected there, else over A. Never blocks; a full buffer is
  /// kFailed. An error that ICMP left on B is consumed and the send tried once more.
  SendOutcome send(const Address& to, std::span<const std::byte> datagram);

  /// Connects B to the validated peer (dissolving the earlier connection first). Without B: nothing. On failure B is
  /// left unconnected and everything goes over A.
  Result<void, SystemError> connect_peer(const Address& peer);

  /// B is there and connected: what the validated peer sends does not come by A.
  [[nodiscard]] bool peer_connected() const { return connected_.has_value(); }
  [[nodiscard]] const UdpCounters& counters() const { return counters_; }
  [[nodiscard]] BorrowedFd any_fd() const { return any_.borrow(); }
  /// Not valid() if there is no B.
  [[nodiscard]] BorrowedFd peer_fd() const { return peer_.borrow(); }

 private:
  UniqueFd any_;
  UniqueFd peer_;
  std::optional<Address> connected_;
  UdpCounters counters_;
};

}  // namespace sallyport::net
