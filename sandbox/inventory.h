// Compares the descriptors that a process really holds with those that its policy declares: exact numbers and kinds,
// anything else is a failure. Linked by every compartment, used before lock-down only. Works with or without /proc.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "base/unique_fd.h"
#include "sandbox/policy.h"

namespace sallyport::sandbox {

enum class InventoryStage : std::uint8_t {
  kBeginning,  ///< a kAnnounce descriptor may be anything
  kLockDown,   ///< it must be /dev/null
};

/// The first descriptor that differs from the policy's declaration, or nothing if all is right. Reads /proc/self/fd
/// (which stays readable for the process itself when not dumpable); without /proc, closes every number above the
/// highest declared one and looks at the rest. The error is a system call that failed on the way.
[[nodiscard]] Result<std::optional<BorrowedFd>, SystemError> find_difference(const Policy& policy,
                                                                             InventoryStage stage);

/// True if `fd` is open and of that kind (kAnnounce: open).
[[nodiscard]] bool is_of_kind(BorrowedFd fd, DescriptorKind kind);

}  // namespace sallyport::sandbox
