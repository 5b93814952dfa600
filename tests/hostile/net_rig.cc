#include "tests/hostile/net_rig.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <utility>

#include "base/bytes.h"
#include "base/check.h"
#include "base/sys/udp.h"

namespace sallyport::hostile {
namespace {

UniqueFd open_socket() {
  auto socket = sys::open_udp(AF_INET);
  const auto any = sys::parse_address("127.0.0.1");
  CHECK(socket && any && sys::bind(*socket, *any));
  return std::move(*socket);
}

net::Address address_of(BorrowedFd socket) {
  const auto local = sys::local_address(socket);
  CHECK(local.has_value());
  net::Address address;
  address.family = net::Family::kIpv4;
  address.bytes = {127, 0, 0, 1};
  address.port = local->port();
  return address;
}

server::NetArguments arguments_for(std::uint16_t port) {
  server::NetArguments arguments;
  arguments.port = port;
  arguments.second_socket = false;
  arguments.signal_timeout_seconds = 1000;
  return arguments;
}

}  // namespace

bool CountedScreen::apply(std::span<const std::byte> diff) {
  ++frames;
  word_seen = word_seen || text_of(diff).find(kWord) != std::string_view::npos;
  return true;
}

crypto::SessionKey NetRig::key() {
  auto key = crypto::SessionKey::parse("AAECAwQFBgcICQoLDA0ODw");
  CHECK(key.has_value());
  return std::move(*key);
}

NetRig::NetRig(privsep::Channel monitor, privsep::Channel terminal, FakeClock& clock)
    : clock_(clock),
      server_socket_(open_socket()),
      client_socket_(open_socket()),
      server_(address_of(server_socket_)),
      packets_(key(), crypto::Direction::kToServer),
      chaff_(std::span<const std::byte, 32>(client_seed_)),
      session_(std::move(monitor), std::move(terminal), net::UdpEndpoint(std::move(server_socket_)), key(),
               arguments_for(server_.port), std::span<std::byte, 32>(server_seed_), clock),
      screens_(CountedScreen()),
      client_({packets_, *this, screens_, chaff_}, server_, clock.now()) {}

net::SendOutcome NetRig::send(const net::Address& to, std::span<const std::byte> datagram) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(to.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  (void)::sendto(client_socket_.borrow().number(), datagram.data(), datagram.size(), MSG_DONTWAIT,
                 reinterpret_cast<const sockaddr*>(&address), sizeof address);
  return net::SendOutcome::kSent;
}

void NetRig::client_types(std::string_view keys) { client_.type(bytes_of(keys), clock_.now()); }

int NetRig::client_receives() {
  int datagrams = 0;
  std::array<std::byte, net::kReceiveBufferBytes> buffer{};
  ssize_t n = 0;
  while ((n = ::recv(client_socket_.borrow().number(), buffer.data(), buffer.size(), MSG_DONTWAIT)) > 0) {
    ++datagrams;
    (void)client_.receive(std::span(buffer).first(static_cast<std::size_t>(n)), net::Ecn::kNotCongested, clock_.now());
  }
  return datagrams;
}

}  // namespace sallyport::hostile
