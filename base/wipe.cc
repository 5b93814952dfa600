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
  std::array<std::byte, kWipedStackBytes> below;
  wipe(below);
}

}  // namespace sallyport
