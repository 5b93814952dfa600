// The guard with stand-ins for its compartments: processes that only wait, the other ends of their channels being the
// test's, and a pseudoterminal in the place of the standard streams.
#include "client/guard/guard.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <memory>

#include "base/bytes.h"
#include "base/sys/io.h"
#include "client/common/restore_string.h"
#include "privsep/codec.h"
#include "privsep/descriptors.h"
#include "pty/pty.h"

namespace sallyport::client {
namespace {

using namespace privsep::client;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

/// A process that waits to be ended, and the test's end of its channel.
struct StandIn {
  pid_t pid = 0;
  privsep::Channel channel;

  Worker start() {
    auto pair = privsep::make_channel_pair();
    channel = privsep::Channel(std::move(pair->first));
    pid = ::fork();
    if (pid == 0) {
      for (;;) ::pause();
    }
    return {privsep::Channel(std::move(pair->second)), UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)))};
  }
  ~StandIn() {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
};

class GuardTest : public ::testing::Test {
 protected:
  GuardTest() {
    auto pty = pty::open_pty({80, 24});
    EXPECT_TRUE(pty);
    pty_ = std::move(pty->pty_fd);
    cooked_ = sys::terminal_mode(pty->tty_fd).value();
    auto pipe = sys::pipe();
    signals_ = std::move(pipe->writer);
    EXPECT_TRUE(sys::set_nonblocking(pipe->reader));
    GuardResources resources{.signal_fd = std::move(pipe->reader),
                             .tty = tty.start(),
                             .net = net.start(),
                             .screen = screen.start(),
                             .settings = cooked_,
                             .leave = "<rmcup>",
                             .address_text = "192.0.2.1",
                             .port = 60001,
                             .has_ipv4 = true,
                             .process_group = ::getpgrp()};
    guard = std::make_unique<Guard>(std::move(resources), clock);
    (void)std::fflush(nullptr);
    for (int number = 0; number < 3; ++number) {
      saved_[static_cast<std::size_t>(number)] = UniqueFd(::fcntl(number, F_DUPFD_CLOEXEC, 64));
      EXPECT_EQ(::dup2(pty->tty_fd.borrow().number(), number), number);
    }
    EXPECT_TRUE(sys::set_terminal_mode(privsep::kStdin, sys::raw_mode(cooked_)));
  }
  ~GuardTest() override { give_streams_back(); }

  void give_streams_back() {
    for (int number = 0; number < 3; ++number) {
      UniqueFd& saved = saved_[static_cast<std::size_t>(number)];
      if (saved.valid()) (void)::dup2(saved.borrow().number(), number);
      saved.reset();
    }
  }
  void signal(int number) {
    signalfd_siginfo info{};
    info.ssi_signo = static_cast<std::uint32_t>(number);
    EXPECT_TRUE(sys::write(signals_, std::as_bytes(std::span(&info, 1))));
  }
  bool turn(Duration at_most = Duration::zero()) { return guard->turn(at_most); }
  /// Turns until the guard is through; for what takes the kernel a moment.
  bool ends() {
    for (int i = 0; i < 100; ++i) {
      if (!turn(milliseconds(100))) return true;
    }
    return false;
  }
  /// Kind of the next signal that tty is told of; -1: none.
  int told() {
    std::array<std::byte, 64> buffer{};
    const auto record = tty.channel.receive(buffer);
    if (!record) return -1;
    const auto message = privsep::decode<GuardToTty>(*record);
    const auto* signal = message ? std::get_if<Signal>(&*message) : nullptr;
    return signal == nullptr ? -1 : static_cast<int>(signal->kind);
  }
  /// Ends the guard; its exit status, what it showed, and whether the terminal has the user's mode again.
  void conclude() {
    status = guard->conclude();
    restored = sys::terminal_mode(privsep::kStdin).value() == cooked_;
    std::array<std::byte, 8192> buffer{};
    std::array<pollfd, 1> entry{pollfd{pty_.borrow().number(), POLLIN, 0}};
    // A pseudoterminal passes on what was written in its own time and in pieces.
    while (shown.find("exiting.]") == std::string::npos && sys::ppoll(entry, seconds(10)).value_or(0) == 1) {
      const auto count = sys::read(pty_, buffer);
      if (count) shown += text_of(std::span(buffer).first(*count));
    }
    give_streams_back();
  }
  [[nodiscard]] static bool is_dead(pid_t pid) {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) < 0 || info.si_pid == pid;
  }

  FakeClock clock;
  StandIn tty;
  StandIn net;
  StandIn screen;
  std::unique_ptr<Guard> guard;
  int status = -1;
  std::string shown;
  bool restored = false;

 private:
  UniqueFd pty_;
  UniqueFd signals_;
  sys::TerminalMode cooked_;
  std::array<UniqueFd, 3> saved_;
};

