// Goal of architecture 4: the monitor allocates nothing after its lock-down, so that no allocation of it can fail.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/sys/io.h"
#include "server/monitor.h"
#include "tests/faults/failing_allocator_testing.h"
#include "tests/sleeper.h"

namespace sallyport::faults {
namespace {

using privsep::Channel;
using std::chrono::milliseconds;
using testing::Sleeper;

/// The other ends of what a monitor holds.
struct Others {
  UniqueFd tty;
  Channel net;
  Channel terminal;
  UniqueFd release;
  UniqueFd login;
  Sleeper shell;
  Sleeper net_process;
  Sleeper terminal_process;
};

UniqueFd open_tty(UniqueFd& pty) {
  std::array<char, 64> name{};
  pty = UniqueFd(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
  ::grantpt(pty.borrow().number());
  ::unlockpt(pty.borrow().number());
  ::ptsname_r(pty.borrow().number(), name.data(), name.size());
  return UniqueFd(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
}

server::MonitorResources resources_for(Others& others) {
  server::MonitorResources resources;
  sigset_t none{};
  sigemptyset(&none);
  auto net = privsep::make_channel_pair();
  auto terminal = privsep::make_channel_pair();
  auto release = sys::pipe();
  auto login = sys::pipe();
  others.tty = open_tty(resources.pty);
  others.net = Channel(std::move(net->second));
  others.terminal = Channel(std::move(terminal->second));
  others.release = std::move(release->reader);
  others.login = std::move(login->reader);
  (void)sys::set_nonblocking(login->writer);
  resources.signal_fd = UniqueFd(::signalfd(-1, &none, SFD_CLOEXEC | SFD_NONBLOCK));
  resources.net = Channel(std::move(net->first));
  resources.terminal = Channel(std::move(terminal->first));
  resources.shell_pidfd = others.shell.pidfd();
  resources.net_pidfd = others.net_process.pidfd();
  resources.terminal_pidfd = others.terminal_process.pidfd();
  resources.release_pipe = std::move(release->writer);
  resources.login_record_pipe = std::move(login->writer);
  return resources;
}

TEST(TheMonitor, AllocatesNothingFromItsFirstTurnToItsEnd) {
  Others others;
  const FakeClock clock;
  const auto monitor = std::make_unique<server::Monitor>(resources_for(others), clock);
  std::array<std::byte, privsep::kMaxToMonitorBytes> scratch{};
  std::array<std::byte, 65536> read{};
  const auto net_says = [&](const auto& message) { (void)others.net.send_message(message, scratch); };
  const auto terminal_says = [&](const auto& message) { (void)others.terminal.send_message(message, scratch); };
  bool alive = true;
  const auto turn = [&] { alive = alive && monitor->turn(milliseconds(10)); };
  std::size_t typed = 0;
  const long allocations = count_allocations([&] {
    monitor->log_start();
    net_says(privsep::FirstContact{{privsep::PeerAddress::Family::kIpv4, {127, 0, 0, 1}, 4000}});
    net_says(privsep::NetResize{StateNumber(1), {100, 30}});
    turn();
    for (std::uint64_t state = 2; state < 20; ++state) {
      net_says(privsep::Input{StateNumber(state), true, bytes_of("line\n")});
      (void)sys::write(others.tty, bytes_of("output \x1b[c\x1b[6n\r\n"));
      turn();
      while (others.terminal.receive(read)) {
      }
      terminal_says(privsep::Reply{privsep::ReplyKind::kCursorPosition, 1, 1});
      turn();
      const auto got = sys::read(others.tty, read);
      typed += got ? *got : 0;
    }
    net_says(privsep::Goodbye{privsep::Goodbye::Reason::kClientLeft});
    turn();
  });
  EXPECT_EQ(allocations, 0);
  EXPECT_FALSE(alive) << "the monitor did not come to its end";
  EXPECT_GE(typed, 18 * 5U) << "the input did not reach the program";
}

TEST(TheMonitor, WouldBeSeenToAllocate) {
  std::vector<long> kept;
  EXPECT_GT(count_allocations([&] { kept.push_back(::getpid()); }), 0);
}

}  // namespace
}  // namespace sallyport::faults
