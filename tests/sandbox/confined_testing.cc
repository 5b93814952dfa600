#include "tests/sandbox/confined_testing.h"

#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ostream>
#include <vector>

#include "base/sys/process.h"
#include "privsep/arrange.h"
#include "privsep/descriptors.h"

namespace sallyport::sandbox::testing {
namespace {

/// All descriptors of a rig lie above every compartment's own numbers.
constexpr int kAside = 100;

UniqueFd aside(int fd) {
  const UniqueFd low(fd);
  return UniqueFd(::fcntl(low.borrow().number(), F_DUPFD_CLOEXEC, kAside));
}

int loopback_udp() {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  return fd;
}

int signal_descriptor() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  return ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/// A process that waits until its parent dies, as a stand-in for a compartment.
int pausing_child() {
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) {
    // A parent that may not signal us any more (Landlock's scope, another identity) cannot take us along when it dies.
    while (::getppid() == parent) ::usleep(20'000);
    ::_exit(0);
  }
  return static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
}

}  // namespace

void PrintTo(const Outcome& outcome, std::ostream* out) {
  *out << (outcome.killed ? "killed by signal " : "exit status ") << outcome.number;
}

Outcome exited(int status) { return {false, status}; }
Outcome failed_by(Mechanism mechanism) { return {false, 100 + static_cast<int>(mechanism)}; }
Outcome refused() { return {true, SIGSYS}; }

Outcome await(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? Outcome{true, WTERMSIG(status)} : Outcome{false, WEXITSTATUS(status)};
}

void deny(int call, const Conditions& when, int error) {
  const scmp_filter_ctx context = ::seccomp_init(SCMP_ACT_ALLOW);
  ::seccomp_rule_add_array(context, SCMP_ACT_ERRNO(static_cast<unsigned>(error)), call,
                           static_cast<unsigned>(when.size()), when.data());
  // Root needs no no_new_privs for this, which is then left for the code under test to set.
  if (::geteuid() == 0) ::seccomp_attr_set(context, SCMP_FLTATR_CTL_NNP, 0);
  if (::seccomp_load(context) < 0) ::_exit(kSetupFailed);
  ::seccomp_release(context);
}

void deny_seccomp() { deny(SCMP_SYS(seccomp), {{0, SCMP_CMP_EQ, 1, 0}}); }

std::string name_of(const Policy& policy) {
  std::string name = policy.name;
  std::ranges::replace(name, '-', '_');
  return name;
}

bool are_root() { return ::geteuid() == 0; }

Rig::Rig(const Policy& policy, Stand processes) : policy_(policy) {
  for (const DescriptorRule& rule : policy.descriptors) {
    Ends& ends = ends_[rule.fd.number()];
    std::array<int, 2> pair{-1, -1};
    switch (rule.kind) {
      case DescriptorKind::kChannel:
        ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair.data());
        ends = {aside(pair[0]), aside(pair[1])};
        break;
      case DescriptorKind::kUnixSocket:
        ::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair.data());
        ends = {aside(pair[0]), aside(pair[1])};
        break;
      case DescriptorKind::kPipeWriter:
        (void)!::pipe2(pair.data(), O_CLOEXEC | O_NONBLOCK);
        ends = {aside(pair[1]), aside(pair[0])};
        break;
      case DescriptorKind::kUdp:
        ends.ours = aside(loopback_udp());
        break;
      case DescriptorKind::kPty:
        ends.ours = aside(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
        break;
      case DescriptorKind::kSignals:
        ends.ours = aside(signal_descriptor());
        break;
      case DescriptorKind::kNull:
      case DescriptorKind::kAnnounce:
      case DescriptorKind::kAny:
        break;  // made in the child
      case DescriptorKind::kPid:
        if (processes == Stand::kShared) ends.ours = aside(pausing_child());
        break;
    }
  }
}

Rig::~Rig() {
  for (const DescriptorRule& rule : policy_.descriptors) {
    const UniqueFd& process = ends_.at(rule.fd.number()).ours;
    if (rule.kind != DescriptorKind::kPid || !process.valid()) continue;
    (void)sys::kill(process, SIGKILL);
    siginfo_t info{};
    (void)::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(process.borrow().number()), &info, WEXITED);
  }
}

BorrowedFd Rig::other_end(BorrowedFd number) const { return ends_.at(number.number()).theirs; }

bool Rig::settle_descriptors() const {
  std::vector<BorrowedFd> kept;
  for (const auto& [number, ends] : ends_) {
    if (ends.ours.valid()) kept.push_back(ends.ours);
  }
  privsep::close_all_except(kept);
  for (const BorrowedFd fd : {privsep::kStdin, privsep::kStdout, privsep::kStderr}) {
    if (!privsep::point_at_null(fd)) return false;
  }
  for (const DescriptorRule& rule : policy_.descriptors) {
    const auto& ours = ends_.at(rule.fd.number()).ours;
    if (ours.valid() && ::dup3(ours.borrow().number(), rule.fd.number(), O_CLOEXEC) < 0) return false;
  }
  for (const DescriptorRule& rule : policy_.descriptors) {
    if (rule.kind != DescriptorKind::kPid || ends_.at(rule.fd.number()).ours.valid()) continue;
    const UniqueFd child = aside(pausing_child());
    if (::dup3(child.borrow().number(), rule.fd.number(), O_CLOEXEC) < 0) return false;
  }
  std::vector<BorrowedFd> declared;
  for (const DescriptorRule& rule : policy_.descriptors) declared.push_back(rule.fd);
  privsep::close_all_except(declared);
  return true;
}

void Rig::become(const Plan& plan) const {
  if (plan.starter == Starter::kOrdinaryUser && are_root()) {
    if (::setgroups(0, nullptr) < 0 || ::setresgid(kUnusedId, kUnusedId, kUnusedId) < 0 ||
        ::setresuid(kUnusedId, kUnusedId, kUnusedId) < 0) {
      ::_exit(kSetupFailed);
    }
  }
  if (!settle_descriptors()) ::_exit(kSetupFailed);
  Options options = plan.options;
  options.parent = BorrowedFd(3);  // net's and terminal's channel to the monitor; the monitor's policy does not look
  if (plan.before) plan.before();
  const auto begun = begin(policy_, options);
  if (!begun) ::_exit(failed_by(begun.error().mechanism).number);
  if (plan.between) plan.between();
  const auto report = lock_down(policy_, options, *begun);
  if (!report) ::_exit(failed_by(report.error().mechanism).number);
  ::_exit(plan.body ? plan.body(*report) : 0);
}

Outcome Rig::run(const Plan& plan) const {
  const pid_t child = ::fork();
  if (child == 0) become(plan);
  return await(child);
}

Outcome run_confined(const Plan& plan) { return Rig(*plan.policy).run(plan); }

}  // namespace sallyport::sandbox::testing
