#include "client/bootstrap/fake_proxy.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/decimal.h"
#include "base/sys/io.h"
#include "client/bootstrap/addresses.h"

namespace sallyport::client {
namespace {

constexpr std::size_t kBufferBytes = 65536;  // ours: what a pipe holds

/// A connected socket, non-blocking. `patience`: how long the kernel may try; none: as long as it likes.
Result<UniqueFd, SystemError> connect_to(const sys::SocketAddress& address, std::optional<Duration> patience) {
  UniqueFd fd(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return std::unexpected(SystemError{"socket", errno});
  const int number = fd.borrow().number();
  if (::connect(number, reinterpret_cast<const sockaddr*>(&address.storage), address.length) == 0) return fd;
  if (errno != EINPROGRESS) return std::unexpected(SystemError{"connect", errno});
  std::array<pollfd, 1> entry = {pollfd{number, POLLOUT, 0}};
  if (TRY(sys::ppoll(entry, patience)) == 0) return std::unexpected(SystemError{"connect", ETIMEDOUT});
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(number, SOL_SOCKET, SO_ERROR, &error, &size) < 0) error = errno;
  if (error != 0) return std::unexpected(SystemError{"connect", error});
  return fd;
}

/// One direction of the copying.
class Direction {
 public:
  Direction(BorrowedFd from, BorrowedFd to) : from_(from), to_(to) {}

  [[nodiscard]] bool done() const { return ended_ && begin_ == end_; }
  void stop() {
    ended_ = true;
    begin_ = end_ = 0;
  }
  [[nodiscard]] pollfd reading() const { return {!ended_ && begin_ == end_ ? from_.number() : -1, POLLIN, 0}; }
  /// A reader that is gone is noticed even if there is nothing to write.
  [[nodiscard]] pollfd writing() const {
    return {done() ? -1 : to_.number(), static_cast<short>(begin_ < end_ ? POLLOUT : 0), 0};
  }

  void read() {
    const auto n = sys::read(from_, buffer_);
    if (!n && n.error().number == EAGAIN) return;
    begin_ = 0;
    end_ = n.value_or(0);
    ended_ = end_ == 0;
  }
  void write() {
    const auto n = sys::write(to_, std::span(buffer_).subspan(begin_, end_ - begin_));
    if (!n && n.error().number == EAGAIN) return;
    if (!n) return stop();
    begin_ += *n;
  }

 private:
  BorrowedFd from_;
  BorrowedFd to_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool ended_ = false;
  std::array<std::byte, kBufferBytes> buffer_{};
};

/// Copies until both directions have ended; a direction's end is passed on.
void copy_both_ways(BorrowedFd input, UniqueFd output, BorrowedFd socket) {
  Direction up(input, socket);
  Direction down(socket, output);
  bool told_socket = false;
  while (!up.done() || !down.done()) {
    std::array<pollfd, 4> entries = {up.reading(), up.writing(), down.reading(), down.writing()};
    if (!sys::ppoll(entries, std::nullopt)) return;
    // POLLHUP at a writing end: a socket that takes nothing more, whose error was collected by a read.
    if ((entries[1].revents & (POLLERR | POLLHUP)) != 0) up.stop();
    if ((entries[3].revents & (POLLERR | POLLHUP)) != 0) down.stop();
    if (entries[0].revents != 0) up.read();
    if ((entries[1].revents & POLLOUT) != 0) up.write();
    if (entries[2].revents != 0) down.read();
    if ((entries[3].revents & POLLOUT) != 0) down.write();
    if (up.done() && !told_socket) {
      told_socket = true;
      (void)::shutdown(socket.number(), SHUT_WR);
    }
    if (down.done()) output.reset();
  }
}

}  // namespace

int run_fake_proxy(const ProxyPlan& plan, const Resolver& resolver, BorrowedFd input, UniqueFd output,
                   const Report& report) {
  (void)::signal(SIGHUP, SIG_IGN);  // spec: command line 3.5
  (void)::signal(SIGPIPE, SIG_IGN);
  const auto port = parse_decimal<std::uint16_t>(plan.port);
  if (!port) {
    report.say("Bad port " + plan.port);
    return kUsageError;
  }
  const auto addresses = find_addresses(resolver, plan.host, plan.family);
  if (!addresses) {
    report.say(addresses.error());
    return kStartFailure;
  }
  std::string failure;
  for (std::size_t i = 0; i < addresses->size(); ++i) {
    sys::SocketAddress address = (*addresses)[i];
    address.set_port(*port);
    const bool last = i + 1 == addresses->size();
    const auto socket = connect_to(address, last ? std::nullopt : std::optional(plan.patience));
    const std::string text = numeric_text(address);
    if (!socket) {
      failure = text + ": " + std::strerror(socket.error().number);
      continue;
    }
    const int on = 1;
    (void)::setsockopt(socket->borrow().number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    print_error("MOSH IP " + text + "\n");
    for (const BorrowedFd fd : {input, output.borrow()}) (void)sys::set_nonblocking(fd);
    copy_both_ways(input, std::move(output), *socket);
    return 0;
  }
  report.say("Could not connect to " + plan.host + ", last tried " + failure);
  return kStartFailure;
}

}  // namespace sallyport::client
