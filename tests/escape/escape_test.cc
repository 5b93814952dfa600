// Starts a victim in each compartment's place, as the monitor or the guard would, for every way out: each is killed by the
// filter; and, with the filter left out, refused by a second wall wherever there is one.
#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "base/sys/process.h"
#include "privsep/channel.h"
#include "privsep/descriptors.h"
#include "privsep/spawn.h"
#include "sandbox/testing_only/leave_out.h"
#include "tests/escape/escapes.h"
#include "tests/sandbox/confined_testing.h"
#include "tests/reachable_testing.h"
#include "tests/send_descriptor.h"

namespace sallyport::escape {
namespace {

const testing::ReachableCopy kVictim(ESCAPE_VICTIM);

using sandbox::Mechanism;
using sandbox::MechanismSet;
using sandbox::testing::Outcome;

constexpr int kCannotStart = 200;

const sandbox::Policy& policy_named(std::string_view name) {
  for (const sandbox::Policy* policy : sandbox::all_policies()) {
    if (policy->name == name) return *policy;
  }
  std::abort();
}

/// Those that meet hostile input or stand next to one that does; not the two that start the others.
auto workers() { return ::testing::Values("net", "terminal", "client-net", "client-screen", "client-tty"); }
std::string test_name(const std::string& worker) { return sandbox::testing::name_of(policy_named(worker)); }

/// What a compartment gets from its parent; the other ends of its channels stay here.
struct World {
  explicit World(const sandbox::Policy& policy) {
    for (const sandbox::DescriptorRule& rule : policy.descriptors) {
      if (rule.kind == sandbox::DescriptorKind::kChannel) {
        auto pair = privsep::make_channel_pair();
        if (!pair) return;
        ours.push_back(std::move(pair->first));
        theirs.push_back({rule.fd, std::move(pair->second)});
      } else if (rule.kind == sandbox::DescriptorKind::kUdp) {
        theirs.push_back({rule.fd, UniqueFd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0))});
      }
    }
  }
  std::vector<UniqueFd> ours;
  std::vector<std::pair<BorrowedFd, UniqueFd>> theirs;
};