TEST_F(GuardTest, SignalsThatEndAProgramReachTtyAsOneWish) {
  for (const int number : {SIGHUP, SIGINT, SIGTERM, SIGPIPE, SIGQUIT}) signal(number);
  signal(SIGWINCH);
  EXPECT_TRUE(turn());
  EXPECT_TRUE(turn());
  std::vector<int> kinds;
  for (int kind = told(); kind >= 0; kind = told()) kinds.push_back(kind);
  EXPECT_THAT(kinds, ::testing::UnorderedElementsAre(static_cast<int>(Signal::Kind::kEnd),
                                                     static_cast<int>(Signal::Kind::kResized)));
}

TEST_F(GuardTest, AfterDoneTheTerminalIsLeftAsTtyLeftItAndAllHaveEnded) {
  std::array<std::byte, 8> scratch{};
  EXPECT_EQ(tty.channel.send_message(Done{}, scratch), privsep::SendOutcome::kSent);
  EXPECT_TRUE(ends());
  conclude();
  EXPECT_FALSE(restored);
  EXPECT_THAT(shown, Not(HasSubstr("<rmcup>")));
  EXPECT_THAT(shown, HasSubstr("[mosh is exiting.]"));
  EXPECT_TRUE(is_dead(net.pid));
  EXPECT_TRUE(is_dead(screen.pid));
}

TEST_F(GuardTest, TtysDeathRestoresTheTerminalAndSaysSo) {
  ::kill(tty.pid, SIGKILL);
  EXPECT_TRUE(ends());
  conclude();
  EXPECT_TRUE(restored);
  EXPECT_THAT(shown, HasSubstr(std::string(kAfterTornOutput) + std::string(kRestoreString) + "<rmcup>"));
  EXPECT_THAT(shown, HasSubstr("tty, which owns the terminal, ended unexpectedly (killed by signal 9)"));
  EXPECT_EQ(status, 1);
}

TEST_F(GuardTest, TtyThatSaysNonsenseIsEndedAndTheTerminalRestored) {
  EXPECT_EQ(tty.channel.send(bytes_of("\xFF\xFF")), privsep::SendOutcome::kSent);
  EXPECT_TRUE(ends());
  conclude();
  EXPECT_TRUE(restored);
  EXPECT_TRUE(is_dead(tty.pid));
  EXPECT_EQ(status, 1);
}

TEST_F(GuardTest, HungTtyIsEndedEightSecondsAfterASignal) {
  signal(SIGTERM);
  EXPECT_TRUE(turn());
  clock.advance(seconds(7));
  EXPECT_TRUE(turn());
  clock.advance(milliseconds(1001));
  EXPECT_FALSE(turn());
  conclude();
  EXPECT_TRUE(restored);
  EXPECT_THAT(shown, HasSubstr("did not answer any more and was ended"));
  EXPECT_EQ(status, 1);
}

TEST_F(GuardTest, UserWhoAsksAgainWaitsThreeSecondsMore) {
  signal(SIGTERM);
  EXPECT_TRUE(turn());
  clock.advance(seconds(1));
  signal(SIGINT);
  EXPECT_TRUE(turn());
  clock.advance(milliseconds(2900));
  EXPECT_TRUE(turn());
  clock.advance(milliseconds(101));
  EXPECT_FALSE(turn());
  conclude();
}

TEST_F(GuardTest, HungTtyIsEndedThreeSecondsAfterAnotherDied) {
  ::kill(screen.pid, SIGKILL);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(screen.pid), &info, WEXITED | WNOWAIT), 0);
  EXPECT_TRUE(turn());
  clock.advance(milliseconds(3001));
  EXPECT_FALSE(turn());
  conclude();
  EXPECT_TRUE(restored);
}

TEST_F(GuardTest, NetThatSaysNonsenseIsKilled) {
  EXPECT_EQ(net.channel.send(bytes_of("\xFF\xFF")), privsep::SendOutcome::kSent);
  EXPECT_TRUE(turn());
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(net.pid), &info, WEXITED | WNOWAIT), 0);
  EXPECT_EQ(info.si_status, SIGKILL);
}

}  // namespace
}  // namespace sallyport::client
