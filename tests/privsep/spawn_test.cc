#include "privsep/spawn.h"

#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/sys/io.h"
#include "base/sys/process.h"
#include "tests/reachable_testing.h"

namespace sallyport::privsep {
namespace {

const testing::ReachableCopy kProbe(SPAWN_PROBE);

constexpr BorrowedFd kAnswer{9};
using Facts = std::map<std::string, std::string>;

const std::vector<std::string> kOneWord = {"x"};

std::string read_all(BorrowedFd fd) {
  std::string out;
  std::array<std::byte, 4096> buffer{};
  for (;;) {
    const auto n = sys::read(fd, buffer);
    if (!n || *n == 0) return out;
    out += text_of(std::span(buffer).first(*n));
  }
}

Facts facts_of(const std::string& text) {
  Facts facts;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    const auto space = line.find(' ');
    facts[line.substr(0, space)] = space == std::string::npos ? "" : line.substr(space + 1);
  }
  return facts;
}

sys::ExitStatus await(BorrowedFd pidfd) {
  pollfd entry{pidfd.number(), POLLIN, 0};
  while (::poll(&entry, 1, -1) < 0) {
  }
  return sys::reap(pidfd).value_or(sys::ExitStatus{true, -1});
}

struct Probe {
  Result<Spawned, SystemError> spawned = std::unexpected(SystemError{});
  Facts facts;
  sys::ExitStatus status;
};

/// Spawns the probe with its answer pipe at 9 and with `more`, and collects it.
Probe run_probe(std::vector<std::string> arguments, std::vector<Placement> more, Isolation isolation) {
  Probe probe;
  auto executable = open_executable(kProbe.path());
  auto pipe = sys::pipe();
  if (!executable || !pipe) return probe;
  more.push_back({pipe->writer, kAnswer});
  probe.spawned = spawn({*executable, arguments, more, isolation});
  pipe->writer.reset();
  if (!probe.spawned) return probe;
  probe.facts = facts_of(read_all(pipe->reader));
  probe.status = await(probe.spawned->pidfd);
  return probe;
}

TEST(Spawn, GivesExactlyTheArgumentsAndNoEnvironment) {
  ::setenv("LEAKED", "1", 1);
  const Probe probe = run_probe({"net", "", "two words"}, {}, Isolation::kNamespaces);
  ASSERT_TRUE(probe.spawned) << probe.spawned.error().call << probe.spawned.error().number;
  EXPECT_EQ(probe.facts.at("args"), "net||two words");
  EXPECT_EQ(probe.facts.at("environment"), "0");
  EXPECT_EQ(probe.facts.at("folder"), "/");
  EXPECT_EQ(probe.facts.at("leader"), "1");
  EXPECT_FALSE(probe.status.killed);
  EXPECT_EQ(probe.status.number, 7);
}

TEST(Spawn, PassesExactlyTheListedDescriptorsWhateverIsOpenHere) {
  std::vector<UniqueFd> leaked;
  for (int i = 0; i < 50; ++i) leaked.emplace_back(::open("/", O_RDONLY));  // not close-on-exec
  leaked.emplace_back(::fcntl(leaked[0].borrow().number(), F_DUPFD, 900));
  const Probe probe = run_probe({"probe"}, {}, Isolation::kNamespaces);
  ASSERT_TRUE(probe.spawned);
  EXPECT_EQ(probe.facts.at("descriptors"), "0=null 1=null 2=null 9=pipe");
}

TEST(Spawn, PlacesDescriptorsWhoseNumbersOverlapInACycle) {
  std::array<int, 2> sockets{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets.data()), 0);
  const UniqueFd first(sockets[0]);
  const UniqueFd second(sockets[1]);
  const UniqueFd folder(::open("/", O_RDONLY | O_CLOEXEC));
  const Probe probe = run_probe({"probe"},
                                {{first, folder.borrow()}, {folder, second.borrow()}, {second, first.borrow()},
                                 {folder, BorrowedFd(1)}},
                                Isolation::kNamespaces);
  ASSERT_TRUE(probe.spawned);
  std::map<int, std::string> expected = {{0, "null"}, {1, "other"}, {2, "null"}, {9, "pipe"}};
  expected[folder.borrow().number()] = "socket";
  expected[second.borrow().number()] = "other";
  expected[first.borrow().number()] = "socket";
  std::string text;
  for (const auto& [number, kind] : expected) text += (text.empty() ? "" : " ") + std::to_string(number) + "=" + kind;
  EXPECT_EQ(probe.facts.at("descriptors"), text);
}

