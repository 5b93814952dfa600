#include "base/wipe.h"

#include <cstring>

namespace sallyport {

void wipe(std::span<std::byte> bytes) {
  if (!bytes.empty()) {
    ::explicit_bzero(bytes.data(), bytes.size());
  }
}

}  // namespace sallyport
