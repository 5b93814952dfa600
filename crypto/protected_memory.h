// Memory for secrets: locked, left out of core dumps, not inherited by fork, and where the kernel has memfd_secret
// also out of reach of root's /proc/PID/mem. Linked by net and the client worker (through crypto). Architecture 5.
//
// One process-wide arena, because BoringSSL's allocation hooks (boringssl_memory.cc) take no context. It works before
// protect_process_memory() through a small static buffer, so that a library constructor may allocate. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <utility>

#include "base/check.h"
#include "base/result.h"

namespace sallyport::crypto {

/// How well memory is protected; later is better.
enum class Protection : std::uint8_t {
  kNone = 0,      ///< static buffer: wiped when released, nothing else
  kUnlocked = 1,  ///< not dumped, wiped on fork, but may be swapped (RLIMIT_MEMLOCK too small)
  kLocked = 2,    ///< as kUnlocked, and locked into memory
  kSecret = 3,    ///< memfd_secret: locked, not dumped, not inherited, unreadable through /proc and process_vm_readv
};

/// Size of the process's protected arena: some 20 datagram ciphers, and within a 64 KiB RLIMIT_MEMLOCK (ours).
inline constexpr std::size_t kProtectedBytes = std::size_t{64} << 10U;

/// One private mapping of protected pages. Wiped and unmapped when destroyed. Move-only.
class ProtectedPage {
 public:
  /// Maps at least `size` bytes, zeroed, with the best protection that the host gives. Fails only if no memory can be
  /// mapped, or if the kernel refuses MADV_DONTDUMP (without it the server must not run). System calls: memfd_secret,
  /// ftruncate, mmap, close, madvise, mlock.
  [[nodiscard]] static Result<ProtectedPage, SystemError> map(std::size_t size);
  ProtectedPage(ProtectedPage&& other) noexcept
      : bytes_(std::exchange(other.bytes_, {})), protection_(other.protection_) {}
  ProtectedPage& operator=(ProtectedPage&&) = delete;
  ProtectedPage(const ProtectedPage&) = delete;
  ProtectedPage& operator=(const ProtectedPage&) = delete;
  ~ProtectedPage();

  [[nodiscard]] std::span<std::byte> bytes() const { return bytes_; }
  [[nodiscard]] Protection protection() const { return protection_; }
  /// Gives up ownership: the pages stay for the rest of the process's life.
  [[nodiscard]] std::span<std::byte> release() && { return std::exchange(bytes_, {}); }

 private:
  ProtectedPage(std::span<std::byte> bytes, Protection protection) : bytes_(bytes), protection_(protection) {}
  std::span<std::byte> bytes_;
  Protection protection_;
};

/// Maps the process's arena. The first call does the work, later ones return the same answer. Making a SessionKey
/// calls it, so no key can lie elsewhere; call it early to learn the protection for the sandbox report. Before
/// lock-down.
[[nodiscard]] Result<Protection, SystemError> protect_process_memory();

/// What the arena holds; for the sandbox report and tests.
struct ProtectedMemoryReport {
  Protection protection = Protection::kNone;
  std::uint64_t boringssl_allocations =
      0;                       ///< calls of OPENSSL_memory_alloc since start: 0 means the hook is not linked in
  std::size_t used_bytes = 0;  ///< in the protected arena now
  std::size_t fallback_used_bytes = 0;  ///< in the static buffer now
};
[[nodiscard]] ProtectedMemoryReport protected_memory_report();

/// True if `address` lies in the mapped arena (not in the static fallback).
[[nodiscard]] bool is_protected(const void* address);

/// `size` bytes from the arena, aligned to 32; nullptr when it is full. Not initialised.
[[nodiscard]] void* allocate_protected(std::size_t size);
/// Wipes and releases what allocate_protected gave; nullptr is allowed. Anything else traps.
void release_protected(void* memory);

struct ReleaseProtected {
  template <typename T>
  void operator()(T* object) const {
    object->~T();
    release_protected(object);
  }
};
/// Owns one object in protected memory; wiped when destroyed.
template <typename T>
using ProtectedPtr = std::unique_ptr<T, ReleaseProtected>;

/// Makes a T in protected memory. Traps when the arena is full: the number of keys of a process is ours to choose.
template <typename T, typename... Args>
[[nodiscard]] ProtectedPtr<T> make_protected(Args&&... args) {
  static_assert(alignof(T) <= 32);
  void* const memory = allocate_protected(sizeof(T));
  CHECK(memory != nullptr);
  return ProtectedPtr<T>(::new (memory) T(std::forward<Args>(args)...));
}

}  // namespace sallyport::crypto
