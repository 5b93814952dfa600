// A program that the command runs: from a list of words, never through a shell of ours; in our process group, so that
// it may ask at the terminal; ended and collected whatever happens. Linked by the command alone.
#pragma once

#include <sys/types.h>

#include <optional>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/sys/process.h"
#include "base/unique_fd.h"

namespace sallyport::client {

struct ChildPlan {
  std::span<const std::string> words;        ///< the program, found in PATH, and its arguments
  std::span<const std::string> environment;  ///< NAME=VALUE each
  BorrowedFd input;                          ///< not valid: ours
  BorrowedFd output;                         ///< not valid: ours
  BorrowedFd errors;                         ///< not valid: ours
  std::string directory;                     ///< empty: ours
};

class Child {
 public:
  /// On failure nothing runs. Signals have their default actions there, and none is blocked. Borrows the plan for the
  /// call.
  [[nodiscard]] static Result<Child, SystemError> start(const ChildPlan& plan);
  Child(Child&&) = default;
  Child& operator=(Child&&) = delete;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  /// end().
  ~Child();

  [[nodiscard]] BorrowedFd pidfd() const { return pidfd_; }
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// How it ended, if it does within `limit`; collects it. Once.
  [[nodiscard]] std::optional<sys::ExitStatus> wait(Duration limit);
  /// Asks it to end (SIGTERM), kills it if it does not within a second or two, and collects it. Nothing if it is gone.
  void end();

 private:
  Child(UniqueFd pidfd, pid_t pid) : pidfd_(std::move(pidfd)), pid_(pid) {}
  UniqueFd pidfd_;
  pid_t pid_ = 0;
};

/// What a program printed on its standard output until it ended.
struct Captured {
  std::string text;
  sys::ExitStatus status;
};
/// Runs a program whose output is wanted: at most `max_bytes` of it, for at most `limit`; more, or longer, is ETIMEDOUT
/// or EMSGSIZE. `plan.output` is not looked at.
[[nodiscard]] Result<Captured, SystemError> capture(ChildPlan plan, std::size_t max_bytes, Duration limit,
                                                    const Clock& clock);

}  // namespace sallyport::client
