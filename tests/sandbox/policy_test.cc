// Invariants over all policies, and each row's need: the tests that the rows name.
#include "sandbox/policy.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/sys/io.h"
#include "base/sys/process.h"
#include "privsep/descriptors.h"
#include "sandbox/dump.h"
#include "tests/sandbox/confined_testing.h"
#include "tests/sandbox/rows_testing.h"

namespace sallyport::sandbox {
namespace {

using testing::carry;
using testing::end_and_collect;
using testing::exited;
using testing::Plan;
using testing::receive_bytes;
using testing::run_confined;
using testing::send_bytes;
using testing::under;
using testing::wait_on;

TEST(Policies, StayWithinTheirBudgets) {
  EXPECT_LE(permitted_calls(net_policy()), 8U);
  EXPECT_LE(permitted_calls(terminal_policy()), 7U);
  EXPECT_LE(permitted_calls(monitor_policy()), 11U);
  EXPECT_LE(permitted_calls(client_guard_policy()), 11U);
  EXPECT_LE(permitted_calls(client_tty_policy()), 8U);
  EXPECT_LE(permitted_calls(client_net_policy()), 8U);
  EXPECT_LE(permitted_calls(client_screen_policy()), 7U);
  for (const Policy* policy : all_policies()) EXPECT_LE(permitted_calls(*policy), policy->budget) << policy->name;
}

TEST(Policies, GiveAReasonAndATestOnEachRowAndTheTestExists) {
  std::string tests;
  for (const char* file : {"policy_test.cc", "client_policy_test.cc"}) {
    std::ifstream in(std::string(SALLYPORT_SOURCE_DIR) + "/tests/sandbox/" + file);
    tests.append(std::istreambuf_iterator<char>(in), {});
  }
  for (const Policy* policy : all_policies()) {
    for (const Row& row : policy->rows) {
      EXPECT_GT(std::string_view(row.reason).size(), 8U) << policy->name << " " << row.name;
      const std::string_view test = row.test;
      const auto dot = test.find('.');
      ASSERT_NE(dot, test.npos) << row.name;
      const std::string definition =
          "TEST(" + std::string(test.substr(0, dot)) + ", " + std::string(test.substr(dot + 1)) + ")";
      EXPECT_NE(tests.find(definition), std::string::npos) << definition;
    }
  }
}

TEST(Policies, PinOnlyDescriptorsThatTheyDeclare) {
  for (const Policy* policy : all_policies()) {
    std::set<int> declared;
    for (const DescriptorRule& rule : policy->descriptors) EXPECT_TRUE(declared.insert(rule.fd.number()).second);
    for (const Row& row : policy->rows) {
      for (const BorrowedFd fd : row.descriptors)
        EXPECT_TRUE(declared.contains(fd.number())) << policy->name << row.name;
    }
  }
}

TEST(Policies, NeverPermitWhatOpensRunsOrDebugs) {
  const std::set<std::string_view> never = {"execve", "execveat", "clone", "clone3", "fork", "vfork", "open", "openat",
                                            "openat2", "socket", "socketpair", "ptrace", "process_vm_readv",
                                            "mprotect", "prctl", "bpf", "io_uring_setup", "unshare", "setns", "mount",
                                            "memfd_create", "keyctl", "userfaultfd", "dup", "dup2", "dup3", "fcntl"};
  for (const Policy* policy : all_policies()) {
    for (const Row& row : policy->rows) EXPECT_FALSE(never.contains(row.name)) << policy->name << " " << row.name;
  }
}

TEST(Policies, LetNobodySignalByNumberExceptTheGuardItsOwnJob) {
  for (const Policy* policy : all_policies()) {
    for (const Row& row : policy->rows) {
      if (std::string_view(row.name) != "kill") continue;
      EXPECT_EQ(policy, &client_guard_policy());
      ASSERT_EQ(row.rules.size(), 2U);
      EXPECT_EQ(row.rules.begin()[0].value, 0U);
      EXPECT_EQ(row.rules.begin()[1].value, static_cast<std::uint64_t>(SIGSTOP));
    }
  }
}

TEST(Policies, GiveThoseThatAreFrozenNoMemoryToGrow) {
  std::size_t frozen = 0;
  for (const Policy* policy : all_policies()) {
    if (policy->memory != MemoryRule::kFrozen) continue;
    ++frozen;
    for (const Row& row : policy->rows) {
      const std::set<std::string_view> memory = {"mmap", "munmap", "brk", "mremap", "madvise"};
      EXPECT_FALSE(memory.contains(row.name)) << policy->name;
    }
  }
  EXPECT_EQ(frozen, 3U);  // the monitor, the client's guard and tty
}

TEST(Policies, EqualTheirDumpsInTheTree) {
  for (const Policy* policy : all_policies()) {
    std::ifstream in(std::string(SALLYPORT_SOURCE_DIR) + "/sandbox/policies/" + testing::name_of(*policy) + ".dump");
    const std::string text(std::istreambuf_iterator<char>(in), {});
    EXPECT_EQ(dump(*policy), text) << "after a change on purpose: scripts/dump-policy --write";
  }
}

/// The policy after each change of one of its parts, as `change` gets it.
void expect_seen(const Policy& policy, const char* what,
                 const std::function<void(Policy&, std::vector<Row>&)>& change) {
  std::vector<Row> rows(policy.rows.begin(), policy.rows.end());
  Policy changed = policy;
  change(changed, rows);
  changed.rows = rows;
  EXPECT_NE(dump(changed), dump(policy)) << policy.name << ": " << what << " does not show";
}

/// So that EqualTheirDumpsInTheTree fails for it.
TEST(Policies, ShowEveryWideningInTheirDumps) {
  for (const Policy* policy : all_policies()) {
    expect_seen(*policy, "one more row", [](Policy&, std::vector<Row>& rows) {
      rows.push_back({SCMP_SYS(openat), "openat", 0, {}, {}, "a reason that sounds good", "CommonRows.Ends"});
    });
    for (std::size_t i = 0; i < policy->rows.size(); ++i) {
      const Row& row = policy->rows[i];
      expect_seen(*policy, "a row's loss", [&](Policy&, std::vector<Row>& rows) {
        rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(i));
      });
      if (!row.descriptors.empty()) {
        expect_seen(*policy, "any descriptor", [&](Policy&, std::vector<Row>& rows) { rows[i].descriptors = {}; });
        expect_seen(*policy, "another descriptor", [&](Policy&, std::vector<Row>& rows) {
          rows[i].descriptors = {BorrowedFd(row.descriptors.begin()->number() + 1)};
        });
      }
      if (!row.rules.empty())
        expect_seen(*policy, "any argument", [&](Policy&, std::vector<Row>& rows) { rows[i].rules = {}; });
      for (const ArgumentRule& rule : row.rules) {
        for (unsigned bit = 0; bit < (rule.compare == Compare::kEqual32 || rule.compare == Compare::kOnly32 ? 32 : 64);
             ++bit) {
          ArgumentRule other = rule;
          other.value ^= std::uint64_t{1} << bit;
          expect_seen(*policy, "another value", [&](Policy&, std::vector<Row>& rows) { rows[i].rules = {other}; });
        }
      }
    }
    expect_seen(*policy, "address space", [](Policy& p, std::vector<Row>&) { p.limits.address_space_bytes *= 2; });
    expect_seen(*policy, "file size",
                [](Policy& p, std::vector<Row>&) { p.limits.keeps_file_size = !p.limits.keeps_file_size; });
    expect_seen(*policy, "descriptors",
                [](Policy& p, std::vector<Row>&) { p.descriptors = p.descriptors.first(p.descriptors.size() - 1); });
    expect_seen(*policy, "identity", [](Policy& p, std::vector<Row>&) {
      p.identity = p.identity == IdentityRule::kKeep ? IdentityRule::kDropFromRoot : IdentityRule::kKeep;
    });
    expect_seen(*policy, "parent", [](Policy& p, std::vector<Row>&) {
      p.parent = p.parent == ParentRule::kOutlives ? ParentRule::kDiesWithParent : ParentRule::kOutlives;
    });
    expect_seen(*policy, "signals", [](Policy& p, std::vector<Row>&) {
      p.signals = p.signals == SignalRule::kMaySignal ? SignalRule::kMayNot : SignalRule::kMaySignal;
    });
    expect_seen(*policy, "memory", [](Policy& p, std::vector<Row>&) {
      p.memory = p.memory == MemoryRule::kGrows ? MemoryRule::kFrozen : MemoryRule::kGrows;
    });
  }
}

TEST(Policies, AddNothingInABuildWithoutSanitizers) {
#ifdef SALLYPORT_SANITIZED
  EXPECT_FALSE(instrumented_rows().empty());
#else
  EXPECT_TRUE(instrumented_rows().empty());
#endif
}

TEST(NetPolicy, CarriesMessages) {
  EXPECT_EQ(under(net_policy(), [] { return carry({privsep::net_fd::kMonitor, privsep::net_fd::kTerminal}); }),
            exited(0));
}

TEST(NetPolicy, Waits) {
  EXPECT_EQ(under(net_policy(), [] {
    namespace fd = privsep::net_fd;
    const BorrowedFd all[] = {fd::kMonitor, fd::kTerminal, fd::kUdp, fd::kUdpPeer};
    return wait_on(all);
  }), exited(0));
}

TEST(NetPolicy, ConnectsSocketB) {
  sockaddr_in there{};
  Plan plan{.policy = &net_policy()};
  plan.before = [&] {
    socklen_t size = sizeof there;
    ::getsockname(privsep::net_fd::kUdp.number(), reinterpret_cast<sockaddr*>(&there), &size);
  };
  plan.body = [&](const Report&) {
    const int peer = privsep::net_fd::kUdpPeer.number();
    const sockaddr nobody{.sa_family = AF_UNSPEC, .sa_data = {}};
    if (::connect(peer, &nobody, sizeof nobody) < 0) return 1;
    if (::connect(peer, reinterpret_cast<const sockaddr*>(&there), sizeof there) < 0) return 2;
    if (send_bytes(privsep::net_fd::kUdpPeer, 40) != 40) return 3;
    return receive_bytes(privsep::net_fd::kUdp) == 40 ? 0 : 4;  // over the loopback at once
  };
  EXPECT_EQ(run_confined(plan), exited(0));
}

TEST(TerminalPolicy, CarriesMessages) {
  EXPECT_EQ(under(terminal_policy(), [] {
    return carry({privsep::terminal_fd::kMonitor, privsep::terminal_fd::kNet});
  }), exited(0));
}

TEST(TerminalPolicy, Waits) {
  EXPECT_EQ(under(terminal_policy(), [] {
    const BorrowedFd all[] = {privsep::terminal_fd::kMonitor, privsep::terminal_fd::kNet};
    return wait_on(all);
  }), exited(0));
}

TEST(CommonRows, TellsMonotonicTime) {
  for (const Policy* policy : all_policies()) {
    EXPECT_EQ(under(*policy, [] {
      timespec time{};
      return ::syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &time) == 0 && time.tv_sec > 0 ? 0 : 1;
    }), exited(0)) << policy->name;
  }
}

