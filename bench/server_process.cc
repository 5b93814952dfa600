#include "bench/server_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/clock.h"

namespace sallyport::bench {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream all;
  all << in.rdbuf();
  return all.str();
}

/// Parent, from /proc/PID/stat, whose second field may contain anything.
pid_t parent_of(pid_t pid) {
  const std::string stat = read_file("/proc/" + std::to_string(pid) + "/stat");
  const auto end = stat.rfind(')');
  if (end == std::string::npos) return 0;
  char state = 0;
  int parent = 0;
  return std::sscanf(stat.c_str() + end + 1, " %c %d", &state, &parent) == 2 ? parent : 0;
}

/// True for the session's program: the process whose controlling terminal is the session's.
bool has_terminal(pid_t pid) {
  const std::string stat = read_file("/proc/" + std::to_string(pid) + "/stat");
  const auto end = stat.rfind(')');
  int tty = 0;
  return end != std::string::npos && std::sscanf(stat.c_str() + end + 1, " %*c %*d %*d %*d %d", &tty) == 1 && tty != 0;
}

double number_after(const std::string& text, const std::string& word) {
  const auto at = text.find(word);
  return at == std::string::npos ? 0 : std::atof(text.c_str() + at + word.size());
}

}  // namespace

ServerProcess::ServerProcess(const std::string& server, const std::vector<std::string>& command) {
  const SystemClock clock;
  std::array<int, 2> out{};
  if (::pipe2(out.data(), O_CLOEXEC) != 0) std::exit(1);
  const TimePoint start = clock.now();
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(out[1], STDOUT_FILENO);
    ::dup2(out[1], STDERR_FILENO);
    ::dup2(::open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
    ::setenv("LANG", "C.UTF-8", 1);
    std::vector<const char*> words = {server.c_str(), "new", "-i", "127.0.0.1", "-p", "0", "-c", "256", "--"};
    for (const auto& word : command) words.push_back(word.c_str());
    words.push_back(nullptr);
    ::execv(server.c_str(), const_cast<char**>(words.data()));
    ::_exit(127);
  }
  ::close(out[1]);
  std::string text;
  std::array<char, 4096> buffer{};
  for (ssize_t n = 0; (n = ::read(out[0], buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(n));
    const auto at = text.find("MOSH CONNECT ");
    if (connect_ms_ == 0 && at != std::string::npos && text.find('\n', at) != std::string::npos) {
      connect_ms_ = std::chrono::duration<double, std::milli>(clock.now() - start).count();
    }
    if (const auto said = text.find("pid = "); said != std::string::npos && text.find(']', said) != std::string::npos) break;
  }
  ::close(out[0]);
  ::waitpid(child, nullptr, 0);
  std::array<char, 32> key{};
  unsigned port = 0;
  const auto connect = text.find("MOSH CONNECT ");
  const auto detached = text.find("pid = ");
  if (connect == std::string::npos || detached == std::string::npos ||
      std::sscanf(text.c_str() + connect, "MOSH CONNECT %u %22s", &port, key.data()) != 2) {
    std::fprintf(stderr, "bench: %s did not start:\n%s\n", server.c_str(), text.c_str());
    std::exit(1);
  }
  port_ = static_cast<std::uint16_t>(port);
  key_ = key.data();
  pid_ = std::atoi(text.c_str() + detached + 6);
}

ServerProcess::~ServerProcess() {
  for (int i = 0; i < 50 && alive(); ++i) {
    ::kill(pid_, SIGTERM);
    ::usleep(20'000);
  }
  if (alive()) ::kill(pid_, SIGKILL);
}

bool ServerProcess::alive() const {
  return read_file("/proc/" + std::to_string(pid_) + "/status").find("State:\tZ") == std::string::npos &&
         ::kill(pid_, 0) == 0;
}

Cost ServerProcess::cost() const {
  Cost cost;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const pid_t pid = std::atoi(entry.path().filename().c_str());
    if (pid <= 0 || (pid != pid_ && (parent_of(pid) != pid_ || has_terminal(pid)))) continue;
    const std::string base = entry.path().string();
    for (const auto& thread : std::filesystem::directory_iterator(base + "/task", error)) {
      // Nanoseconds on the CPU; the tick-based times are too coarse for short runs.
      cost.cpu_s += std::atof(read_file(thread.path().string() + "/schedstat").c_str()) / 1e9;
      cost.wakeups += static_cast<std::uint64_t>(
          number_after(read_file(thread.path().string() + "/status"), "\nvoluntary_ctxt_switches:"));
    }
    cost.peak_rss_mb += number_after(read_file(base + "/status"), "\nVmHWM:") / 1024;
    const std::string rollup = read_file(base + "/smaps_rollup");
    cost.pss_mb += number_after(rollup, "\nPss:") / 1024;
    cost.rss_mb += number_after(rollup, "\nRss:") / 1024;
  }
  return cost;
}

}  // namespace sallyport::bench
