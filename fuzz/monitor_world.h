// A monitor with descriptors that a harness holds the other ends of: sockets for the PTY and the channels, pipes for
// the rest. Nothing is forked, and time is the harness's. What comes out of the monitor is checked here against the
// rules, whatever goes in.
#pragma once

#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "base/sys/io.h"
#include "fuzz/net_reference.h"
#include "fuzz/reply_language.h"
#include "server/monitor.h"

namespace sallyport::fuzz {

class MonitorWorld {
 public:
  MonitorWorld() {
    ::signal(SIGPIPE, SIG_IGN);  // as in the product
    server::MonitorResources resources;
    std::array<int, 2> ends{};
    CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
    resources.pty = UniqueFd(ends[0]);
    program_ = UniqueFd(ends[1]);
    const int small = 4096;  // so that it fills up as a PTY does
    for (const int end : ends) CHECK(::setsockopt(end, SOL_SOCKET, SO_SNDBUF, &small, sizeof small) == 0);
    auto to_net = privsep::make_channel_pair();
    auto to_terminal = privsep::make_channel_pair();
    auto log = privsep::make_channel_pair();
    resources.net = privsep::Channel(std::move(to_net->first));
    net_ = privsep::Channel(std::move(to_net->second));
    resources.terminal = privsep::Channel(std::move(to_terminal->first));
    terminal_ = privsep::Channel(std::move(to_terminal->second));
    resources.log_socket = std::move(log->first);
    log_ = privsep::Channel(std::move(log->second));
    take_pipe(resources.signal_fd, signals_);
    give_pipe(resources.release_pipe, release_);
    give_pipe(resources.login_record_pipe, login_record_);
    give_pipe(resources.relay_pipe, relay_);
    for (auto* fd : {&resources.shell_pidfd, &resources.net_pidfd, &resources.terminal_pidfd})
      *fd = UniqueFd(::eventfd(0, EFD_NONBLOCK));
    shell_pidfd_ = resources.shell_pidfd.borrow();
    net_pidfd_ = resources.net_pidfd.borrow();
    terminal_pidfd_ = resources.terminal_pidfd.borrow();
    monitor_ = std::make_unique<server::Monitor>(std::move(resources), clock_);
    monitor_->log_start();
  }

  /// One turn, after which everything that came out is checked. False once the session is over.
  bool turn() {
    if (alive_) alive_ = monitor_->turn(Duration::zero());
    look();
    CHECK(alive_ || may_end_);
    CHECK(!alive_ || !must_end_);
    return alive_;
  }

