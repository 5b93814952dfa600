#include "bench/lossy_path.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "base/sys/io.h"
#include "base/sys/process.h"
#include "bench/loopback.h"

namespace sallyport::bench {
namespace {

constexpr std::size_t kClientSide = 0;
constexpr std::size_t kServerSide = 1;
constexpr unsigned long kTimerSlackNs = 1000;
constexpr Duration kLookForStop = std::chrono::milliseconds(20);

UniqueFd bound_socket(std::uint16_t* port) {
  UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  const int fd = socket.borrow().number();
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), length) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    std::exit(1);
  }
  *port = ntohs(address.sin_port);
  return socket;
}

}  // namespace

LossyPath::LossyPath(std::uint16_t server_port, const PathSettings& both_ways, std::uint64_t seed)
    : server_port_(server_port), links_{LinkModel(seed * 2), LinkModel(seed * 2 + 1)} {
  std::uint16_t other = 0;
  sockets_[kClientSide] = bound_socket(&port_);
  sockets_[kServerSide] = bound_socket(&other);
  set(both_ways);
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void LossyPath::set(const PathSettings& both_ways) {
  const std::scoped_lock lock(settings_);
  for (LinkModel& link : links_) link.set(both_ways);
}

void LossyPath::run(const std::stop_token& stop) {
  sys::set_timer_slack(kTimerSlackNs);
  while (!stop.stop_requested()) {
    std::array<pollfd, 2> entries = {pollfd{sockets_[0].borrow().number(), POLLIN, 0},
                                     pollfd{sockets_[1].borrow().number(), POLLIN, 0}};
    const TimePoint due = std::min(links_[0].next_due(), links_[1].next_due());
    const TimePoint now = clock_.now();
    (void)sys::ppoll(entries, std::min(due, now + kLookForStop) - now);
    const std::scoped_lock lock(settings_);
    for (const std::size_t side : {kClientSide, kServerSide}) {
      if (entries[side].revents != 0) receive(side);
      deliver(side);
    }
  }
}

void LossyPath::receive(std::size_t side) {
  std::array<std::byte, 4096> buffer{};
  for (;;) {
    sockaddr_in from{};
    socklen_t length = sizeof from;
    const ssize_t size = ::recvfrom(sockets_[side].borrow().number(), buffer.data(), buffer.size(), 0,
                                    reinterpret_cast<sockaddr*>(&from), &length);
    if (size < 0) return;
    if (side == kClientSide) client_port_ = ntohs(from.sin_port);
    links_[side].offer(clock_.now(), LinkModel::Packet(buffer.begin(), buffer.begin() + size));
  }
}

void LossyPath::deliver(std::size_t direction) {
  const std::size_t other = 1 - direction;
  const sockaddr_in to = loopback(direction == kClientSide ? server_port_ : client_port_);
  while (const auto packet = links_[direction].take(clock_.now())) {
    (void)::sendto(sockets_[other].borrow().number(), packet->data(), packet->size(), 0,
                   reinterpret_cast<const sockaddr*>(&to), sizeof to);
  }
}

}  // namespace sallyport::bench
