// How long an echo takes, and what it costs.
#include <random>
#include <string>
#include <vector>

#include "bench/measurements.h"
#include "bench/session.h"

namespace sallyport::bench {
namespace {

using std::chrono::milliseconds;

enum class Pace : std::uint8_t { kIsolated, kBackToBack };

struct Keys {
  std::string name;
  Pace pace;
  int count;
};

void measure_echo(const std::string& server, const Keys& keys, Results& results) {
  Session session(server, echoing_script());
  if (!session.begin(milliseconds(1000))) return results.wrong("no session");
  Client& client = session.client();
  std::mt19937 random(1);
  std::string printed(kGreeting);
  std::vector<double> times;
  const Cost before = session.cost();
  for (int i = 0; i < keys.count; ++i) {
    // Longer than an echo ack and its own acknowledgment take.
    if (keys.pace == Pace::kIsolated) client.rest(milliseconds(160 + random() % 40));
    const std::string key(1, static_cast<char>('a' + i % 26));
    const TimePoint start = client.now();
    client.type(key);
    if (!client.wait_for(key, start + std::chrono::seconds(2)))
      return results.wrong("key " + std::to_string(i) + " was lost");
    times.push_back(milliseconds_of(client.now() - start));
    printed += key;
    if (const std::string what = session.difference(printed); !what.empty()) return results.wrong(what);
  }
  client.rest(milliseconds(200));  // the acknowledgments of the last keys are of their cost
  results.add(keys.name + "_p50_ms", percentile(times, 0.5));
  results.add(keys.name + "_p99_ms", percentile(times, 0.99));
  if (session.has_server()) {
    results.add(keys.name + "_cpu_per_key_ms", (session.cost().cpu_s - before.cpu_s) * 1000 / keys.count);
  }
  client.leave();
}

}  // namespace

void measure_isolated(const std::string& server, Length length, Results& results) {
  measure_echo(server, {"isolated", Pace::kIsolated, amount(length, 2, 15, 30)}, results);
}

void measure_back_to_back(const std::string& server, Length length, Results& results) {
  measure_echo(server, {"back_to_back", Pace::kBackToBack, amount(length, 10, 100, 200)}, results);
}

}  // namespace sallyport::bench
