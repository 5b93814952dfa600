// Differences between screens, on one core: what a frame costs after one key, after one line at the bottom, and after a
// full redraw, against rows and columns. `display` is the difference alone; `frame` is all that the terminal process
// does between the program's output and the frame: interpreting it, the difference, and keeping the snapshot. Each
// screen is full of coloured text.
#include <benchmark/benchmark.h>

#include <string>

#include "base/bytes.h"
#include "terminal/frame_source.h"

namespace {

using namespace sallyport;
using namespace sallyport::terminal;

constexpr WindowSize kSizes[] = {{10, 10}, {80, 24}, {200, 60}, {500, 500}, {1000, 1000}};

enum class Change : std::uint8_t { kKey, kLine, kRedraw };
constexpr std::pair<Change, std::string_view> kChanges[] = {
    {Change::kKey, "key"}, {Change::kLine, "line"}, {Change::kRedraw, "redraw"}};

/// A line of words in colours, as wide as the screen allows; another one for each `number`.
std::string line_of(WindowSize size, unsigned number) {
  std::string line;
  std::uint32_t column = 0;
  for (unsigned word = number; column + 8 < size.columns; ++word, column += 8) {
    line += "\033[3" + std::to_string(word % 8) + 'm' + static_cast<char>('a' + word % 26) +
            std::to_string(100000 + word) + ' ';
  }
  return line;
}

std::string redraw(WindowSize size, unsigned number) {
  std::string text = "\033[H\033[2J";
  for (unsigned row = 1; row <= size.rows; ++row) {
    text += "\033[" + std::to_string(row) + "H" + line_of(size, number + 7 * row);
  }
  return text + "\033[m";
}

std::string output(Change change, WindowSize size, unsigned number) {
  switch (change) {
    case Change::kKey:
      return std::string(1, static_cast<char>('a' + number % 2)) + '\b';
    case Change::kLine:
      return "\r\n" + line_of(size, number);
    case Change::kRedraw:
      break;
  }
  return redraw(size, number);
}

void display(benchmark::State& state, Change change, WindowSize size) {
  Emulator emulator(size);
  emulator.write(bytes_of(redraw(size, 1)));
  const Framebuffer base = emulator.framebuffer();
  emulator.write(bytes_of(output(change, size, 2)));
  const Framebuffer wanted = emulator.framebuffer();
  Display display;
  DiffBuffer out;
  for (auto _ : state) {
    out.clear();
    benchmark::DoNotOptimize(display.write(base, wanted, Receiver::kShowsBase, out));
  }
  state.counters["bytes"] = static_cast<double>(out.size());
}

void frame(benchmark::State& state, Change change, WindowSize size) {
  FrameSource source(size);
  source.host_output(bytes_of(redraw(size, 1)), TimePoint());
  std::uint64_t id = 1;
  (void)source.take_frame(SnapshotId(0), SnapshotId(0), SnapshotId(id), TimePoint());
  const std::string outputs[] = {output(change, size, 2), output(change, size, 3)};
  std::size_t bytes = 0;
  for (auto _ : state) {
    source.host_output(bytes_of(outputs[id % 2]), TimePoint());
    const auto taken = source.take_frame(SnapshotId(id), SnapshotId(id), SnapshotId(id + 1), TimePoint());
    source.forget(SnapshotId(++id));
    bytes = taken->host_bytes.size();
  }
  state.counters["bytes"] = static_cast<double>(bytes);
}

void register_all() {
  for (const auto& [change, name] : kChanges) {
    for (const WindowSize size : kSizes) {
      const std::string where =
          std::string(name) + "/" + std::to_string(size.columns) + "x" + std::to_string(size.rows);
      benchmark::RegisterBenchmark(("display/" + where).c_str(), display, change, size);
      benchmark::RegisterBenchmark(("frame/" + where).c_str(), frame, change, size);
    }
  }
}

[[maybe_unused]] const bool kRegistered = (register_all(), true);

}  // namespace