TEST(CommonRows, Ends) {
  for (const Policy* policy : all_policies()) EXPECT_EQ(under(*policy, [] { return 42; }), exited(42)) << policy->name;
}

/// Blocks of all sizes come, are resized as C libraries do, and go, in an order that leaves holes.
int churn_heap() {
  std::vector<void*> blocks(64, nullptr);
  for (unsigned round = 0; round < 400; ++round) {
    void*& block = blocks[(round * 37U) % blocks.size()];
    const std::size_t size = std::size_t{16} << (round % 18U);  // to 2 MiB
    block = round % 3 == 0 ? std::realloc(block, size) : (std::free(block), std::malloc(size));
    if (block == nullptr) return 1;
    static_cast<volatile char*>(block)[size - 1] = 1;
  }
  for (void* block : blocks) std::free(block);
  return 0;
}

TEST(CommonRows, HeapGrowsAndShrinks) {
  for (const Policy* policy : {&net_policy(), &terminal_policy(), &client_net_policy(), &client_screen_policy()}) {
    EXPECT_EQ(under(*policy, churn_heap), exited(0)) << policy->name;
    // The rows themselves, as malloc would use them.
    EXPECT_EQ(under(*policy, [] {
      void* const map = ::mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (map == MAP_FAILED) return 1;
      return ::syscall(SYS_brk, nullptr) > 0 ? 0 : 2;
    }), exited(0)) << policy->name;
  }
}

