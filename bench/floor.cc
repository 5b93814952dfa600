// floor new ... -- COMMAND...: the least that three processes for one session can cost: started and announced like a
// server, but with no key, no screen and no confinement. Net hands on what is typed in plain datagrams, the monitor
// holds the pseudoterminal, the terminal process passes on the end of the output. For comparison alone: anyone on
// 127.0.0.1 may type.
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <span>
#include <utility>

#include "base/clock.h"
#include "base/sys/io.h"
#include "base/unique_fd.h"
#include "bench/floor_protocol.h"
#include "bench/loopback.h"

namespace sallyport::bench {
namespace {

constexpr std::size_t kRecordBytes = 65536;
/// Frames come no closer than a session's over loopback may.
constexpr Duration kFrameInterval = std::chrono::milliseconds(2);

struct Pair {
  UniqueFd one;
  UniqueFd other;
};

Pair connected() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) std::exit(1);
  for (const int end : ends) {
    const int room = 1 << 20;
    (void)::setsockopt(end, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  }
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

using Buffer = std::array<std::byte, kRecordBytes>;

/// The session is over once a neighbour has gone.
std::span<const std::byte> next_record(BorrowedFd from, Buffer& buffer) {
  const auto size = sys::read(from, buffer);
  if (!size || *size == 0) ::_exit(0);
  return std::span(buffer).first(*size);
}

void wait_for_either(std::array<pollfd, 2>& entries, std::optional<Duration> timeout) {
  if (!sys::ppoll(entries, timeout)) ::_exit(1);
}

[[noreturn]] void run_net(BorrowedFd udp, BorrowedFd monitor, BorrowedFd terminal) {
  Buffer buffer{};
  Buffer first{};  // output from before anyone made contact
  std::size_t held = 0;
  sockaddr_in client{};
  const auto send = [&](std::span<const std::byte> frame) {
    (void)::sendto(udp.number(), frame.data(), frame.size(), 0, reinterpret_cast<const sockaddr*>(&client),
                   sizeof client);
  };
  for (;;) {
    std::array<pollfd, 2> entries = {pollfd{udp.number(), POLLIN, 0}, pollfd{terminal.number(), POLLIN, 0}};
    wait_for_either(entries, std::nullopt);
    if (entries[0].revents != 0) {
      sockaddr_in from{};
      socklen_t length = sizeof from;
      const ssize_t size = ::recvfrom(udp.number(), buffer.data(), buffer.size(), MSG_DONTWAIT,
                                      reinterpret_cast<sockaddr*>(&from), &length);
      if (size > 0 && std::to_integer<char>(buffer[0]) == kFloorKeys) {
        client = from;
        if (held > 0) send(std::span(first).first(std::exchange(held, 0)));
        if (size > 1) (void)sys::write(monitor, std::span(buffer).subspan(1, static_cast<std::size_t>(size) - 1));
      }
    }
    if (entries[1].revents != 0) {
      const auto frame = next_record(terminal, client.sin_port == 0 ? first : buffer);
      if (client.sin_port == 0) {
        held = frame.size();
      } else {
        send(frame);
      }
    }
  }
}

[[noreturn]] void run_terminal(BorrowedFd monitor, BorrowedFd net) {
  const SystemClock clock;
  Buffer buffer{};
  std::array<std::byte, kFloorFrameBytes> end{};
  std::size_t held = 0;
  bool changed = false;
  TimePoint next{};
  for (;;) {
    std::array<pollfd, 2> entries = {pollfd{monitor.number(), POLLIN, 0}, pollfd{net.number(), 0, 0}};
    wait_for_either(entries, changed ? std::optional<Duration>(next - clock.now()) : std::nullopt);
    if (entries[1].revents != 0) ::_exit(0);
    if (entries[0].revents != 0) {
      const auto output = next_record(monitor, buffer);
      const auto newest = output.last(std::min(output.size(), end.size()));
      const std::size_t kept = std::min(held, end.size() - newest.size());
      std::memmove(end.data(), end.data() + held - kept, kept);
      std::copy(newest.begin(), newest.end(), end.begin() + static_cast<std::ptrdiff_t>(kept));
      held = kept + newest.size();
      changed = true;
    }
    if (const TimePoint now = clock.now(); changed && now >= next) {
      (void)sys::write(net, std::span(end).first(held));
      next = now + kFrameInterval;
      held = 0;
      changed = false;
    }
  }
}

[[noreturn]] void run_monitor(BorrowedFd pty_fd, BorrowedFd net, BorrowedFd terminal) {
  Buffer buffer{};
  for (;;) {
    std::array<pollfd, 2> entries = {pollfd{net.number(), POLLIN, 0}, pollfd{pty_fd.number(), POLLIN, 0}};
    wait_for_either(entries, std::nullopt);
    if (entries[0].revents != 0) (void)sys::write(pty_fd, next_record(net, buffer));
    if (entries[1].revents != 0) (void)sys::write(terminal, next_record(pty_fd, buffer));
  }
}

/// In a child: closes nothing that it needs not, for what it does not have costs nothing either.
[[noreturn]] void run_session(BorrowedFd udp, char** command) {
  (void)::setsid();
  Pair net_monitor = connected();
  Pair terminal_monitor = connected();
  Pair terminal_net = connected();
  if (::fork() == 0) {
    net_monitor.other = UniqueFd();
    terminal_monitor = {};
    terminal_net.one = UniqueFd();
    run_net(udp, net_monitor.one.borrow(), terminal_net.other.borrow());
  }
  if (::fork() == 0) {
    net_monitor = {};
    terminal_monitor.other = UniqueFd();
    terminal_net.other = UniqueFd();
    run_terminal(terminal_monitor.one.borrow(), terminal_net.one.borrow());
  }
  terminal_net = {};
  net_monitor.one = UniqueFd();
  terminal_monitor.one = UniqueFd();
  int pty = -1;
  const pid_t program = ::forkpty(&pty, nullptr, nullptr, nullptr);
  if (program == 0) {
    ::execv(command[0], command);
    ::_exit(127);
  }
  if (program < 0) ::_exit(1);
  run_monitor(BorrowedFd(pty), net_monitor.other.borrow(), terminal_monitor.other.borrow());
}

int main_of(int argc, char** argv) {
  char** const end = argv + argc;
  char** const dashes = std::find_if(argv, end, [](const char* word) { return std::strcmp(word, "--") == 0; });
  const UniqueFd udp(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  if (end - dashes < 2 || ::bind(udp.borrow().number(), reinterpret_cast<const sockaddr*>(&address), length) != 0 ||
      ::getsockname(udp.borrow().number(), reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    std::fprintf(stderr, "usage: floor new ... -- COMMAND...\n");
    return 2;
  }
  const pid_t child = ::fork();
  if (child == 0) {
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null, fd);
    run_session(udp.borrow(), dashes + 1);
  }
  std::printf("MOSH CONNECT %u %s\n[floor detached, pid = %d]\n", unsigned{ntohs(address.sin_port)}, kFloorName, child);
  return 0;
}

}  // namespace
}  // namespace sallyport::bench

int main(int argc, char** argv) { return sallyport::bench::main_of(argc, argv); }
