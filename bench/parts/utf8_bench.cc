// UTF-8 to code points by the decoder's plain way, byte by byte, and the widths of code points; bytes a second.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>

#include "bench/parts/terminal_loads.h"
#include "terminal/utf8.h"
#include "terminal/width.h"

namespace {

using namespace sallyport::bench;
using namespace sallyport::terminal;

void decode(benchmark::State& state) {
  const std::string bytes = make_load(Load::kUtf8);
  Utf8Decoder decoder;
  std::uint64_t sum = 0;
  for (auto _ : state) {
    for (std::size_t at = 0; at < bytes.size();) {
      const Utf8Decoder::Step step = decoder.feed(static_cast<std::uint8_t>(bytes[at]));
      sum += step.code_point;
      at += step.again ? 0 : 1;
    }
    benchmark::DoNotOptimize(sum);
  }
  state.SetBytesProcessed(state.iterations() * std::ssize(bytes));
}
BENCHMARK(decode);

void widths(benchmark::State& state) {
  std::u32string text;
  Utf8Decoder decoder;
  for (const char byte : make_load(Load::kUtf8)) {
    const Utf8Decoder::Step step = decoder.feed(static_cast<std::uint8_t>(byte));
    if (step.has_code_point) text += step.code_point;
  }
  WidthCache cache;
  std::uint64_t columns = 0;
  for (auto _ : state) {
    for (const char32_t code_point : text) columns += cache(code_point).columns;
    benchmark::DoNotOptimize(columns);
  }
  state.SetItemsProcessed(state.iterations() * std::ssize(text));
}
BENCHMARK(widths);

}  // namespace
