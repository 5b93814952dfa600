// Measures one server: session_bench SERVER [--quick]. Prints one JSON object. scripts/bench runs it by turns for ours and stock.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "bench/server_process.h"
#include "bench/wire_client.h"

namespace sallyport::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

double ms(Duration d) { return std::chrono::duration<double, std::milli>(d).count(); }

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return -1;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

std::vector<std::string> shell(const std::string& script) { return {"/bin/sh", "-c", script}; }

void echo_latency(const std::string& server, int keys, bool isolated, const char* name) {
  const ServerProcess process(server, shell("stty raw -echo; printf ready; exec cat"));
  WireClient client(process.key(), process.port());
  client.type("");
  if (!client.wait_for("ready", client.now() + seconds(10))) std::exit(1);
  (void)client.wait_for("\xFF", client.now() + milliseconds(1500));  // both ends have their round trip, all is acknowledged
  std::mt19937 random(1);
  std::vector<double> times;
  const Cost before = process.cost();
  int lost = 0;
  for (int i = 0; i < keys; ++i) {
    if (isolated) (void)client.wait_for("\xFF", client.now() + milliseconds(250 + random() % 50));
    const std::string key(1, static_cast<char>('a' + i % 26));
    const TimePoint start = client.now();
    client.type(key);
    if (client.wait_for(key, start + seconds(2))) {
      times.push_back(ms(client.now() - start));
    } else {
      ++lost;
    }
  }
  const Cost after = process.cost();
  std::printf("\"%s_p50_ms\": %.3f, \"%s_p99_ms\": %.3f, \"%s_lost\": %d, \"%s_cpu_per_key_ms\": %.4f, ", name,
              percentile(times, 0.5), name, percentile(times, 0.99), name, lost, name,
              (after.cpu_s - before.cpu_s) * 1000 / keys);
}

/// `line` repeated to `megabytes`, printed by the program from a file when a key is typed.
void throughput(const std::string& server, const std::string& line, double megabytes, const char* name) {
  const std::string path = std::filesystem::temp_directory_path() / ("sallyport-bench-" + std::to_string(::getpid()));
  {
    std::ofstream out(path, std::ios::binary);
    const auto lines = static_cast<std::size_t>(megabytes * 1e6 / static_cast<double>(line.size()));
    for (std::size_t i = 0; i < lines; ++i) out << line;
  }
  const ServerProcess process(server, shell("stty raw -echo; printf ready; dd bs=1 count=1 >/dev/null 2>&1; cat " + path +
                                            "; printf '\\033[0mFINISHED'; exec cat"));
  WireClient client(process.key(), process.port());
  client.type("");
  if (!client.wait_for("ready", client.now() + seconds(10))) std::exit(1);
  (void)client.wait_for("\xFF", client.now() + milliseconds(800));
  const Cost before = process.cost();
  const TimePoint start = client.now();
  client.type("g");
  const bool finished = client.wait_for("FINISHED", start + seconds(60));
  const double elapsed = ms(client.now() - start) / 1000;
  const Cost after = process.cost();
  std::printf("\"%s_mb_per_s\": %.2f, \"%s_cpu_s_per_mb\": %.5f, ", name, finished ? megabytes / elapsed : 0.0, name,
              (after.cpu_s - before.cpu_s) / megabytes);
  std::filesystem::remove(path);
}

void start_times(const std::string& server, int sessions) {
  std::vector<double> connect;
  std::vector<double> first_output;
  for (int i = 0; i < sessions; ++i) {
    const SystemClock clock;
    const TimePoint start = clock.now();
    const ServerProcess process(server, shell("printf hello; exec cat"));
    WireClient client(process.key(), process.port());
    const TimePoint contact = client.now();
    client.type("");
    if (!client.wait_for("hello", start + seconds(10))) std::exit(1);
    connect.push_back(process.connect_ms());
    first_output.push_back(ms(client.now() - contact));
    client.leave();
  }
  std::printf("\"connect_ms\": %.2f, \"first_output_ms\": %.2f, ", percentile(connect, 0.5), percentile(first_output, 0.5));
}

void memory_and_idle(const std::string& server, int sessions, int idle_s) {
  std::vector<std::unique_ptr<ServerProcess>> processes;
  std::vector<std::unique_ptr<WireClient>> clients;
  for (int i = 0; i < sessions; ++i) {
    processes.push_back(std::make_unique<ServerProcess>(server, shell("printf hello; exec cat")));
    clients.push_back(std::make_unique<WireClient>(processes.back()->key(), processes.back()->port()));
    clients.back()->type("");
    if (!clients.back()->wait_for("hello", clients.back()->now() + seconds(10))) std::exit(1);
    // One process's protected memory holds a dozen keys: all but the first client are gone again, their sessions stay.
    if (i > 0) clients.back().reset();
  }
  double pss = 0;
  for (const auto& process : processes) pss += process->cost().pss_mb;
  std::printf("\"pss_mb_per_session\": %.2f, ", pss / sessions);
  // One session idles on, its client answering heartbeats.
  (void)clients[0]->wait_for("\xFF", clients[0]->now() + seconds(4));
  const Cost before = processes[0]->cost();
  (void)clients[0]->wait_for("\xFF", clients[0]->now() + seconds(idle_s));
  const Cost after = processes[0]->cost();
  std::printf("\"idle_wakeups_per_s\": %.2f, \"idle_cpu_us_per_s\": %.1f, ",
              static_cast<double>(after.wakeups - before.wakeups) / idle_s, (after.cpu_s - before.cpu_s) * 1e6 / idle_s);
}

int run(const std::string& server, bool quick) {
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  std::printf("{");
  start_times(server, quick ? 5 : 20);
  echo_latency(server, quick ? 20 : 100, true, "isolated");
  echo_latency(server, quick ? 200 : 1000, false, "back_to_back");
  const double megabytes = quick ? 8 : 40;
  throughput(server, "The quick brown fox jumps over the lazy dog, again and again, 0123456789.\r\n", megabytes, "plain");
  throughput(server, "\x1b[1;31mred \x1b[32mgreen \x1b[0;44mblue ground\x1b[0m \x1b[38;5;208morange\x1b[0m plain text here\r\n",
             megabytes, "coloured");
  memory_and_idle(server, quick ? 5 : 20, quick ? 10 : 30);
  std::printf("\"server\": \"%s\"}\n", server.c_str());
  return 0;
}

}  // namespace
}  // namespace sallyport::bench

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: session_bench SERVER [--quick]\n");
    return 2;
  }
  return sallyport::bench::run(argv[1], argc > 2 && std::strcmp(argv[2], "--quick") == 0);
}