TEST(Spawn, ResetsSignalMaskAndDispositions) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &before);
  const auto old = ::signal(SIGPIPE, SIG_IGN);
  const Probe probe = run_probe({"probe"}, {}, Isolation::kNamespaces);
  ::signal(SIGPIPE, old);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  ASSERT_TRUE(probe.spawned);
  EXPECT_EQ(probe.facts.at("signals"), "default");
}

TEST(Spawn, GivesNamespacesAndReportsWhich) {
  const Probe here = run_probe({"probe"}, {}, Isolation::kNone);
  const Probe probe = run_probe({"probe"}, {}, Isolation::kNamespaces);
  ASSERT_TRUE(here.spawned && probe.spawned);
  EXPECT_TRUE(here.spawned->namespaces.empty());
  EXPECT_EQ(probe.spawned->namespaces, probe_namespaces());
  const std::map<std::string, NamespaceSet::Bit> bits = {
      {"user", NamespaceSet::kUser}, {"net", NamespaceSet::kNet}, {"mnt", NamespaceSet::kMount},
      {"ipc", NamespaceSet::kIpc},   {"uts", NamespaceSet::kUts}, {"pid", NamespaceSet::kPid}};
  for (const auto& [name, bit] : bits) {
    EXPECT_EQ(probe.facts.at(name) != here.facts.at(name), probe.spawned->namespaces.has(bit)) << name;
  }
  const bool first = probe.spawned->namespaces.has(NamespaceSet::kPid);
  EXPECT_EQ(probe.facts.at("self"), first ? "1" : std::to_string(probe.spawned->pid));
  EXPECT_EQ(here.facts.at("self"), std::to_string(here.spawned->pid));
}

TEST(Spawn, TellsThePidThatThisProcessSees) {
  auto executable = open_executable(kProbe.path());
  auto pipe = sys::pipe();
  ASSERT_TRUE(executable && pipe);
  const std::vector<std::string> arguments = {"probe", "wait"};
  const Placement placement{pipe->writer, kAnswer};
  const auto spawned = spawn({*executable, arguments, std::span(&placement, 1)});
  ASSERT_TRUE(spawned);
  EXPECT_EQ(::kill(spawned->pid, 0), 0);
  EXPECT_TRUE(sys::kill(spawned->pidfd, SIGKILL));
  const auto status = await(spawned->pidfd);
  EXPECT_TRUE(status.killed);
  EXPECT_EQ(status.number, SIGKILL);
}

TEST(Spawn, LeadsASessionOfItsOwnUnlessItIsToStayInTheCallersJob) {
  auto executable = open_executable(kProbe.path());
  auto pipe = sys::pipe();
  ASSERT_TRUE(executable && pipe);
  const std::vector<std::string> arguments = {"probe", "wait"};
  const Placement placement{pipe->writer, kAnswer};
  for (const Session session : {Session::kOwn, Session::kCallers}) {
    const auto spawned = spawn({.executable = *executable, .arguments = arguments, .descriptors = std::span(&placement, 1), .session = session});
    ASSERT_TRUE(spawned);
    const bool own = session == Session::kOwn;
    EXPECT_EQ(::getsid(spawned->pid), own ? spawned->pid : ::getsid(0));
    EXPECT_EQ(::getpgid(spawned->pid), own ? spawned->pid : ::getpgrp());
    EXPECT_TRUE(sys::kill(spawned->pidfd, SIGKILL));
    (void)await(spawned->pidfd);
  }
}

TEST(Spawn, AFaultEndsAProcessThatIsProcessOne) {
  const Probe probe = run_probe({"probe", "trap"}, {}, Isolation::kNamespaces);
  ASSERT_TRUE(probe.spawned);
  EXPECT_TRUE(probe.status.killed);
  EXPECT_EQ(probe.status.number, SIGILL);
}

TEST(Spawn, ReportsAFileThatCannotBeExecutedAndLeavesNoProcess) {
  auto executable = open_executable("/etc/passwd");
  ASSERT_FALSE(executable);
  EXPECT_EQ(executable.error().number, EACCES);
  EXPECT_EQ(open_executable("/nonexistent/net").error().number, ENOENT);

  const UniqueFd text(::open("/etc/passwd", O_PATH | O_CLOEXEC));
  const auto spawned = spawn({text, kOneWord, {}});
  ASSERT_FALSE(spawned);
  EXPECT_STREQ(spawned.error().call, "execveat");
  EXPECT_EQ(spawned.error().number, EACCES);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(Spawn, ReportsASourceThatIsNotOpenAndATargetOutOfRange) {
  auto executable = open_executable(kProbe.path());
  ASSERT_TRUE(executable);
  const Placement closed{BorrowedFd(777), BorrowedFd(3)};
  const auto first = spawn({*executable, kOneWord, std::span(&closed, 1)});
  ASSERT_FALSE(first);
  EXPECT_STREQ(first.error().call, "fcntl");
  EXPECT_EQ(first.error().number, EBADF);
  const Placement far{BorrowedFd(0), BorrowedFd(64)};
  const auto second = spawn({*executable, kOneWord, std::span(&far, 1)});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().number, EBADF);
}