  void net_says(std::span<const std::byte> record) {
    std::vector<std::byte> copy(record.begin(), record.end());
    auto message = privsep::decode<privsep::NetToMonitor>(copy);
    if (message && std::holds_alternative<privsep::Input>(*message)) {
      // Typed bytes have the high bit here and replies do not, so that the two can be told apart at the PTY.
      for (std::size_t i = copy.size() - std::get<privsep::Input>(*message).bytes.size(); i < copy.size(); ++i)
        copy[i] |= std::byte{0x80};
      message = privsep::decode<privsep::NetToMonitor>(copy);
    }
    if (net_.open()) look_at_net();  // what it may send depends on what it was told
    if (copy.empty() || net_.send(copy) != privsep::SendOutcome::kSent) return;
    if (!message || !reference_.allows(*message)) {
      must_end_ = may_end_ = true;
      return;
    }
    if (std::holds_alternative<privsep::Goodbye>(*message)) {
      must_end_ = may_end_ = true;
      if (std::get<privsep::Goodbye>(*message).reason == privsep::Goodbye::Reason::kTerminalFailed)
        mark(terminal_pidfd_);
    }
    if (const auto* input = std::get_if<privsep::Input>(&*message)) typed_ += text_of(input->bytes);
    if (const auto* resize = std::get_if<privsep::NetResize>(&*message)) {
      largest_.columns = std::max(largest_.columns, resize->size.columns);
      largest_.rows = std::max(largest_.rows, resize->size.rows);
    }
    releases_ = releases_ || std::holds_alternative<privsep::Input>(*message) ||
                std::holds_alternative<privsep::NetResize>(*message);
  }
  void terminal_says(std::span<const std::byte> record) {
    if (record.empty() || terminal_.send(record) != privsep::SendOutcome::kSent) return;
    const auto message = privsep::decode<privsep::TerminalToMonitor>(record);
    const auto* reply = message ? std::get_if<privsep::Reply>(&*message) : nullptr;
    const bool outside = reply != nullptr && reply->kind == privsep::ReplyKind::kCursorPosition &&
                         (reply->a > largest_.rows || reply->b > largest_.columns);
    if (!message || outside) must_end_ = may_end_ = true;
  }
  void program_prints(std::span<const std::byte> bytes) {
    const auto count = sys::write(program_, bytes);
    if (!count) return;
    printed_ += text_of(bytes.first(*count));
    introducers_ += static_cast<std::size_t>(std::ranges::count(bytes.first(*count), std::byte{0x1B}));
  }
  void program_closes() {
    look();
    program_.reset();
    may_end_ = true;
  }
  void signal(int number) {
    signalfd_siginfo info{};
    info.ssi_signo = static_cast<std::uint32_t>(number);
    (void)sys::write(signals_, std::as_bytes(std::span(&info, 1)));
    if (number != SIGUSR1) may_end_ = true;
    (number == SIGUSR1 ? usr1_ : term_) = true;
  }
  void shell_ends() {
    mark(shell_pidfd_);
    may_end_ = true;
  }
  /// By its process, and by its channel if `closes`.
  void compartment_ends(bool is_net, bool closes) {
    mark(is_net ? net_pidfd_ : terminal_pidfd_);
    if (closes) (is_net ? net_ : terminal_).close();
    must_end_ = may_end_ = true;
  }
  void advance(Duration by) { clock_.advance(by); }
  void let_read(bool program, bool terminal, bool net) {
    program_reads_ = program;
    terminal_reads_ = terminal;
    net_reads_ = net;
  }
  /// Everything that waits is looked at, whoever is slow.
  void finish() {
    let_read(true, true, true);
    look();
    CHECK(!alive_ || typed_seen_ <= typed_.size());
  }

 private:
  static void take_pipe(UniqueFd& reader, UniqueFd& writer) {
    auto made = sys::pipe();
    reader = std::move(made->reader);
    writer = std::move(made->writer);
    (void)sys::set_nonblocking(reader);
    (void)sys::set_nonblocking(writer);
  }
  static void give_pipe(UniqueFd& writer, UniqueFd& reader) { take_pipe(reader, writer); }
  static void mark(BorrowedFd pidfd) {
    const std::uint64_t one = 1;
    (void)sys::write(pidfd, std::as_bytes(std::span(&one, 1)));
  }

  void look();
  void look_at_program();
  void look_at_terminal();
  void look_at_net();
  void look_at_log();

