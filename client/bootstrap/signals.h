// While ssh runs: signals that would end us come by descriptor, so that ssh is ended and collected first; and the
// terminal's settings are put back if ssh dies while it has the echo off.
#pragma once

#include <termios.h>

#include <csignal>
#include <optional>

#include "base/result.h"
#include "base/unique_fd.h"

namespace sallyport::client {

/// Takes SIGINT, SIGTERM, SIGHUP and SIGQUIT (those that were not ignored) and ignores SIGPIPE. Undone when destroyed.
class SignalGuard {
 public:
  [[nodiscard]] static Result<SignalGuard, SystemError> take();
  SignalGuard(SignalGuard&& other) noexcept
      : old_mask_(other.old_mask_), old_pipe_(other.old_pipe_), fd_(std::move(other.fd_)) {}
  SignalGuard& operator=(SignalGuard&&) = delete;
  SignalGuard(const SignalGuard&) = delete;
  SignalGuard& operator=(const SignalGuard&) = delete;
  ~SignalGuard();
  /// Non-blocking, readable when one of them came.
  [[nodiscard]] BorrowedFd fd() const { return fd_; }

 private:
  SignalGuard() = default;
  sigset_t old_mask_{};
  struct sigaction old_pipe_ {};
  UniqueFd fd_;
};

/// The controlling terminal's settings as they were; none without one.
class TerminalSettings {
 public:
  TerminalSettings();
  /// Puts them back, if they are different now.
  void restore() const;

 private:
  UniqueFd terminal_;
  std::optional<termios> saved_;
};

/// Ends this process as `signal` would have, so that a shell sees what it expects.
[[noreturn]] void end_by_signal(int signal);

}  // namespace sallyport::client
