// The mean delay that pacing adds, ours beside stock's rule (8 ms collection, half the round trip within 20..250 ms),
// over workloads shaped after recordings, and random ones. Prints the table that the choice of PacingRule's defaults
// rests on.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "sync/pacing.h"
#include "tests/sync/simulator.h"

namespace sallyport::sync::sim {
namespace {

constexpr double kLengthMs = 60000;

/// Times of a program's writes, in milliseconds.
struct Workload {
  std::string name;
  std::vector<double> writes;
};

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}
  double uniform(double low, double high) {
    return low + (high - low) * static_cast<double>(random_.next() >> 11U) * 0x1.0p-53;
  }
  double exponential(double mean) { return -mean * std::log(1 - uniform(0, 1)); }
  /// `count` writes from `at` on, with gaps that `gap` draws.
  template <typename Gap>
  void burst(std::vector<double>& writes, double& at, double count, Gap gap) {
    for (int i = 0; i < static_cast<int>(count); ++i) {
      writes.push_back(at);
      at += gap();
    }
  }

 private:
  Random random_;
};

std::vector<double> typing_echo(Generator& g) {
  std::vector<double> writes;
  for (double t = 0; t < kLengthMs; t += g.uniform(80, 220)) {
    double at = t + g.uniform(0.2, 1.5);
    g.burst(writes, at, g.uniform(0, 1) < 0.3 ? 2 : 1, [&] { return g.uniform(0.3, 4); });
  }
  return writes;
}

std::vector<double> listings(Generator& g) {  // Enter's echo, the list in pieces, the prompt
  std::vector<double> writes;
  for (double t = 0; t < kLengthMs; t += g.uniform(1500, 4000)) {
    writes.push_back(t);
    double at = t + g.uniform(2, 12);
    g.burst(writes, at, g.uniform(2, 9), [&] { return g.uniform(0.05, 3); });
    writes.push_back(at + g.uniform(1, 6));
  }
  return writes;
}

std::vector<double> editor(Generator& g, double low, double high, double pieces, double gap) {
  std::vector<double> writes;
  for (double t = 0; t < kLengthMs; t += g.uniform(low, high)) {
    double at = t + g.uniform(0.3, 3);
    g.burst(writes, at, g.uniform(1 + pieces / 3, pieces + 1), [&] { return g.exponential(gap); });
  }
  return writes;
}

std::vector<double> poisson(Generator& g, double mean) {
  std::vector<double> writes;
  for (double t = g.exponential(mean); t < kLengthMs; t += g.exponential(mean)) writes.push_back(t);
  return writes;
}

std::vector<double> heavy_tailed(Generator& g) {
  std::vector<double> writes;
  for (double t = 0; t < kLengthMs; t += std::min(0.2 / std::pow(g.uniform(1e-9, 1), 1 / 0.7), 3000.0)) {
    writes.push_back(t);
  }
  return writes;
}

std::vector<double> changing_rates(Generator& g) {
  std::vector<double> writes;
  for (double t = 0; t < kLengthMs;) {
    const double mean = std::exp(g.uniform(-1, 6));
    g.burst(writes, t, g.uniform(1, 31), [&] { return g.exponential(mean); });
  }
  return writes;
}

std::vector<Workload> workloads() {
  Generator g(5);
  std::vector<Workload> all{{"typing", typing_echo(g)},
                            {"ls", listings(g)},
                            {"vim", editor(g, 200, 1000, 10, 5)},
                            {"held key", editor(g, 30, 60, 3, 1.5)},
                            {"log", poisson(g, 2)},
                            {"build", poisson(g, 45)},
                            {"bursts", editor(g, 300, 900, 20, 1)},
                            {"top", editor(g, 1000, 1030, 12, 0.8)},
                            {"tails", heavy_tailed(g)},
                            {"random", changing_rates(g)}};
  for (Workload& workload : all) std::sort(workload.writes.begin(), workload.writes.end());
  return all;
}

struct Outcome {
  double mean_ms = 0;
  std::size_t frames = 0;
};

// Frames that weigh nothing on a link, of a provider that answers at once: what is left is pacing.
Outcome run(const Workload& workload, const PacingRule& rule, double rtt_ms) {
  const TimePoint start(std::chrono::hours(1));
  const Duration interval = send_interval(rule, rtt_ms);
  Pacer pacer(rule);
  const auto at = [&](double ms) { return start + Duration(static_cast<std::int64_t>(ms * 1000)); };
  double total_ms = 0;
  std::size_t frames = 0;
  for (std::size_t i = 0; i < workload.writes.size(); ++frames) {
    pacer.on_change(at(workload.writes[i]));
    const TimePoint sent = pacer.earliest(interval);
    for (; i < workload.writes.size() && at(workload.writes[i]) <= sent; ++i) {
      total_ms += static_cast<double>((sent - at(workload.writes[i])).count()) / 1000;
    }
    pacer.on_sent(sent, 0, interval);
  }
  return {total_ms / static_cast<double>(workload.writes.size()), frames};
}

TEST(PacingTable, AddsLessDelayThanStockAtEveryRoundTrip) {
  const auto all = workloads();
  std::printf("mean delay added by pacing, ms: ours / stock\n%8s %15s", "RTT ms", "all");
  for (const Workload& workload : all) std::printf(" %13s", workload.name.c_str());
  for (const double rtt : {0., 5., 10., 20., 40., 60., 80., 100., 150., 200., 300., 400., 500., 700., 1000.}) {
    double ours_total = 0;
    double stock_total = 0;
    std::string row;
    for (const Workload& workload : all) {
      const double ours = run(workload, PacingRule(), rtt).mean_ms;
      const double stock = run(workload, stock_pacing(std::chrono::milliseconds(8)), rtt).mean_ms;
      ours_total += ours;
      stock_total += stock;
      char cell[32];
      std::snprintf(cell, sizeof cell, " %6.1f/%6.1f", ours, stock);
      row += cell;
      EXPECT_LT(ours, stock * 1.05) << workload.name << " at " << rtt << " ms";
    }
    const auto count = static_cast<double>(all.size());
    std::printf("\n%8.0f %7.2f/%7.2f%s", rtt, ours_total / count, stock_total / count, row.c_str());
    EXPECT_LT(ours_total, stock_total * 0.75) << rtt << " ms";
  }
  std::printf("\n");
}

TEST(PacingTable, KeepsTheMeanRate) {
  for (const double rtt : {0., 20., 100., 500.}) {
    for (const Workload& workload : workloads()) {
      const PacingRule rule;
      const auto interval_ms = static_cast<double>(send_interval(rule, rtt).count()) / 1000;
      const double most = (kLengthMs + 10000) / interval_ms + rule.burst_frames;
      EXPECT_LE(static_cast<double>(run(workload, rule, rtt).frames), most) << workload.name << " at " << rtt;
    }
  }
}

}  // namespace
}  // namespace sallyport::sync::sim
