// Thin typed wrappers of the system calls that move bytes and wait. Each returns the call's result or its name and errno;
// EINTR is retried where the call has done nothing. Never allocate.
#pragma once

#include <poll.h>

#include <cstddef>
#include <optional>
#include <span>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace sallyport::sys {

/// read(2): bytes read, 0 at end of file.
[[nodiscard]] Result<std::size_t, SystemError> read(BorrowedFd fd, std::span<std::byte> buffer);
/// write(2): bytes written, possibly fewer than asked.
[[nodiscard]] Result<std::size_t, SystemError> write(BorrowedFd fd, std::span<const std::byte> data);
/// sendmsg(2) of one whole record or datagram on a connected socket; never blocks, never raises SIGPIPE.
[[nodiscard]] Result<void, SystemError> send_record(BorrowedFd socket, std::span<const std::byte> record);
/// ppoll(2) without a signal mask: how many entries are ready, 0 when `timeout` passed or a signal came. No timeout: waits
/// for ever. A negative timeout counts as zero.
[[nodiscard]] Result<std::size_t, SystemError> ppoll(std::span<pollfd> entries, std::optional<Duration> timeout);
/// O_NONBLOCK on.
[[nodiscard]] Result<void, SystemError> set_nonblocking(BorrowedFd fd);
/// A pipe, both ends close-on-exec: first the reading end.
struct Pipe {
  UniqueFd reader;
  UniqueFd writer;
};
[[nodiscard]] Result<Pipe, SystemError> pipe();

}  // namespace sallyport::sys
