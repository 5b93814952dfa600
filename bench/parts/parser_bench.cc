// The parser alone: what a program prints, split into actions that do nothing but count; bytes a second.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "bench/parts/terminal_loads.h"
#include "terminal/parser.h"

namespace {

using namespace sallyport;
using namespace sallyport::bench;
using namespace sallyport::terminal;

class Counter final : public Actions {
 public:
  std::uint64_t count = 0;

 private:
  void print_ascii(std::string_view text) override { count += text.size(); }
  void print(std::span<const char32_t> text) override { count += text.size(); }
  void execute(std::uint8_t /*control*/) override { ++count; }
  void escape(FunctionKey /*key*/) override { ++count; }
  void control(const ControlSequence& sequence) override { count += sequence.count; }
  void operating_system_command(std::string_view text, bool /*complete*/) override { count += text.size(); }
  void device_control(FunctionKey /*key*/) override { ++count; }
};

// range(1): bytes in a piece. 1 is what no fast way can help.
void parse(benchmark::State& state) {
  const auto load = static_cast<std::size_t>(state.range(0));
  const auto piece = static_cast<std::size_t>(state.range(1));
  const std::string bytes = make_load(static_cast<Load>(load));
  Counter counter;
  Parser parser(counter);
  for (auto _ : state) {
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      parser.write(bytes_of(std::string_view(bytes).substr(at, std::min(piece, bytes.size() - at))));
    }
    benchmark::DoNotOptimize(counter.count);
  }
  state.SetLabel(std::string(kLoadNames[load]));
  state.SetBytesProcessed(state.iterations() * std::ssize(bytes));
}
BENCHMARK(parse)->ArgsProduct({benchmark::CreateDenseRange(0, std::size(kLoadNames) - 1, 1), {4096, 1}});

}  // namespace
