// Programs that are run, waited for and ended: with /bin/sh in ssh's place.
#include "client/bootstrap/await_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>

#include "base/environment.h"
#include "base/sys/io.h"
#include "client/bootstrap/signals.h"

namespace sallyport::client {
namespace {

using Kind = WaitEnding::Kind;

const std::vector<std::string> kEnvironment = {"PATH=/usr/bin:/bin", "A=1"};
constexpr std::string_view kConnect = "echo MOSH CONNECT 60001 AAAAAAAAAAAAAAAAAAAAAA";

bool has_children() { return ::waitpid(-1, nullptr, WNOHANG) >= 0 || errno != ECHILD; }

/// A child whose output is read as ssh's is.
struct World {
  explicit World(const std::string& script, WaitLimits given = {}) : limits(given), pipe(*sys::pipe()) {
    const std::vector<std::string> words = {"sh", "-c", script};
    child.emplace(*Child::start({words, kEnvironment, {}, pipe.writer, pipe.writer, ""}));
    pipe.writer.reset();
    signals.emplace(*SignalGuard::take());
  }
  WaitEnding run() {
    testing::internal::CaptureStderr();
    const WaitEnding ending = await_server(*child, pipe.reader, signals->fd(), output, report, limits);
    errors = testing::internal::GetCapturedStderr();
    return ending;
  }
  SystemClock clock;
  Report report{"sallyport", false, clock};
  WaitLimits limits;
  sys::Pipe pipe;
  std::optional<Child> child;
  std::optional<SignalGuard> signals;
  BootstrapOutput output{BootstrapOutput::Address::kAwaited};
  std::string errors;
};

TEST(AwaitServer, EndsWithTheAnnouncementAndTheChildIsCollected) {
  World world{std::string(kConnect)};
  const WaitEnding ending = world.run();
  EXPECT_EQ(ending.kind, Kind::kConnected);
  EXPECT_EQ(world.output.port(), 60001);
  ASSERT_TRUE(ending.status);
  EXPECT_EQ(ending.status->number, 0);
  EXPECT_FALSE(has_children());
}

TEST(AwaitServer, WhatFollowsTheAnnouncementIsTakenSoThatSshCanEnd) {
  World world(std::string(kConnect) +
              "; i=0; while [ $i -lt 3000 ]; do echo 0123456789012345678901234567890123456789; i=$((i+1)); done");
  const WaitEnding ending = world.run();
  EXPECT_EQ(ending.kind, Kind::kConnected);
  EXPECT_TRUE(ending.status) << "it ended by itself: its pipe was never full";
}

TEST(AwaitServer, AnSshThatDoesNotEndIsEnded) {
  WaitLimits limits;
  limits.ending = std::chrono::milliseconds(50);
  World world(std::string(kConnect) + "; exec sleep 100", limits);
  const WaitEnding ending = world.run();
  EXPECT_EQ(ending.kind, Kind::kConnected);
  EXPECT_FALSE(ending.status);
  EXPECT_FALSE(has_children());
}

TEST(AwaitServer, TheEndOfSshIsTheEndThoughItsPipeIsHeldOpen) {  // as by a master connection in the background
  World world("sleep 100 & echo $!; exit 7");
  const WaitEnding ending = world.run();
  EXPECT_EQ(ending.kind, Kind::kEndOfOutput);
  ASSERT_TRUE(ending.status);
  EXPECT_EQ(ending.status->number, 7);
  ASSERT_EQ(world.output.lines().size(), 1U);
  EXPECT_EQ(::kill(std::stoi(world.output.lines().back()), SIGKILL), 0);
}

TEST(AwaitServer, ABadLineEndsSshAtOnce) {
  World world("echo MOSH CONNECT 1 short; exec sleep 100");
  EXPECT_EQ(world.run().kind, Kind::kFailed);
  EXPECT_FALSE(has_children());
}

TEST(AwaitServer, ASignalEndsSshAndLeavesNothing) {
  World world("exec sleep 100");
  ASSERT_EQ(::kill(::getpid(), SIGINT), 0);
  const WaitEnding ending = world.run();
  EXPECT_EQ(ending.kind, Kind::kSignal);
  EXPECT_EQ(ending.signal, SIGINT);
  EXPECT_FALSE(has_children());
}

TEST(AwaitServer, Row13_SilenceIsExplainedAndThenEnded) {
  WaitLimits limits;
  limits.hint = std::chrono::milliseconds(20);
  limits.give_up = std::chrono::milliseconds(200);
  World world("exec sleep 100", limits);
  EXPECT_EQ(world.run().kind, Kind::kGaveUp);
  EXPECT_THAT(world.errors,
              testing::HasSubstr("The remote shell started but mosh-server did not answer. Does a start-up file "
                                 "wait for input?"));
  EXPECT_FALSE(has_children());
}

TEST(AwaitServer, AHostThatWasNotReachedHasNoShellToBlame) {
  WaitLimits limits{std::chrono::milliseconds(20), std::chrono::milliseconds(100), std::chrono::seconds(1), false};
  World world("exec sleep 100", limits);
  (void)world.run();
  EXPECT_THAT(world.errors, testing::HasSubstr("ssh has not reached the host yet."));
}

TEST(Child, AProgramThatIsNotThereIsAnErrorAndNoProcess) {
  const std::vector<std::string> words = {"/nonexistent/program"};
  const auto child = Child::start({words, kEnvironment, {}, {}, {}, ""});
  ASSERT_FALSE(child);
  EXPECT_EQ(child.error().number, ENOENT);
  EXPECT_FALSE(has_children());
}

TEST(Child, GetsItsWordsAndItsEnvironment) {
  const SystemClock clock;
  const std::vector<std::string> words = {"/bin/sh", "-c", "printf '%s|' \"$@\" \"$A\"", "sh", "a b", "$x;`y`", ""};
  const auto captured = capture({words, kEnvironment, {}, {}, {}, ""}, 4096, std::chrono::seconds(20), clock);
  ASSERT_TRUE(captured);
  EXPECT_EQ(captured->status.number, 0);
  EXPECT_EQ(captured->text, "a b|$x;`y`||1|");
}

TEST(Child, GetsNoDescriptorOfOurs) {
  const SystemClock clock;
  const std::vector<std::string> words = {"ls", "/proc/self/fd"};
  const auto before = capture({words, kEnvironment, {}, {}, {}, ""}, 4096, std::chrono::seconds(20), clock);
  const auto pipe = sys::pipe();
  const auto signals = SignalGuard::take();
  const auto after = capture({words, kEnvironment, {}, {}, {}, ""}, 4096, std::chrono::seconds(20), clock);
  ASSERT_TRUE(before && after && pipe && signals);
  EXPECT_EQ(before->text, after->text);
}

TEST(Child, RunsWhereItIsTold) {
  const SystemClock clock;
  const std::vector<std::string> words = {"pwd"};
  const auto captured = capture({words, kEnvironment, {}, {}, {}, "/"}, 4096, std::chrono::seconds(20), clock);
  ASSERT_TRUE(captured);
  EXPECT_EQ(captured->text, "/\n");
}

TEST(Child, OutputThatIsTooLongOrTooLateIsRefusedAndTheProgramEnded) {
  const SystemClock clock;
  const std::vector<std::string> endless = {"yes"};
  const auto much = capture({endless, kEnvironment, {}, {}, {}, ""}, 4096, std::chrono::seconds(20), clock);
  ASSERT_FALSE(much);
  EXPECT_EQ(much.error().number, EMSGSIZE);
  const std::vector<std::string> slow = {"sleep", "100"};
  const auto late = capture({slow, kEnvironment, {}, {}, {}, ""}, 4096, std::chrono::milliseconds(50), clock);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().number, ETIMEDOUT);
  EXPECT_FALSE(has_children());
}

TEST(Child, OneThatIgnoresTermIsKilled) {
  const std::vector<std::string> words = {"sh", "-c", "trap '' TERM; echo ready; exec sleep 100"};
  auto pipe = *sys::pipe();
  auto child = *Child::start({words, kEnvironment, {}, pipe.writer, {}, ""});
  std::array<std::byte, 8> buffer{};
  ASSERT_TRUE(sys::read(pipe.reader, buffer));  // the trap is set
  child.end();
  EXPECT_FALSE(has_children());
}

TEST(SignalGuard, LeavesSignalsAsTheyWere) {
  sigset_t before;
  sigset_t after;
  ::sigprocmask(SIG_SETMASK, nullptr, &before);
  { const auto guard = SignalGuard::take(); }
  ::sigprocmask(SIG_SETMASK, nullptr, &after);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) {
    EXPECT_EQ(::sigismember(&before, signal), ::sigismember(&after, signal));
    struct sigaction now {};
    ::sigaction(signal, nullptr, &now);
    EXPECT_EQ(now.sa_handler, SIG_DFL) << signal;
  }
}

}  // namespace
}  // namespace sallyport::client
