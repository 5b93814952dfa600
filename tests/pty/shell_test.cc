#include "pty/shell.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <string>

#include "base/bytes.h"
#include "base/sys/io.h"
#include "base/sys/process.h"
#include "pty/pty.h"

namespace sallyport::pty {
namespace {

/// Closes all but these by trying every number: tests may not include privsep.
void close_others(std::span<const BorrowedFd> kept) {
  for (int fd = 0; fd < 1024; ++fd) {
    if (std::ranges::none_of(kept, [fd](BorrowedFd one) { return one.number() == fd; })) ::close(fd);
  }
}

class ShellTest : public ::testing::Test {
 protected:
  void start(std::vector<std::string> arguments, std::string directory = "/") {
    auto pty = open_pty({80, 24});
    ASSERT_TRUE(pty);
    plan_.path = arguments.front();
    plan_.arguments = std::move(arguments);
    plan_.directory = std::move(directory);
    plan_.program_name = "mosh-server";
    plan_.close_all_except = close_others;
    auto shell = start_shell(pty->tty_fd, plan_);
    ASSERT_TRUE(shell);
    shell_ = std::move(*shell);
    pty_fd_ = std::move(pty->pty_fd);
  }
  void release() {
    ASSERT_TRUE(sys::write(shell_.release_pipe, std::array{kReleaseByte}));
    shell_.release_pipe.reset();
  }
  /// Everything that is printed until the terminal side is closed, or for `limit` at most.
  std::string output(Duration limit = std::chrono::seconds(20)) {
    std::string text;
    std::array<std::byte, 4096> buffer;
    for (;;) {
      std::array<pollfd, 1> entry{pollfd{pty_fd_.borrow().number(), POLLIN, 0}};
      const auto ready = sys::ppoll(entry, limit);
      if (!ready || *ready == 0) return text;
      const auto got = sys::read(pty_fd_, buffer);
      if (!got || *got == 0) return text;
      text += text_of(std::span(buffer).first(*got));
    }
  }
  sys::ExitStatus ended() {
    std::array<pollfd, 1> entry{pollfd{shell_.pidfd.borrow().number(), POLLIN, 0}};
    EXPECT_EQ(sys::ppoll(entry, std::chrono::seconds(20)), 1U);
    const auto status = sys::reap(shell_.pidfd);
    EXPECT_TRUE(status);
    return status.value_or(sys::ExitStatus{});
  }

