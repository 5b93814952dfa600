#include "server/detach/starter.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/bytes.h"
#include "base/sys/io.h"

namespace sallyport::server {
namespace {

constexpr int kFailure = 1;                          // spec: command line 1.4
constexpr std::byte kMonitorFailed{'F'};             // followed by the exit status and text
constexpr std::size_t kMaxReportBytes = 64U << 10U;  // ours: more than any text of set-up
constexpr BorrowedFd kOut{STDOUT_FILENO};
constexpr BorrowedFd kError{STDERR_FILENO};

void print(BorrowedFd fd, const std::string& text) {
  auto rest = bytes_of(text);
  while (!rest.empty()) {
    const auto written = sys::write(fd, rest);
    if (!written || *written == 0) return;
    rest = rest.subspan(*written);
  }
}

/// All that the monitor says: one byte if it is ready (it keeps nothing of ours open then), else a failure up to the end.
std::string read_report(BorrowedFd pipe) {
  std::string report;
  std::array<std::byte, 4096> buffer;
  while (report.size() < kMaxReportBytes) {
    const auto got = sys::read(pipe, buffer);
    if (!got || *got == 0) break;
    report += text_of(std::span(buffer).first(*got));
    if (report.front() == static_cast<char>(kMonitorReady)) break;
  }
  return report;
}

/// Without it some platforms lose the tail of the output when the terminal closes.
void drain_terminals() {
  for (const BorrowedFd fd : {kOut, kError}) {
    if (::isatty(fd.number()) == 1) (void)::tcdrain(fd.number());
  }
}

int wait_for(pid_t monitor) {
  int status = 0;
  while (::waitpid(monitor, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

int tell_result(const StarterTexts& texts, pid_t monitor, const std::string& report) {
  if (!report.empty() && report.front() == static_cast<char>(kMonitorReady)) {
    print_error("\n" + texts.notice + "\n[mosh-server detached, pid = " + std::to_string(monitor) + "]\n");
    return 0;
  }
  // Without a word the monitor is dead, or cannot be heard: a session that nobody was told of must not go on.
  if (report.empty()) (void)::kill(monitor, SIGKILL);
  const int status = wait_for(monitor);  // so that nothing is left running when we say that it failed
  if (report.size() >= 2 && report.front() == static_cast<char>(kMonitorFailed)) {
    print_error(report.substr(2));
    return std::max(kFailure, static_cast<int>(static_cast<unsigned char>(report[1])));
  }
  std::string line = texts.program + ": the session ended while it was being set up";
  if (WIFSIGNALED(status)) line += ": " + std::string(::strsignal(WTERMSIG(status)));
  print_error(line + "\n");
  return kFailure;
}

}  // namespace

void report_failure(BorrowedFd starter, int exit_status, const std::string& text) {
  std::string report(1, static_cast<char>(kMonitorFailed));
  report += static_cast<char>(std::clamp(exit_status, kFailure, 255));
  print(starter, report + text);
}

int start_monitor(const StarterTexts& texts, const std::function<int(UniqueFd)>& monitor) {
  auto pipe = sys::pipe();
  const pid_t pid = pipe ? ::fork() : -1;
  if (pid < 0) {
    print_error(texts.program + ": cannot start a process: " + std::strerror(pipe ? errno : pipe.error().number) + "\n");
    return kFailure;
  }
  if (pid == 0) {
    pipe->reader.reset();
    ::_exit(monitor(std::move(pipe->writer)));
  }
  pipe->writer.reset();
  const int status = tell_result(texts, pid, read_report(pipe->reader));
  drain_terminals();
  return status;
}

Result<void, SystemError> ensure_standard_descriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    if (::open("/dev/null", O_RDWR) != fd) return std::unexpected(SystemError{"open /dev/null", errno});  // NOLINT: kept
  }
  return {};
}

void print_out(const std::string& text) { print(kOut, text); }
void print_error(const std::string& text) { print(kError, text); }

}  // namespace sallyport::server
