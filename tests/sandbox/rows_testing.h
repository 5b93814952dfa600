// What tests of policies' rows do under a policy: one small use of a permission each, 0 for success.
#pragma once

#include <sys/types.h>

#include <functional>
#include <initializer_list>
#include <span>

#include "base/unique_fd.h"
#include "tests/sandbox/confined_testing.h"

namespace sallyport::sandbox::testing {

/// Runs `body` under the policy; it returns 0 for success.
[[nodiscard]] Outcome under(const Policy& policy, std::function<int()> body);

/// One record or datagram of `size` bytes, at most 64; and: how many bytes came.
[[nodiscard]] ssize_t send_bytes(BorrowedFd fd, std::size_t size);
[[nodiscard]] ssize_t receive_bytes(BorrowedFd fd);

/// Sends a record on each channel and finds none waiting.
[[nodiscard]] int carry(std::initializer_list<BorrowedFd> channels);
/// Waits a little for all of them.
[[nodiscard]] int wait_on(std::span<const BorrowedFd> fds);
/// The process runs, is sent the signal, and ends of it.
[[nodiscard]] int end_and_collect(BorrowedFd pidfd, int signal);

}  // namespace sallyport::sandbox::testing
