// Thin typed wrappers for processes held by pidfd and for signals taken from a signalfd. Never allocate.
#pragma once

#include <optional>

#include "base/result.h"
#include "base/unique_fd.h"

namespace sallyport::sys {

/// How a process ended.
struct ExitStatus {
  bool killed = false;  ///< by a signal, with or without a core
  int number = 0;       ///< the signal's number, or the exit status
};

/// Collects the child of `pidfd` if it has ended; nothing while it runs, or if it is not ours to collect.
[[nodiscard]] std::optional<ExitStatus> reap(BorrowedFd pidfd);

/// Sends `signal` to the process of `pidfd`.
[[nodiscard]] Result<void, SystemError> kill(BorrowedFd pidfd, int signal);

/// How late the kernel may make this process's timers, in nanoseconds; the default is 50,000. Before lock-down.
void set_timer_slack(unsigned long nanoseconds);

/// Every signal has its default action and none is blocked, for a program about to be executed. By the kernel's call:
/// the C library does not touch the two signals of its own, and its posix_spawn leaves them ignored. Safe after fork.
void default_signals();

/// The number of one signal that waits in a non-blocking signalfd; nothing if none does.
[[nodiscard]] std::optional<int> read_signal(BorrowedFd signal_fd);

}  // namespace sallyport::sys
