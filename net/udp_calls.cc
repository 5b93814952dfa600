#include "net/udp_calls.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
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

}  // namespace

Result<ReceivedDatagram, int> receive_datagram(BorrowedFd fd, std::span<std::byte, kReceiveBufferBytes> buffer) {
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
  if (size < 0) return std::unexpected(errno == EWOULDBLOCK ? EAGAIN : errno);
  if ((message.msg_flags & MSG_TRUNC) != 0) return std::unexpected(EMSGSIZE);
  return ReceivedDatagram{buffer.first(static_cast<std::size_t>(size)), from_raw(from), ecn_of(message)};
}

int send_datagram(BorrowedFd fd, const Address* to, std::span<const std::byte> datagram) {
  // sendmsg does not write through iov_base; its type is not const because recvmsg shares the struct.
  iovec piece{const_cast<std::byte*>(datagram.data()), datagram.size()};
  msghdr message{};
  RawAddress raw;
  if (to != nullptr) {
    raw = to_raw(*to);
    message.msg_name = &raw.storage;
    message.msg_namelen = raw.length;
  }
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  return ::sendmsg(fd.number(), &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? errno : 0;
}

int connect_socket(BorrowedFd fd, const Address& to) {
  const RawAddress raw = to_raw(to);
  return ::connect(fd.number(), reinterpret_cast<const sockaddr*>(&raw.storage), raw.length) < 0 ? errno : 0;
}

int dissolve_connection(BorrowedFd fd) {
  sockaddr none{};
  none.sa_family = AF_UNSPEC;
  return ::connect(fd.number(), &none, sizeof none) < 0 ? errno : 0;
}

}  // namespace sallyport::net
