// The session's program: forked before the monitor locks itself down, so that it inherits no filter, and held back until a
// client has come (command line 1.6). Linked by the monitor.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace sallyport::pty {

/// What the monitor writes into the release pipe. End of file without it means that the monitor is gone: nothing is run.
inline constexpr std::byte kReleaseByte{'!'};

struct ShellPlan {
  std::string path;                      ///< found as execvp does: in PATH if without a slash
  std::vector<std::string> arguments;    ///< argv, from 0 on
  std::vector<std::string> environment;  ///< NAME=VALUE each
  std::string directory;                 ///< to start in; a failure is said in the session and is not fatal
  rlim_t core_limit_bytes = 0;           ///< soft RLIMIT_CORE to give back after the release
  std::string program_name;              ///< ours, for the message when the program cannot be run
  /// Closes every descriptor but these, in the child: privsep::close_all_except, which this room may not include.
  std::function<void(std::span<const BorrowedFd>)> close_all_except;
  /// Runs in the child before the release, with the terminal on descriptors 0 to 2 and in `directory`: the greeting.
  std::function<void()> greet;
};

struct Shell {
  pid_t pid = 0;          ///< leader of the session and process group on the terminal
  UniqueFd pidfd;         ///< close-on-exec
  UniqueFd release_pipe;  ///< writing end, close-on-exec
};

/// Forks the child: own session, `tty_fd` its controlling terminal and its only descriptors (0, 1, 2), signals default and
/// unblocked, IUTF8 as open_pty left it. It then waits for kReleaseByte and runs the program. When that fails it says so in
/// the session, waits 3 s so that a client can show it, and exits 1. Without the byte it exits 1 at the end of file.
/// Allocates; single-threaded callers only.
[[nodiscard]] Result<Shell, SystemError> start_shell(BorrowedFd tty_fd, const ShellPlan& plan);

}  // namespace sallyport::pty
