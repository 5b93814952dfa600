#include "privsep/channel.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "base/sys/io.h"

namespace sallyport::privsep {

SendOutcome Channel::send(std::span<const std::byte> record) const {
  const auto sent = sys::send_record(fd_, record);
  if (sent) return SendOutcome::kSent;
  return sent.error().number == EAGAIN || sent.error().number == ENOBUFS ? SendOutcome::kFull : SendOutcome::kClosed;
}

Result<std::span<const std::byte>, ReceiveFailure> Channel::receive(std::span<std::byte> buffer) const {
  iovec part{buffer.data(), buffer.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  for (;;) {
    // No control buffer is offered: a passed descriptor is discarded by the kernel and shows as MSG_CTRUNC.
    const ssize_t n = ::recvmsg(fd_.borrow().number(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (n > 0) {
      if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) return std::unexpected(ReceiveFailure::kViolation);
      return buffer.first(static_cast<std::size_t>(n));
    }
    if (n == 0) return std::unexpected(ReceiveFailure::kClosed);
    // ECONNRESET: told once of an end that went with something unread; what it had said itself is still to come.
    if (errno == EINTR || errno == ECONNRESET) continue;
    return std::unexpected(errno == EAGAIN ? ReceiveFailure::kNothing : ReceiveFailure::kClosed);
  }
}

Result<ChannelPair, SystemError> make_channel_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) < 0) {
    return std::unexpected(SystemError{"socketpair", errno});
  }
  return ChannelPair{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

}  // namespace sallyport::privsep
