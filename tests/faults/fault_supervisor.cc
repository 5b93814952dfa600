// Runs a server, follows its processes by ptrace, and lets chosen system calls of chosen processes fail. The processes
// are partly static and confined, so that nothing can be preloaded into them; registers can be changed from outside.
//
// Usage: fault_supervisor --report FILE [--count] [--no-vdso] [--crash PROCESS] [--fault FAULT]... -- COMMAND...
//   --count     writes how many calls each process made, by phase (0 before the filter, 1 after) and number
//   --no-vdso   the clock is read by a system call
//   --crash     on SIGUSR1 to the supervisor that process takes a real SIGSEGV
//   FAULT       process:before|after:call number|any:first:times:deed (fault.h)
// The report has the lines
//   start NAME PID, untraced NAME PID, exit NAME STATUS, signal NAME NUMBER, refused ERRNO, done
//   calls NAME PHASE CALL COUNT
//   fault NAME PHASE CALL COUNT ARGUMENT [library]    "library": before main(), or a futex, whose errors the C library
//                                                     answers with abort()
// The session's program and, unless a fault asks for it, the login record's keeper run untraced. What is traced dies
// with the supervisor.
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/faults/tracee.h"

namespace sallyport::faults {
namespace {

constexpr int kUsage = 2;
constexpr long kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                          PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;

struct Arguments {
  std::string report;
  std::string crash;
  std::vector<Fault> faults;
  std::vector<char*> command;  ///< ends with a null pointer
  bool counting = false;
  bool hide_vdso = false;
};

std::optional<Arguments> parse(std::span<char*> words) {
  Arguments arguments;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string_view word = words[i];
    const bool has_value = i + 1 < words.size();
    if (word == "--count") {
      arguments.counting = true;
    } else if (word == "--no-vdso") {
      arguments.hide_vdso = true;
    } else if (word == "--report" && has_value) {
      arguments.report = words[++i];
    } else if (word == "--crash" && has_value) {
      arguments.crash = words[++i];
    } else if (word == "--fault" && has_value) {
      const auto fault = parse_fault(words[++i]);
      if (!fault) return {};
      arguments.faults.push_back(*fault);
    } else if (word == "--" && has_value) {
      arguments.command.assign(words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end());
      arguments.command.push_back(nullptr);
      return arguments;
    } else {
      return {};
    }
  }
  return {};
}

std::string program_of(pid_t pid) {
  std::array<char, PATH_MAX> path{};
  const ssize_t size = ::readlink(("/proc/" + std::to_string(pid) + "/exe").c_str(), path.data(), path.size());
  const std::string_view whole(path.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  return std::string(whole.substr(whole.rfind('/') + 1));
}

bool is_own_fault(int signal) {
  constexpr std::array kFaults = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};
  return std::ranges::find(kFaults, signal) != kFaults.end();
}

class Supervisor {
 public:
  Supervisor(const Arguments& arguments, std::FILE* report) : arguments_(arguments), report_(report) {}

  int run();

 private:
  void add(pid_t pid, std::string name);
  void stopped(Tracee& tracee, int status);
  void started_child(Tracee& parent);
  void executed(Tracee& tracee);
  void go_on(const Tracee& tracee, int signal);
  void leave_to_die(const Tracee& tracee, int signal);
  void ended(pid_t pid, int status);
  void want_crash();
  [[nodiscard]] bool is_wanted(std::string_view name) const;

