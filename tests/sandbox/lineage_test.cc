// What passes between parent and child: the shell that the monitor forks before its lock-down inherits nothing of it,
// and a compartment does not survive its monitor.
#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <new>
#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "base/sys/io.h"
#include "privsep/descriptors.h"
#include "tests/sandbox/confined_testing.h"

namespace sallyport::sandbox {
namespace {

using testing::exited;
using testing::Plan;
using testing::Rig;

/// Shared by a monitor and the shell's child: descriptors of a test would be found by the monitor's inventory.
struct Blackboard {
  std::atomic<bool> locked_down = false;
  std::atomic<int> verdict = -1;  ///< 0: the child found itself free
};

void doze() { (void)sys::ppoll({}, std::chrono::milliseconds(1)); }

std::string status_field(const std::string& name) {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(name + ":")) return line.substr(line.find_first_not_of(" \t", name.size() + 1));
  }
  return {};
}

rlim_t limit_of(__rlimit_resource_t resource) {
  rlimit limit{};
  ::getrlimit(resource, &limit);
  return limit.rlim_max;
}

/// What the shell's child must find, as the test process itself finds it.
struct Freedom {
  std::string bounding_set = status_field("CapBnd");
  rlim_t files = limit_of(RLIMIT_NOFILE), processes = limit_of(RLIMIT_NPROC), size = limit_of(RLIMIT_FSIZE);
  bool operator==(const Freedom&) const = default;
};

int look_around(const Freedom& expected) {
  if (status_field("Seccomp") != "0") return 1;
  if (status_field("NoNewPrivs") != "0") return 2;
  if (!(Freedom() == expected)) return 3;
  int signal = -1;
  ::prctl(PR_GET_PDEATHSIG, &signal, 0, 0, 0);
  if (signal != 0) return 4;
  if (!UniqueFd(::open("/etc/passwd", O_RDONLY | O_CLOEXEC)).valid()) return 5;
  if (!UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)).valid()) return 6;
  return 0;
}

TEST(Lineage, TheShellForkedBeforeTheMonitorsLockDownInheritsNothingOfIt) {
  void* const page = ::mmap(nullptr, sizeof(Blackboard), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(page, MAP_FAILED);
  auto* const board = new (page) Blackboard;  // shared memory, not the heap's
  const Freedom expected;
  Plan plan{.policy = &monitor_policy()};
  plan.between = [&] {
    if (::fork() != 0) return;
    while (!board->locked_down) doze();
    board->verdict = look_around(expected);
    ::_exit(0);
  };
  plan.body = [&](const Report&) {
    board->locked_down = true;
    for (int i = 0; i < 20'000 && board->verdict < 0; ++i) doze();
    return board->verdict.load();
  };
  EXPECT_EQ(testing::run_confined(plan), exited(0));
  ::munmap(page, sizeof(Blackboard));
}

class EachChild : public ::testing::TestWithParam<std::tuple<const Policy*, bool>> {};

TEST_P(EachChild, DiesWithItsMonitorEvenByKill9) {
  const auto& [policy, ordinary] = GetParam();
  // An orphan then becomes this process's child, so that its end can be seen.
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
  const Rig rig(*policy);
  const pid_t monitor = ::fork();
  if (monitor == 0) {
    if (ordinary && testing::are_root() &&
        (::setgroups(0, nullptr) < 0 || ::setresgid(testing::kUnusedId, testing::kUnusedId, testing::kUnusedId) < 0 ||
         ::setresuid(testing::kUnusedId, testing::kUnusedId, testing::kUnusedId) < 0)) {
      ::_exit(testing::kSetupFailed);
    }
    Plan plan{.policy = policy};
    plan.body = [](const Report&) {
      std::byte byte{1};
      iovec part{&byte, 1};
      msghdr message{};
      message.msg_iov = &part;
      message.msg_iovlen = 1;
      ::sendmsg(3, &message, MSG_NOSIGNAL);
      for (;;) (void)sys::ppoll({}, std::nullopt);
      return 0;
    };
    (void)rig.run(plan);
    ::_exit(testing::kSetupFailed);
  }
  pollfd entry{rig.other_end(BorrowedFd(3)).number(), POLLIN, 0};
  EXPECT_EQ(sys::ppoll(std::span(&entry, 1), std::chrono::seconds(20)).value_or(0), 1U);
  ::kill(monitor, SIGKILL);
  std::multiset<int> signals;
  int status = 0;
  while (::waitpid(-1, &status, 0) > 0) signals.insert(WIFSIGNALED(status) ? WTERMSIG(status) : -1);
  EXPECT_EQ(signals, (std::multiset<int>{SIGKILL, SIGKILL}));
  ::prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
}

INSTANTIATE_TEST_SUITE_P(Lineage, EachChild,
                         ::testing::Combine(::testing::Values(&net_policy(), &terminal_policy()), ::testing::Bool()),
                         [](const auto& instance) {
                           return std::string(std::get<0>(instance.param)->name) +
                                  (std::get<1>(instance.param) ? "AsOrdinaryUser" : "AsWeAre");
                         });

}  // namespace
}  // namespace sallyport::sandbox
