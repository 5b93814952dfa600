// A child process that only waits, in the place of a session's program or of a compartment. Killed and collected at the end.
#pragma once

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "base/unique_fd.h"

namespace sallyport::testing {

class Sleeper {
 public:
  Sleeper() : pid_(::fork()) {
    while (pid_ == 0) ::pause();
  }
  ~Sleeper() {
    if (reaped_) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] UniqueFd pidfd() const { return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0U))); }
  /// Whether it was killed; waits a little for the end of one that should be.
  bool killed(bool expected) {
    int status = 0;
    for (int i = 0; i < (expected ? 2000 : 1) && !reaped_; ++i) {
      reaped_ = ::waitpid(pid_, &status, WNOHANG) == pid_;
      if (!reaped_ && expected) ::usleep(1000);
    }
    return reaped_ && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  }

 private:
  pid_t pid_;
  bool reaped_ = false;
};

}  // namespace sallyport::testing
