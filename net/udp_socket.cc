#include "net/udp_socket.h"

#include <cerrno>

namespace sallyport::net {

std::optional<ReceivedDatagram> UdpEndpoint::receive_from(Socket which,
                                                          std::span<std::byte, kReceiveBufferBytes> buffer) {
  constexpr int kAttempts = 4;  // ours: three bad ones and one good
  const BorrowedFd fd = which == Socket::kAny ? any_.borrow() : peer_.borrow();
  if (!fd.valid()) return std::nullopt;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const auto datagram = receive_datagram(fd, buffer);
    if (datagram) {
      ++counters_.received;
      return *datagram;
    }
    if (datagram.error() == EAGAIN) return std::nullopt;
    ++(datagram.error() == EMSGSIZE ? counters_.truncated : counters_.icmp_errors);
  }
  return std::nullopt;
}

std::optional<ReceivedDatagram> UdpEndpoint::receive(std::span<std::byte, kReceiveBufferBytes> buffer) {
  if (auto datagram = receive_from(Socket::kPeer, buffer)) return datagram;
  return receive_from(Socket::kAny, buffer);
}

SendOutcome UdpEndpoint::send(const Address& to, std::span<const std::byte> datagram) {
  const bool over_peer = connected_ == to;
  const BorrowedFd fd = over_peer ? peer_.borrow() : any_.borrow();
  const Address* const name = over_peer ? nullptr : &to;
  int error = send_datagram(fd, name, datagram);
  if (error != 0 && error != EAGAIN && error != EMSGSIZE) {
    // Perhaps it was left by ICMP for an earlier datagram; reporting it has cleared it, and this one was not sent.
    ++counters_.icmp_errors;
    error = send_datagram(fd, name, datagram);
  }
  if (error == 0) return SendOutcome::kSent;
  ++counters_.send_failures;
  return error == EMSGSIZE ? SendOutcome::kTooBig : SendOutcome::kFailed;
}

Result<void, SystemError> UdpEndpoint::connect_peer(const Address& peer) {
  if (!peer_.valid() || connected_ == peer) return {};
  // Without dissolving it first, a socket bound to the wildcard would keep the source address of the old route.
  if (connected_) {
    connected_.reset();
    if (const int error = dissolve_connection(peer_.borrow())) return std::unexpected(SystemError{"connect", error});
  }
  if (const int error = connect_socket(peer_.borrow(), peer)) return std::unexpected(SystemError{"connect", error});
  connected_ = peer;
  return {};
}

}  // namespace sallyport::net
