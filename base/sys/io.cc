#include "base/sys/io.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace sallyport::sys {

Result<std::size_t, SystemError> read(BorrowedFd fd, std::span<std::byte> buffer) {
  for (;;) {
    const ssize_t n = ::read(fd.number(), buffer.data(), buffer.size());
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) return std::unexpected(SystemError{"read", errno});
  }
}

Result<std::size_t, SystemError> write(BorrowedFd fd, std::span<const std::byte> data) {
  for (;;) {
    const ssize_t n = ::write(fd.number(), data.data(), data.size());
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) return std::unexpected(SystemError{"write", errno});
  }
}

Result<void, SystemError> send_record(BorrowedFd socket, std::span<const std::byte> record) {
  iovec part{const_cast<std::byte*>(record.data()), record.size()};
  const msghdr message{.msg_iov = &part, .msg_iovlen = 1};
  for (;;) {
    if (::sendmsg(socket.number(), &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return {};
    if (errno != EINTR) return std::unexpected(SystemError{"sendmsg", errno});
  }
}

Result<std::size_t, SystemError> ppoll(std::span<pollfd> entries, std::optional<Duration> timeout) {
  timespec wait{};
  if (timeout) {
    const Duration left = std::max(*timeout, Duration::zero());
    wait.tv_sec = left.count() / 1'000'000;
    wait.tv_nsec = (left.count() % 1'000'000) * 1000;
  }
  const int n = ::ppoll(entries.data(), entries.size(), timeout ? &wait : nullptr, nullptr);
  if (n >= 0) return static_cast<std::size_t>(n);
  if (errno == EINTR) {
    for (pollfd& entry : entries) entry.revents = 0;
    return std::size_t{0};
  }
  return std::unexpected(SystemError{"ppoll", errno});
}

Result<void, SystemError> set_nonblocking(BorrowedFd fd) {
  const int flags = ::fcntl(fd.number(), F_GETFL);
  if (flags < 0 || ::fcntl(fd.number(), F_SETFL, flags | O_NONBLOCK) < 0) {
    return std::unexpected(SystemError{"fcntl", errno});
  }
  return {};
}

Result<Pipe, SystemError> pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) < 0) return std::unexpected(SystemError{"pipe2", errno});
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

}  // namespace sallyport::sys
