// The monitor's loop with a real PTY and real channels, played by the test in net's, the terminal's and the program's roles.
#include "server/monitor.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/sys/io.h"
#include "privsep/channel.h"
#include "tests/sleeper.h"

namespace sallyport::server {
namespace {

using privsep::Channel;
using privsep::SendOutcome;
using testing::Sleeper;

class MonitorTest : public ::testing::Test {
 protected:
  MonitorTest() {
    UniqueFd pty(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    ::grantpt(pty.borrow().number());
    ::unlockpt(pty.borrow().number());
    std::array<char, 64> name{};
    ::ptsname_r(pty.borrow().number(), name.data(), name.size());
    tty_ = UniqueFd(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
    termios raw{};
    ::tcgetattr(tty_.borrow().number(), &raw);
    ::cfmakeraw(&raw);
    ::tcsetattr(tty_.borrow().number(), TCSANOW, &raw);
    (void)sys::set_nonblocking(pty);
    auto net = privsep::make_channel_pair();
    auto terminal = privsep::make_channel_pair();
    auto release = sys::pipe();
    auto login = sys::pipe();
    net_ = Channel(std::move(net->second));
    terminal_ = Channel(std::move(terminal->second));
    release_ = std::move(release->reader);
    login_ = std::move(login->reader);
    (void)sys::set_nonblocking(release_);
    (void)sys::set_nonblocking(login_);
    (void)sys::set_nonblocking(login->writer);
    sigset_t none{};
    sigemptyset(&none);
    MonitorResources resources;
    resources.pty = std::move(pty);
    resources.signal_fd = UniqueFd(::signalfd(-1, &none, SFD_CLOEXEC | SFD_NONBLOCK));
    resources.net = Channel(std::move(net->first));
    resources.terminal = Channel(std::move(terminal->first));
    resources.shell_pidfd = shell_->pidfd();
    resources.net_pidfd = net_process_.pidfd();
    resources.terminal_pidfd = terminal_process_.pidfd();
    resources.release_pipe = std::move(release->writer);
    resources.login_record_pipe = std::move(login->writer);
    monitor_ = std::make_unique<Monitor>(std::move(resources), clock_);
  }

  /// A turn takes what is ready; one with nothing to do ends after 20 ms.
  void turns(int count) {
    for (int i = 0; i < count && alive_; ++i) alive_ = monitor_->turn(std::chrono::milliseconds(20));
  }

  template <typename Message>
  void net_says(const Message& message) {
    std::vector<std::byte> scratch(privsep::kMaxToMonitorBytes);
    ASSERT_EQ(net_.send_message(message, scratch), SendOutcome::kSent);
  }
  template <typename Message>
  void terminal_says(const Message& message) {
    std::array<std::byte, 64> scratch{};
    ASSERT_EQ(terminal_.send_message(message, scratch), SendOutcome::kSent);
  }
  void first_contact() {
    net_says(privsep::FirstContact{{privsep::PeerAddress::Family::kIpv4, {127, 0, 0, 1}, 4000}});
    net_says(privsep::NetResize{StateNumber(1), {100, 30}});
    turns(1);
  }
  std::string program_reads() {
    std::array<std::byte, 65536> buffer{};
    const auto count = sys::read(tty_, buffer);
    return count ? std::string(text_of(std::span(buffer).first(*count))) : "";
  }
  void program_prints(std::string_view text) { ASSERT_EQ(::write(tty_.borrow().number(), text.data(), text.size()), static_cast<ssize_t>(text.size())); }
  /// Everything that waits for the terminal, with output joined.
  std::vector<std::string> terminal_hears() {
    std::vector<std::string> words;
    std::vector<std::byte> buffer(privsep::kMaxElsewhereBytes);
    while (const auto record = terminal_.receive(buffer)) {
      const auto message = privsep::decode<privsep::MonitorToTerminal>(*record);
      EXPECT_TRUE(message.has_value());
      if (const auto* output = std::get_if<privsep::HostOutput>(&*message)) words.emplace_back(text_of(output->bytes));
      if (const auto* resize = std::get_if<privsep::TerminalResize>(&*message)) {
        words.push_back("resize " + std::to_string(resize->size.columns) + "x" + std::to_string(resize->size.rows));
      }
      if (const auto* written = std::get_if<privsep::InputWritten>(&*message)) {
        words.push_back("written " + std::to_string(written->state.value()));
      }
    }
    return words;
  }
  template <typename Message>
  bool net_hears() {
    std::vector<std::byte> buffer(privsep::kMaxElsewhereBytes);
    while (const auto record = net_.receive(buffer)) {
      const auto message = privsep::decode<privsep::MonitorToNet>(*record);
      EXPECT_TRUE(message.has_value());
      if (std::holds_alternative<Message>(*message)) return true;
    }
    return false;
  }
  /// So much that its going into the PTY is not worth telling net, then the rest of `bytes`.
  void types_in_two_turns(std::size_t first, std::size_t bytes) {
    first_contact();
    const std::vector<std::byte> input(bytes, std::byte{'x'});
    const auto types = [&](std::size_t at, std::size_t size) {
      net_says(privsep::Input{StateNumber(2), false, std::span(input).subspan(at, size)});
      return at + size;
    };
    std::size_t at = types(0, first);
    turns(1);
    EXPECT_EQ(program_reads().size(), first);
    while (at < bytes) at = types(at, std::min(bytes - at, privsep::kMaxInputPieceBytes));
    turns(1);
  }
  bool shell_released() {
    std::array<std::byte, 2> buffer{};
    const auto count = sys::read(release_, buffer);
    return count && *count == 1;
  }

  SystemClock clock_;
  std::unique_ptr<Sleeper> shell_ = std::make_unique<Sleeper>();
  Sleeper net_process_, terminal_process_;
  UniqueFd tty_, release_, login_;
  Channel net_, terminal_;
  std::unique_ptr<Monitor> monitor_;
  bool alive_ = true;
};

TEST_F(MonitorTest, ReleasesTheShellOnlyOnceTheWindowHasItsSize) {
  net_says(privsep::FirstContact{{privsep::PeerAddress::Family::kIpv4, {127, 0, 0, 1}, 4000}});
  turns(1);
  EXPECT_FALSE(shell_released());
  net_says(privsep::NetResize{StateNumber(1), {100, 30}});
  turns(1);
  EXPECT_TRUE(shell_released());
  winsize size{};
  ::ioctl(tty_.borrow().number(), TIOCGWINSZ, &size);
  EXPECT_EQ(size.ws_col, 100);
  EXPECT_EQ(size.ws_row, 30);
  EXPECT_EQ(terminal_hears(), std::vector<std::string>{"resize 100x30"});
}

TEST_F(MonitorTest, TypedInputReachesTheProgramAndStartsTheEchoClock) {
  first_contact();
  (void)terminal_hears();
  net_says(privsep::Input{StateNumber(2), true, bytes_of("ls\r")});
  turns(2);
  EXPECT_EQ(program_reads(), "ls\r");
  EXPECT_EQ(terminal_hears(), std::vector<std::string>{"written 2"});
}

TEST_F(MonitorTest, WhatTheProgramPrintedBeforeAResizeComesBeforeIt) {
  first_contact();
  (void)terminal_hears();
  program_prints("old size");
  turns(1);
  net_says(privsep::NetResize{StateNumber(3), {90, 20}});
  turns(1);
  EXPECT_EQ(terminal_hears(), (std::vector<std::string>{"old size", "resize 90x20"}));
}

TEST_F(MonitorTest, InputBeforeFirstContactEndsTheSession) {
  net_says(privsep::Input{StateNumber(1), true, bytes_of("rm -rf /\r")});
  turns(1);
  EXPECT_FALSE(alive_);
  EXPECT_EQ(program_reads(), "");
  EXPECT_FALSE(shell_released());
}

TEST_F(MonitorTest, AnUnknownMessageOfEitherCompartmentEndsTheSession) {
  ASSERT_EQ(terminal_.send(bytes_of("\xEE")), SendOutcome::kSent);
  turns(1);
  EXPECT_FALSE(alive_);
}

TEST_F(MonitorTest, ARepliesBytesAreTheMonitorsOwnAndNeedAnIntroducer) {
  first_contact();
  terminal_says(privsep::Reply{privsep::ReplyKind::kStatusOk, 0, 0});
  turns(1);
  EXPECT_EQ(program_reads(), "");
  program_prints("\x1b[5n");
  turns(1);
  terminal_says(privsep::Reply{privsep::ReplyKind::kStatusOk, 0, 0});
  terminal_says(privsep::Reply{privsep::ReplyKind::kStatusOk, 0, 0});
  turns(1);
  EXPECT_EQ(program_reads(), "\x1b[0n");
  EXPECT_TRUE(alive_);
}

TEST_F(MonitorTest, ACursorReportOutsideTheLargestWindowIsAViolation) {
  first_contact();
  program_prints("\x1b[6n");
  turns(1);
  terminal_says(privsep::Reply{privsep::ReplyKind::kCursorPosition, 31, 1});
  turns(1);
  EXPECT_FALSE(alive_);
}

TEST_F(MonitorTest, AProgramThatReadsNothingCostsOnlyItsOwnInput) {
  first_contact();
  (void)terminal_hears();
  const std::vector<std::byte> piece(privsep::kMaxInputPieceBytes, std::byte{'x'});
  for (std::size_t sent = 0; sent < privsep::kInputCreditBytes; sent += piece.size()) {
    net_says(privsep::Input{StateNumber(2), false, piece});
  }
  turns(12);
  program_prints("still here");
  turns(1);
  EXPECT_EQ(terminal_hears(), std::vector<std::string>{"still here"});
  std::size_t read = 0;
  for (int i = 0; i < 400 && read < privsep::kInputCreditBytes && alive_; ++i) {
    read += program_reads().size();
    if (read < privsep::kInputCreditBytes) turns(1);
  }
  EXPECT_EQ(read, privsep::kInputCreditBytes);
  EXPECT_TRUE(net_hears<privsep::Consumed>());
}

// Else the next Consumed could be more than there is credit at all.
TEST_F(MonitorTest, CreditThatNetWasNotToldOfIsNotThere) {
  types_in_two_turns(100, privsep::kInputCreditBytes + 1);
  EXPECT_FALSE(alive_);
}

TEST_F(MonitorTest, AllTheCreditThatThereIsMayBeUsed) {
  types_in_two_turns(100, privsep::kInputCreditBytes);
  EXPECT_TRUE(alive_);
}

TEST_F(MonitorTest, InputBeyondTheCreditEndsTheSession) {
  first_contact();
  const std::vector<std::byte> piece(privsep::kMaxInputPieceBytes, std::byte{'x'});
  for (int i = 0; i < 24 && alive_; ++i) {
    std::vector<std::byte> scratch(privsep::kMaxToMonitorBytes);
    if (net_.send_message(privsep::Input{StateNumber(2), false, piece}, scratch) != SendOutcome::kSent) break;
    turns(1);
  }
  EXPECT_FALSE(alive_);
}

TEST_F(MonitorTest, TheProgramsEndIsToldToNetAfterAllItsOutput) {
  first_contact();
  (void)terminal_hears();
  program_prints("last words");
  tty_.reset();
  turns(2);
  EXPECT_EQ(terminal_hears(), std::vector<std::string>{"last words"});
  EXPECT_TRUE(net_hears<privsep::ChildExited>());
  net_says(privsep::Goodbye{privsep::Goodbye::Reason::kAcknowledged});
  turns(1);
  EXPECT_FALSE(alive_);
}

TEST_F(MonitorTest, TheShellsExitEndsTheSessionThoughABackgroundJobHoldsTheTerminal) {
  first_contact();
  ::kill(shell_->pid(), SIGKILL);
  const TimePoint start = clock_.now();
  while (alive_ && clock_.now() - start < std::chrono::milliseconds(260)) turns(1);
  EXPECT_TRUE(net_hears<privsep::ChildExited>());
  EXPECT_GE(clock_.now() - start, std::chrono::milliseconds(190));
}

TEST_F(MonitorTest, ADeadCompartmentEndsTheSessionAndHangsUp) {
  first_contact();
  terminal_.close();
  turns(2);
  EXPECT_FALSE(alive_);
  std::array<std::byte, 8> buffer{};
  const auto count = sys::read(tty_, buffer);
  EXPECT_TRUE(count && *count == 0);  // hung up
}

TEST_F(MonitorTest, TenThousandRandomRecordsNeverReachTheProgram) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::byte> record(random() % 40 + 1);
    for (auto& byte : record) byte = static_cast<std::byte>(random());
    record[0] = static_cast<std::byte>(0x81 + random() % 8);
    if (record[0] == std::byte{0x82} || record[0] == std::byte{0x88}) continue;
    ASSERT_EQ(net_.send(record), SendOutcome::kSent);
    turns(1);
    if (!alive_) break;
  }
  EXPECT_FALSE(alive_);
  EXPECT_EQ(program_reads(), "");
}

}  // namespace
}  // namespace sallyport::server
