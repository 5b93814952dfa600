// Cutting an instruction to fit datagrams and putting it together again: in one piece, in order, and in the worst
// order.
#include <algorithm>
#include <array>
#include <vector>

#include "base/check.h"
#include "bench/parts/allocations.h"
#include "net/fragment.h"

namespace {

using namespace sallyport;

constexpr std::size_t kSlice = 1362;  // of an IPv4 datagram

void cut(benchmark::State& state) {
  const std::vector<std::byte> compressed(static_cast<std::size_t>(state.range(0)));
  net::Fragmenter fragmenter;
  std::array<std::byte, 1500> payload{};
  const bench::CountAllocations count(state);
  for (auto _ : state) {
    const auto pieces = fragmenter.cut(compressed, kSlice);
    for (std::size_t i = 0; i < pieces->count(); ++i) {
      benchmark::DoNotOptimize(net::write_fragment((*pieces)[i], payload).data());
    }
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
}

enum class Arrival { kInOrder, kBackwards };

void assemble(benchmark::State& state, Arrival arrival) {
  const std::vector<std::byte> compressed(static_cast<std::size_t>(state.range(0)));
  net::Fragmenter fragmenter;
  net::FragmentAssembly assembly;
  std::array<std::byte, 1500> payload{};
  const bench::CountAllocations count(state);
  for (auto _ : state) {
    const auto pieces = fragmenter.cut(compressed, kSlice);
    std::size_t delivered = 0;
    for (std::size_t i = 0; i < pieces->count(); ++i) {
      const std::size_t index = arrival == Arrival::kInOrder ? i : pieces->count() - 1 - i;
      const auto fragment = net::parse_fragment(net::write_fragment((*pieces)[index], payload));
      const auto added = assembly.add(*fragment);
      if (added && *added) delivered = (*added)->size();
    }
    CHECK(delivered == compressed.size());
    assembly.wipe_delivered();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
}

BENCHMARK(cut)->Arg(100)->Arg(10'000)->Arg(1'000'000);
BENCHMARK_CAPTURE(assemble, in_order, Arrival::kInOrder)->Arg(100)->Arg(10'000)->Arg(1'000'000);
BENCHMARK_CAPTURE(assemble, backwards, Arrival::kBackwards)->Arg(100)->Arg(10'000)->Arg(1'000'000);

}  // namespace