  const Arguments& arguments_;
  std::FILE* report_;
  std::map<pid_t, std::unique_ptr<Tracee>> tracees_;
  std::map<pid_t, int> early_;  ///< children that stopped before their parent said that it has them
  sigset_t signals_{};
  bool crash_wanted_ = false;
};

bool Supervisor::is_wanted(std::string_view name) const {
  return std::ranges::any_of(arguments_.faults, [&](const Fault& fault) { return fault.process == name; });
}

void Supervisor::add(pid_t pid, std::string name) {
  std::fprintf(report_, "start %s %d\n", name.c_str(), pid);
  tracees_[pid] = std::make_unique<Tracee>(pid, std::move(name));
}

void Supervisor::go_on(const Tracee& tracee, int signal) {
  const bool watched = tracee.must_be_watched(arguments_.faults, arguments_.counting);
  (void)::ptrace(watched ? PTRACE_SYSCALL : PTRACE_CONT, tracee.pid(), nullptr, signal);
}

void Supervisor::started_child(Tracee& parent) {
  unsigned long pid = 0;
  (void)::ptrace(PTRACE_GETEVENTMSG, parent.pid(), nullptr, &pid);
  const auto child = static_cast<pid_t>(pid);
  add(child, parent.name_of_next_child());
  if (early_.erase(child) != 0) go_on(*tracees_[child], 0);
}

void Supervisor::executed(Tracee& tracee) {
  const std::string program = program_of(tracee.pid());
  tracee.report_counts(report_);
  if (tracee.name() == "starter" || program == "net" || program == "terminal" || is_wanted(program)) {
    tracee.entered(tracee.name() == "starter" ? "starter" : program, arguments_.hide_vdso);
    return go_on(tracee, 0);
  }
  std::fprintf(report_, "untraced %s %d\n", program.c_str(), tracee.pid());
  (void)::ptrace(PTRACE_DETACH, tracee.pid(), nullptr, 0);
  tracees_.erase(tracee.pid());
}

/// The first process of a PID namespace survives its own faults while it is traced: untraced it meets the same again.
void Supervisor::leave_to_die(const Tracee& tracee, int signal) {
  tracee.report_counts(report_);
  std::fprintf(report_, "signal %s %d\n", tracee.name().c_str(), signal);
  (void)::ptrace(PTRACE_DETACH, tracee.pid(), nullptr, 0);
  tracees_.erase(tracee.pid());
}

void Supervisor::stopped(Tracee& tracee, int status) {
  const int event = status >> 16;
  const int signal = WSTOPSIG(status);
  constexpr int kCallStop = SIGTRAP | 0x80;
  if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE) started_child(tracee);
  if (event == PTRACE_EVENT_EXEC) return executed(tracee);
  if (event == PTRACE_EVENT_STOP &&
      (signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU)) {
    (void)::ptrace(PTRACE_LISTEN, tracee.pid(), nullptr, nullptr);  // stopped by job control: stays so
    return;
  }
  if (event == PTRACE_EVENT_STOP && crash_wanted_ && tracee.name() == arguments_.crash) {
    crash_wanted_ = false;
    std::fprintf(report_, "fault %s 1 0 0 0\n", tracee.name().c_str());
    tracee.crash();
  }
  if (event == 0 && signal != kCallStop && is_own_fault(signal)) return leave_to_die(tracee, signal);
  if (event == 0 && signal == kCallStop) tracee.at_call(arguments_.faults, report_);
  go_on(tracee, event == 0 && signal != kCallStop ? signal : 0);
}

void Supervisor::ended(pid_t pid, int status) {
  const auto found = tracees_.find(pid);
  if (found == tracees_.end()) return;
  const Tracee& tracee = *found->second;
  tracee.report_counts(report_);
  const int number = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
  std::fprintf(report_, "%s %s %d\n", WIFEXITED(status) ? "exit" : "signal", tracee.name().c_str(), number);
  tracees_.erase(found);
}

void Supervisor::want_crash() {
  crash_wanted_ = true;
  for (const auto& [number, tracee] : tracees_) {
    if (tracee->name() == arguments_.crash) (void)::ptrace(PTRACE_INTERRUPT, number, nullptr, nullptr);
  }
}

int Supervisor::run() {
  std::array<int, 2> gate{};
  ::sigemptyset(&signals_);
  for (const int signal : {SIGUSR1, SIGCHLD}) ::sigaddset(&signals_, signal);
  if (::pipe(gate.data()) < 0 || ::sigprocmask(SIG_BLOCK, &signals_, nullptr) < 0) return kUsage;
  const pid_t first = ::fork();
  if (first == 0) {
    ::sigprocmask(SIG_UNBLOCK, &signals_, nullptr);
    char byte = 0;
    ::close(gate[1]);
    while (::read(gate[0], &byte, 1) < 0 && errno == EINTR) {
    }
    ::close(gate[0]);
    ::execv(arguments_.command[0], arguments_.command.data());
    ::_exit(127);
  }
  // All that the server inherits stays open as long as it keeps it, and not as long as we run.
  for (const int standard : {0, 1, 2}) ::close(standard);
  if (::ptrace(PTRACE_SEIZE, first, nullptr, kOptions) < 0) {
    std::fprintf(report_, "refused %d\n", errno);
    ::kill(first, SIGKILL);
    return kUsage;
  }
  add(first, "starter");
  ::close(gate[1]);
  while (!tracees_.empty()) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, __WALL | WNOHANG);
    if (pid < 0) break;
    if (pid == 0) {
      if (::sigwaitinfo(&signals_, nullptr) == SIGUSR1) want_crash();
    } else if (!WIFSTOPPED(status)) {
      ended(pid, status);
    } else if (const auto found = tracees_.find(pid); found != tracees_.end()) {
      stopped(*found->second, status);
    } else {
      early_[pid] = status;
    }
  }
  std::fprintf(report_, "done\n");
  return 0;
}

int main_function(std::span<char*> words) {
  const auto arguments = parse(words);
  if (!arguments) {
    std::fprintf(stderr, "fault_supervisor: bad usage, see its source\n");
    return kUsage;
  }
  std::FILE* const report = std::fopen(arguments->report.c_str(), "we");
  if (report == nullptr) return kUsage;
  ::setvbuf(report, nullptr, _IOLBF, 0);
  const int status = Supervisor(*arguments, report).run();
  std::fclose(report);
  return status;
}

}  // namespace
}  // namespace sallyport::faults

int main(int argc, char** argv) {
  return sallyport::faults::main_function(std::span(argv, static_cast<std::size_t>(argc)));
}
