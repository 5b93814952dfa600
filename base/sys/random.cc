#include "base/sys/random.h"

#include <sys/random.h>

#include <cerrno>

namespace sallyport::sys {

Result<void, SystemError> random_bytes(std::span<std::byte> buffer) {
  for (;;) {
    const ssize_t count = ::getrandom(buffer.data(), buffer.size(), 0);
    if (count == static_cast<ssize_t>(buffer.size())) return {};
    if (count >= 0) return std::unexpected(SystemError{"getrandom", EIO});
    if (errno != EINTR) return std::unexpected(SystemError{"getrandom", errno});
  }
}

}  // namespace sallyport::sys
