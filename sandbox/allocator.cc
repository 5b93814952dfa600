#include <malloc.h>

#include <new>

#include "sandbox/steps.h"

namespace sallyport::sandbox {

void prepare_allocator(MemoryRule rule) {
  // Without memory a compartment dies as by a failed CHECK, at once. An exception that nobody catches would come to the same
  // by way of unwinding tables and abort(), whose system calls are not permitted.
  std::set_new_handler([] { __builtin_trap(); });
#ifdef __GLIBC__
  // A block of its own mapping would be resized by mremap. With all blocks on the heap, growth is brk (mmap if that
  // fails) and large buffers are reused instead of being mapped and unmapped for every frame.
  ::mallopt(M_MMAP_MAX, 0);
  // Ours: a mebibyte at the heap's end stays, so that one frame after the other does not move the end up and down.
  // Frozen: nothing is given back, so that even a late free makes no system call.
  ::mallopt(M_TRIM_THRESHOLD, rule == MemoryRule::kFrozen ? -1 : 1 << 20);
#else
  (void)rule;
#endif
}

void give_back_free_memory() {
#ifdef __GLIBC__
  (void)::malloc_trim(0);
#endif
}

}  // namespace sallyport::sandbox
