// The measurements of whole sessions. Each starts its own sessions of `server` (a path, bench/floor's or kBarePty),
// types into them, checks what they show, and ends them. scripts/bench runs one at a time, by turns for each server.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "bench/results.h"

namespace sallyport::bench {

/// kSmoke is for a test that they run at all: its figures mean nothing.
enum class Length : std::uint8_t { kSmoke, kQuick, kFull };

struct Measurement {
  std::string_view name;
  void (*run)(const std::string& server, Length length, Results& results);
};

/// connect_ms, first_output_ms: medians over a few sessions.
void measure_start(const std::string& server, Length length, Results& results);
/// isolated_*: keys typed alone, an echo each; back_to_back_*: each key as soon as the one before is echoed.
void measure_isolated(const std::string& server, Length length, Results& results);
void measure_back_to_back(const std::string& server, Length length, Results& results);
/// KIND_mb_per_s, KIND_cpu_s_per_mb: the kinds of bench/parts/terminal_loads.h, printed from a file.
void measure_plain(const std::string& server, Length length, Results& results);
void measure_coloured(const std::string& server, Length length, Results& results);
void measure_utf8(const std::string& server, Length length, Results& results);
void measure_scroll(const std::string& server, Length length, Results& results);
void measure_escapes(const std::string& server, Length length, Results& results);
void measure_jumps(const std::string& server, Length length, Results& results);
/// pss_mb: of one of 20 sessions that have shown a little; idle_*: one of them with its client.
void measure_memory(const std::string& server, Length length, Results& results);
/// big_*: a screen of 1000x1000 with 100,000 pairs of colours.
void measure_big(const std::string& server, Length length, Results& results);
/// path_*: single keys over a round trip of 100 ms; loss_*: with 29 % of the datagrams lost each way.
void measure_path(const std::string& server, Length length, Results& results);
void measure_loss(const std::string& server, Length length, Results& results);
/// forged_cpu_us: CPU for each datagram with a wrong tag, from a stranger, beside a session.
void measure_forged(const std::string& server, Length length, Results& results);

inline constexpr Measurement kMeasurements[] = {
    {"start", measure_start},   {"isolated", measure_isolated}, {"back_to_back", measure_back_to_back},
    {"plain", measure_plain},   {"coloured", measure_coloured}, {"utf8", measure_utf8},
    {"scroll", measure_scroll}, {"escapes", measure_escapes},   {"jumps", measure_jumps},
    {"memory", measure_memory}, {"big", measure_big},           {"path", measure_path},
    {"loss", measure_loss},     {"forged", measure_forged},
};

/// One of three, by length.
template <typename T>
[[nodiscard]] constexpr T amount(Length length, T smoke, T quick, T full) {
  return length == Length::kSmoke ? smoke : length == Length::kQuick ? quick : full;
}

}  // namespace sallyport::bench
