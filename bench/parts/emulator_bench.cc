// The emulator from memory, on one core, beside Debian's libvterm with its screen layer: bytes a second by kind of
// output, size of the screen and size of the pieces that it comes in. `ours` is what the terminal process calls for
// each HostOutput.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "bench/parts/terminal_loads.h"
#include "terminal/frame_source.h"

#ifdef SALLYPORT_HAVE_LIBVTERM
#include <vterm.h>
#endif

namespace {

using namespace sallyport;
using namespace sallyport::bench;

template <typename Write>
void run(benchmark::State& state, Load load, std::size_t piece, Write&& write) {
  const std::string bytes = make_load(load);
  for (auto _ : state) {
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      write(std::string_view(bytes).substr(at, std::min(piece, bytes.size() - at)));
    }
  }
  state.SetBytesProcessed(state.iterations() * std::ssize(bytes));
}

void ours(benchmark::State& state, Load load, WindowSize size, std::size_t piece) {
  terminal::FrameSource source(size);
  run(state, load, piece, [&source](std::string_view part) { source.host_output(bytes_of(part), TimePoint()); });
}

void emulator(benchmark::State& state, Load load, WindowSize size, std::size_t piece) {
  terminal::Emulator emulator(size);
  run(state, load, piece, [&emulator](std::string_view part) { emulator.write(bytes_of(part)); });
}

#ifdef SALLYPORT_HAVE_LIBVTERM
void libvterm(benchmark::State& state, Load load, WindowSize size, std::size_t piece) {
  VTerm* const terminal = vterm_new(static_cast<int>(size.rows), static_cast<int>(size.columns));
  vterm_set_utf8(terminal, 1);
  VTermScreen* const screen = vterm_obtain_screen(terminal);
  vterm_screen_enable_altscreen(screen, 1);
  vterm_screen_set_damage_merge(screen, VTERM_DAMAGE_SCROLL);
  vterm_screen_reset(screen, 1);
  run(state, load, piece, [&](std::string_view part) {
    vterm_input_write(terminal, part.data(), part.size());
    vterm_screen_flush_damage(screen);
  });
  vterm_free(terminal);
}
#endif

void register_all() {
  using Function = void (*)(benchmark::State&, Load, WindowSize, std::size_t);
  constexpr std::pair<std::string_view, Function> kEngines[] = {
      {"ours", ours},
      {"emulator", emulator},
#ifdef SALLYPORT_HAVE_LIBVTERM
      {"libvterm", libvterm},
#endif
  };
  // What one read of a PTY gives, and the most that the monitor puts into one message.
  constexpr std::size_t kPieces[] = {4096, 32768};
  constexpr WindowSize kSizes[] = {{80, 24}, {200, 60}};
  for (const WindowSize size : kSizes) {
    for (std::size_t load = 0; load < std::size(kLoadNames); ++load) {
      for (const std::size_t piece : kPieces) {
        for (const auto& [name, function] : kEngines) {
          const std::string full = std::string(kLoadNames[load]) + "/" + std::to_string(size.columns) + "x" +
                                   std::to_string(size.rows) + "/" + std::to_string(piece) + "/" + std::string(name);
          benchmark::RegisterBenchmark(full.c_str(), function, static_cast<Load>(load), size, piece);
        }
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