  FakeClock clock_;
  NetReference reference_{true};
  UniqueFd program_, signals_, release_, login_record_, relay_;
  BorrowedFd shell_pidfd_, net_pidfd_, terminal_pidfd_;
  privsep::Channel net_, terminal_, log_;
  std::unique_ptr<server::Monitor> monitor_;
  bool alive_ = true;
  bool may_end_ = false;   ///< there is a reason for the session to end
  bool must_end_ = false;  ///< and the monitor has no choice
  bool program_reads_ = true, terminal_reads_ = true, net_reads_ = true;
  bool releases_ = false;  ///< net said what starts the program
  bool released_ = false, exit_told_ = false, term_ = false, usr1_ = false;
  WindowSize largest_;
  std::string typed_, printed_, replies_;
  std::size_t typed_seen_ = 0, printed_seen_ = 0, consumed_ = 0, introducers_ = 0;
  StateNumber written_{0};
  std::vector<std::byte> buffer_ = std::vector<std::byte>(privsep::kMaxElsewhereBytes);
};

inline void MonitorWorld::look() {
  if (program_reads_ && program_.valid()) look_at_program();
  if (terminal_reads_ && terminal_.open()) look_at_terminal();
  if (net_reads_ && net_.open()) look_at_net();
  look_at_log();
  std::array<std::byte, 2> go{};
  const auto count = sys::read(release_, go);
  if (count && *count > 0) {
    CHECK(releases_ && !released_ && *count == 1);
    released_ = true;
  }
  std::array<std::byte, privsep::kLoginRecordBytes> record{};
  while (const auto got = sys::read(login_record_, record)) {
    if (*got == 0) break;
    CHECK(*got == record.size() && privsep::decode_login_record(record));
  }
}

// What was typed, all of it, in order, once; and replies from the closed list, no more than introducers went by.
inline void MonitorWorld::look_at_program() {
  while (const auto count = sys::read(program_, buffer_)) {
    if (*count == 0) return;
    for (const std::byte byte : std::span(buffer_).first(*count)) {
      const auto c = static_cast<char>(byte);
      if ((byte & std::byte{0x80}) == std::byte{0}) {
        replies_ += c;
      } else {
        CHECK(typed_seen_ < typed_.size() && typed_[typed_seen_] == c);
        ++typed_seen_;
      }
    }
  }
  const auto replies = count_replies(replies_);
  CHECK(replies && *replies <= introducers_);
}

inline void MonitorWorld::look_at_terminal() {
  while (const auto record = terminal_.receive(buffer_)) {
    const auto message = privsep::decode<privsep::MonitorToTerminal>(*record);
    CHECK(message.has_value());
    if (const auto* output = std::get_if<privsep::HostOutput>(&*message)) {
      CHECK(printed_.compare(printed_seen_, output->bytes.size(), text_of(output->bytes)) == 0);
      printed_seen_ += output->bytes.size();
    } else if (const auto* resize = std::get_if<privsep::TerminalResize>(&*message)) {
      CHECK(resize->size.columns <= largest_.columns && resize->size.rows <= largest_.rows);
    } else if (const auto* written = std::get_if<privsep::InputWritten>(&*message)) {
      CHECK(written->state >= written_ && written->state.value() <= reference_.newest_input());
      written_ = written->state;
    }
  }
}

inline void MonitorWorld::look_at_net() {
  while (const auto record = net_.receive(buffer_)) {
    const auto message = privsep::decode<privsep::MonitorToNet>(*record);
    CHECK(message.has_value());
    if (const auto* consumed = std::get_if<privsep::Consumed>(&*message)) {
      consumed_ += consumed->bytes;
      CHECK(consumed_ <= typed_.size());
      reference_.consumed(consumed->bytes);
    } else if (std::holds_alternative<privsep::ChildExited>(*message)) {
      CHECK(!exit_told_);
      exit_told_ = true;
    } else if (const auto* told = std::get_if<privsep::Signal>(&*message)) {
      CHECK(told->kind == privsep::Signal::Kind::kUsr1 ? usr1_ : term_);
    } else {
      CHECK(false);  // Announce was said before, and Stop is not the monitor's after lock-down
    }
  }
}

// One line of printable ASCII, with our name, whatever a compartment put into its reports.
inline void MonitorWorld::look_at_log() {
  while (const auto record = log_.receive(buffer_)) {
    const std::string_view line = text_of(*record);
    CHECK(line.substr(0, 2) == "<3" && line.substr(3, 19) == ">sallyport-server: " && line.size() <= 240);
    CHECK(std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; }));
  }
  while (const auto count = sys::read(relay_, buffer_)) {
    if (*count == 0) return;
  }
}

}  // namespace sallyport::fuzz
