#include "server/bind.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "base/sys/udp.h"

namespace sallyport::server {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// Occupies a free port in the way that stock does.
struct Occupied {
  UniqueFd socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  explicit Occupied(std::uint16_t port) {
    sockaddr_in address = loopback(port);
    address.sin_addr.s_addr = INADDR_ANY;
    EXPECT_EQ(::bind(socket.borrow().number(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
};

/// A run of `count` ports that nobody has bound.
PortRange free_ports(std::uint16_t count) {
  for (std::uint32_t low = 61200; low < 65000; low += count) {
    std::string messages;
    bool all = true;
    std::vector<UdpSockets> held;
    for (std::uint32_t port = low; all && port < low + count; ++port) {
      auto sockets = bind_udp({}, {static_cast<std::uint16_t>(port), static_cast<std::uint16_t>(port)}, messages);
      all = sockets.has_value();
      if (all) held.push_back(std::move(*sockets));
    }
    if (all) return {static_cast<std::uint16_t>(low), static_cast<std::uint16_t>(low + count - 1)};
  }
  ADD_FAILURE() << "no free ports";
  return {};
}

void send_to(std::uint16_t port, const std::vector<std::uint8_t>& payload) {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const sockaddr_in to = loopback(port);
  EXPECT_EQ(::sendto(socket.borrow().number(), payload.data(), payload.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to),
            static_cast<ssize_t>(payload.size()));
}

/// Length of the next datagram on either socket, or -1.
ssize_t next_length(const UdpSockets& sockets) {
  std::vector<char> buffer(4096);
  for (const UniqueFd* fd : {&sockets.first, &sockets.second}) {
    if (!fd->valid()) continue;
    const ssize_t n = ::recv(fd->borrow().number(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n >= 0) return n;
  }
  return -1;
}

int option(BorrowedFd socket, int level, int name) {
  int value = -1;
  socklen_t length = sizeof value;
  return ::getsockopt(socket.number(), level, name, &value, &length) == 0 ? value : -1;
}

TEST(CommandLineChecklist, Item07_TakesTheFirstFreePortInAscendingOrder) {
  const PortRange range = free_ports(3);
  std::string messages;
  const auto first = bind_udp({}, range, messages);
  const auto second = bind_udp({}, range, messages);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->port, range.low);
  EXPECT_EQ(second->port, range.low + 1);
  EXPECT_EQ(messages, "");
  EXPECT_EQ(Options().ports, (PortRange{60001, 60999}));
}

TEST(CommandLineChecklist, Item08_PortsAreThoseAskedFor) {
  const PortRange range = free_ports(4);
  std::string messages;
  {
    const auto within = bind_udp("127.0.0.1", range, messages);
    ASSERT_TRUE(within);
    EXPECT_GE(within->port, range.low);
    EXPECT_LE(within->port, range.high);
  }
  const auto exact = bind_udp({}, {range.low, range.low}, messages);
  ASSERT_TRUE(exact);
  EXPECT_EQ(exact->port, range.low);
  const auto any = bind_udp({}, {0, 0}, messages);
  ASSERT_TRUE(any);
  EXPECT_NE(any->port, 0);
}

TEST(CommandLineChecklist, Item10_AddressThatIsNotOursFallsBackToTheWildcard) {
  const PortRange range = free_ports(2);
  std::string messages;
  const auto sockets = bind_udp("192.0.2.77", range, messages);
  ASSERT_TRUE(sockets);
  EXPECT_EQ(sockets->port, range.low);
  EXPECT_EQ(messages, "Failed binding to 192.0.2.77:" + std::to_string(range.high) +
                          "\nError binding to IP 192.0.2.77: bind: Cannot assign requested address\n");
  const auto bound = sys::local_address(sockets->first);
  ASSERT_TRUE(bound);
  EXPECT_TRUE(bound->is_wildcard());
}

TEST(Bind, TextThatIsNoAddressIsNeverLookedUp) {
  for (const char* text : {"nonsense", "localhost", "", "127.0.0.1 ", "::1::", "1.2.3.4.5"}) {
    std::string messages;
    const auto sockets = bind_udp(text, {0, 0}, messages);
    ASSERT_TRUE(sockets);
    EXPECT_EQ(messages, std::string("Error binding to IP ") + text + ": Bad IP address (" + text + ")\n");
  }
}

TEST(Bind, PortInUseFailsWithTheLinesOfTheSpecificationAndAHint) {
  const PortRange range = free_ports(2);
  const Occupied one(range.low);
  const std::string low = std::to_string(range.low);
  std::string messages;
  const auto single = bind_udp({}, {range.low, range.low}, messages);
  ASSERT_FALSE(single);
  EXPECT_EQ(single.error(), "Failed binding to 0.0.0.0:" + low +
                                "\nError binding to any interface: bind: Address already in use\n"
                                "Network exception: bind: Address already in use\nUDP port " +
                                low + " is in use; every session needs its own port. Give a range with -p LOW:HIGH.\n");
  const Occupied two(range.high);
  const auto both = bind_udp({}, range, messages);
  ASSERT_FALSE(both);
  EXPECT_NE(both.error().find("All UDP ports " + low + "-" + std::to_string(range.high) + " are in use."), std::string::npos);
}

TEST(Bind, NobodyElseCanBindThePortAfterwards) {
  std::string messages;
  const auto sockets = bind_udp("127.0.0.1", {0, 0}, messages);
  ASSERT_TRUE(sockets);
  ASSERT_TRUE(sockets->second.valid());
  const UniqueFd thief(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ASSERT_TRUE(sys::set_reuse_port(thief, true));
  const sockaddr_in address = loopback(sockets->port);
  EXPECT_EQ(::bind(thief.borrow().number(), reinterpret_cast<const sockaddr*>(&address), sizeof address), -1);
  EXPECT_EQ(errno, EADDRINUSE);
  for (const UniqueFd* fd : {&sockets->first, &sockets->second}) EXPECT_EQ(option(*fd, SOL_SOCKET, SO_REUSEPORT), 0);
}

TEST(WireChecklist, Item18_SocketsMarkEct0LeaveDfClearAndSeeCongestion) {
  std::string messages;
  const auto sockets = bind_udp("127.0.0.1", {0, 0}, messages);
  ASSERT_TRUE(sockets);
  EXPECT_EQ(sockets->family, AddressFamily::kIpv4);
  for (const UniqueFd* fd : {&sockets->first, &sockets->second}) {
    EXPECT_EQ(option(*fd, IPPROTO_IP, IP_MTU_DISCOVER), IP_PMTUDISC_DONT);
    EXPECT_EQ(option(*fd, IPPROTO_IP, IP_TOS), 0x02);
    EXPECT_EQ(option(*fd, IPPROTO_IP, IP_RECVTOS), 1);
    EXPECT_EQ(option(*fd, SOL_SOCKET, SO_LOCK_FILTER), 1);
  }
}

TEST(Bind, Ipv6WildcardServesIpv4Too) {
  std::string messages;
  const auto sockets = bind_udp("::", {0, 0}, messages);
  if (!sockets || !messages.empty()) GTEST_SKIP() << "no IPv6 here";
  EXPECT_EQ(sockets->family, AddressFamily::kIpv6);
  for (const UniqueFd* fd : {&sockets->first, &sockets->second}) {
    EXPECT_EQ(option(*fd, IPPROTO_IPV6, IPV6_V6ONLY), 0);
    EXPECT_EQ(option(*fd, IPPROTO_IPV6, IPV6_RECVTCLASS), 1);
  }
  send_to(sockets->port, std::vector<std::uint8_t>(100));
  EXPECT_EQ(next_length(*sockets), 100);
}

TEST(Bind, PrefilterPassesClientDatagramsOf38To2048BytesAlone) {
  std::string messages;
  const auto sockets = bind_udp("127.0.0.1", {0, 0}, messages);
  ASSERT_TRUE(sockets);
  const struct {
    std::size_t bytes;
    std::uint8_t first;
    bool passes;
  } kCases[] = {{0, 0, false},    {1, 0, false},     {37, 0, false},      {38, 0, true},     {38, 0x7F, true}, {38, 0x80, false},
                {500, 0xFF, false}, {2048, 0, true}, {2049, 0, false}, {3000, 0, false}, {1252, 1, true}};
  for (const auto& [bytes, first, passes] : kCases) {
    std::vector<std::uint8_t> payload(bytes);
    if (!payload.empty()) payload[0] = first;
    send_to(sockets->port, payload);
    EXPECT_EQ(next_length(*sockets), passes ? static_cast<ssize_t>(bytes) : -1) << bytes << " bytes, first " << int{first};
  }
  // Locked: not even its owner can take it off.
  int unused = 0;
  EXPECT_EQ(::setsockopt(sockets->first.borrow().number(), SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused), -1);
  EXPECT_EQ(errno, EPERM);
}

TEST(Bind, SecondSocketTakesThePeerItIsConnectedTo) {
  std::string messages;
  const auto sockets = bind_udp("127.0.0.1", {0, 0}, messages);
  ASSERT_TRUE(sockets);
  const UniqueFd peer(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const sockaddr_in to = loopback(sockets->port);
  ASSERT_EQ(::connect(peer.borrow().number(), reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  const auto from = sys::local_address(peer);
  ASSERT_TRUE(from);
  ASSERT_EQ(::connect(sockets->second.borrow().number(), reinterpret_cast<const sockaddr*>(&from->storage), from->length), 0);
  const std::vector<std::uint8_t> payload(64);
  ASSERT_EQ(::send(peer.borrow().number(), payload.data(), payload.size(), 0), 64);
  char byte = 0;
  EXPECT_EQ(::recv(sockets->first.borrow().number(), &byte, 1, MSG_DONTWAIT), -1);
  EXPECT_EQ(::recv(sockets->second.borrow().number(), &byte, 1, MSG_DONTWAIT), 1);
  send_to(sockets->port, payload);  // a stranger's goes to A
  EXPECT_EQ(::recv(sockets->second.borrow().number(), &byte, 1, MSG_DONTWAIT), -1);
  EXPECT_EQ(::recv(sockets->first.borrow().number(), &byte, 1, MSG_DONTWAIT), 1);
}

TEST(Bind, AdoptsAPassedSocketWithOptionsAndFilterAndWithoutASecond) {
  UniqueFd passed(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  EXPECT_TRUE(sys::is_udp_socket(passed));
  sockaddr_in address = loopback(0);
  ASSERT_EQ(::bind(passed.borrow().number(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  const auto sockets = adopt_udp(std::move(passed));
  ASSERT_TRUE(sockets);
  EXPECT_NE(sockets->port, 0);
  EXPECT_FALSE(sockets->second.valid());
  EXPECT_EQ(option(sockets->first, SOL_SOCKET, SO_LOCK_FILTER), 1);
}

TEST(Bind, RefusesAPassedSocketThatIsNotBound) {
  const auto sockets = adopt_udp(UniqueFd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)));
  ASSERT_FALSE(sockets);
  EXPECT_TRUE(sockets.error().starts_with("The socket passed by the service manager cannot be used: ")) << sockets.error();
  EXPECT_FALSE(sys::is_udp_socket(UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))));
  EXPECT_FALSE(sys::is_udp_socket(UniqueFd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0))));
}

}  // namespace
}  // namespace sallyport::server
