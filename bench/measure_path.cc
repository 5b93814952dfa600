// Echoes over a long path, without and with loss: several sessions at a time, each over a path of its own with a seed
// of its own, the same for every server.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/sys/io.h"
#include "bench/lossy_path.h"
#include "bench/measurements.h"
#include "bench/session.h"

namespace sallyport::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kOneWay = milliseconds(50);
constexpr double kLost = -1;  ///< in place of a time
constexpr double kWrongScreen = -2;

struct Plan {
  std::string name;
  double loss = 0;
  int sessions = 0;
  int keys = 0;
};

/// Times of one session's echoes in milliseconds.
std::vector<double> type_keys(const std::string& server, const Plan& plan, std::uint64_t seed) {
  std::unique_ptr<LossyPath> path;
  Session session(server, echoing_script(), Session::kWindow, [&](std::uint16_t port) {
    path = std::make_unique<LossyPath>(port, PathSettings{.delay = kOneWay}, seed);
    return path->port();
  });
  std::vector<double> times;
  if (!session.begin(seconds(1))) return {kLost};
  path->set({.delay = kOneWay, .loss = plan.loss});
  Client& client = session.client();
  std::mt19937_64 random(seed);
  std::string printed(kGreeting);
  for (int i = 0; i < plan.keys; ++i) {
    client.rest(milliseconds(100 + random() % 150));
    const std::string key(1, static_cast<char>('a' + i % 26));
    const TimePoint start = client.now();
    client.type(key);
    printed += key;
    const bool came = client.wait_for(key, start + seconds(10));
    times.push_back(came ? milliseconds_of(client.now() - start) : kLost);
    if (!came) break;
    if (!session.difference(printed).empty()) times.back() = kWrongScreen;
  }
  return times;
}

/// In a process of its own, as each has its own key in protected memory; what it finds comes over a pipe.
class Typist {
 public:
  Typist(const std::string& server, const Plan& plan, std::uint64_t seed) {
    auto pipe = sys::pipe();
    if (!pipe) std::exit(1);
    child_ = ::fork();
    if (child_ == 0) {
      const std::vector<double> times = type_keys(server, plan, seed);
      (void)sys::write(pipe->writer.borrow(), std::as_bytes(std::span(times)));
      ::_exit(0);
    }
    reader_ = std::move(pipe->reader);  // the writing end goes: a child that failed says nothing
  }
  Typist(const Typist&) = delete;
  Typist& operator=(const Typist&) = delete;
  ~Typist() { (void)::waitpid(child_, nullptr, 0); }

  std::vector<double> times(int keys) {
    std::vector<double> times(static_cast<std::size_t>(keys));
    const auto size = sys::read(reader_.borrow(), std::as_writable_bytes(std::span(times)));
    times.resize(size ? *size / sizeof(double) : 0);
    return times;
  }

 private:
  pid_t child_ = 0;
  UniqueFd reader_;
};

void measure_keys(const std::string& server, const Plan& plan, Results& results) {
  std::vector<std::unique_ptr<Typist>> typists;
  for (int i = 0; i < plan.sessions; ++i) {
    typists.push_back(std::make_unique<Typist>(server, plan, static_cast<std::uint64_t>(i) + 1));
  }
  std::vector<double> all;
  for (const auto& typist : typists) {
    const std::vector<double> times = typist->times(plan.keys);
    if (times.empty()) results.wrong("a session failed");
    for (const double time : times) {
      if (time == kLost) results.wrong("a key was lost");
      if (time == kWrongScreen) results.wrong("a wrong screen");
      if (time > 0) all.push_back(time);
    }
  }
  if (all.empty()) return;
  results.add(plan.name + "_p50_ms", percentile(all, 0.5));
  results.add(plan.name + "_mean_ms", std::accumulate(all.begin(), all.end(), 0.0) / static_cast<double>(all.size()));
  results.add(plan.name + "_p99_ms", percentile(all, 0.99));
}

}  // namespace

void measure_path(const std::string& server, Length length, Results& results) {
  measure_keys(server, {"path", 0, amount(length, 1, 8, 8), amount(length, 2, 8, 15)}, results);
}

void measure_loss(const std::string& server, Length length, Results& results) {
  measure_keys(server, {"loss", 0.29, amount(length, 1, 20, 20), amount(length, 2, 8, 16)}, results);
}

}  // namespace sallyport::bench
