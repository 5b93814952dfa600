// The system calls of this room: one mapping, made before lock-down.
#include "crypto/protected_memory.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "base/unique_fd.h"
#include "base/wipe.h"

namespace sallyport::crypto {
namespace {

std::span<std::byte> as_bytes(void* memory, std::size_t size) { return {static_cast<std::byte*>(memory), size}; }

/// Nothing where the kernel has no memfd_secret (before 5.14, or switched off), or the limit on locked memory is too
/// small.
std::optional<std::span<std::byte>> map_secret([[maybe_unused]] std::size_t size) {
#ifdef SYS_memfd_secret
  // The C library wraps neither this call nor its close-on-exec flag, which is O_CLOEXEC's value.
  const UniqueFd fd(static_cast<int>(::syscall(SYS_memfd_secret, 02000000)));
  if (!fd.valid() || ::ftruncate(fd.borrow().number(), static_cast<off_t>(size)) < 0) return std::nullopt;
  void* const memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd.borrow().number(), 0);
  if (memory == MAP_FAILED) return std::nullopt;
  // A shared mapping cannot be wiped on fork, so a child does not get it at all.
  if (::madvise(memory, size, MADV_DONTFORK) == 0 && ::madvise(memory, size, MADV_DONTDUMP) == 0)
    return as_bytes(memory, size);
  ::munmap(memory, size);
#endif
  return std::nullopt;
}

}  // namespace

Result<ProtectedPage, SystemError> ProtectedPage::map(std::size_t size) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t rounded = (size + page - 1) / page * page;
  // Of secret memory a page is taken when it is first used: it counts against the limit on locked memory already, comes
  // zeroed, and most of the arena is never used.
  if (const auto secret = map_secret(rounded)) return ProtectedPage(*secret, Protection::kSecret);
  void* const memory = ::mmap(nullptr, rounded, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return std::unexpected(SystemError{"mmap", errno});
  if (::madvise(memory, rounded, MADV_DONTDUMP) < 0 || ::madvise(memory, rounded, MADV_WIPEONFORK) < 0) {
    const int number = errno;
    ::munmap(memory, rounded);
    return std::unexpected(SystemError{"madvise", number});
  }
  const bool locked = ::mlock(memory, rounded) == 0;
  wipe(as_bytes(memory, rounded));
  return ProtectedPage(as_bytes(memory, rounded), locked ? Protection::kLocked : Protection::kUnlocked);
}

ProtectedPage::~ProtectedPage() {
  if (bytes_.empty()) return;
  wipe(bytes_);
  ::munmap(bytes_.data(), bytes_.size());
}

}  // namespace sallyport::crypto
