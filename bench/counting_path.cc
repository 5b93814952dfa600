#include "bench/counting_path.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/sys/io.h"
#include "base/sys/udp.h"
#include "bench/loopback.h"

namespace sallyport::bench {
namespace {

constexpr Duration kLongestSleep = std::chrono::milliseconds(50);  // so that the end is seen
constexpr std::size_t kMostBytes = 2048;

UniqueFd open_socket() {
  auto opened = sys::open_udp(AF_INET);
  const sockaddr_in any = loopback(0);
  if (!opened || ::bind(opened->borrow().number(), reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0) {
    std::fprintf(stderr, "bench: no socket for the path\n");
    std::exit(1);
  }
  return std::move(*opened);
}

std::size_t index(Way way) { return way == Way::kUp ? 0 : 1; }

}  // namespace

CountingPath::CountingPath(std::uint16_t server_port, Duration delay)
    : delay_(delay), to_client_(open_socket()), to_server_(open_socket()) {
  const sockaddr_in server = loopback(server_port);
  const auto local = sys::local_address(to_client_);
  if (!local ||
      ::connect(to_server_.borrow().number(), reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0) {
    std::fprintf(stderr, "bench: no path to port %u\n", unsigned{server_port});
    std::exit(1);
  }
  port_ = local->port();
  thread_ = std::thread([this] { run(); });
}

CountingPath::~CountingPath() {
  stop_ = true;
  thread_.join();
}

Passed CountingPath::passed(Way way) const { return {datagrams_.at(index(way)), bytes_.at(index(way))}; }

void CountingPath::run() {
  while (!stop_) {
    std::array<pollfd, 2> ready = {pollfd{to_client_.borrow().number(), POLLIN, 0},
                                   pollfd{to_server_.borrow().number(), POLLIN, 0}};
    const TimePoint now = clock_.now();
    const TimePoint due = held_.empty() ? now + kLongestSleep : std::min(now + kLongestSleep, held_.front().due);
    (void)sys::ppoll(ready, std::max(due - now, Duration(0)));
    receive(Way::kUp);
    receive(Way::kDown);
    release_due();
  }
}

void CountingPath::receive(Way way) {
  std::array<char, kMostBytes> buffer;
  const int from = (way == Way::kUp ? to_client_ : to_server_).borrow().number();
  for (;;) {
    sockaddr_in peer{};
    socklen_t length = sizeof peer;
    const ssize_t n = ::recvfrom(from, buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&peer), &length);
    if (n < 0) return;
    if (way == Way::kUp) client_port_ = ntohs(peer.sin_port);
    ++datagrams_.at(index(way));
    bytes_.at(index(way)) += static_cast<std::uint64_t>(n);
    held_.push_back({clock_.now() + delay_, way, std::vector<char>(buffer.begin(), buffer.begin() + n)});
  }
}

void CountingPath::release_due() {
  for (const TimePoint now = clock_.now(); !held_.empty() && held_.front().due <= now; held_.pop_front()) {
    const Held& datagram = held_.front();
    if (datagram.way == Way::kUp) {
      (void)::send(to_server_.borrow().number(), datagram.bytes.data(), datagram.bytes.size(), 0);
    } else {
      const sockaddr_in client = loopback(client_port_);
      (void)::sendto(to_client_.borrow().number(), datagram.bytes.data(), datagram.bytes.size(), 0,
                     reinterpret_cast<const sockaddr*>(&client), sizeof client);
    }
  }
}

}  // namespace sallyport::bench
