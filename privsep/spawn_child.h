// The child's half of spawn(): between clone and execveat, where only calls that are safe after a fork are made.
// Internal to privsep/spawn.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/unique_fd.h"
#include "privsep/spawn.h"

namespace sallyport::privsep {

/// Everything the child needs, prepared before clone.
struct ChildPlan {
  BorrowedFd executable;
  std::span<char* const> arguments;  ///< with the null pointer at the end
  std::span<const Placement> descriptors;
  BorrowedFd null;                   ///< /dev/null, for 0, 1 and 2
  Session session = Session::kOwn;
  BorrowedFd report;                 ///< close-on-exec pipe: a ChildFailure, or end of file once the exec has happened
};

enum class ChildStep : std::uint8_t { kFcntl, kDup3, kExec };

struct ChildFailure {
  ChildStep step = ChildStep::kExec;
  int number = 0;  ///< errno

  /// From the bytes that the child wrote; a short record is a failed exec without a reason.
  [[nodiscard]] static ChildFailure from(std::span<const std::byte> bytes);
};

/// The system call of a step, a static string.
[[nodiscard]] const char* child_step_name(ChildStep step);

/// Becomes the compartment; ends the process if that fails.
[[noreturn]] void become(const ChildPlan& plan);

}  // namespace sallyport::privsep
