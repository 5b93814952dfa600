#include "tests/sandbox/rows_testing.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <vector>

#include "base/sys/io.h"
#include "base/sys/process.h"

namespace sallyport::sandbox::testing {
namespace {

constexpr int kMessageFlags = MSG_DONTWAIT | MSG_NOSIGNAL;

}  // namespace

Outcome under(const Policy& policy, std::function<int()> body) {
  Plan plan{.policy = &policy};
  plan.body = [&](const Report&) { return body(); };
  return run_confined(plan);
}

ssize_t send_bytes(BorrowedFd fd, std::size_t size) {
  std::array<std::byte, 64> bytes{};
  iovec part{bytes.data(), size};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  return ::sendmsg(fd.number(), &message, kMessageFlags);
}

ssize_t receive_bytes(BorrowedFd fd) {
  std::array<std::byte, 64> bytes{};
  iovec part{bytes.data(), bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  return ::recvmsg(fd.number(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
}

int carry(std::initializer_list<BorrowedFd> channels) {
  for (const BorrowedFd fd : channels) {
    if (send_bytes(fd, 8) != 8 || receive_bytes(fd) != -1 || errno != EAGAIN) return fd.number();
  }
  return 0;
}

int wait_on(std::span<const BorrowedFd> fds) {
  std::vector<pollfd> entries;
  entries.reserve(fds.size());
  for (const BorrowedFd fd : fds) entries.push_back({fd.number(), POLLIN, 0});
  const auto ready = sys::ppoll(entries, std::chrono::milliseconds(1));
  return ready && *ready == 0 ? 0 : 1;
}

int end_and_collect(BorrowedFd pidfd, int signal) {
  if (sys::reap(pidfd)) return 1;  // runs
  if (!sys::kill(pidfd, signal)) return 2;
  pollfd entry{pidfd.number(), POLLIN, 0};
  if (sys::ppoll(std::span(&entry, 1), std::chrono::seconds(10)).value_or(0) != 1) return 3;
  const auto status = sys::reap(pidfd);
  return status && status->killed && status->number == signal ? 0 : 4;
}

}  // namespace sallyport::sandbox::testing
