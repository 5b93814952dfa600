// delay_bench KEYS [--seeds N] [--rtt MS] [--loss PERCENT]: the delay that the protocol adds, ours beside stock's rules, at
// round trips from 0 to 1000 ms and losses from 0 to 50 % each way, in virtual time (tests/sync/echo_session.h). KEYS is a file of
// bench/paper/workload.py. One JSON array on standard output, a line for each cell and pair of ends.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sync/echo_session.h"
#include "tests/sync/simulator.h"

namespace {

using sallyport::sync::sim::EchoResult;
using sallyport::sync::sim::EchoSettings;
using sallyport::sync::sim::Random;
using sallyport::sync::sim::Rules;
using sallyport::sync::sim::ScreenEvent;
using Events = std::vector<ScreenEvent>;

struct Workload {
  const char* name;
  Events events;
};

struct Pair {
  const char* name;
  Rules server;
  Rules client;
};
constexpr Pair kPairs[] = {{"stock", Rules::kStock, Rules::kStock},
                           {"our server", Rules::kOurs, Rules::kStock},
                           {"both ours", Rules::kOurs, Rules::kOurs}};
constexpr double kRoundTripsMs[] = {0, 1, 5, 20, 50, 100, 200, 500, 1000};
constexpr double kLossPercents[] = {0, 1, 5, 10, 20, 29, 40, 50};

// Compressed sizes of answers: a letter, a moved cursor, a prompt with the output before it, a whole screen of mail.
std::size_t answer_bytes(char kind) {
  switch (kind) {
    case 'e': return 200;
    case 'c': return 1200;
    default: return 8;
  }
}

// A line: milliseconds since the key before, kind, the key's bytes in hexadecimal.
Events recorded(const char* path) {
  std::ifstream file(path);
  Events events;
  double at_ms = 0;
  double gap_ms = 0;
  char kind = 0;
  std::string key;
  while (file >> gap_ms >> kind >> key) {
    at_ms += gap_ms;
    events.push_back({at_ms, true, answer_bytes(kind)});
  }
  return events;
}

double exponential(Random& random, double mean) {
  const double uniform = static_cast<double>(random.next() >> 11U) * 0x1.0p-53;
  return -mean * std::log(1 - uniform);
}

// Keys at rates that change: single, in haste, held down.
Events random_keys(std::uint64_t seed) {
  Random random(seed);
  Events events;
  double at_ms = 0;
  while (events.size() < 250) {
    const double mean_ms = std::exp(3.4 + static_cast<double>(random.below(400)) / 100);
    for (std::uint64_t left = 1 + random.below(25); left > 0; --left) {
      at_ms += exponential(random, mean_ms);
      events.push_back({at_ms, true, random.chance(0.05) ? 1000 + random.below(1500) : 4 + random.below(40)});
    }
  }
  return events;
}

// A program that writes by itself: now and then some pieces within milliseconds, as builds, logs and clocks do.
Events random_output(std::uint64_t seed) {
  Random random(seed);
  Events events;
  double at_ms = 0;
  while (events.size() < 250) {
    at_ms += exponential(random, 700);
    for (std::uint64_t left = 1 + random.below(5); left > 0; --left) {
      at_ms += exponential(random, 4);
      events.push_back({at_ms, false, 10 + random.below(200)});
    }
  }
  return events;
}

struct Figures {
  std::vector<double> delays_ms;
  double datagrams_up = 0, datagrams_down = 0, bytes_up = 0, bytes_down = 0, seconds = 0;

  void add(const EchoResult& result) {
    delays_ms.insert(delays_ms.end(), result.delays_ms.begin(), result.delays_ms.end());
    datagrams_up += static_cast<double>(result.to_server.datagrams);
    datagrams_down += static_cast<double>(result.to_client.datagrams);
    bytes_up += static_cast<double>(result.to_server.bytes);
    bytes_down += static_cast<double>(result.to_client.bytes);
    seconds += result.seconds;
  }
  [[nodiscard]] double mean() const {
    return std::accumulate(delays_ms.begin(), delays_ms.end(), 0.0) / static_cast<double>(delays_ms.size());
  }
  [[nodiscard]] double share(double part) {
    std::sort(delays_ms.begin(), delays_ms.end());
    return delays_ms[static_cast<std::size_t>(part * static_cast<double>(delays_ms.size() - 1))];
  }
};

void print(Figures& figures, const Pair& pair, const char* workload, double rtt_ms, double loss_percent, bool first) {
  std::printf("%s\n{\"ends\": \"%s\", \"workload\": \"%s\", \"rtt_ms\": %g, \"loss_percent\": %g, \"mean_ms\": %.2f, "
              "\"p50_ms\": %.2f, \"p99_ms\": %.2f, \"events\": %zu, \"seconds\": %.1f, \"datagrams_up\": %.0f, "
              "\"datagrams_down\": %.0f, \"bytes_up\": %.0f, \"bytes_down\": %.0f}",
              first ? "[" : ",", pair.name, workload, rtt_ms, loss_percent, figures.mean(), figures.share(0.5), figures.share(0.99),
              figures.delays_ms.size(), figures.seconds, figures.datagrams_up, figures.datagrams_down, figures.bytes_up,
              figures.bytes_down);
}

struct Options {
  std::uint64_t seeds = 1;
  double rtt_ms = -1;        ///< below 0: all
  double loss_percent = -1;
};

void measure(const std::vector<Workload>& workloads, const Options& options) {
  bool first = true;
  for (const double rtt_ms : kRoundTripsMs) {
    for (const double loss_percent : kLossPercents) {
      const bool wanted = (options.rtt_ms < 0 || options.rtt_ms == rtt_ms) &&
                          (options.loss_percent < 0 || options.loss_percent == loss_percent);
      for (const Workload& workload : workloads) {
        for (const Pair& pair : kPairs) {
          if (!wanted) continue;
          Figures figures;
          for (std::uint64_t seed = 1; seed <= options.seeds; ++seed) {
            figures.add(run_echo_session({seed, rtt_ms, loss_percent / 100, pair.server, pair.client}, workload.events));
          }
          print(figures, pair, workload.name, rtt_ms, loss_percent, std::exchange(first, false));
        }
      }
    }
  }
  std::printf("\n]\n");
}

}  // namespace

int main(int count, char** words) {
  Options options;
  for (int i = 2; i + 1 < count; i += 2) {
    const std::string_view name = words[i];
    if (name == "--seeds") options.seeds = std::strtoull(words[i + 1], nullptr, 10);
    if (name == "--rtt") options.rtt_ms = std::strtod(words[i + 1], nullptr);
    if (name == "--loss") options.loss_percent = std::strtod(words[i + 1], nullptr);
  }
  const std::vector<Workload> workloads{{"recorded", count > 1 ? recorded(words[1]) : Events()},
                                        {"random keys", random_keys(7)},
                                        {"random output", random_output(11)}};
  if (workloads.front().events.empty()) {
    std::fprintf(stderr, "usage: delay_bench KEYS [--seeds N] [--rtt MS] [--loss PERCENT]\n");
    return 2;
  }
  measure(workloads, options);
  return 0;
}
