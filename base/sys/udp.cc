#include "base/sys/udp.h"

#include <linux/filter.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/ip.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>

namespace sallyport::sys {
namespace {

Result<void, SystemError> set_option(BorrowedFd socket, int level, int option, int value) {
  if (::setsockopt(socket.number(), level, option, &value, sizeof value) == 0) return {};
  return std::unexpected(SystemError{"setsockopt", errno});
}

std::optional<SocketAddress> numeric_look_up(const char* text, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | flags;
  addrinfo* list = nullptr;
  if (::getaddrinfo(text, "0", &hints, &list) != 0 || list == nullptr) return {};
  std::optional<SocketAddress> found;
  const bool usable = list->ai_family == AF_INET || list->ai_family == AF_INET6;
  if (usable && list->ai_addrlen <= sizeof(sockaddr_storage)) {
    found.emplace();
    std::memcpy(&found->storage, list->ai_addr, list->ai_addrlen);
    found->length = list->ai_addrlen;
  }
  ::freeaddrinfo(list);
  return found;
}

}  // namespace

std::uint16_t SocketAddress::port() const {
  // The port lies at the same place in both families' addresses.
  static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));
  std::uint16_t network_order = 0;
  std::memcpy(&network_order, reinterpret_cast<const char*>(&storage) + offsetof(sockaddr_in, sin_port), sizeof network_order);
  return ntohs(network_order);
}

void SocketAddress::set_port(std::uint16_t port) {
  const std::uint16_t network_order = htons(port);
  std::memcpy(reinterpret_cast<char*>(&storage) + offsetof(sockaddr_in, sin_port), &network_order, sizeof network_order);
}

bool SocketAddress::is_wildcard() const {
  if (family() == AF_INET) {
    sockaddr_in address{};
    std::memcpy(&address, &storage, sizeof address);
    return address.sin_addr.s_addr == htonl(INADDR_ANY);
  }
  sockaddr_in6 address{};
  std::memcpy(&address, &storage, sizeof address);
  return family() == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&address.sin6_addr);
}

std::optional<SocketAddress> parse_address(std::string_view text) {
  constexpr std::size_t kLongest = 64;  // ours: an IPv6 address is at most 45 characters, an interface name 15
  if (text.empty() || text.size() > kLongest || text.find('\0') != std::string_view::npos) return {};
  return numeric_look_up(std::string(text).c_str(), 0);
}

SocketAddress wildcard_address() {
  if (auto found = numeric_look_up(nullptr, AI_PASSIVE)) return *found;
  SocketAddress any;
  any.storage.ss_family = AF_INET;
  any.length = sizeof(sockaddr_in);
  return any;
}

Result<UniqueFd, SystemError> open_udp(sa_family_t family) {
  UniqueFd fd(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP));
  if (!fd.valid()) return std::unexpected(SystemError{"socket", errno});
  return fd;
}

Result<void, SystemError> set_udp_options(BorrowedFd socket, sa_family_t family, bool wildcard) {
  constexpr int kEct0 = 0x02;  // spec: wire 3.6, ECN-capable
  // The IPv4 options are set on IPv6 sockets too: they govern datagrams to IPv4-mapped peers. There they may be refused.
  const auto no_discovery = set_option(socket, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
  if (!no_discovery && family == AF_INET) return no_discovery;
  (void)set_option(socket, IPPROTO_IP, IP_TOS, kEct0);
  (void)set_option(socket, IPPROTO_IP, IP_RECVTOS, 1);
  if (family != AF_INET6) return {};
  TRY_VOID(set_option(socket, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT));
  (void)set_option(socket, IPPROTO_IPV6, IPV6_TCLASS, kEct0);
  (void)set_option(socket, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
  if (wildcard) (void)set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  return {};
}

Result<void, SystemError> attach_datagram_prefilter(BorrowedFd socket, DatagramsFrom from) {
  constexpr std::uint32_t kUdpHeaderBytes = 8;
  constexpr std::uint32_t kDirectionBit = 0x80;  // spec: wire 2.2, set towards the client
  constexpr std::uint32_t kPassWhole = UINT32_MAX;
  const bool set_passes = from == DatagramsFrom::kServer;
  // The filter sees the datagram from its UDP header on, for IPv4 and IPv6 alike. Jumps count the statements to skip.
  std::array<sock_filter, 7> program = {{
      BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, kUdpHeaderBytes + kMinDatagramBytes, 0, 4),
      BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, kUdpHeaderBytes + kMaxDatagramBytes, 3, 0),
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kUdpHeaderBytes),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, kDirectionBit, static_cast<std::uint8_t>(set_passes ? 0 : 1),
               static_cast<std::uint8_t>(set_passes ? 1 : 0)),
      BPF_STMT(BPF_RET | BPF_K, kPassWhole),
      BPF_STMT(BPF_RET | BPF_K, 0),
  }};
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (::setsockopt(socket.number(), SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) < 0) {
    return std::unexpected(SystemError{"setsockopt(SO_ATTACH_FILTER)", errno});
  }
  return set_option(socket, SOL_SOCKET, SO_LOCK_FILTER, 1);
}

Result<UniqueFd, SystemError> open_client_udp(sa_family_t family) {
  // Ours: a whole instruction of a megabyte or so waits here while net works on the one before. The kernel may grant less.
  constexpr int kReceiveBufferBytes = 1 << 20;
  UniqueFd fd = TRY(open_udp(family));
  TRY_VOID(set_udp_options(fd, family, /*wildcard=*/false));
  if (family == AF_INET6) TRY_VOID(set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1));
  (void)set_option(fd, SOL_SOCKET, SO_RCVBUF, kReceiveBufferBytes);
  TRY_VOID(attach_datagram_prefilter(fd, DatagramsFrom::kServer));
  return fd;
}

Result<void, SystemError> set_reuse_port(BorrowedFd socket, bool on) {
  return set_option(socket, SOL_SOCKET, SO_REUSEPORT, on ? 1 : 0);
}

Result<void, SystemError> bind(BorrowedFd socket, const SocketAddress& address) {
  if (::bind(socket.number(), reinterpret_cast<const sockaddr*>(&address.storage), address.length) == 0) return {};
  return std::unexpected(SystemError{"bind", errno});
}

Result<SocketAddress, SystemError> local_address(BorrowedFd socket) {
  SocketAddress address;
  address.length = sizeof address.storage;
  if (::getsockname(socket.number(), reinterpret_cast<sockaddr*>(&address.storage), &address.length) == 0) return address;
  return std::unexpected(SystemError{"getsockname", errno});
}

bool is_udp_socket(BorrowedFd socket) {
  const auto has = [socket](int option, auto... accepted) {
    int value = 0;
    socklen_t length = sizeof value;
    return ::getsockopt(socket.number(), SOL_SOCKET, option, &value, &length) == 0 && (... || (value == accepted));
  };
  return has(SO_TYPE, SOCK_DGRAM) && has(SO_PROTOCOL, IPPROTO_UDP) && has(SO_DOMAIN, AF_INET, AF_INET6);
}

}  // namespace sallyport::sys
