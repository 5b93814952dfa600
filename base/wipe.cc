#include "base/wipe.h"

#include <array>
#include <cstring>

namespace sallyport {

void wipe(std::span<std::byte> bytes) {
  if (!bytes.empty()) {
    ::explicit_bzero(bytes.data(), bytes.size());
  }
}

[[gnu::noinline]] void wipe_stack() {
  // Not zeroed by the compiler first: that would be the same work twice.
  std::array<std::byte, kWipedStackBytes> below __attribute__((uninitialized));
  wipe(below);
}

}  // namespace sallyport
