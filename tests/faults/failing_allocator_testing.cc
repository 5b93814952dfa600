#include "tests/faults/failing_allocator_testing.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <new>

#include "sandbox/steps.h"

namespace sallyport::faults {
namespace {

/// operator new takes no context, so that this must be global.
struct State {
  bool counting = false;
  bool failing = false;  ///< this is a child, which has had its failure
  bool all_fail = false;
  Shortage shortage = Shortage::kOnce;
  long stride = 0;  ///< 0: only counted
  AllocationResult result;
};
constinit State g_state;

void collect(pid_t child) {
  AllocationResult& result = g_state.result;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    ++result.survived;
  } else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGILL) {
    ++result.ended;
  } else if (result.bad++ == 0) {
    result.first_bad = result.made;
    result.bad_status = status;
  }
}

/// Whether the allocation that is about to be made fails.
bool fails() {
  if (g_state.all_fail) return true;
  if (!g_state.counting) return false;
  ++g_state.result.made;
  if (g_state.stride == 0 || g_state.result.made % g_state.stride != 0) return false;
  ++g_state.result.tried;
  const pid_t child = ::fork();
  if (child == 0) {
    g_state.counting = false;
    g_state.failing = true;
    g_state.all_fail = g_state.shortage == Shortage::kFromThenOn;
    return true;
  }
  collect(child);
  return false;
}

}  // namespace

AllocationResult fail_each_allocation(Shortage shortage, long stride, const std::function<bool()>& body) {
  const std::new_handler before = std::get_new_handler();
  sandbox::prepare_allocator(sandbox::MemoryRule::kGrows);
  g_state = State{.counting = true, .shortage = shortage, .stride = stride};
  const bool right = body();
  if (g_state.failing) ::_exit(right ? 0 : 3);
  g_state.counting = false;
  std::set_new_handler(before);
  if (!right) ++g_state.result.bad;
  return g_state.result;
}

long count_allocations(const std::function<void()>& body) {
  g_state = State{.counting = true};
  body();
  g_state.counting = false;
  return g_state.result.made;
}

/// For what is below, which is in no namespace.
bool this_allocation_fails() { return fails(); }

}  // namespace sallyport::faults

#if defined(SALLYPORT_SANITIZED) || !defined(__GLIBC__)

namespace {

void* allocate(std::size_t size, std::size_t alignment) {
  for (;;) {
    void* memory = nullptr;
    if (!sallyport::faults::this_allocation_fails()) {
      memory = alignment <= alignof(std::max_align_t)
                   ? std::malloc(size)
                   : std::aligned_alloc(alignment, (size + alignment - 1) & ~(alignment - 1));
    }
    if (memory != nullptr) return memory;
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) std::abort();
    handler();
  }
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size, 1); }
void* operator new[](std::size_t size) { return allocate(size, 1); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

#else

// The C library lets a program bring its own malloc; these are its own under the names that stay.
extern "C" {
void* __libc_malloc(std::size_t size);                     // NOLINT(bugprone-reserved-identifier)
void* __libc_calloc(std::size_t count, std::size_t size);  // NOLINT(bugprone-reserved-identifier)
void* __libc_realloc(void* memory, std::size_t size);      // NOLINT(bugprone-reserved-identifier)

void* malloc(std::size_t size) {
  if (sallyport::faults::this_allocation_fails()) return errno = ENOMEM, nullptr;
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  if (sallyport::faults::this_allocation_fails()) return errno = ENOMEM, nullptr;
  return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) {
  if (sallyport::faults::this_allocation_fails()) return errno = ENOMEM, nullptr;
  return __libc_realloc(memory, size);
}
}

#endif
