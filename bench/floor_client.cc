#include "bench/floor_client.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "base/bytes.h"
#include "base/sys/io.h"
#include "bench/floor_protocol.h"
#include "bench/loopback.h"

namespace sallyport::bench {
namespace {

/// False at the deadline.
bool wait_readable(BorrowedFd fd, Duration left) {
  pollfd entry{fd.number(), POLLIN, 0};
  const auto ready = sys::ppoll(std::span(&entry, 1), left);
  return ready && *ready > 0;
}

}  // namespace

FloorClient::FloorClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  const sockaddr_in to = loopback(port);
  if (::connect(socket_.borrow().number(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) std::exit(1);
}

void FloorClient::type(std::string_view keys) {
  std::string datagram(1, kFloorKeys);
  datagram += keys;
  (void)sys::write(socket_.borrow(), bytes_of(datagram));
}

bool FloorClient::wait_for(std::string_view wanted, TimePoint deadline) {
  std::array<std::byte, kFloorFrameBytes> buffer{};
  for (TimePoint at = now(); at < deadline; at = now()) {
    if (!wait_readable(socket_.borrow(), deadline - at)) continue;
    const auto size = sys::read(socket_.borrow(), buffer);
    if (size && text_of(std::span(buffer).first(*size)).find(wanted) != std::string_view::npos) return true;
  }
  return false;
}

PtyClient::PtyClient(const std::string& script) {
  int fd = -1;
  program_ = ::forkpty(&fd, nullptr, nullptr, nullptr);
  if (program_ < 0) std::exit(1);
  if (program_ == 0) {
    ::execl("/bin/sh", "/bin/sh", "-c", script.c_str(), nullptr);
    ::_exit(127);
  }
  pty_fd_ = UniqueFd(fd);
}

PtyClient::~PtyClient() {
  pty_fd_ = UniqueFd();
  ::kill(program_, SIGKILL);
  ::waitpid(program_, nullptr, 0);
}

void PtyClient::type(std::string_view keys) { (void)sys::write(pty_fd_.borrow(), bytes_of(keys)); }

bool PtyClient::wait_for(std::string_view wanted, TimePoint deadline) {
  std::array<std::byte, 65536> buffer{};
  for (TimePoint at = now(); at < deadline; at = now()) {
    if (!wait_readable(pty_fd_.borrow(), deadline - at)) continue;
    const auto size = sys::read(pty_fd_.borrow(), buffer);
    if (!size) return false;
    seen_ += text_of(std::span(buffer).first(*size));
    const bool found = seen_.find(wanted) != std::string::npos;
    seen_.erase(0,
                found || seen_.size() < wanted.size() ? seen_.size() * (found ? 1 : 0) : seen_.size() - wanted.size());
    if (found) return true;
  }
  return false;
}

}  // namespace sallyport::bench
