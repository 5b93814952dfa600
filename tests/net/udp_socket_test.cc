#include "net/udp_socket.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "base/sys/udp.h"
#include "tests/crypto/hex.h"

namespace sallyport::net {
namespace {

Address loopback(Family family, std::uint16_t port) {
  Address address{.family = family, .port = port};
  if (family == Family::kIpv4) {
    address.bytes = {127, 0, 0, 1};
  } else {
    address.bytes[15] = 1;
  }
  return address;
}

/// A and B as the monitor makes them (server/bind.cc): B joins A's port while both allow it, then neither does.
struct Pair {
  UniqueFd any;
  UniqueFd peer;
  std::uint16_t port = 0;
};

UniqueFd prepared(const sys::SocketAddress& local) {
  auto fd = sys::open_udp(local.family());
  EXPECT_TRUE(fd && sys::set_udp_options(*fd, local.family(), local.is_wildcard()) &&
              sys::attach_datagram_prefilter(*fd, sys::DatagramsFrom::kClient));
  return std::move(*fd);
}

Pair open_pair(const char* local) {
  const auto address = sys::parse_address(local);
  Pair pair{.any = prepared(*address), .peer = prepared(*address)};
  EXPECT_TRUE(sys::bind(pair.any, *address).has_value());
  const auto bound = sys::local_address(pair.any);
  EXPECT_TRUE(sys::set_reuse_port(pair.any, true) && sys::set_reuse_port(pair.peer, true) &&
              sys::bind(pair.peer, *bound) && sys::set_reuse_port(pair.any, false) &&
              sys::set_reuse_port(pair.peer, false));
  pair.port = bound->port();
  return pair;
}

/// The other side: a plain socket on a loopback address.
class Peer {
 public:
  explicit Peer(const char* local) {
    const auto address = sys::parse_address(local);
    fd_ = std::move(*sys::open_udp(address->family()));
    EXPECT_TRUE(sys::bind(fd_, *address).has_value());
    const int on = 1;
    EXPECT_EQ(::setsockopt(number(), IPPROTO_IP, IP_RECVTOS, &on, sizeof on), 0);
    if (address->family() == AF_INET6) {
      EXPECT_EQ(::setsockopt(number(), IPPROTO_IPV6, IPV6_RECVTCLASS, &on, sizeof on), 0);
    }
  }
  [[nodiscard]] int number() const { return fd_.borrow().number(); }
  [[nodiscard]] std::uint16_t port() const { return sys::local_address(fd_)->port(); }
  void send(const char* to, std::uint16_t port, const Bytes& bytes) {
    auto address = *sys::parse_address(to);
    address.set_port(port);
    EXPECT_EQ(::sendto(number(), bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&address.storage),
                       address.length),
              static_cast<ssize_t>(bytes.size()));
  }
  /// Marks everything sent from now on, as a congested router would.
  void mark(int ecn) {
    if (::setsockopt(number(), IPPROTO_IPV6, IPV6_TCLASS, &ecn, sizeof ecn) != 0) {
      EXPECT_EQ(::setsockopt(number(), IPPROTO_IP, IP_TOS, &ecn, sizeof ecn), 0);
    }
  }
  /// The next datagram and its TOS or traffic class; size -1 if there is none.
  std::pair<ssize_t, int> receive() {
    std::array<std::byte, 4096> buffer{};
    alignas(cmsghdr) std::array<std::byte, 128> control{};
    iovec piece{buffer.data(), buffer.size()};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t size = ::recvmsg(number(), &message, MSG_DONTWAIT);
    cmsghdr* const first = size < 0 ? nullptr : CMSG_FIRSTHDR(&message);
    return {size, first == nullptr ? -1 : static_cast<int>(*CMSG_DATA(first))};
  }

