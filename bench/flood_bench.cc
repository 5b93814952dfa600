// Echoes beside a flood: flood_bench SERVER [--seconds S] [KIND RATE BURST]... Prints one JSON object: for each flood, and without
// any, how long an echo took and how many never came. scripts/bench runs it for ours and for stock, tests/e2e/flood.py for ours.
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/sys/io.h"
#include "bench/flood.h"
#include "bench/server_process.h"
#include "bench/wire_client.h"

namespace sallyport::bench {
namespace {

using std::chrono::milliseconds;

struct Planned {
  std::string name;
  FloodKind kind;
  double per_second;
  std::size_t burst;
};

double ms(Duration d) { return std::chrono::duration<double, std::milli>(d).count(); }

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return -1;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

/// Types a key about every 15 ms until `stop` and prints what came of it.
void measure(WireClient& client, const ServerProcess& server, const std::string& name, Duration length) {
  std::mt19937 random(1);
  std::vector<double> times;
  int lost = 0;
  int keys = 0;
  const Cost before = server.cost();
  const TimePoint start = client.now();
  while (client.now() < start + length) {
    (void)client.wait_for("\xFF never sent", client.now() + milliseconds(10 + random() % 10));
    const std::string key(1, static_cast<char>('a' + keys++ % 26));
    const TimePoint typed = client.now();
    client.type(key);
    if (client.wait_for(key, typed + milliseconds(1500))) {
      times.push_back(ms(client.now() - typed));
    } else {
      ++lost;
    }
  }
  const double busy = (server.cost().cpu_s - before.cpu_s) / (ms(client.now() - start) / 1000);
  std::printf("\"%s_p50_ms\": %.3f, \"%s_p99_ms\": %.3f, \"%s_max_ms\": %.3f, \"%s_keys\": %d, \"%s_lost\": %d, \"%s_cpu\": %.3f, ",
              name.c_str(), percentile(times, 0.5), name.c_str(), percentile(times, 0.99), name.c_str(),
              percentile(times, 1), name.c_str(), keys, name.c_str(), lost, name.c_str(), busy);
}

/// The flood runs in a process of its own, which ends with this one. Its count comes back over the pipe.
void beside_flood(WireClient& client, const ServerProcess& server, const Planned& plan, Duration length) {
  auto pipe = sys::pipe();
  if (!pipe) std::exit(1);
  const Flood flood{.kind = plan.kind, .per_second = plan.per_second, .burst = plan.burst, .server_port = server.port(),
                    .client_port = client.local_port()};
  const pid_t child = ::fork();
  if (child == 0) {
    (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const auto sent = run_flood(flood, client.recorded(), client.now() + length + milliseconds(100));
    const std::uint64_t count = sent.value_or(0);
    (void)sys::write(pipe->writer, std::as_bytes(std::span(&count, 1)));
    ::_exit(0);
  }
  (void)client.wait_for("\xFF never sent", client.now() + milliseconds(100));
  measure(client, server, plan.name, length);
  std::uint64_t count = 0;
  (void)sys::read(pipe->reader, std::as_writable_bytes(std::span(&count, 1)));
  ::waitpid(child, nullptr, 0);
  std::printf("\"%s_sent_per_s\": %.0f, ", plan.name.c_str(),
              static_cast<double>(count) / (ms(length + milliseconds(100)) / 1000));
}

int run(const std::string& path, const std::vector<Planned>& floods, Duration length) {
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  const ServerProcess server(path, {"/bin/sh", "-c", "stty raw -echo; printf ready; exec cat"});
  WireClient client(server.key(), server.port());
  client.type("");
  if (!client.wait_for("ready", client.now() + std::chrono::seconds(10))) return 1;
  (void)client.wait_for("\xFF never sent", client.now() + milliseconds(1500));  // both ends have their round trip
  std::printf("{");
  measure(client, server, "idle", length);
  for (const Planned& plan : floods) beside_flood(client, server, plan, length);
  measure(client, server, "afterwards", length);
  std::printf("\"server\": \"%s\"}\n", path.c_str());
  client.leave();
  return 0;
}

}  // namespace
}  // namespace sallyport::bench

int main(int argc, char** argv) {
  using namespace sallyport::bench;
  const std::vector<std::string> words(argv + 1, argv + argc);
  std::vector<Planned> floods;
  double seconds = 3;
  bool right = !words.empty();
  for (std::size_t at = 1; right && at < words.size();) {
    if (words[at] == "--seconds" && at + 1 < words.size()) {
      seconds = std::atof(words[at + 1].c_str());
      at += 2;
      continue;
    }
    const auto kind = flood_kind(words[at]);
    right = kind && at + 2 < words.size() && std::atof(words[at + 1].c_str()) > 0 && std::atoi(words[at + 2].c_str()) > 0;
    if (right) {
      floods.push_back({words[at] + "_" + words[at + 1], *kind, std::atof(words[at + 1].c_str()), static_cast<std::size_t>(std::atoi(words[at + 2].c_str()))});
    }
    at += 3;
  }
  if (!right) {
    std::fprintf(stderr, "usage: flood_bench SERVER [--seconds S] [KIND DATAGRAMS_PER_SECOND BURST]...\n");
    return 2;
  }
  return run(words[0], floods,
             std::chrono::duration_cast<sallyport::Duration>(std::chrono::duration<double>(seconds)));
}
