// A process that set-up has started: ended and collected when set-up fails. Linked by the monitor's set-up and the guard's.
#pragma once

#include <sys/types.h>

#include <optional>

#include "base/clock.h"
#include "base/sys/process.h"
#include "base/unique_fd.h"

namespace sallyport::privsep {

class Started {
 public:
  /// `grace`: how long the process may take to end by itself before it is killed.
  Started(UniqueFd pidfd, pid_t pid, Duration grace = Duration::zero())
      : pidfd_(std::move(pidfd)), pid_(pid), grace_(grace) {}
  Started(const Started&) = delete;
  Started& operator=(const Started&) = delete;
  /// Waits for `grace`, kills the process if it still runs, and waits until it is gone. Nothing after keep().
  ~Started();

  [[nodiscard]] BorrowedFd pidfd() const { return pidfd_; }
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// How it ended, if it does within `limit`; collects it.
  [[nodiscard]] std::optional<sys::ExitStatus> wait_for_end(Duration limit) const;
  /// Set-up succeeded: the process lives on.
  [[nodiscard]] UniqueFd keep() { return std::move(pidfd_); }

 private:
  UniqueFd pidfd_;
  pid_t pid_ = 0;
  Duration grace_{};
};

}  // namespace sallyport::privsep