TEST(CommonRows, HeapThatIsExhaustedFailsWithoutAnotherCall) {
#ifdef SALLYPORT_SANITIZED
  GTEST_SKIP() << "skipped: with sanitizers there is no limit on the address space";
#endif
  EXPECT_EQ(under(net_policy(), [] {
    std::size_t got = 0;
    while (std::malloc(1U << 20U) != nullptr) ++got;
    return got > 16 && got < 96 ? 0 : 1;
  }), exited(0));
}

TEST(MonitorPolicy, FreesWhatItStillHoldsWithoutACall) {
  std::vector<void*> blocks;
  Plan plan{.policy = &monitor_policy()};
  plan.before = [&] {
    (void)begin(monitor_policy(), {});  // sets the allocator before the blocks exist, as the monitor's main does
    for (unsigned i = 0; i < 16; ++i) blocks.push_back(std::malloc(std::size_t{1} << 20U));
  };
  plan.body = [&](const Report&) {
    for (void* block : blocks) std::free(block);
    return 0;
  };
  EXPECT_EQ(run_confined(plan), exited(0));
}

namespace monitor_fd = privsep::monitor_fd;

TEST(MonitorPolicy, ReadsPtyAndSignals) {
  Plan plan{.policy = &monitor_policy()};
  plan.before = [] {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    ::raise(SIGUSR1);
  };
  plan.body = [](const Report&) {
    if (sys::read_signal(monitor_fd::kSignals) != SIGUSR1) return 1;
    std::array<std::byte, 8> buffer{};
    const auto read = sys::read(monitor_fd::kPty, buffer);  // nobody has opened the terminal side
    return !read && (read.error().number == EAGAIN || read.error().number == EIO) ? 0 : 2;
  };
  EXPECT_EQ(run_confined(plan), exited(0));
}

