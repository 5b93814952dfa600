// What a snapshot of the screen costs: taking one, and the first write to each row that it shares. range(0) columns,
// range(1) rows.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "bench/parts/terminal_loads.h"
#include "terminal/emulator.h"

namespace {

using namespace sallyport;
using namespace sallyport::bench;
using terminal::Emulator;
using terminal::Framebuffer;

Emulator& filled(Emulator& emulator) {
  emulator.write(bytes_of(std::string_view(make_load(Load::kColoured)).substr(0, 1U << 17U)));
  return emulator;
}

WindowSize size_of(const benchmark::State& state) {
  return {.columns = static_cast<std::uint32_t>(state.range(0)), .rows = static_cast<std::uint32_t>(state.range(1))};
}

void take(benchmark::State& state) {
  Emulator emulator(size_of(state));
  filled(emulator);
  for (auto _ : state) benchmark::DoNotOptimize(Framebuffer(emulator.framebuffer()));
}
BENCHMARK(take)->Args({80, 24})->Args({200, 60})->Args({1000, 1000});

// One row changes between two snapshots: a key's echo.
void take_and_change_a_row(benchmark::State& state) {
  Emulator emulator(size_of(state));
  filled(emulator);
  for (auto _ : state) {
    const Framebuffer snapshot(emulator.framebuffer());
    emulator.write(bytes_of("x\b"));
    benchmark::DoNotOptimize(snapshot.same_rows(emulator.framebuffer()));
  }
}
BENCHMARK(take_and_change_a_row)->Args({80, 24})->Args({200, 60})->Args({1000, 1000});

// All of them do.
void take_and_change_all_rows(benchmark::State& state) {
  const WindowSize size = size_of(state);
  Emulator emulator(size);
  filled(emulator);
  std::string change = "\033[H";
  for (std::uint32_t row = 0; row < size.rows; ++row) change += row == 0 ? "x" : "\r\nx";
  for (auto _ : state) {
    const Framebuffer snapshot(emulator.framebuffer());
    emulator.write(bytes_of(change));
    benchmark::DoNotOptimize(snapshot.same_rows(emulator.framebuffer()));
  }
}
BENCHMARK(take_and_change_all_rows)->Args({80, 24})->Args({200, 60})->Args({1000, 1000});

}  // namespace
