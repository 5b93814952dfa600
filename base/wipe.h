// Overwrites secrets (typed input, keys) so that the compiler cannot leave it out.
#pragma once

#include <cstddef>
#include <span>

namespace sallyport {

/// Sets every byte to zero; never optimised away. No system call.
void wipe(std::span<std::byte> bytes);

/// Overwrites what functions called earlier left on the stack below the caller's frame: kWipedStackBytes of it, which is
/// more than the deepest of our ciphers uses. No system call.
void wipe_stack();
inline constexpr std::size_t kWipedStackBytes = 1024;

}  // namespace sallyport
