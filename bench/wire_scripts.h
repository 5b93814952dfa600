// What people do, as fixed scripts: a program for the session, and keys with the pauses before them. The same in each
// run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"

namespace sallyport::bench {

enum class Length : std::uint8_t { kWhole, kQuick };

struct Stroke {
  Duration pause;  ///< before it
  std::string keys;
};

struct WireScript {
  const char* name;
  std::string command;  ///< for a shell, in an empty folder of its own
  std::vector<Stroke> strokes;
  Duration rest;  ///< until the program has said all
};

/// typing (a line editor's echo, a prompt), editor (vim), pager (less), log (coloured lines at a steady pace). `self`:
/// this program, which prints the log.
[[nodiscard]] std::vector<WireScript> wire_scripts(const std::string& self, Length length);
/// What the log's program does: 20 coloured lines a second.
void print_log(int seconds);

}  // namespace sallyport::bench
