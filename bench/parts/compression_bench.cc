// Deflate and inflate of whole instructions, as the sender and the receiver use them: an acknowledgment, a typed key's
// echo, and frames of coloured text, with the wiping of typed input and without.
#include <string>
#include <vector>

#include "base/check.h"
#include "bench/parts/allocations.h"
#include "net/inflate.h"

namespace {

using namespace sallyport;

/// Text like a coloured listing's, the same each time.
std::vector<std::byte> frame_of(std::size_t size) {
  std::vector<std::byte> bytes;
  unsigned seed = 7;
  while (bytes.size() < size) {
    seed = seed * 1664525U + 1013904223U;
    const std::string piece =
        "\x1b[" + std::to_string(30 + seed / 65536 % 8) + "mfile" + std::to_string(seed / 4096 % 997) + ".cc ";
    const auto as_bytes = std::as_bytes(std::span(piece));
    bytes.insert(bytes.end(), as_bytes.begin(), as_bytes.end());
  }
  bytes.resize(size);
  return bytes;
}

enum class Content { kScreen, kTyped };

void deflate(benchmark::State& state, Content content) {
  const auto plain = frame_of(static_cast<std::size_t>(state.range(0)));
  net::Deflater deflater;
  std::size_t packed = deflater.deflate(plain).size();
  const bench::CountAllocations count(state);
  for (auto _ : state) {
    packed = deflater.deflate(plain).size();
    if (content == Content::kTyped) deflater.clear();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
  state.counters["packed"] = static_cast<double>(packed);
}

/// As the receiver: each result is wiped.
void inflate(benchmark::State& state) {
  const auto plain = frame_of(static_cast<std::size_t>(state.range(0)));
  net::Deflater deflater;
  const auto packed = deflater.deflate(plain);
  net::Inflater inflater;
  const bench::CountAllocations count(state);
  for (auto _ : state) {
    const auto whole = inflater.inflate(packed);
    CHECK(whole && whole->size() == plain.size());
    inflater.clear();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
}

BENCHMARK_CAPTURE(deflate, screen, Content::kScreen)->Arg(30)->Arg(60)->Arg(500)->Arg(4000)->Arg(100'000);
BENCHMARK_CAPTURE(deflate, typed, Content::kTyped)->Arg(30)->Arg(60)->Arg(500);
BENCHMARK(inflate)->Arg(30)->Arg(60)->Arg(500)->Arg(4000)->Arg(100'000);

}  // namespace
