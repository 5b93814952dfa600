#include "net/udp_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace sallyport::net {
namespace {

/// An Address as the kernel takes it.
struct RawAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

RawAddress to_raw(const Address& address) {
  RawAddress raw;
  if (address.family == Family::kIpv4) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(address.port);
    std::memcpy(&in.sin_addr, address.bytes.data(), sizeof in.sin_addr);
    std::memcpy(&raw.storage, &in, sizeof in);
    raw.length = sizeof in;
  } else {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(address.port);
    in.sin6_scope_id = address.scope;
    std::memcpy(&in.sin6_addr, address.bytes.data(), sizeof in.sin6_addr);
    std::memcpy(&raw.storage, &in, sizeof in);
    raw.length = sizeof in;
  }
  return raw;
}

Address from_raw(const sockaddr_storage& storage) {
  Address address;
  if (storage.ss_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &storage, sizeof in);
    address.family = Family::kIpv4;
    address.port = ntohs(in.sin_port);
    std::memcpy(address.bytes.data(), &in.sin_addr, sizeof in.sin_addr);
  } else {
    sockaddr_in6 in{};
    std::memcpy(&in, &storage, sizeof in);
    address.family = Family::kIpv6;
    address.port = ntohs(in.sin6_port);
    address.scope = in.sin6_scope_id;
    std::memcpy(address.bytes.data(), &in.sin6_addr, sizeof in.sin6_addr);
  }
  return address;
}

/// Both low bits of the TOS byte (IPv4, also for mapped peers) or the traffic class (IPv6) set means CE.
Ecn ecn_of(msghdr& message) {
  constexpr int kEcnMask = 0x03;  // spec: RFC 3168 5, and its value "congestion experienced"
  for (cmsghdr* control = CMSG_FIRSTHDR(&message); control != nullptr; control = CMSG_NXTHDR(&message, control)) {
    int value = 0;
    if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_TOS && control->cmsg_len >= CMSG_LEN(1)) {
      value = *CMSG_DATA(control);
    } else if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_TCLASS &&
               control->cmsg_len >= CMSG_LEN(sizeof value)) {
      std::memcpy(&value, CMSG_DATA(control), sizeof value);
    } else {
      continue;
    }
    return (value & kEcnMask) == kEcnMask ? Ecn::kCongestionExperienced : Ecn::kNotCongested;
  }
  return Ecn::kNotCongested;
}

/// 0 or errno. `to` null: the connected peer.
int send_once(BorrowedFd fd, RawAddress* to, std::span<const std::byte> datagram) {
  // sendmsg does not write through iov_base; its type is not const because recvmsg shares the struct.
  iovec piece{const_cast<std::byte*>(datagram.data()), datagram.size()};
  msghdr message{};
  if (to != nullptr) {
    message.msg_name = &to->storage;
    message.msg_namelen = to->length;
  }
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  return ::sendmsg(fd.number(), &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? errno : 0;
}

}  // namespace

std::optional<ReceivedDatagram> UdpEndpoint::receive_on(BorrowedFd fd,
                                                        std::span<std::byte, kReceiveBufferBytes> buffer) {
  constexpr int kAttempts = 4;  // ours: three bad ones and one good
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    sockaddr_storage from{};
    alignas(cmsghdr) std::array<std::byte, 64> control{};
    iovec piece{buffer.data(), buffer.size()};
    msghdr message{};
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t size = ::recvmsg(fd.number(), &message, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return std::nullopt;
    if (size < 0) {
      ++counters_.icmp_errors;
    } else if ((message.msg_flags & MSG_TRUNC) != 0) {
      ++counters_.truncated;
    } else {
      ++counters_.received;
      return ReceivedDatagram{buffer.first(static_cast<std::size_t>(size)), from_raw(from), ecn_of(message)};
    }
  }
  return std::nullopt;
}

std::optional<ReceivedDatagram> UdpEndpoint::receive_from_any(std::span<std::byte, kReceiveBufferBytes> buffer) {
  return receive_on(any_.borrow(), buffer);
}

std::optional<ReceivedDatagram> UdpEndpoint::receive_from_peer(std::span<std::byte, kReceiveBufferBytes> buffer) {
  if (!peer_.valid()) return std::nullopt;
  return receive_on(peer_.borrow(), buffer);
}

std::optional<ReceivedDatagram> UdpEndpoint::receive(std::span<std::byte, kReceiveBufferBytes> buffer) {
  if (auto datagram = receive_from_peer(buffer)) return datagram;
  return receive_from_any(buffer);
}

SendOutcome UdpEndpoint::send(const Address& to, std::span<const std::byte> datagram) {
  const bool over_peer = connected_ == to;
  RawAddress raw = to_raw(to);
  const BorrowedFd fd = over_peer ? peer_.borrow() : any_.borrow();
  RawAddress* const name = over_peer ? nullptr : &raw;
  int error = send_once(fd, name, datagram);
  if (error != 0 && error != EAGAIN && error != EMSGSIZE) {
    // Perhaps it was left by ICMP for an earlier datagram; reporting it has cleared it, and this one was not sent.
    ++counters_.icmp_errors;
    error = send_once(fd, name, datagram);
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
    sockaddr none{};
    none.sa_family = AF_UNSPEC;
    if (::connect(peer_.borrow().number(), &none, sizeof none) < 0)
      return std::unexpected(SystemError{"connect", errno});
  }
  const RawAddress raw = to_raw(peer);
  if (::connect(peer_.borrow().number(), reinterpret_cast<const sockaddr*>(&raw.storage), raw.length) < 0) {
    return std::unexpected(SystemError{"connect", errno});
  }
  connected_ = peer;
  return {};
}

}  // namespace sallyport::net
