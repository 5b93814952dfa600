// Overwrites secrets (typed input, keys) so that the compiler cannot leave it out.
#pragma once

#include <cstddef>
#include <span>

namespace sallyport {

/// Sets every byte to zero; never optimised away. No system call.
void wipe(std::span<std::byte> bytes);

}  // namespace sallyport
