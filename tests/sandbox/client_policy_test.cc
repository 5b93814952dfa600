// Each row's need, for the client's compartments: the tests that their rows name (see policy_test.cc).
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "base/sys/io.h"
#include "base/sys/process.h"
#include "base/sys/terminal.h"
#include "privsep/descriptors.h"
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

/// Makes the standard streams a terminal with one line of input, before the compartment begins.
void take_a_terminal() {
  const UniqueFd control(::posix_openpt(O_RDWR | O_NOCTTY));
  ::grantpt(control.borrow().number());
  ::unlockpt(control.borrow().number());
  const UniqueFd terminal(::open(::ptsname(control.borrow().number()), O_RDWR | O_NOCTTY));
  (void)!::write(control.borrow().number(), "typed\n", 6);
  for (const int stream : {0, 1}) ::dup2(terminal.borrow().number(), stream);
  // The controlling side stays open, beyond the end of this process, in one that only waits for that.
  const pid_t parent = ::getpid();
  if (::fork() != 0) return;
  for (const int stream : {0, 1}) ::close(stream);
  while (::getppid() == parent) ::usleep(20'000);
  ::_exit(0);
}

testing::Outcome under_with_terminal(const Policy& policy, std::function<int()> body) {
  Plan plan{.policy = &policy};
  plan.before = take_a_terminal;
  plan.body = [&](const Report&) { return body(); };
  return run_confined(plan);
}

namespace guard_fd = privsep::client_guard_fd;
namespace tty_fd = privsep::client_tty_fd;
namespace net_fd = privsep::client_net_fd;
namespace screen_fd = privsep::client_screen_fd;

TEST(ClientGuardPolicy, ReadsSignals) {
  Plan plan{.policy = &client_guard_policy()};
  plan.before = [] {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    ::raise(SIGUSR1);
  };
  plan.body = [](const Report&) { return sys::read_signal(guard_fd::kSignals) == SIGUSR1 ? 0 : 1; };
  EXPECT_EQ(run_confined(plan), exited(0));
}

TEST(ClientGuardPolicy, SpeaksToTheUser) {
  EXPECT_EQ(under(client_guard_policy(), [] {
    const std::array<std::byte, 1> byte{};
    for (const BorrowedFd fd : {privsep::kStdout, privsep::kStderr}) {
      if (sys::write(fd, byte).value_or(0) != 1) return 1 + fd.number();
    }
    return 0;
  }), exited(0));
}

TEST(ClientGuardPolicy, SpeaksToAUserWhoKeepsItsWordsInAFile) {
  Plan plan{.policy = &client_guard_policy()};
  plan.before = [] {
    const UniqueFd file(::open("/tmp", O_TMPFILE | O_WRONLY, 0600));
    ::dup2(file.borrow().number(), privsep::kStderr.number());
  };
  plan.body = [](const Report&) {
    const std::array<std::byte, 1> byte{};
    return sys::write(privsep::kStderr, byte).value_or(0) == 1 ? 0 : 1;
  };
  EXPECT_EQ(run_confined(plan), exited(0));
}

TEST(ClientGuardPolicy, RestoresTheTerminal) {
  EXPECT_EQ(under_with_terminal(client_guard_policy(), [] {
    return sys::set_terminal_mode(privsep::kStdin, sys::raw_mode({})) ? 0 : 1;
  }), exited(0));
}

TEST(ClientGuardPolicy, LearnsWhoseTheTerminalIs) {
  EXPECT_EQ(under_with_terminal(client_guard_policy(), [] {
    return sys::has_foreground(privsep::kStdin, -1) ? 0 : 1;  // not our controlling terminal: nobody else's either
  }), exited(0));
}

TEST(ClientGuardPolicy, CarriesMessages) {
  EXPECT_EQ(under(client_guard_policy(), [] {
    for (const BorrowedFd fd : {guard_fd::kNet, guard_fd::kScreen}) {
      if (receive_bytes(fd) != -1) return fd.number();
    }
    return carry({guard_fd::kTty});
  }), exited(0));
}

TEST(ClientGuardPolicy, Waits) {
  EXPECT_EQ(under(client_guard_policy(), [] {
    const BorrowedFd all[] = {guard_fd::kSignals, guard_fd::kTty,    guard_fd::kNet,      guard_fd::kScreen,
                              guard_fd::kTtyPid,  guard_fd::kNetPid, guard_fd::kScreenPid};
    return wait_on(all);
  }), exited(0));
}

TEST(ClientGuardPolicy, StopsItsJob) {
  // In a group of its own, which somebody else sets going again.
  const pid_t child = ::fork();
  if (child == 0) {
    ::setpgid(0, 0);
    const testing::Rig rig(client_guard_policy());
    Plan plan{.policy = &client_guard_policy()};
    plan.body = [](const Report&) { return ::kill(0, SIGSTOP); };
    ::_exit(rig.run(plan) == exited(0) ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, WUNTRACED), child);
  EXPECT_TRUE(WIFSTOPPED(status));
  ::kill(-child, SIGCONT);
  EXPECT_EQ(testing::await(child), exited(0));
}

TEST(ClientGuardPolicy, EndsCompartments) {
  for (const BorrowedFd process : {guard_fd::kTtyPid, guard_fd::kNetPid, guard_fd::kScreenPid}) {
    EXPECT_EQ(under(client_guard_policy(), [&] { return end_and_collect(process, SIGKILL); }), exited(0));
  }
}

TEST(ClientGuardPolicy, ReapsCompartments) {
  EXPECT_EQ(under(client_guard_policy(), [] { return end_and_collect(guard_fd::kTtyPid, SIGKILL); }), exited(0));
}

TEST(ClientTtyPolicy, ReadsTheTerminal) {
  EXPECT_EQ(under_with_terminal(client_tty_policy(), [] {
    std::array<std::byte, 16> typed{};
    return sys::read(tty_fd::kInput, typed).value_or(0) == 6 ? 0 : 1;
  }), exited(0));
}

TEST(ClientTtyPolicy, WritesTheTerminal) {
  EXPECT_EQ(under_with_terminal(client_tty_policy(), [] {
    const std::array<std::byte, 1> byte{};
    return sys::write(tty_fd::kOutput, byte).value_or(0) == 1 ? 0 : 1;
  }), exited(0));
}

TEST(ClientTtyPolicy, LearnsTheWindowsSize) {
  EXPECT_EQ(under_with_terminal(client_tty_policy(), [] {
    winsize size{};
    return ::ioctl(0, TIOCGWINSZ, &size) == 0 ? 0 : 1;
  }), exited(0));
}

TEST(ClientTtyPolicy, LearnsTheTerminalsMode) {
  EXPECT_EQ(under_with_terminal(client_tty_policy(), [] { return sys::terminal_mode(tty_fd::kInput) ? 0 : 1; }), exited(0));
}

TEST(ClientTtyPolicy, SetsTheTerminalsMode) {
  EXPECT_EQ(under_with_terminal(client_tty_policy(), [] {
    return sys::set_terminal_mode(tty_fd::kInput, sys::raw_mode({})) ? 0 : 1;
  }), exited(0));
}

TEST(ClientTtyPolicy, LearnsWhetherNetReads) {
  EXPECT_EQ(under(client_tty_policy(), [] {
    const std::array<std::byte, 1> byte{};
    const int before = sys::unread_bytes(tty_fd::kNet);
    return before == 0 && sys::send_record(tty_fd::kNet, byte) && sys::unread_bytes(tty_fd::kNet) > 0 ? 0 : 1;
  }), exited(0));
}

TEST(ClientTtyPolicy, CarriesMessages) {
  EXPECT_EQ(under(client_tty_policy(), [] { return carry({tty_fd::kGuard, tty_fd::kNet, tty_fd::kScreen}); }),
            exited(0));
}

TEST(ClientTtyPolicy, Waits) {
  EXPECT_EQ(under_with_terminal(client_tty_policy(), [] {
    // The terminal's two sides are ready at once.
    const BorrowedFd all[] = {tty_fd::kGuard, tty_fd::kNet, tty_fd::kScreen};
    return wait_on(all);
  }), exited(0));
}

TEST(ClientNetPolicy, CarriesMessages) {
  EXPECT_EQ(under(client_net_policy(), [] { return carry({net_fd::kGuard, net_fd::kTty, net_fd::kScreen}); }), exited(0));
}

TEST(ClientNetPolicy, Waits) {
  EXPECT_EQ(under(client_net_policy(), [] {
    const BorrowedFd all[] = {net_fd::kGuard, net_fd::kTty,  net_fd::kScreen,  net_fd::kIpv4,
                              net_fd::kIpv4Next, net_fd::kIpv6, net_fd::kIpv6Next};
    return wait_on(all);
  }), exited(0));
}

TEST(ClientNetPolicy, ConnectsSockets) {
  sockaddr_in there{};
  Plan plan{.policy = &client_net_policy()};
  plan.before = [&] {
    socklen_t size = sizeof there;
    ::getsockname(net_fd::kIpv4.number(), reinterpret_cast<sockaddr*>(&there), &size);
  };
  plan.body = [&](const Report&) {
    const sockaddr nobody{.sa_family = AF_UNSPEC, .sa_data = {}};
    for (const BorrowedFd fd : {net_fd::kIpv4Next, net_fd::kIpv6, net_fd::kIpv6Next}) {
      if (::connect(fd.number(), &nobody, sizeof nobody) < 0) return 1;
      if (::connect(fd.number(), reinterpret_cast<const sockaddr*>(&there), sizeof there) < 0) return 2;
      if (send_bytes(fd, 40) != 40) return 3;
      if (receive_bytes(net_fd::kIpv4) != 40) return 4;  // over the loopback at once
    }
    return 0;
  };
  EXPECT_EQ(run_confined(plan), exited(0));
}

TEST(ClientScreenPolicy, CarriesMessages) {
  EXPECT_EQ(under(client_screen_policy(), [] {
    if (receive_bytes(screen_fd::kNet) != -1 || errno != EAGAIN) return 1;
    return carry({screen_fd::kGuard, screen_fd::kTty});
  }), exited(0));
}

TEST(ClientScreenPolicy, TellsTheHour) {
  EXPECT_EQ(under(client_screen_policy(), [] {
    timespec time{};
    return ::syscall(SYS_clock_gettime, CLOCK_REALTIME, &time) == 0 && time.tv_sec > 0 ? 0 : 1;
  }), exited(0));
}

TEST(ClientScreenPolicy, Waits) {
  EXPECT_EQ(under(client_screen_policy(), [] {
    const BorrowedFd all[] = {screen_fd::kGuard, screen_fd::kTty, screen_fd::kNet};
    return wait_on(all);
  }), exited(0));
}

}  // namespace
}  // namespace sallyport::sandbox
