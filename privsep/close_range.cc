#include "privsep/close_range.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

namespace sallyport::privsep {

void close_range(unsigned first, unsigned last) {
  if (first > last || ::syscall(SYS_close_range, first, last, 0) == 0) return;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  // Ours: a hard limit can be 2^30 where systemd is old; the sandbox's inventory finds what this leaves.
  const auto end = static_cast<unsigned>(std::min<rlim_t>(limit.rlim_max, 1U << 20U));
  for (unsigned fd = first; fd < end && fd <= last; ++fd) ::close(static_cast<int>(fd));
}

}  // namespace sallyport::privsep
