#include "tests/hostile/stage.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <tuple>
#include <utility>

#include "base/check.h"
#include "base/sys/io.h"

namespace sallyport::hostile {
namespace {

std::pair<UniqueFd, UniqueFd> quiet_pipe() {
  auto pipe = sys::pipe();
  CHECK(pipe && sys::set_nonblocking(pipe->reader) && sys::set_nonblocking(pipe->writer));
  return {std::move(pipe->reader), std::move(pipe->writer)};
}

std::string all_of(const UniqueFd& fd) {
  std::string text;
  std::array<char, 4096> buffer;
  for (ssize_t n = 0; (n = ::read(fd.borrow().number(), buffer.data(), buffer.size())) > 0;)
    text.append(buffer.data(), static_cast<std::size_t>(n));
  return text;
}

}  // namespace

Stage::Stage() : pty_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
  const int pty = pty_.borrow().number();
  std::array<char, 64> name{};
  CHECK(pty_.valid() && ::grantpt(pty) == 0 && ::unlockpt(pty) == 0 && ::ptsname_r(pty, name.data(), name.size()) == 0);
  tty_ = UniqueFd(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
  termios raw{};
  CHECK(::tcgetattr(tty_.borrow().number(), &raw) == 0);
  ::cfmakeraw(&raw);
  CHECK(::tcsetattr(tty_.borrow().number(), TCSANOW, &raw) == 0 && sys::set_nonblocking(pty_));
  sigset_t none{};
  sigemptyset(&none);
  signals_ = UniqueFd(::signalfd(-1, &none, SFD_CLOEXEC | SFD_NONBLOCK));
  // Stands for the three processes: never readable, no process for a signal, and nothing to wait for when one has
  // "died".
  process_ = quiet_pipe().second;
  std::tie(living_, living_writer_) = quiet_pipe();
  std::tie(release_, release_writer_) = quiet_pipe();
  std::tie(record_, record_writer_) = quiet_pipe();
  std::array<int, 2> log{};
  CHECK(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, log.data()) == 0);
  log_ = UniqueFd(log[0]);
  log_writer_ = UniqueFd(log[1]);
}

UniqueFd Stage::copy_of(const UniqueFd& fd) { return UniqueFd(::fcntl(fd.borrow().number(), F_DUPFD_CLOEXEC, 0)); }

server::MonitorResources Stage::resources() {
  server::MonitorResources resources;
  resources.pty = shares_ ? copy_of(pty_) : std::move(pty_);
  resources.signal_fd = copy_of(signals_);
  resources.release_pipe = copy_of(release_writer_);
  return resources;
}

void Stage::begin_between(UniqueFd net, UniqueFd terminal) {
  server::MonitorResources resources = this->resources();
  resources.net = privsep::Channel(std::move(net));
  resources.terminal = privsep::Channel(std::move(terminal));
  resources.shell_pidfd = copy_of(living_);
  resources.net_pidfd = copy_of(living_);
  resources.terminal_pidfd = copy_of(living_);
  monitor_ = std::make_unique<server::Monitor>(std::move(resources), clock_);
}

void Stage::begin(bool keeps_record, UniqueFd shell, UniqueFd net_process, UniqueFd terminal_process) {
  auto net = privsep::make_channel_pair();
  auto terminal = privsep::make_channel_pair();
  CHECK(net && terminal);
  net_ = std::move(net->second);
  terminal_ = std::move(terminal->second);
  server::MonitorResources resources = this->resources();
  resources.net = privsep::Channel(std::move(net->first));
  resources.terminal = privsep::Channel(std::move(terminal->first));
  resources.shell_pidfd = std::move(shell);
  resources.net_pidfd = std::move(net_process);
  resources.terminal_pidfd = std::move(terminal_process);
  if (keeps_record) {
    resources.login_record_pipe = copy_of(record_writer_);
    resources.log_socket = copy_of(log_writer_);
  }
  monitor_ = std::make_unique<server::Monitor>(std::move(resources), clock_);
}

std::vector<std::string> Stage::records(const UniqueFd& channel) {
  std::vector<std::string> all;
  ssize_t n = 0;
  while ((n = ::recv(channel.borrow().number(), buffer_.data(), buffer_.size(), MSG_DONTWAIT)) > 0) {
    all.emplace_back(buffer_.data(), static_cast<std::size_t>(n));
  }
  return all;
}

void Stage::program_prints(std::string_view text) const {
  CHECK(::write(tty_.borrow().number(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

std::size_t Stage::program_offers(std::string_view text) const {
  const ssize_t n = ::write(tty_.borrow().number(), text.data(), text.size());
  return n > 0 ? static_cast<std::size_t>(n) : 0;
}

std::string Stage::program_reads(std::size_t least) const {
  std::string text = all_of(tty_);
  while (text.size() < least) {
    // The kernel hands over what was written into a PTY a moment later.
    pollfd ready{tty_.borrow().number(), POLLIN, 0};
    if (::poll(&ready, 1, 10'000) != 1) break;
    text += all_of(tty_);
  }
  return text;
}

bool Stage::program_released() const { return !all_of(release_).empty(); }
std::string Stage::record_heard() const { return all_of(record_); }
std::string Stage::log_heard() const {
  std::string text;
  std::array<char, 4096> buffer;
  for (ssize_t n = 0; (n = ::recv(log_.borrow().number(), buffer.data(), buffer.size(), MSG_DONTWAIT)) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(n)).append("\n");
  }
  return text;
}

void Stage::write_into_pty(std::string_view bytes) const {
  (void)!::write(pty_.borrow().number(), bytes.data(), bytes.size());
}

}  // namespace sallyport::hostile
