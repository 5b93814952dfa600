#include "privsep/arrange.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "privsep/close_range.h"

namespace sallyport::privsep {
namespace {

constexpr int kTargetEnd = 64;  // as for spawn()

Result<UniqueFd, SystemError> copy_at(BorrowedFd fd, int at_least) {
  UniqueFd copy(::fcntl(fd.number(), F_DUPFD_CLOEXEC, at_least));
  if (!copy.valid()) return std::unexpected(SystemError{"fcntl", errno});
  return copy;
}

bool is_open(BorrowedFd fd) { return ::fcntl(fd.number(), F_GETFD) >= 0; }

}  // namespace

Result<void, SystemError> arrange(std::span<const Arrangement> arrangements) {
  for (const Arrangement& one : arrangements) {
    if (!one.fd->valid()) continue;
    const int target = one.target.number();
    const bool listed = std::ranges::any_of(arrangements, [&](const Arrangement& other) {
      return other.fd->valid() && other.fd->borrow().number() == target;
    });
    const bool twice = std::ranges::count_if(arrangements, [&](const Arrangement& other) {
      return other.fd->valid() && other.target.number() == target;
    }) > 1;
    if (target < 0 || target >= kTargetEnd || twice) return std::unexpected(SystemError{"arrange", EINVAL});
    if (!listed && is_open(one.target)) return std::unexpected(SystemError{"arrange", EBUSY});
  }
  // All out of the targets' range first: then nothing that is still needed can be overwritten.
  for (const Arrangement& one : arrangements) {
    if (one.fd->valid()) *one.fd = TRY(copy_at(*one.fd, kTargetEnd));
  }
  for (const Arrangement& one : arrangements) {
    if (!one.fd->valid()) continue;
    if (::dup3(one.fd->borrow().number(), one.target.number(), O_CLOEXEC) < 0) {
      return std::unexpected(SystemError{"dup3", errno});
    }
    *one.fd = UniqueFd(one.target.number());
  }
  return {};
}

Result<void, SystemError> point_at_null(BorrowedFd fd) {
  UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null.valid()) return std::unexpected(SystemError{"open", errno});
  if (null.borrow().number() == fd.number()) {
    (void)null.release();  // `fd` was closed, and open() took its number
    return {};
  }
  if (::dup3(null.borrow().number(), fd.number(), 0) < 0) return std::unexpected(SystemError{"dup3", errno});
  return {};
}

void close_all_except(std::span<const BorrowedFd> kept) {
  unsigned first = 0;
  for (;;) {
    // The smallest kept number from `first` on ends the next gap.
    unsigned next = ~0U;
    for (const BorrowedFd fd : kept) {
      if (fd.valid() && static_cast<unsigned>(fd.number()) >= first)
        next = std::min(next, static_cast<unsigned>(fd.number()));
    }
    if (next == ~0U) return close_range(first, ~0U);
    if (next > first) close_range(first, next - 1);
    first = next + 1;
  }
}

}  // namespace sallyport::privsep
