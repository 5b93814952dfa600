// Counts what a measured piece of code takes from the heap: include it in one source file of a program. A figure
// without noise, where nanoseconds have some.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>
#include <new>

namespace sallyport::bench {

/// Mutable and global, because operator new takes no context.
inline std::uint64_t& allocations() {
  static std::uint64_t count = 0;
  return count;
}

/// Reports the allocations of each iteration since it was made.
class CountAllocations {
 public:
  explicit CountAllocations(benchmark::State& state) : state_(state), before_(allocations()) {}
  CountAllocations(const CountAllocations&) = delete;
  CountAllocations& operator=(const CountAllocations&) = delete;
  ~CountAllocations() {
    state_.counters["allocations"] =
        benchmark::Counter(static_cast<double>(allocations() - before_), benchmark::Counter::kAvgIterations);
  }

 private:
  benchmark::State& state_;
  std::uint64_t before_;
};

}  // namespace sallyport::bench

void* operator new(std::size_t size) {
  ++sallyport::bench::allocations();
  if (void* const memory = std::malloc(size)) return memory;
  std::abort();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
