// How fast a program's output passes, and what a megabyte costs.
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "bench/load_file.h"
#include "bench/measurements.h"
#include "bench/parts/terminal_loads.h"
#include "bench/session.h"

namespace sallyport::bench {
namespace {

/// What full-screen programs do, of what every emulator knows: the other kinds' escapes are random ones, of which the
/// stock server knows fewer.
std::string common_escapes() {
  constexpr std::string_view kFinals = "ABCDGdHPX@LMKJ";
  std::mt19937 random(7);
  const auto number = [&random](std::uint32_t limit) { return std::to_string(below(random, limit)); };
  std::string text;
  while (text.size() < kLoadBytes) {
    switch (below(random, 4)) {
      case 0:
        text += "\033[" + number(8) + ";" + std::to_string(30 + below(random, 8)) + "m";
        break;
      case 1:
        text += "\033[38;5;" + number(256) + ";48;5;" + number(256) + "m";
        break;
      case 2:
        text += "\033[" + std::to_string(1 + below(random, 24)) + ";" + std::to_string(1 + below(random, 80)) + "H";
        break;
      default: {
        const char final = kFinals[below(random, kFinals.size())];
        text += "\033[" + (final == 'J' || final == 'K' ? number(3) : number(24)) + final;
      }
    }
    text.append(below(random, 8), static_cast<char>('a' + below(random, 26)));
  }
  return text;
}

/// Whole lines or whole sequences, so that it can be repeated.
std::string repeatable(Load load) {
  if (load == Load::kEscapes) return common_escapes();
  std::string text = make_load(load);
  const auto line = text.rfind('\n');
  text.resize(line == std::string::npos ? text.rfind('\033') : line + 1);
  return text;
}

void measure_output(const std::string& server, Load load, Length length, Results& results) {
  const std::string name(kLoadNames[static_cast<std::size_t>(load)]);
  const std::string piece = repeatable(load);
  std::string text;
  for (int i = 0; i < amount(length, 1, 8, 16); ++i) text += piece;
  const LoadFile file(text);
  const double megabytes = static_cast<double>(text.size()) / 1e6;
  Session session(server, printing_script(file.path()));
  if (!session.begin(std::chrono::milliseconds(500))) return results.wrong("no session");
  Client& client = session.client();
  const Cost before = session.cost();
  const TimePoint start = client.now();
  client.type("g");
  if (!session.wait_for_finish(start + std::chrono::seconds(30))) return results.wrong("its end was never shown");
  const double elapsed = milliseconds_of(client.now() - start) / 1000;
  const Cost after = session.cost();
  const std::string what = session.difference(std::string(kGreeting) + text + "\033[0m" + std::string(kFinished));
  if (!what.empty()) results.wrong(what);
  results.add(name + "_mb_per_s", megabytes / elapsed);
  if (session.has_server()) results.add(name + "_cpu_s_per_mb", (after.cpu_s - before.cpu_s) / megabytes);
  client.leave();
}

}  // namespace

void measure_plain(const std::string& server, Length length, Results& results) {
  measure_output(server, Load::kPlain, length, results);
}
void measure_coloured(const std::string& server, Length length, Results& results) {
  measure_output(server, Load::kColoured, length, results);
}
void measure_utf8(const std::string& server, Length length, Results& results) {
  measure_output(server, Load::kUtf8, length, results);
}
void measure_scroll(const std::string& server, Length length, Results& results) {
  measure_output(server, Load::kScroll, length, results);
}
void measure_escapes(const std::string& server, Length length, Results& results) {
  measure_output(server, Load::kEscapes, length, results);
}
void measure_jumps(const std::string& server, Length length, Results& results) {
  measure_output(server, Load::kJumps, length, results);
}

}  // namespace sallyport::bench
