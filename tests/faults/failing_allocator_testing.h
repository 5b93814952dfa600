// Lets every allocation of a stretch of code fail in turn: where one is made, a forked child gets none and goes on,
// while the parent has it and goes on to the next. So each is tried in one pass. Under sanitizers, which bring their
// own malloc, only operator new fails.
#pragma once

#include <functional>

namespace sallyport::faults {

struct AllocationResult {
  long made = 0;       ///< allocations of the whole stretch
  long tried = 0;      ///< children
  long survived = 0;   ///< that came to the end, with a right result
  long ended = 0;      ///< by the trap of sandbox::prepare_allocator()
  long bad = 0;        ///< any other way
  long first_bad = 0;  ///< the allocation that the first of these missed
  int bad_status = 0;  ///< and its status, as of waitpid()
};

enum class Shortage { kOnce, kFromThenOn };

/// Runs `body`, which gives whether its result is right, and lets each `stride`-th allocation fail. Its result must be
/// right without a failure, too.
[[nodiscard]] AllocationResult fail_each_allocation(Shortage shortage, long stride, const std::function<bool()>& body);

/// How many allocations `body` makes.
[[nodiscard]] long count_allocations(const std::function<void()>& body);

}  // namespace sallyport::faults