TEST(Spawn, LeavesNoDescriptorBehindInTheParent) {
  const auto lowest = [] { return UniqueFd(::open("/", O_RDONLY | O_CLOEXEC)).borrow().number(); };
  const int before = lowest();
  (void)run_probe({"probe"}, {}, Isolation::kNamespaces);
  const UniqueFd text(::open("/etc/passwd", O_PATH | O_CLOEXEC));
  (void)spawn({text, kOneWord, {}});
  EXPECT_EQ(text.borrow().number(), before);
  EXPECT_EQ(lowest(), before + 1);
}

/// In a child: becomes an ordinary user and lets `check` decide the exit status.
int in_child(bool ordinary, int (*check)()) {
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr unsigned kUnusedId = 54321;
    if (ordinary && ::geteuid() == 0 &&
        (::setgroups(0, nullptr) < 0 || ::setresgid(kUnusedId, kUnusedId, kUnusedId) < 0 ||
         ::setresuid(kUnusedId, kUnusedId, kUnusedId) < 0)) {
      ::_exit(99);
    }
    ::_exit(check());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/// A container's filter: clone into a namespace fails so.
int spawn_with_clone_failing(int error) {
  const scmp_filter_ctx context = ::seccomp_init(SCMP_ACT_ALLOW);
  ::seccomp_rule_add(context, SCMP_ACT_ERRNO(static_cast<unsigned>(error)), SCMP_SYS(clone), 1,
                     scmp_arg_cmp{0, SCMP_CMP_MASKED_EQ, CLONE_NEWNET, CLONE_NEWNET});
  if (::seccomp_load(context) < 0) return 98;
  const Probe probe = run_probe({"probe"}, {}, Isolation::kNamespaces);
  if (!probe.spawned) return probe.spawned.error().number;
  return probe.spawned->namespaces.empty() && probe_namespaces().empty() && probe.facts.contains("self") ? 0 : 97;
}

TEST(Spawn, GoesWithoutNamespacesWhereTheHostRefusesThem) {
  EXPECT_EQ(in_child(true, [] { return spawn_with_clone_failing(EPERM); }), 0);
  EXPECT_EQ(in_child(true, [] { return spawn_with_clone_failing(EUSERS); }), 0);
  EXPECT_EQ(in_child(true, [] { return spawn_with_clone_failing(ENOSPC); }), 0);
  EXPECT_EQ(in_child(true, [] { return spawn_with_clone_failing(EINVAL); }), 0);
  EXPECT_EQ(in_child(false, [] { return spawn_with_clone_failing(EPERM); }), 0);
}

TEST(Spawn, DoesNotTakeAnotherFailureForARefusal) {
  EXPECT_EQ(in_child(true, [] { return spawn_with_clone_failing(EMFILE); }), EMFILE);
}

TEST(Spawn, ClosesDescriptorsOnKernelsWithoutCloseRange) {
  EXPECT_EQ(in_child(true, [] {
    const scmp_filter_ctx context = ::seccomp_init(SCMP_ACT_ALLOW);
    ::seccomp_rule_add(context, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(close_range), 0);
    if (::seccomp_load(context) < 0) return 98;
    for (int i = 0; i < 20; ++i) (void)::open("/", O_RDONLY);
    ::dup2(0, 900);
    const Probe probe = run_probe({"probe"}, {}, Isolation::kNamespaces);
    return probe.spawned && probe.facts.at("descriptors") == "0=null 1=null 2=null 9=pipe" ? 0 : 1;
  }), 0);
}

TEST(Spawn, WorksForAnOrdinaryUser) {
  EXPECT_EQ(in_child(true, [] {
    const Probe probe = run_probe({"probe"}, {}, Isolation::kNamespaces);
    const bool expected = probe.spawned && probe.spawned->namespaces == probe_namespaces() &&
                          (probe.spawned->namespaces.empty() || probe.spawned->namespaces.has(NamespaceSet::kUser));
    return expected && probe.status.number == 7 ? 0 : 1;
  }), 0);
}

}  // namespace
}  // namespace sallyport::privsep
