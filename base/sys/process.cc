#include "base/sys/process.h"

#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <span>

#include "base/sys/io.h"

namespace sallyport::sys {

std::optional<ExitStatus> reap(BorrowedFd pidfd) {
  siginfo_t info{};
  if (::waitid(P_PIDFD, static_cast<id_t>(pidfd.number()), &info, WEXITED | WNOHANG) < 0 || info.si_pid == 0) {
    return std::nullopt;
  }
  return ExitStatus{info.si_code != CLD_EXITED, info.si_status};
}

Result<void, SystemError> kill(BorrowedFd pidfd, int signal) {
  // glibc has no wrapper before 2.36's pidfd_send_signal, and the raw call is what the filter sees either way.
  if (::syscall(SYS_pidfd_send_signal, pidfd.number(), signal, nullptr, 0U) < 0) {
    return std::unexpected(SystemError{"pidfd_send_signal", errno});
  }
  return {};
}

void set_timer_slack(unsigned long nanoseconds) { (void)::prctl(PR_SET_TIMERSLACK, nanoseconds, 0UL, 0UL, 0UL); }

std::optional<int> read_signal(BorrowedFd signal_fd) {
  signalfd_siginfo info{};
  const auto count = read(signal_fd, std::as_writable_bytes(std::span(&info, 1)));
  if (!count || *count != sizeof info) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

void default_signals() {
  constexpr std::size_t kSetBytes = (NSIG - 1) / 8;
  // All zero is the default action in the kernel's struct, whose layout differs between architectures; none is larger.
  constexpr std::array<unsigned long, 8> kDefault{};
  constexpr std::array<std::byte, kSetBytes> kNone{};
  for (int signal = 1; signal < NSIG; ++signal) {
    ::syscall(SYS_rt_sigaction, signal, kDefault.data(), nullptr, kSetBytes);  // SIGKILL and SIGSTOP refuse: nothing to reset
  }
  ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, kNone.data(), nullptr, kSetBytes);
}

}  // namespace sallyport::sys
