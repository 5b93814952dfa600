#include "privsep/started.h"

#include <poll.h>

#include <array>
#include <csignal>

#include "base/sys/io.h"

namespace sallyport::privsep {
namespace {

bool has_ended(BorrowedFd pidfd, std::optional<Duration> within) {
  std::array<pollfd, 1> entries{pollfd{pidfd.number(), POLLIN, 0}};
  const auto ready = sys::ppoll(entries, within);
  return ready && *ready == 1;
}

}  // namespace

Started::~Started() {
  if (!pidfd_.valid()) return;
  if (!has_ended(pidfd_, grace_)) {
    (void)sys::kill(pidfd_, SIGKILL);
    (void)has_ended(pidfd_, std::nullopt);
  }
  (void)sys::reap(pidfd_);
}

std::optional<sys::ExitStatus> Started::wait_for_end(Duration limit) const {
  if (!has_ended(pidfd_, limit)) return {};
  return sys::reap(pidfd_);
}

}  // namespace sallyport::privsep