TEST(MonitorPolicy, WritesPtyAndPipes) {
  EXPECT_EQ(under(monitor_policy(), [] {
    std::array<std::byte, 1> byte{};
    for (const BorrowedFd fd : {monitor_fd::kPty, monitor_fd::kRelease, monitor_fd::kLoginRecord, monitor_fd::kRelay}) {
      if (sys::write(fd, byte).value_or(0) != 1) return fd.number();
    }
    return 0;
  }), exited(0));
}

TEST(MonitorPolicy, CarriesMessages) {
  EXPECT_EQ(under(monitor_policy(), [] {
    return send_bytes(monitor_fd::kLog, 8) == 8 ? carry({monitor_fd::kNet, monitor_fd::kTerminal}) : 1;
  }), exited(0));
}

TEST(MonitorPolicy, Waits) {
  EXPECT_EQ(under(monitor_policy(), [] {
    const BorrowedFd all[] = {monitor_fd::kSignals, monitor_fd::kNet,    monitor_fd::kTerminal,
                              monitor_fd::kShellPid, monitor_fd::kNetPid, monitor_fd::kTerminalPid};
    return wait_on(all);
  }), exited(0));
}

TEST(MonitorPolicy, SetsWindowSize) {
  EXPECT_EQ(under(monitor_policy(), [] {
    const winsize size{.ws_row = 50, .ws_col = 132, .ws_xpixel = 0, .ws_ypixel = 0};
    return ::ioctl(monitor_fd::kPty.number(), TIOCSWINSZ, &size) == 0 ? 0 : 1;
  }), exited(0));
}

TEST(MonitorPolicy, EndsChildren) {
  EXPECT_EQ(under(monitor_policy(), [] { return end_and_collect(monitor_fd::kNetPid, SIGKILL); }), exited(0));
  EXPECT_EQ(under(monitor_policy(), [] { return end_and_collect(monitor_fd::kTerminalPid, SIGKILL); }), exited(0));
}

TEST(MonitorPolicy, CollectsChildren) {
  EXPECT_EQ(under(monitor_policy(), [] { return end_and_collect(monitor_fd::kNetPid, SIGKILL); }), exited(0));
}

TEST(MonitorPolicy, ClosesItsOwn) {
  EXPECT_EQ(under(monitor_policy(),
                  [] {
                    for (const BorrowedFd fd :
                         {monitor_fd::kPty, monitor_fd::kRelease, monitor_fd::kLoginRecord, monitor_fd::kStarter}) {
                      if (::close(fd.number()) < 0) return fd.number();
                    }
                    return 0;
                  }),
            exited(0));
}

}  // namespace
}  // namespace sallyport::sandbox