 private:
  UniqueFd fd_;
};

Bytes datagram(std::size_t size, std::byte first = std::byte{0}) {
  Bytes bytes(size, std::byte{7});
  if (size != 0) bytes[0] = first;
  return bytes;
}

class UdpEndpointTest : public ::testing::Test {
 protected:
  static UdpEndpoint endpoint_of(Pair& pair) { return UdpEndpoint(std::move(pair.any), std::move(pair.peer)); }
  std::array<std::byte, kReceiveBufferBytes> buffer_{};
};

TEST_F(UdpEndpointTest, ReceivesFromAnybodyAndAnswersThem) {
  Pair pair = open_pair("127.0.0.1");
  UdpEndpoint endpoint = endpoint_of(pair);
  EXPECT_FALSE(endpoint.receive(buffer_).has_value());
  Peer one("127.0.0.1"), two("127.0.0.2");
  for (Peer* peer : {&one, &two}) {
    peer->send("127.0.0.1", pair.port, datagram(60));
    const auto got = endpoint.receive(buffer_);
    ASSERT_TRUE(got.has_value());
    EXPECT_EQ(got->bytes.size(), 60U);
    EXPECT_EQ(got->from.port, peer->port());
    EXPECT_EQ(endpoint.send(got->from, datagram(80)), SendOutcome::kSent);
    EXPECT_EQ(peer->receive().first, 80);
  }
}

TEST_F(UdpEndpointTest, TheKernelDropsWhatCannotBeADatagramOfAClient) {
  Pair pair = open_pair("127.0.0.1");
  UdpEndpoint endpoint = endpoint_of(pair);
  Peer peer("127.0.0.1");
  for (const std::size_t size : {0U, 1U, 24U, 37U, 2049U, 4000U}) peer.send("127.0.0.1", pair.port, datagram(size));
  peer.send("127.0.0.1", pair.port, datagram(60, std::byte{0x80}));
  peer.send("127.0.0.1", pair.port, datagram(60, std::byte{0xFF}));
  EXPECT_FALSE(endpoint.receive(buffer_).has_value());
  for (const std::size_t size : {38U, 2048U}) {
    peer.send("127.0.0.1", pair.port, datagram(size, std::byte{0x7F}));
    const auto got = endpoint.receive(buffer_);
    ASSERT_TRUE(got.has_value());
    EXPECT_EQ(got->bytes.size(), size);
  }
  EXPECT_EQ(endpoint.counters().truncated, 0U);
}

TEST_F(UdpEndpointTest, AClientsSocketTakesWhatCanBeAServersDatagramAlone) {
  UniqueFd client = std::move(*sys::open_client_udp(AF_INET));
  Peer server("127.0.0.1");
  auto address = *sys::parse_address("127.0.0.1");
  address.set_port(server.port());
  ASSERT_EQ(::connect(client.borrow().number(), reinterpret_cast<const sockaddr*>(&address.storage), address.length), 0);
  const std::uint16_t port = sys::local_address(client)->port();
  constexpr std::byte kToClient{0x80};
  for (const std::size_t size : {0U, 1U, 37U, 2049U, 4000U}) server.send("127.0.0.1", port, datagram(size, kToClient));
  server.send("127.0.0.1", port, datagram(60, std::byte{0x7F}));
  Peer stranger("127.0.0.1");
  stranger.send("127.0.0.1", port, datagram(60, kToClient));
  UdpEndpoint endpoint(std::move(client));
  EXPECT_FALSE(endpoint.receive(buffer_).has_value());
  for (const std::size_t size : {38U, 2048U}) {
    server.send("127.0.0.1", port, datagram(size, kToClient));
    const auto got = endpoint.receive(buffer_);
    ASSERT_TRUE(got.has_value());
    EXPECT_EQ(got->bytes.size(), size);
  }
}

TEST_F(UdpEndpointTest, TheFilterIsLocked) {
  Pair pair = open_pair("127.0.0.1");
  const int none = 0;
  for (const UniqueFd* fd : {&pair.any, &pair.peer}) {
    EXPECT_LT(::setsockopt(fd->borrow().number(), SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof none), 0);
    EXPECT_EQ(errno, EPERM);
    EXPECT_LT(::setsockopt(fd->borrow().number(), SOL_SOCKET, SO_LOCK_FILTER, &none, sizeof none), 0);
    EXPECT_FALSE(sys::attach_datagram_prefilter(*fd, sys::DatagramsFrom::kClient).has_value());
  }
}

TEST(WireChecklist, Item05_SurvivesDatagramsLongerThan2048BytesWithoutTheFilterToo) {
  UniqueFd plain = std::move(*sys::open_udp(AF_INET));
  const auto local = *sys::parse_address("127.0.0.1");
  ASSERT_TRUE(sys::bind(plain, local).has_value());
  const std::uint16_t port = sys::local_address(plain)->port();
  UdpEndpoint endpoint(std::move(plain));
  Peer peer("127.0.0.1");
  std::array<std::byte, kReceiveBufferBytes> buffer{};
  peer.send("127.0.0.1", port, datagram(2049));
  peer.send("127.0.0.1", port, datagram(0));
  peer.send("127.0.0.1", port, datagram(2048));
  EXPECT_EQ(endpoint.receive(buffer)->bytes.size(), 0U);
  EXPECT_EQ(endpoint.receive(buffer)->bytes.size(), 2048U);
  EXPECT_EQ(endpoint.counters().truncated, 1U);
  for (int i = 0; i < 20; ++i) peer.send("127.0.0.1", port, datagram(3000));
  int turns = 0;
  while (endpoint.counters().truncated < 21 && turns < 100) {
    EXPECT_FALSE(endpoint.receive(buffer).has_value());
    ++turns;
  }
  EXPECT_EQ(turns, 5) << "four are swallowed per call, so that a flood cannot hold the caller";
}

TEST(WireChecklist, Item18_MarksEct0AndLeavesDontFragmentClear) {
  struct Case {
    const char* server;
    const char* to;
    const char* client;
  };
  for (const Case& c : {Case{"127.0.0.1", "127.0.0.1", "127.0.0.1"}, Case{"::1", "::1", "::1"},
                        Case{"::", "127.0.0.1", "127.0.0.1"}, Case{"::", "::1", "::1"}}) {
    Pair pair = open_pair(c.server);
    for (const UniqueFd* fd : {&pair.any, &pair.peer}) {
      int value = -1;
      socklen_t length = sizeof value;
      ASSERT_EQ(::getsockopt(fd->borrow().number(), IPPROTO_IP, IP_MTU_DISCOVER, &value, &length), 0);
      EXPECT_EQ(value, IP_PMTUDISC_DONT) << c.server;
    }
    UdpEndpoint endpoint(std::move(pair.any), std::move(pair.peer));
    Peer peer(c.client);
    peer.send(c.to, pair.port, datagram(60));
    std::array<std::byte, kReceiveBufferBytes> buffer{};
    const auto got = endpoint.receive(buffer);
    ASSERT_TRUE(got.has_value()) << c.server << " " << c.to;
    ASSERT_EQ(endpoint.send(got->from, datagram(60)), SendOutcome::kSent);
    EXPECT_EQ(peer.receive(), (std::pair<ssize_t, int>(60, 2))) << "from A, " << c.server << " " << c.to;
    ASSERT_TRUE(endpoint.connect_peer(got->from).has_value());
    ASSERT_EQ(endpoint.send(got->from, datagram(61)), SendOutcome::kSent);
    EXPECT_EQ(peer.receive(), (std::pair<ssize_t, int>(61, 2))) << "from B, " << c.server << " " << c.to;
  }
}

TEST(WireChecklist, Item18_SeesCongestionExperiencedOverIpv4Ipv6AndMappedAddresses) {
  struct Case {
    const char* server;
    const char* to;
    const char* client;
    bool mapped;
  };
  for (const Case& c : {Case{"127.0.0.1", "127.0.0.1", "127.0.0.1", false}, Case{"::1", "::1", "::1", false},
                        Case{"::", "127.0.0.1", "127.0.0.1", true}}) {
    Pair pair = open_pair(c.server);
    UdpEndpoint endpoint(std::move(pair.any), std::move(pair.peer));
    Peer peer(c.client);
    std::array<std::byte, kReceiveBufferBytes> buffer{};
    for (const int ecn : {0, 1, 2, 3}) {
      peer.mark(ecn);
      peer.send(c.to, pair.port, datagram(60));
      const auto got = endpoint.receive(buffer);
      ASSERT_TRUE(got.has_value());
      EXPECT_EQ(got->ecn, ecn == 3 ? Ecn::kCongestionExperienced : Ecn::kNotCongested) << c.server << " " << ecn;
      EXPECT_EQ(got->from.is_mapped(), c.mapped);
      if (c.mapped) {
        EXPECT_EQ(got->from.unmapped(), loopback(Family::kIpv4, peer.port()));
      }
    }
  }
}

TEST_F(UdpEndpointTest, TheValidatedPeerHasAQueueOfItsOwn) {
  Pair pair = open_pair("127.0.0.1");
  UdpEndpoint endpoint = endpoint_of(pair);
  Peer friendly("127.0.0.1"), flood("127.0.0.1");
  ASSERT_TRUE(endpoint.connect_peer(loopback(Family::kIpv4, friendly.port())).has_value());
  for (int i = 0; i < 5000; ++i) flood.send("127.0.0.1", pair.port, datagram(1000));  // fills A's buffer
  friendly.send("127.0.0.1", pair.port, datagram(50));
  const auto got = endpoint.receive(buffer_);
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->from.port, friendly.port()) << "first, although it came last";
  EXPECT_FALSE(endpoint.receive_from(UdpEndpoint::Socket::kPeer, buffer_).has_value());
  EXPECT_EQ(endpoint.receive_from(UdpEndpoint::Socket::kAny, buffer_)->from.port, flood.port());
}

