// The small parts: the key's text, notices, the queue to screen, the client's sockets.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/bytes.h"
#include "base/sys/io.h"
#include "base/sys/udp.h"
#include "client/net/key_text.h"
#include "client/net/notices.h"
#include "client/net/screen_queue.h"
#include "crypto/session_key.h"
#include "net/client_sockets.h"

namespace sallyport::client {
namespace {

using privsep::client::Notice;
using std::chrono::milliseconds;
using std::chrono::seconds;

// ---- the key ----

Result<crypto::SessionKey, KeyFailure> key_of(std::string_view text, bool* at_null = nullptr) {
  auto pipe = sys::pipe();
  EXPECT_TRUE(pipe && sys::write(pipe->writer, bytes_of(text)));
  pipe->writer.reset();
  auto key = take_key(pipe->reader);
  std::array<std::byte, 8> rest{};
  if (at_null != nullptr) *at_null = sys::write(pipe->reader, rest).has_value() && *sys::read(pipe->reader, rest) == 0;
  return key;
}

TEST(KeyText, IsTakenAndItsDescriptorPointsAtNull) {
  bool at_null = false;
  const auto key = key_of("AAECAwQFBgcICQoLDA0ODw", &at_null);
  ASSERT_TRUE(key.has_value());
  EXPECT_TRUE(key->equals(*crypto::SessionKey::parse("AAECAwQFBgcICQoLDA0ODw")));
  EXPECT_TRUE(at_null);
}

TEST(KeyText, WhatIsNoKeyIsToldApart) {
  EXPECT_EQ(key_of("AAECAwQFBgcICQoLDA0OD").error(), KeyFailure::kWrongLength);
  EXPECT_EQ(key_of("AAECAwQFBgcICQoLDA0ODwA").error(), KeyFailure::kWrongLength);
  EXPECT_EQ(key_of("AAECAwQFBgcICQoLDA0ODw==").error(), KeyFailure::kWrongLength);
  EXPECT_EQ(key_of("AAECAwQFBgcICQoLDA0ODw\n").error(), KeyFailure::kWrongLength);
  EXPECT_EQ(key_of(std::string(4096, 'A')).error(), KeyFailure::kWrongLength);
  EXPECT_EQ(key_of("").error(), KeyFailure::kWrongLength);
  EXPECT_EQ(key_of("AAECAwQFBgcICQoLDA0O-w").error(), KeyFailure::kWrongCharacter);
  EXPECT_EQ(key_of("AAECAwQFBgcICQoLDA0ODx").error(), KeyFailure::kNotCanonical);
  bool at_null = false;
  (void)key_of("no key", &at_null);
  EXPECT_TRUE(at_null);
}

TEST(KeyText, WhatCannotBeReadIsSaidSo) {
  UniqueFd socket = std::move(*sys::open_udp(AF_INET));
  EXPECT_EQ(take_key(socket).error(), KeyFailure::kUnreadable);
}

// ---- notices ----

TEST(Notices, EachKindIsSaidOnceASecondAndItsEndOnce) {
  Notices notices;
  TimePoint now(std::chrono::hours(1));
  int said = 0;
  for (int i = 0; i < 100; ++i, now += milliseconds(50)) {
    notices.on(Notice::Kind::kSendFailed, ENETUNREACH);
    while (const auto notice = notices.take(now)) {
      EXPECT_EQ(notice->kind, Notice::Kind::kSendFailed);
      EXPECT_EQ(notice->number, static_cast<std::uint32_t>(ENETUNREACH));
      ++said;
    }
  }
  EXPECT_EQ(said, 5);
  notices.over(Notice::Kind::kSendFailed);
  notices.over(Notice::Kind::kSendFailed);
  EXPECT_EQ(notices.take(now)->kind, Notice::Kind::kClear);
  EXPECT_FALSE(notices.take(now).has_value());
}

TEST(Notices, WhatWasNeverSaidIsNotSaidToBeOver) {
  Notices notices;
  notices.over(Notice::Kind::kSendFailed);
  notices.on(Notice::Kind::kReceiveFailed, 5);
  notices.over(Notice::Kind::kReceiveFailed);
  EXPECT_FALSE(notices.take(TimePoint(seconds(5))).has_value());
}

// ---- the queue ----

TEST(ScreenQueue, HoldsNoMoreThanItsBoundAndLosesNothing) {
  auto pair = *privsep::make_channel_pair();
  ScreenQueue queue{privsep::Channel(std::move(pair.first))};
  privsep::Channel screen(std::move(pair.second));
  const std::string bytes(privsep::client::kMaxHostPieceBytes, 'x');
  std::size_t pushed = 0;
  while (queue.has_room(kRecordCostBytes + bytes.size())) {
    queue.push(privsep::client::HostBytes{bytes_of(bytes)});
    queue.flush();
    ++pushed;
    ASSERT_LE(queue.waiting_bytes(), kMaxScreenQueueBytes);
    ASSERT_LT(pushed, 1000U);
  }
  EXPECT_GE(pushed * bytes.size(), kMaxScreenQueueBytes - 2 * bytes.size());
  std::vector<std::byte> buffer(privsep::kMaxElsewhereBytes);
  std::size_t received = 0;
  for (int i = 0; i < 1000; ++i) {
    while (screen.receive(buffer)) ++received;
    queue.flush();
  }
  EXPECT_EQ(received, pushed);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.waiting_bytes(), 0U);
}

TEST(ScreenQueue, AScreenThatIsGoneIsNoticed) {
  auto pair = *privsep::make_channel_pair();
  ScreenQueue queue{privsep::Channel(std::move(pair.first))};
  pair.second.reset();
  queue.push(privsep::client::DiffEnd{});
  queue.flush();
  EXPECT_TRUE(queue.failed());
  EXPECT_TRUE(queue.empty());
}

// ---- the sockets ----

struct Server {
  UniqueFd fd = std::move(*sys::open_udp(AF_INET));
  net::Address address;
  Server() {
    EXPECT_TRUE(sys::bind(fd, *sys::parse_address("127.0.0.1")).has_value());
    address.bytes = {127, 0, 0, 1};
    address.port = sys::local_address(fd)->port();
  }
  /// Source port of the next datagram; 0 if there is none.
  std::uint16_t receive() {
    sys::SocketAddress from;
    from.length = sizeof from.storage;
    std::array<std::byte, 2048> buffer{};
    const auto size = ::recvfrom(fd.borrow().number(), buffer.data(), buffer.size(), MSG_DONTWAIT,
                                 reinterpret_cast<sockaddr*>(&from.storage), &from.length);
    return size < 0 ? std::uint16_t{0} : from.port();
  }
  void send(std::uint16_t port) {
    auto to = *sys::parse_address("127.0.0.1");
    to.set_port(port);
    const std::string datagram(60, '\x80');
    EXPECT_EQ(::sendto(fd.borrow().number(), datagram.data(), datagram.size(), 0, reinterpret_cast<sockaddr*>(&to.storage), to.length), 60);
  }
};

net::ClientSockets ipv4_sockets() {
  return net::ClientSockets({std::move(*sys::open_client_udp(AF_INET)), std::move(*sys::open_client_udp(AF_INET)), {}, {}});
}
int waiting(net::ClientSockets& sockets) {
  std::array<std::byte, net::kReceiveBufferBytes> buffer{};
  int count = 0;
  for (std::size_t i = 0; i < net::kClientSockets; ++i) {
    while (sockets.receive(i, buffer)) ++count;
  }
  return count;
}
const std::string kDatagram(100, 'd');

TEST(ClientSockets, AHopIsANewPortAndTheOldOneListensForAMinute) {
  Server server;
  net::ClientSockets sockets = ipv4_sockets();
  const TimePoint now(std::chrono::hours(1));
  EXPECT_EQ(sockets.send(server.address, bytes_of(kDatagram), now), net::SendOutcome::kSent);
  const std::uint16_t first = server.receive();
  EXPECT_TRUE(sockets.hop(server.address, now));
  EXPECT_EQ(sockets.send(server.address, bytes_of(kDatagram), now), net::SendOutcome::kSent);
  const std::uint16_t second = server.receive();
  EXPECT_NE(first, second);
  server.send(first);
  server.send(second);
  EXPECT_EQ(waiting(sockets), 2);
  sockets.close_old_ports(now + net::kOldPortKept + milliseconds(1));
  server.send(first);
  server.send(second);
  EXPECT_EQ(waiting(sockets), 1);
  EXPECT_EQ(sockets.send(server.address, bytes_of(kDatagram), now), net::SendOutcome::kSent);
  EXPECT_EQ(server.receive(), second);
}

TEST(ClientSockets, StrangersAreKeptOutByTheKernel) {
  Server server;
  Server stranger;
  net::ClientSockets sockets = ipv4_sockets();
  EXPECT_EQ(sockets.send(server.address, bytes_of(kDatagram), TimePoint(seconds(1))), net::SendOutcome::kSent);
  const std::uint16_t port = server.receive();
  for (int i = 0; i < 100; ++i) stranger.send(port);
  EXPECT_EQ(waiting(sockets), 0);
}

TEST(ClientSockets, NoWayIsAnErrorWithItsReason) {
  net::ClientSockets sockets = ipv4_sockets();
  net::Address six;
  six.family = net::Family::kIpv6;
  six.port = 9;
  EXPECT_EQ(sockets.send(six, bytes_of(kDatagram), TimePoint(seconds(1))), net::SendOutcome::kFailed);
  EXPECT_EQ(sockets.take_send_error(), EAFNOSUPPORT);
  EXPECT_FALSE(sockets.take_send_error().has_value());
  net::Address nowhere;
  nowhere.bytes = {255, 255, 255, 255};  // broadcast, which such a socket may not
  nowhere.port = 9;
  EXPECT_EQ(sockets.send(nowhere, bytes_of(kDatagram), TimePoint(seconds(2))), net::SendOutcome::kFailed);
  EXPECT_TRUE(sockets.take_send_error().has_value());
}

TEST(ClientSockets, AClosedPortIsToldByTheNextSendOrReceive) {
  net::ClientSockets sockets = ipv4_sockets();
  net::Address closed;
  {
    Server server;
    closed = server.address;
  }
  EXPECT_EQ(sockets.send(closed, bytes_of(kDatagram), TimePoint(seconds(1))), net::SendOutcome::kSent);
  EXPECT_EQ(waiting(sockets), 0);
  EXPECT_EQ(sockets.take_receive_error(), ECONNREFUSED);
}

}  // namespace
}  // namespace sallyport::client
