// The system's cryptographic randomness.
#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"

namespace sallyport::sys {

/// Fills `buffer` (at most 256 bytes, which the kernel gives whole) from getrandom(2).
[[nodiscard]] Result<void, SystemError> random_bytes(std::span<std::byte> buffer);

}  // namespace sallyport::sys