TEST_F(UdpEndpointTest, FollowsAPeerThatRoams) {
  for (const char* local : {"127.0.0.1", "0.0.0.0"}) {
    Pair pair = open_pair(local);
    UdpEndpoint endpoint = endpoint_of(pair);
    Peer home("127.0.0.1"), train("127.0.0.2"), back("127.0.0.1");
    for (Peer* peer : {&home, &train, &back, &home}) {
      peer->send("127.0.0.1", pair.port, datagram(60));
      const auto got = endpoint.receive(buffer_);
      ASSERT_TRUE(got.has_value());
      const Address from = got->from;
      EXPECT_EQ(from.port, peer->port());
      ASSERT_TRUE(endpoint.connect_peer(from).has_value());
      peer->send("127.0.0.1", pair.port, datagram(61));
      EXPECT_EQ(endpoint.receive_from(UdpEndpoint::Socket::kPeer, buffer_)->bytes.size(), 61U) << local;
      EXPECT_EQ(endpoint.send(from, datagram(62)), SendOutcome::kSent);
      EXPECT_EQ(peer->receive().first, 62);
    }
    // The others are still heard, over A, and still reached.
    train.send("127.0.0.1", pair.port, datagram(63));
    const auto got = endpoint.receive_from(UdpEndpoint::Socket::kAny, buffer_);
    ASSERT_TRUE(got.has_value());
    EXPECT_EQ(endpoint.send(got->from, datagram(64)), SendOutcome::kSent);
    EXPECT_EQ(train.receive().first, 64);
  }
}