/// How it ended; what does not end by itself is killed.
Outcome outcome_of(BorrowedFd process) {
  pollfd entry{process.number(), POLLIN, 0};
  int ready = 0;
  while ((ready = ::poll(&entry, 1, 20'000)) < 0) {
  }
  if (ready == 0) (void)sys::kill(process, SIGKILL);
  while (ready == 0 && ::poll(&entry, 1, -1) < 0) {
  }
  const auto status = sys::reap(process);
  return status ? Outcome{status->killed, status->number} : Outcome{false, kCannotStart};
}

enum class Filter { kOn, kLeftOut };

/// How the victim ends that tries `escape` in the place of `compartment`.
Outcome try_escape(const std::string& compartment, std::size_t escape, Filter filter) {
  const World world(policy_named(compartment));
  const auto executable = privsep::open_executable(kVictim.path());
  if (!executable) return {false, kCannotStart};
  std::vector<privsep::Placement> placements;
  for (const auto& [number, fd] : world.theirs) placements.push_back({fd, number});
  const std::vector<std::string> arguments = {"victim", compartment, filter == Filter::kOn ? "filtered" : "unfiltered",
                                              std::to_string(escape), std::to_string(::getpid())};
  const auto spawned = privsep::spawn({*executable, arguments, placements});
  return spawned ? outcome_of(spawned->pidfd) : Outcome{false, kCannotStart};
}

class EachPlace : public ::testing::TestWithParam<std::tuple<std::string, bool>> {
 protected:
  /// Runs `check` in a child, as an ordinary user if the parameter says so; prints its complaint.
  static void expect_none(std::string (*check)(const std::string&)) {
    const pid_t child = ::fork();
    if (child == 0) {
      constexpr unsigned kId = sandbox::testing::kUnusedId;
      if (std::get<1>(GetParam()) && sandbox::testing::are_root() &&
          (::setgroups(0, nullptr) < 0 || ::setresgid(kId, kId, kId) < 0 || ::setresuid(kId, kId, kId) < 0)) {
        ::_exit(kCannotStart);
      }
      ::prctl(PR_SET_DUMPABLE, 1, 0, 0,
              0);  // the stand-in for the monitor is easy prey, so that the walls are the victim's
      const std::string complaint = check(std::get<0>(GetParam()));
      if (!complaint.empty()) (void)!::write(2, complaint.data(), complaint.size());
      ::_exit(complaint.empty() ? 0 : 1);
    }
    EXPECT_EQ(sandbox::testing::await(child), sandbox::testing::exited(0));
  }
};

/// Stands for the monitor and is easy prey: readable, with one page at a place that is known.
class Prey {
 public:
  Prey() : pid_(::fork()) {
    if (pid_ != 0) return;
    ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    (void)::mmap(reinterpret_cast<void*>(kPreyPage), 4096, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    for (;;) ::pause();
  }
  ~Prey() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Prey(const Prey&) = delete;
  Prey& operator=(const Prey&) = delete;
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

/// How the attempt ends without confinement: errno, or 0 for success.
int try_freely(std::size_t escape, pid_t prey) {
  const World world(sandbox::net_policy());
  const UniqueFd pty(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  ::grantpt(pty.borrow().number());
  ::unlockpt(pty.borrow().number());
  const UniqueFd tty(::open(::ptsname(pty.borrow().number()), O_RDWR | O_NOCTTY | O_CLOEXEC));
  const auto executable = privsep::open_executable(kVictim.path());
  if (!executable || !tty.valid()) return kCannotStart;
  const std::vector<privsep::Placement> placements = {{tty, BorrowedFd(3)},
                                                      {world.theirs[1].second, BorrowedFd(4)},
                                                      {world.theirs[2].second, BorrowedFd(5)},
                                                      {world.theirs[3].second, BorrowedFd(6)}};
  const std::vector<std::string> arguments = {"victim", "net", "free", std::to_string(escape), std::to_string(prey)};
  const auto spawned = privsep::spawn({*executable, arguments, placements, privsep::Isolation::kNone});
  if (!spawned) return kCannotStart;
  const Outcome outcome = outcome_of(spawned->pidfd);
  return outcome.killed ? kCannotStart : outcome.number;
}

/// The host's own no, which says that the attempt was well formed.
bool is_refusal(int error) {
  constexpr std::array kRefusals = {EPERM,  EACCES, ENOSYS,       EOPNOTSUPP, ENXIO,
                                    ENOMEM, ENOENT, ECONNREFUSED, EOVERFLOW,  EIO};
  return std::find(kRefusals.begin(), kRefusals.end(), error) != kRefusals.end();
}

TEST(EscapeControl, EveryEscapeWorksWithoutConfinementWhereTheHostPermitsIt) {
  const Prey prey;
  std::string refused;
  int worked = 0;
  for (std::size_t i = 0; i < escapes().size(); ++i) {
    const Escape& escape = escapes()[i];
    if (escape.control == Control::kNever) {
      refused += std::string(", ") + escape.name + " (not tried)";
      continue;
    }
    const int error = try_freely(i, prey.pid());
    worked += error == 0 ? 1 : 0;
    const bool must =
        escape.control == Control::kWorks || (escape.control == Control::kRoot && sandbox::testing::are_root());
    EXPECT_TRUE(error == 0 || (!must && is_refusal(error))) << escape.name << ": " << std::strerror(error);
    if (error != 0) refused += std::string(", ") + escape.name + " (" + std::strerror(error) + ")";
  }
  std::printf("%d of %zu escapes work without confinement; not shown here%s\n", worked, escapes().size(),
              refused.c_str());
  EXPECT_GE(worked, 40);
}

TEST_P(EachPlace, EveryEscapeIsKilledByTheFilter) {
  expect_none([](const std::string& compartment) {
    std::string complaint;
    for (std::size_t i = 0; i < escapes().size(); ++i) {
      const Outcome outcome = try_escape(compartment, i, Filter::kOn);
      if (outcome == sandbox::testing::refused()) continue;
#ifdef SALLYPORT_SANITIZED
      if (std::string_view(escapes()[i].name) == "share memory") continue;  // sandbox/instrumented: their heap
#endif
      complaint += std::string(escapes()[i].name) + ": ended with " + std::to_string(outcome.number) + "\n";
    }
    return complaint;
  });
}

TEST_P(EachPlace, EveryEscapeWithASecondWallFailsWithoutTheFilterToo) {
  expect_none([](const std::string& compartment) {
    std::string complaint;
    for (std::size_t i = 0; i < escapes().size(); ++i) {
      const Outcome outcome = try_escape(compartment, i, Filter::kLeftOut);
      const bool stopped = !outcome.killed && outcome.number != 0 && outcome.number != kCannotStart;
      if (escapes()[i].second_wall == SecondWall::kHost) continue;
      if (stopped == (escapes()[i].second_wall == SecondWall::kYes)) continue;
      complaint += std::string(escapes()[i].name) + ": ended with " + std::to_string(outcome.number) + "\n";
    }
    return complaint;
  });
}

INSTANTIATE_TEST_SUITE_P(Escape, EachPlace, ::testing::Combine(workers(), ::testing::Bool()),
                         [](const auto& instance) {
                           return test_name(std::get<0>(instance.param)) +
                                  (std::get<1>(instance.param) ? "AsOrdinaryUser" : "AsWeAre");
                         });

/// The scopes of sockets and signals are newer than Landlock itself.
bool has_landlock_scopes() {
  const auto host = sandbox::probe_host();
  return host && host->landlock_abi >= 6;
}

/// Landlock by itself: no filter, no limits, no namespaces.
Outcome under_landlock_alone(const sandbox::Policy& policy, std::function<int()> body) {
  MechanismSet out;
  out.add(Mechanism::kSeccomp);
  out.add(Mechanism::kLimits);
  const sandbox::testing_only::LeaveOut leave_out(out);
  sandbox::testing::Plan plan{.policy = &policy, .options = {.leave_out = &leave_out}};
  plan.starter = sandbox::testing::Starter::kOrdinaryUser;
  plan.body = [&](const sandbox::Report&) { return body(); };
  return sandbox::testing::run_confined(plan);
}

TEST(LandlockAlone, StopsTcpAndAbstractSocketsAndFiles) {
  if (!has_landlock_scopes()) GTEST_SKIP() << "skipped: this kernel's Landlock has no ABI 6";
  const UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un name{.sun_family = AF_UNIX, .sun_path = {}};
  const std::string path = "sallyport-escape-" + std::to_string(::getpid());
  std::memcpy(name.sun_path + 1, path.data(), path.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + path.size());
  ASSERT_EQ(::bind(listener.borrow().number(), reinterpret_cast<const sockaddr*>(&name), size), 0);
  ASSERT_EQ(::listen(listener.borrow().number(), 1), 0);
  const auto body = [&] {
    const int tcp = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_port = htons(9);
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(tcp, reinterpret_cast<const sockaddr*>(&there), sizeof there) == 0 || errno != EACCES) return 1;
    const int abstract = ::socket(AF_UNIX, SOCK_STREAM, 0);
    if (::connect(abstract, reinterpret_cast<const sockaddr*>(&name), size) == 0 || errno != EPERM) return 2;
    if (::open("/", O_RDONLY | O_DIRECTORY) >= 0 || errno != EACCES) return 3;
    return 0;
  };
  EXPECT_EQ(under_landlock_alone(sandbox::terminal_policy(), body), sandbox::testing::exited(0));
}

TEST(LandlockAlone, ScopesSignalsInACompartmentAndNotInTheMonitor) {
  if (!has_landlock_scopes()) GTEST_SKIP() << "skipped: this kernel's Landlock has no ABI 6";
  // A sibling of the same user, started before the lock-down.
  const auto outcome_for = [](const sandbox::Policy& policy) {
    pid_t sibling = -1;
    MechanismSet out;
    out.add(Mechanism::kSeccomp);
    const sandbox::testing_only::LeaveOut leave_out(out);
    sandbox::testing::Plan plan{.policy = &policy, .options = {.leave_out = &leave_out}};
    plan.starter = sandbox::testing::Starter::kOrdinaryUser;
    plan.before = [&] {
      const pid_t parent = ::getpid();
      sibling = ::fork();
      if (sibling == 0) {
        // A parent that may not signal us any more cannot take us along when it dies.
        while (::getppid() == parent) ::usleep(20'000);
        ::_exit(0);
      }
    };
    plan.body = [&](const sandbox::Report&) { return ::kill(sibling, SIGHUP) == 0 ? 0 : errno; };
    return sandbox::testing::run_confined(plan);
  };
  EXPECT_EQ(outcome_for(sandbox::terminal_policy()), sandbox::testing::exited(EPERM));
  EXPECT_EQ(outcome_for(sandbox::monitor_policy()), sandbox::testing::exited(0));
}

/// Takes a record with room for descriptors: the number of the one that came, or -1.
int take(int channel) {
  std::byte byte{0};
  iovec part{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (::recvmsg(channel, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1) return -2;
  const cmsghdr* const header = CMSG_FIRSTHDR(&message);
  int passed = -1;
  if (header != nullptr && header->cmsg_len >= CMSG_LEN(sizeof(int)))
    std::memcpy(&passed, CMSG_DATA(header), sizeof passed);
  return passed;
}

class Smuggling : public ::testing::TestWithParam<std::string> {
 protected:
  static const sandbox::Policy& policy() { return policy_named(GetParam()); }
  static constexpr BorrowedFd kMonitor{3}, kOther{4};  // all have channels there
};

TEST_P(Smuggling, OfADescriptorThroughAChannelIsAViolationAndDeliversNothing) {
  const sandbox::testing::Rig rig(policy());
  for (const BorrowedFd channel : {kMonitor, kOther}) {
    sandbox::testing::Plan plan{.policy = &policy()};
    plan.body = [&](const sandbox::Report&) {
      return testing::send_descriptor(channel.number(), "\x01", channel.number()) == 1 ? 0 : 1;
    };
    ASSERT_EQ(rig.run(plan), sandbox::testing::exited(0));
    const privsep::Channel receiver(UniqueFd(::dup(rig.other_end(channel).number())));
    std::array<std::byte, 16> buffer{};
    const auto received = receiver.receive(buffer);
    ASSERT_FALSE(received);
    EXPECT_EQ(received.error(), privsep::ReceiveFailure::kViolation);
  }
}

TEST_P(Smuggling, OfADescriptorIntoACompartmentThatMakesRoomForItDeliversNothing) {
  const sandbox::testing::Rig rig(policy());
  for (const BorrowedFd channel : {kMonitor, kOther}) {
    ASSERT_EQ(testing::send_descriptor(rig.other_end(channel).number(), "\x01", 0), 1);
    sandbox::testing::Plan plan{.policy = &policy()};
    plan.body = [&](const sandbox::Report&) { return take(channel.number()) == -1 ? 0 : 1; };
    EXPECT_EQ(rig.run(plan), sandbox::testing::exited(0));
  }
}

INSTANTIATE_TEST_SUITE_P(Escape, Smuggling, workers(), [](const auto& instance) { return test_name(instance.param); });

TEST(SmugglingControl, ADescriptorPassesWithoutConfinement) {
  auto pair = privsep::make_channel_pair();
  ASSERT_TRUE(pair);
  ASSERT_EQ(testing::send_descriptor(pair->first.borrow().number(), "\x01", 0), 1);
  const UniqueFd passed(take(pair->second.borrow().number()));
  EXPECT_TRUE(passed.valid());
}

/// Takes memory, page by page touched, until there is no more or `most_bytes` are taken: MiB that it got.
int eat_memory(std::size_t most_bytes) {
  constexpr std::size_t kPiece = std::size_t{1} << 20U;
  std::size_t taken = 0;
  while (taken < most_bytes) {
    void* const piece = ::mmap(nullptr, kPiece, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (piece == MAP_FAILED) break;
    *static_cast<volatile char*>(piece) = 1;
    taken += kPiece;
  }
  return static_cast<int>(taken >> 20U);
}

TEST(Exhaustion, OfMemoryEndsAtTheCompartmentsOwnLimit) {
#ifdef SALLYPORT_SANITIZED
  GTEST_SKIP() << "skipped: with sanitizers there is no limit on the address space";
#endif
  constexpr int kMostMib = 1200;
  for (const sandbox::Policy* policy : {&sandbox::net_policy(), &sandbox::terminal_policy(), &sandbox::client_net_policy(),
                                        &sandbox::client_screen_policy()}) {
    const int limit = static_cast<int>(policy->limits.address_space_bytes >> 20U);
    sandbox::testing::Plan plan{.policy = policy};
    plan.body = [&](const sandbox::Report&) {
      const int got = eat_memory(std::size_t{kMostMib} << 20U);
      return got > 0 && got < limit ? 0 : 1;
    };
    EXPECT_EQ(sandbox::testing::run_confined(plan), sandbox::testing::exited(0)) << policy->name;
  }
  // Without the limit there is more.
  const pid_t free = ::fork();
  if (free == 0) ::_exit(eat_memory(std::size_t{kMostMib} << 20U) == kMostMib ? 0 : 1);
  EXPECT_EQ(sandbox::testing::await(free), sandbox::testing::exited(0));
}

}  // namespace
}  // namespace sallyport::escape
