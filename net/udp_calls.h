// The system calls on UDP sockets that net makes in its steady state, once each and typed: they run under its filter, on pinned
// descriptors. Internal to this room: udp_socket.h is the server's use of them, client_sockets.h the client's. Wire 3.6.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "base/unique_fd.h"
#include "net/address.h"
#include "net/ecn.h"

namespace sallyport::net {

/// Size of a receive buffer; longer datagrams are dropped (spec: wire 3.6).
inline constexpr std::size_t kReceiveBufferBytes = 2048;

struct ReceivedDatagram {
  std::span<std::byte> bytes;  ///< the filled part of the caller's buffer; may be empty
  Address from;
  Ecn ecn = Ecn::kNotCongested;
};

/// recvmsg(2), not blocking: a datagram, or errno; EAGAIN if there is none, EMSGSIZE if it was longer than the buffer.
[[nodiscard]] Result<ReceivedDatagram, int> receive_datagram(BorrowedFd fd,
                                                             std::span<std::byte, kReceiveBufferBytes> buffer);
/// sendmsg(2), not blocking: 0 or errno. `to` null: the connected peer.
[[nodiscard]] int send_datagram(BorrowedFd fd, const Address* to, std::span<const std::byte> datagram);
/// connect(2): 0 or errno.
[[nodiscard]] int connect_socket(BorrowedFd fd, const Address& to);
/// connect(2) to nobody: a port and a source address that the kernel chose are given up. 0 or errno.
[[nodiscard]] int dissolve_connection(BorrowedFd fd);

}  // namespace sallyport::net