TEST_F(UdpEndpointTest, NoOtherProcessCanBindThePort) {
  for (const char* local : {"127.0.0.1", "0.0.0.0", "::"}) {
    Pair pair = open_pair(local);
    UdpEndpoint endpoint = endpoint_of(pair);
    const pid_t child = ::fork();
    if (child == 0) {
      int taken = 0;
      for (const char* wanted : {"127.0.0.1", "0.0.0.0", "::"}) {
        for (const int option : {0, SO_REUSEADDR, SO_REUSEPORT}) {
          if (std::string_view(local) == "127.0.0.1" && std::string_view(wanted) == "::") continue;  // a free address
          auto address = *sys::parse_address(wanted);
          address.set_port(pair.port);
          const auto fd = sys::open_udp(address.family());
          const int on = 1;
          if (option != 0) (void)::setsockopt(fd->borrow().number(), SOL_SOCKET, option, &on, sizeof on);
          taken += sys::bind(*fd, address).has_value() ? 1 : 0;
        }
      }
      ::_exit(taken);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0)
        << local << ": " << WEXITSTATUS(status) << " binds succeeded";
  }
}

TEST_F(UdpEndpointTest, CountsAndIgnoresIcmpErrors) {
  Pair pair = open_pair("127.0.0.1");
  UdpEndpoint endpoint = endpoint_of(pair);
  std::uint16_t gone = 0;
  {
    const Peer closed("127.0.0.1");
    gone = closed.port();
  }
  const Address nobody = loopback(Family::kIpv4, gone);
  ASSERT_TRUE(endpoint.connect_peer(nobody).has_value());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(endpoint.send(nobody, datagram(50)), SendOutcome::kSent);
  EXPECT_FALSE(endpoint.receive(buffer_).has_value());
  EXPECT_GE(endpoint.counters().icmp_errors, 4U);
  EXPECT_EQ(endpoint.counters().send_failures, 0U);
  Peer other("127.0.0.1");
  other.send("127.0.0.1", pair.port, datagram(50));
  EXPECT_TRUE(endpoint.receive(buffer_).has_value());
}

TEST_F(UdpEndpointTest, ReportsADatagramThatIsTooBig) {
  Pair pair = open_pair("127.0.0.1");
  UdpEndpoint endpoint = endpoint_of(pair);
  Peer peer("127.0.0.1");
  EXPECT_EQ(endpoint.send(loopback(Family::kIpv4, peer.port()), Bytes(70000)), SendOutcome::kTooBig);
  EXPECT_EQ(endpoint.counters().send_failures, 1U);
}

TEST_F(UdpEndpointTest, WorksWithASingleSocket) {
  Pair pair = open_pair("::");
  pair.peer.reset();
  UdpEndpoint endpoint(std::move(pair.any));
  EXPECT_FALSE(endpoint.peer_fd().valid());
  Peer peer("::1");
  peer.send("::1", pair.port, datagram(50));
  const auto got = endpoint.receive(buffer_);
  ASSERT_TRUE(got.has_value());
  EXPECT_TRUE(endpoint.connect_peer(got->from).has_value());
  EXPECT_EQ(endpoint.send(got->from, datagram(51)), SendOutcome::kSent);
  EXPECT_EQ(peer.receive().first, 51);
}

}  // namespace
}  // namespace sallyport::net
