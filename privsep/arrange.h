// Puts a process's own descriptors at the fixed numbers of privsep/descriptors.h: the monitor does it before its
// lock-down (net and terminal are born with theirs, privsep/spawn.h).
#pragma once

#include <span>

#include "base/result.h"
#include "base/unique_fd.h"

namespace sallyport::privsep {

/// `*fd` is to have the number `target` (0 to 63).
struct Arrangement {
  UniqueFd* fd = nullptr;
  BorrowedFd target;
};

/// Moves every descriptor to its number, close-on-exec, whatever the overlaps; each `*fd` then owns its target. An
/// empty `*fd` is skipped. Fails with EBUSY and changes nothing if a target number is in use by a descriptor that is
/// not in the list; after another failure each `*fd` still owns a valid descriptor, wherever it is.
[[nodiscard]] Result<void, SystemError> arrange(std::span<const Arrangement> arrangements);

/// Makes `fd` another description of /dev/null, under the same number, whether it was open or not.
[[nodiscard]] Result<void, SystemError> point_at_null(BorrowedFd fd);

/// Closes every descriptor of this process except those in `kept`. The caller makes sure that no UniqueFd owns what
/// goes.
void close_all_except(std::span<const BorrowedFd> kept);

}  // namespace sallyport::privsep
