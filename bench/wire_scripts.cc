#include "bench/wire_scripts.h"

#include <cstdio>
#include <random>
#include <string_view>
#include <thread>

namespace sallyport::bench {
namespace {

using std::chrono::milliseconds;

/// A clear screen, since a stock server may print words of its own first, and a source file of 400 lines, the same each
/// time.
constexpr std::string_view kMakeSource =
    "printf '\\033[H\\033[J'; i=0; while [ $i -lt 100 ]; do i=$((i+1)); printf '/* Part %d of the example. */\\nint "
    "part_%d(int value) {\\n"
    "  return value * %d + %d;\\n}\\n' $i $i $((i*37)) $((i*101)); done > part.c; ";

/// Each key of `text` alone, at a person's pace: 90 to 290 ms.
void type_out(std::string_view text, std::mt19937& random, std::vector<Stroke>& strokes) {
  for (const char key : text) strokes.push_back({milliseconds(90 + random() % 200), std::string(1, key)});
}

/// `keys` so many times, as a key held down repeats.
void hold(std::string_view keys, int times, std::vector<Stroke>& strokes) {
  for (int i = 0; i < times; ++i) strokes.push_back({milliseconds(i == 0 ? 300 : 40), std::string(keys)});
}

WireScript typing(Length length) {
  std::mt19937 random(1);
  WireScript script{"typing", "printf '\\033[H\\033[J'; exec bash --norc --noprofile", {}, milliseconds(1500)};
  type_out("echo hello there, general\r", random, script.strokes);
  type_out(
      "printf '%s\\n' one two thre\x7F\x7F"
      "ree three\r",
      random, script.strokes);
  if (length == Length::kWhole) {
    type_out("cd /; pwd; cd - >/dev/null\r", random, script.strokes);
    type_out("for i in 1 2 3 4 5; do echo line $i of a loop; done\r", random, script.strokes);
    for (int i = 0; i < 2; ++i) script.strokes.push_back({milliseconds(400), "\033[A"});
    for (int i = 0; i < 8; ++i) script.strokes.push_back({milliseconds(150), "\033[D"});
    type_out("xyz\x7F\x7F\x7F\r", random, script.strokes);
    type_out("git commit -m 'a message that nobody will read'\x15", random, script.strokes);
  }
  return script;
}

WireScript editor(Length length) {
  std::mt19937 random(2);
  WireScript script{
      "editor", std::string(kMakeSource) + "exec vim -u NONE -N -n -i NONE part.c", {}, milliseconds(1500)};
  std::vector<Stroke>& strokes = script.strokes;
  strokes.push_back({milliseconds(800), ":syntax on\r"});
  hold("j", 40, strokes);
  for (const char* keys : {"\x06", "\x06", "\x04", "\x02", "\x15"}) strokes.push_back({milliseconds(500), keys});
  type_out("/part_77\r", random, strokes);
  type_out("ointeger other = 42; // inserted\r  return other;\033", random, strokes);
  if (length == Length::kWhole) {
    type_out("ddkdwdw", random, strokes);
    type_out("uuu", random, strokes);
    type_out(":set number\r", random, strokes);
    hold("\x05", 20, strokes);
    type_out("ggOat the top\033", random, strokes);
    type_out(":split\r\x06\x06\x17w\x06", random, strokes);
    type_out(":%s/value/number/g\r", random, strokes);
    strokes.push_back({milliseconds(500), ":only\r"});
    strokes.push_back({milliseconds(500), "G"});
    strokes.push_back({milliseconds(500), "gg"});
  }
  return script;
}

WireScript pager(Length length) {
  WireScript script{"pager", std::string(kMakeSource) + "exec less part.c", {}, milliseconds(1500)};
  std::vector<Stroke>& strokes = script.strokes;
  const int pages = length == Length::kWhole ? 8 : 3;
  for (int i = 0; i < pages; ++i) strokes.push_back({milliseconds(600), " "});
  for (const char* keys : {"b", "b", "/part_6\r", "n", "n"}) strokes.push_back({milliseconds(600), keys});
  hold("\r", pages * 3, strokes);
  hold("k", pages * 3, strokes);
  for (const char* keys : {"G", "g", "50%"}) strokes.push_back({milliseconds(600), keys});
  return script;
}

WireScript log(const std::string& self, Length length) {
  const int seconds = length == Length::kWhole ? 15 : 5;
  return {"log",
          "printf '\\033[H\\033[J'; exec '" + self + "' --print-log " + std::to_string(seconds),
          {},
          std::chrono::seconds(seconds + 2)};
}

}  // namespace

std::vector<WireScript> wire_scripts(const std::string& self, Length length) {
  return {typing(length), editor(length), pager(length), log(self, length)};
}

void print_log(int seconds) {
  constexpr const char* kLevels[] = {"\033[32mINFO\033[0m ", "\033[36mDEBUG\033[0m", "\033[1;33mWARN\033[0m ",
                                     "\033[1;31mERROR\033[0m"};
  constexpr const char* kTexts[] = {"accepted connection from 192.0.2.%u\n", "request served in %u us\n",
                                    "cache miss for object %u, fetching it from the second tier of storage\n",
                                    "worker %u is idle\n", "queue length is %u; \033[4mslow consumer\033[0m ahead\n"};
  std::mt19937 random(3);
  const SystemClock clock;
  TimePoint due = clock.now();
  for (unsigned line = 0; line < static_cast<unsigned>(seconds) * 20; ++line) {
    std::printf("\033[2m2026-03-04T12:%02u:%02u.%03u\033[0m %s \033[34mserver[4711]\033[0m ", 10 + line / 1200,
                line / 20 % 60, line % 20 * 50, kLevels[random() % 10 < 6 ? 0 : random() % 4]);
    std::printf(kTexts[random() % 5], static_cast<unsigned>(random() % 10000));
    std::fflush(stdout);
    due += milliseconds(50);
    std::this_thread::sleep_for(due - clock.now());
  }
}

}  // namespace sallyport::bench