  ShellPlan plan_;
  Shell shell_;
  UniqueFd pty_fd_;
};

TEST_F(ShellTest, RunsNothingBeforeTheReleaseByte) {
  start({"/bin/echo", "ran"});
  EXPECT_EQ(output(std::chrono::milliseconds(200)), "");
  release();
  EXPECT_EQ(output(), "ran\r\n");
  EXPECT_EQ(ended().number, 0);
}

TEST_F(ShellTest, EndOfThePipeWithoutTheByteRunsNothing) {
  start({"/bin/echo", "ran"});
  shell_.release_pipe.reset();
  EXPECT_EQ(output(), "");
  EXPECT_EQ(ended().number, 1);
}

TEST_F(ShellTest, AnotherByteIsNoRelease) {
  start({"/bin/echo", "ran"});
  ASSERT_TRUE(sys::write(shell_.release_pipe, std::array{std::byte{'\n'}}));
  EXPECT_EQ(output(), "");
  EXPECT_EQ(ended().number, 1);
}

TEST_F(ShellTest, GreetsBeforeTheReleaseInItsDirectory) {
  plan_.greet = [] {
    std::array<char, 256> path{};
    (void)!::getcwd(path.data(), path.size());
    (void)sys::write(BorrowedFd(1), bytes_of(std::string("hello in ") + path.data()));
  };
  start({"/bin/true"}, "/tmp");
  EXPECT_EQ(output(std::chrono::seconds(1)), "hello in /tmp");
}

TEST(CommandLineChecklist, Item21_NothingIsPrintedByTheReleaseItself) {
  auto pty = open_pty({80, 24});
  ASSERT_TRUE(pty);
  ShellPlan plan{.path = "/bin/echo", .arguments = {"echo", "first"}, .environment = {}, .directory = "/"};
  plan.close_all_except = close_others;
  auto shell = start_shell(pty->tty_fd, plan);
  ASSERT_TRUE(shell);
  pty->tty_fd.reset();
  ASSERT_TRUE(sys::write(shell->release_pipe, std::array{kReleaseByte}));
  std::array<pollfd, 1> entry{pollfd{pty->pty_fd.borrow().number(), POLLIN, 0}};
  ASSERT_EQ(sys::ppoll(entry, std::chrono::seconds(20)), 1U);
  std::array<std::byte, 64> buffer;
  const auto got = sys::read(pty->pty_fd, buffer);
  ASSERT_TRUE(got);
  EXPECT_TRUE(text_of(std::span(buffer).first(*got)).starts_with("first"));
}

TEST_F(ShellTest, HasNoDescriptorButItsTerminal) {
  const UniqueFd leak(::open("/dev/null", O_RDONLY));  // not close-on-exec
  start({"/bin/ls", "-1", "/proc/self/fd"});
  release();
  EXPECT_EQ(output(), "0\r\n1\r\n2\r\n3\r\n");  // 3 is the folder that ls reads
}

TEST_F(ShellTest, LeadsASessionWithAControllingTerminal) {
  start({"/bin/sh", "-c", "echo own > /dev/tty"});
  release();
  EXPECT_EQ(output(), "own\r\n");
}

TEST_F(ShellTest, HasDefaultSignalsAndAnEmptyMask) {
  (void)::signal(SIGHUP, SIG_IGN);
  (void)::signal(SIGPIPE, SIG_IGN);
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  start({"/bin/grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"});
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
  (void)::signal(SIGHUP, SIG_DFL);
  (void)::signal(SIGPIPE, SIG_DFL);
  release();
  EXPECT_EQ(output(), "SigBlk:\t0000000000000000\r\nSigIgn:\t0000000000000000\r\n");
}

TEST_F(ShellTest, DirectoryThatIsMissingIsSaidAndNotFatal) {
  start({"/bin/echo", "ran"}, "/no/such");
  release();
  EXPECT_EQ(output(), "chdir: No such file or directory\r\nran\r\n");
}

TEST(CommandLineChecklist, Item22_ProgramThatCannotRunIsSaidInTheSession) {
  auto pty = open_pty({80, 24});
  ASSERT_TRUE(pty);
  ShellPlan plan{.path = "/no/such/program", .arguments = {"program"}, .environment = {}, .directory = "/"};
  plan.program_name = "mosh-server";
  plan.close_all_except = close_others;
  auto shell = start_shell(pty->tty_fd, plan);
  ASSERT_TRUE(shell);
  ASSERT_TRUE(sys::write(shell->release_pipe, std::array{kReleaseByte}));
  const SystemClock clock;
  const TimePoint start = clock.now();
  std::array<pollfd, 1> entry{pollfd{pty->pty_fd.borrow().number(), POLLIN, 0}};
  ASSERT_EQ(sys::ppoll(entry, std::chrono::seconds(20)), 1U);
  std::array<std::byte, 256> buffer;
  const auto got = sys::read(pty->pty_fd, buffer);
  ASSERT_TRUE(got);
  EXPECT_EQ(text_of(std::span(buffer).first(*got)), "mosh-server: execvp: /no/such/program: No such file or directory\r\n");
  entry[0] = {shell->pidfd.borrow().number(), POLLIN, 0};
  ASSERT_EQ(sys::ppoll(entry, std::chrono::seconds(30)), 1U);
  EXPECT_GE(clock.now() - start, std::chrono::milliseconds(2900));
  const auto status = sys::reap(shell->pidfd);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->number, 1);
}

TEST_F(ShellTest, SoftCoreLimitIsGivenBack) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_CORE, &before), 0);
  const rlim_t wanted = std::min<rlim_t>(before.rlim_max, 51200);
  rlimit off = before;
  off.rlim_cur = 0;
  ASSERT_EQ(::setrlimit(RLIMIT_CORE, &off), 0);
  plan_.core_limit_bytes = wanted;
  start({"/bin/grep", "core", "/proc/self/limits"});
  ASSERT_EQ(::setrlimit(RLIMIT_CORE, &before), 0);
  release();
  EXPECT_NE(output().find(" " + std::to_string(wanted) + " "), std::string::npos);
}

TEST_F(ShellTest, ArgumentsAndEnvironmentArriveUnchanged) {
  plan_.environment = {"A=b c", "PATH=/usr/bin:/bin", "EMPTY="};
  start({"sh", "-c", "printf '<%s>' \"$@\" \"$A\" \"${EMPTY-unset}\"", "x", "", "a b", "$HOME", "'\"", "\\n"});
  release();
  EXPECT_EQ(output(), "<><a b><$HOME><'\"><\\n><b c><>");
}

}  // namespace
}  // namespace sallyport::pty
