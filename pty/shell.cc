#include "pty/shell.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/bytes.h"
#include "base/sys/io.h"
#include "base/sys/process.h"

namespace sallyport::pty {
namespace {

constexpr std::array<BorrowedFd, 3> kStandard = {BorrowedFd(STDIN_FILENO), BorrowedFd(STDOUT_FILENO),
                                                 BorrowedFd(STDERR_FILENO)};
constexpr BorrowedFd kRelease{3};            // ours: where the child holds the pipe until it runs the program
constexpr unsigned kExecFailureSeconds = 3;  // spec: command line 1.6 step 9
constexpr int kFailure = 1;

void say(const std::string& text) { (void)sys::write(kStandard[1], bytes_of(text)); }

/// The terminal on 0 to 2, the pipe on 3, nothing else.
bool arrange_descriptors(BorrowedFd tty_fd, BorrowedFd release, const ShellPlan& plan) {
  // Both go above the numbers that are about to be overwritten first.
  const int tty_copy = ::fcntl(tty_fd.number(), F_DUPFD, kRelease.number() + 1);
  const int release_copy = ::fcntl(release.number(), F_DUPFD, kRelease.number() + 1);
  if (tty_copy < 0 || release_copy < 0) return false;
  for (const BorrowedFd target : kStandard) {
    if (::dup2(tty_copy, target.number()) < 0) return false;
  }
  if (::dup3(release_copy, kRelease.number(), O_CLOEXEC) < 0) return false;
  plan.close_all_except(std::array{kStandard[0], kStandard[1], kStandard[2], kRelease});
  return true;
}

bool wait_for_release() {
  std::array<std::byte, 1> byte{};
  const auto got = sys::read(kRelease, byte);
  return got && *got == 1 && byte[0] == kReleaseByte;
}

void restore_core_limit(rlim_t soft_bytes) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_CORE, &limit) != 0) return;
  limit.rlim_cur = soft_bytes;
  (void)::setrlimit(RLIMIT_CORE, &limit);
}

std::vector<char*> pointers_to(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

[[noreturn]] void run_child(BorrowedFd tty_fd, BorrowedFd release, const ShellPlan& plan) {
  sys::default_signals();
  if (::setsid() < 0 || ::ioctl(tty_fd.number(), TIOCSCTTY, 0) < 0) ::_exit(kFailure);
  if (!arrange_descriptors(tty_fd, release, plan)) ::_exit(kFailure);
  if (::chdir(plan.directory.c_str()) < 0) say("chdir: " + std::string(std::strerror(errno)) + "\n");
  if (plan.greet) plan.greet();
  if (!wait_for_release()) ::_exit(kFailure);
  restore_core_limit(plan.core_limit_bytes);
  ::execvpe(plan.path.c_str(), pointers_to(plan.arguments).data(), pointers_to(plan.environment).data());
  say(plan.program_name + ": execvp: " + plan.path + ": " + std::strerror(errno) + "\n");
  ::sleep(kExecFailureSeconds);
  ::_exit(kFailure);
}

}  // namespace

Result<Shell, SystemError> start_shell(BorrowedFd tty_fd, const ShellPlan& plan) {
  sys::Pipe release = TRY(sys::pipe());
  const pid_t pid = ::fork();
  if (pid < 0) return std::unexpected(SystemError{"fork", errno});
  if (pid == 0) run_child(tty_fd, release.reader, plan);
  Shell shell;
  shell.pid = pid;
  shell.release_pipe = std::move(release.writer);
  // Nobody else can collect the child before this, so its pid cannot have been reused. On failure the child sees the end of
  // the pipe and ends by itself.
  shell.pidfd = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!shell.pidfd.valid()) return std::unexpected(SystemError{"pidfd_open", errno});
  (void)::fcntl(shell.pidfd.borrow().number(), F_SETFD, FD_CLOEXEC);
  return shell;
}

}  // namespace sallyport::pty
