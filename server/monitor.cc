#include "server/monitor.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <utility>
#include <variant>

#include "base/sys/io.h"
#include "base/sys/process.h"
#include "base/wipe.h"
#include "privsep/reply_text.h"
#include "pty/pty.h"
#include "pty/shell.h"

namespace sallyport::server {
namespace {

using privsep::NetPhase;
using privsep::SendOutcome;
using privsep::Severity;
using privsep::Violation;
using std::chrono::milliseconds;
using std::chrono::seconds;

// ours: how long a shell's background jobs may still print after its exit (architecture 2, step 4).
constexpr Duration kDrainAfterExit = milliseconds(200);
// ours: and how long a slow terminal may take for what was printed before.
constexpr Duration kDrainLimit = seconds(2);
// ours: net itself ends a closing handshake after some 10 s; a net that does not is ended.
constexpr Duration kClosingLimit = seconds(20);
constexpr Duration kSecondTermLimit = seconds(2);
// ours: so long the word that input is in the PTY waits for the echo, so that both wake the terminal once.
constexpr Duration kEchoPatience = milliseconds(1);
// The order to start, for the shell that waits.
constexpr std::array<std::byte, 1> kGo = {pty::kReleaseByte};
// ours: how long to wait for a compartment's exit status once its channel is closed.
constexpr Duration kExitNotice = milliseconds(100);
// ours: records taken from one channel in one turn, so that a busy one cannot keep the others waiting.
constexpr int kRecordsPerTurn = 32;

/// By Goodbye::Reason.
constexpr std::array<std::string_view, 9> kGoodbyeWords = {
    "the client left", "the program ended", "the program ended, the client did not answer", "no client came within 60 s",
    "network idle", "signal", "the key's usage limit", "stopped", "terminal failed"};

enum PollSlot : std::size_t { kPty, kSignals, kNet, kTerminal, kShellPid, kNetPid, kTerminalPid };

}  // namespace

Monitor::Monitor(MonitorResources resources, const Clock& clock)
    : resources_(std::move(resources)),
      clock_(clock),
      log_(resources_.log_socket, resources_.relay_pipe),
      now_(clock.now()),
      size_(resources_.size),
      largest_size_(resources_.size) {}

void Monitor::log_start() {
  log_.report("monitor", {Severity::kInfo, privsep::LogEvent::kSandbox, resources_.confinement.to_log_values()}, now_);
}

bool Monitor::turn(Duration at_most) {
  wait_for_events(at_most);
  constexpr std::array kSteps = {&Monitor::read_signals,      &Monitor::read_net,    &Monitor::read_terminal,
                                 &Monitor::flush_to_terminal, &Monitor::read_pty,    &Monitor::flush_to_terminal,
                                 &Monitor::write_pty,         &Monitor::check_shell, &Monitor::check_compartments,
                                 &Monitor::check_time,        &Monitor::flush_to_net};
  for (const auto step : kSteps) {
    if (!over_) (this->*step)();
  }
  if (over_) tear_down();
  return !over_;
}

void Monitor::wait_for_events(Duration at_most) {
  const auto watch = [&](PollSlot slot, BorrowedFd fd, int events) {
    poll_[slot] = pollfd{fd.number(), static_cast<short>(events), 0};
  };
  const bool reads_pty = pty_open_ && !host_output_blocked();
  // A hung-up PTY reports POLLHUP even when nothing is asked of it: then it is left out.
  watch(kPty, pty_open_ && (reads_pty || !to_pty_.empty()) ? resources_.pty.borrow() : BorrowedFd(),
        (reads_pty ? POLLIN : 0) | (to_pty_.empty() ? 0 : POLLOUT));
  watch(kSignals, resources_.signal_fd, POLLIN);
  watch(kNet, resources_.net.fd(), POLLIN | (net_waits() ? POLLOUT : 0));
  watch(kTerminal, resources_.terminal.fd(), POLLIN | (host_output_blocked() ? POLLOUT : 0));
  watch(kShellPid, shell_ended_ ? BorrowedFd() : resources_.shell_pidfd.borrow(), POLLIN);
  watch(kNetPid, resources_.net_pidfd, POLLIN);
  watch(kTerminalPid, resources_.terminal_pidfd, POLLIN);
  const TimePoint next = std::min({drain_until_, deadline_, host_output_blocked() ? kNever : written_due_});
  if (next != kNever) at_most = std::min(at_most, next - clock_.now());
  (void)sys::ppoll(poll_, at_most == Duration::max() ? std::nullopt : std::optional(at_most));
  now_ = clock_.now();
}

void Monitor::read_signals() {
  if ((poll_[kSignals].revents & POLLIN) == 0) return;
  while (const auto signal = sys::read_signal(resources_.signal_fd)) {
    if (*signal == SIGUSR1) {
      usr1_waiting_ = true;
    } else {
      term_waiting_ = true;
      ++terms_seen_;
      // Net answers with Goodbye in the end; one that is stopped or hostile must not outlive this.
      deadline_ = std::min(deadline_, now_ + (terms_seen_ > 1 ? kSecondTermLimit : kClosingLimit));
    }
  }
}

template <typename Messages, typename Take>
void Monitor::read_channel(const privsep::Channel& channel, End died, End violated, Take take) {
  for (int i = 0; i < kRecordsPerTurn && !over_; ++i) {
    const auto record = channel.receive(record_buffer_);
    if (!record) {
      if (record.error() == privsep::ReceiveFailure::kViolation) end(violated, Violation::kTruncated);
      if (record.error() == privsep::ReceiveFailure::kClosed) end(died);
      return;
    }
    const auto message = privsep::decode<Messages>(*record);
    if (!message) end(violated, message.error());
    if (message) take(*message);
    wipe(std::span(record_buffer_).first(record->size()));
  }
}

void Monitor::read_net() {
  read_channel<privsep::NetToMonitor>(resources_.net, End::kNetDied, End::kNetViolation,
                                      [this](const auto& message) { take_net_message(message); });
}

void Monitor::read_terminal() {
  read_channel<privsep::TerminalToMonitor>(resources_.terminal, End::kTerminalDied, End::kTerminalViolation,
                                           [this](const auto& message) { take_terminal_message(message); });
}

void Monitor::take_net_message(const privsep::NetToMonitor& message) {
  if (const auto violation = net_conduct_.judge(message)) return end(End::kNetViolation, *violation);
  if (const auto* input = std::get_if<privsep::Input>(&message)) {
    on_input(*input);
  } else if (const auto* resize = std::get_if<privsep::NetResize>(&message)) {
    on_resize(*resize);
  } else if (const auto* first = std::get_if<privsep::FirstContact>(&message)) {
    on_peer(first->peer);
  } else if (const auto* moved = std::get_if<privsep::PeerMoved>(&message)) {
    on_peer(moved->peer);
  } else if (std::holds_alternative<privsep::Silent>(message)) {
    record(privsep::LoginSilent{});
  } else if (std::holds_alternative<privsep::Heard>(message)) {
    record(privsep::LoginConnected{peer_});
  } else if (const auto* log = std::get_if<privsep::Log>(&message)) {
    log_.report("net", *log, now_);
  } else if (const auto* goodbye = std::get_if<privsep::Goodbye>(&message)) {
    // Net may learn of the terminal's end before we do.
    if (goodbye->reason == privsep::Goodbye::Reason::kTerminalFailed) return end(End::kTerminalDied);
    LogLine line;
    line.text("session ends: ").text(kGoodbyeWords[static_cast<std::size_t>(goodbye->reason)]);
    line.text("; device replies dropped: ").number(replies_dropped_);
    log_.write(Severity::kInfo, line, now_);
    end(End::kGoodbye);
  }
}

void Monitor::on_input(const privsep::Input& input) {
  release_shell();  // a client that came without a window size still gets its program
  to_pty_.push_input(input.bytes, input.state, input.last);
  if (program_gone_) drop_unread();
}

void Monitor::on_resize(const privsep::NetResize& resize) {
  size_ = resize.size;
  largest_size_.columns = std::max(largest_size_.columns, size_.columns);
  largest_size_.rows = std::max(largest_size_.rows, size_.rows);
  if (pty_open_) (void)pty::set_window_size(resources_.pty, size_);
  held_resize_ = privsep::TerminalResize{resize.state, size_};
  flush_to_terminal();
  // Only now, since the window's size is the first thing that a client says: the program finds it already set.
  release_shell();
}

void Monitor::on_peer(const privsep::PeerAddress& peer) {
  peer_ = peer;
  LogLine line;
  line.text("connection from ").address(peer);
  log_.write(Severity::kInfo, line, now_);
  record(privsep::LoginConnected{peer_});
}

void Monitor::record(const privsep::LoginRecordMessage& message) {
  if (!resources_.login_record_pipe.valid()) return;
  // Never waits: a record keeper that does not read misses a change, no more.
  (void)sys::write(resources_.login_record_pipe, privsep::encode_login_record(message));
}

void Monitor::release_shell() {
  if (!resources_.release_pipe.valid()) return;
  (void)sys::write(resources_.release_pipe, kGo);
  resources_.release_pipe.reset();
}

void Monitor::take_terminal_message(const privsep::TerminalToMonitor& message) {
  if (const auto* reply = std::get_if<privsep::Reply>(&message)) on_reply(*reply);
  if (const auto* log = std::get_if<privsep::Log>(&message)) log_.report("terminal", *log, now_);
}

void Monitor::on_reply(const privsep::Reply& reply) {
  std::array<std::byte, privsep::kMaxReplyBytes> buffer{};
  const auto text = privsep::print_reply(reply, size_, largest_size_, buffer);
  if (text.empty()) return end(End::kTerminalViolation, Violation::kOutOfRange);
  if (program_gone_ || !reply_credit_.take(now_) || !to_pty_.push_reply(text)) ++replies_dropped_;
}

void Monitor::write_pty() {
  std::optional<StateNumber> completed = to_pty_.take_completed();
  while (pty_open_ && !to_pty_.front().empty()) {
    const auto count = sys::write(resources_.pty, to_pty_.front());
    if (!count) {
      if (count.error().number != EAGAIN) program_gone();
      break;
    }
    const auto written = to_pty_.pop(*count);
    consumed_ += written.input_bytes;
    if (written.completed) completed = written.completed;
  }
  if (!completed) return;
  written_ = *completed;
  written_due_ = std::min(written_due_, now_ + kEchoPatience);
}

void Monitor::read_pty() {
  pty_drained_ = pty_open_ && !host_output_blocked() && (poll_[kPty].events & POLLIN) != 0;
  if (!pty_drained_ || (poll_[kPty].revents & (POLLIN | POLLHUP | POLLERR)) == 0) return;
  const auto buffer = std::span(output_).subspan(1);
  std::size_t filled = 0;
  // The kernel hands out at most 4 KiB a call: a few calls fill one record while a program prints at full speed.
  while (filled < buffer.size()) {
    const auto count = sys::read(resources_.pty, buffer.subspan(filled));
    if (!count || *count == 0) {
      if (!count && count.error().number == EAGAIN) break;
      program_gone();
      break;
    }
    filled += *count;
  }
  pty_drained_ = filled < buffer.size();
  if (filled == 0) return;
  reply_credit_.passed(buffer.first(filled), now_);
  held_output_ = filled;
}

void Monitor::flush_to_terminal() {
  const auto blocked = [&](SendOutcome outcome) {
    if (outcome == SendOutcome::kClosed) end(End::kTerminalDied);
    return outcome != SendOutcome::kSent;
  };
  if (held_output_ > 0) {
    // The record is put together in place: its type byte lies before the bytes that were read.
    output_[0] = static_cast<std::byte>(privsep::TerminalMessage::kHostOutput);
    if (blocked(resources_.terminal.send(std::span(output_).first(held_output_ + 1)))) return;
    held_output_ = 0;
    if (written_due_ != kNever) written_due_ = now_;
  }
  std::array<std::byte, 32> scratch{};
  if (held_resize_) {
    if (blocked(resources_.terminal.send_message(*held_resize_, scratch))) return;
    held_resize_.reset();
  }
  if (now_ >= written_due_) {
    if (blocked(resources_.terminal.send_message(privsep::InputWritten{written_}, scratch))) return;
    written_due_ = kNever;
  }
}

void Monitor::flush_to_net() {
  std::array<std::byte, 16> scratch{};
  const auto sent = [&](const auto& message) {
    const SendOutcome outcome = resources_.net.send_message(message, scratch);
    if (outcome == SendOutcome::kClosed) end(End::kNetDied);
    return outcome == SendOutcome::kSent;
  };
  if (consumed_ >= kConsumedBatchBytes && !over_) {
    if (!sent(privsep::Consumed{static_cast<std::uint32_t>(consumed_)})) return;
    net_conduct_.give_back(std::exchange(consumed_, 0));  // now, not before, it may send so much again
  }
  if (term_waiting_ && !over_) term_waiting_ = !sent(privsep::Signal{privsep::Signal::Kind::kTerm});
  if (usr1_waiting_ && !over_) usr1_waiting_ = !sent(privsep::Signal{privsep::Signal::Kind::kUsr1});
  // Only when all output is on its way to the terminal, so that the last frame shows all of it.
  if (child_exited_waiting_ && !over_ && !host_output_blocked()) child_exited_waiting_ = !sent(privsep::ChildExited{});
}

void Monitor::check_shell() {
  if (shell_ended_ || (poll_[kShellPid].revents & POLLIN) == 0) return;
  (void)sys::reap(resources_.shell_pidfd);
  shell_ended_ = true;
  if (!pty_open_) return;
  drain_until_ = now_ + kDrainAfterExit;
  drain_limit_ = now_ + kDrainLimit;
}

void Monitor::check_compartments() {
  // What it said last comes first: its Goodbye may have come after the channel was looked at.
  if ((poll_[kNetPid].revents & POLLIN) != 0) read_net();
  if ((poll_[kNetPid].revents & POLLIN) != 0) end(End::kNetDied);
  if ((poll_[kTerminalPid].revents & POLLIN) != 0) end(End::kTerminalDied);
}

void Monitor::check_time() {
  if (now_ >= drain_until_ && (pty_drained_ || now_ >= drain_limit_)) program_gone();
  if (now_ >= drain_until_) drain_until_ = now_ + kDrainAfterExit;  // the terminal has not taken everything yet
  if (now_ >= deadline_) end(End::kOverdue);
}

void Monitor::program_gone() {
  if (std::exchange(program_gone_, true)) return;
  pty_open_ = false;
  drain_until_ = kNever;
  child_exited_waiting_ = true;
  deadline_ = std::min(deadline_, now_ + kClosingLimit);
  drop_unread();
}

void Monitor::drop_unread() {
  while (!to_pty_.front().empty()) consumed_ += to_pty_.pop(to_pty_.front().size()).input_bytes;
}

void Monitor::end(End reason, Violation violation) {
  if (std::exchange(over_, true)) return;
  LogLine line;
  const auto died = [&](const char* compartment, const UniqueFd& pidfd) {
    // The end of its channel may be seen a moment before the end of the process.
    pollfd ended{pidfd.borrow().number(), POLLIN, 0};
    (void)sys::ppoll(std::span(&ended, 1), kExitNotice);
    const auto status = sys::reap(pidfd);
    line.text(compartment).text(status ? " died" : " failed");
    if (status) line.text(status->killed ? ": signal " : ": exit status ").number(static_cast<std::uint64_t>(status->number));
  };
  switch (reason) {
    case End::kGoodbye: return;
    case End::kNetDied: died("net", resources_.net_pidfd); break;
    case End::kTerminalDied: died("terminal", resources_.terminal_pidfd); break;
    case End::kNetViolation: line.text("violation by net: ").text(privsep::violation_name(violation)); break;
    case End::kTerminalViolation: line.text("violation by terminal: ").text(privsep::violation_name(violation)); break;
    case End::kOverdue: line.text("net did not end the session in time"); break;
  }
  line.text("; the session ends");
  log_.write(Severity::kWarning, line, now_);
}

void Monitor::tear_down() {
  // Net has said Goodbye or is not trusted any more. Both end with us anyway (PR_SET_PDEATHSIG); this leaves no doubt.
  (void)sys::kill(resources_.net_pidfd, SIGKILL);
  (void)sys::kill(resources_.terminal_pidfd, SIGKILL);
  resources_.release_pipe.reset();       // a shell that was never released exits by itself
  resources_.login_record_pipe.reset();  // the record is removed
  resources_.pty.reset();           // the program gets its hang-up
}

void run_monitor(MonitorResources resources, std::optional<Monitor>& monitor) {
  const SystemClock clock;
  // Never destroyed: of the descriptors only those that the session's end closes may be closed.
  monitor.emplace(std::move(resources), clock);
  monitor->log_start();
  while (monitor->turn()) {
  }
  ::_exit(EXIT_SUCCESS);
}

}  // namespace sallyport::server
