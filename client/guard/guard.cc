#include "client/guard/guard.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <utility>
#include <variant>

#include "base/bytes.h"
#include "base/sys/io.h"
#include "client/common/restore_string.h"
#include "privsep/descriptors.h"

namespace sallyport::client {
namespace {

using namespace privsep::client;
using std::chrono::milliseconds;
using std::chrono::seconds;

// ours: tty ends by itself about a second after it was asked (client/tty/tty_phases.cc); one that is hung is ended.
constexpr Duration kEndLimit = seconds(8);
// ours: the same when the user asks again, or when another compartment is gone.
constexpr Duration kImpatientLimit = seconds(3);
// ours: a second signal within this time is the same wish (as for tty).
constexpr Duration kSameWish = milliseconds(500);
// ours: how long to wait for a compartment's exit status once its channel is closed, and for its end once it is killed.
constexpr Duration kExitNotice = milliseconds(500);
// ours: a terminal that takes nothing for so long is not told more.
constexpr Duration kWriteLimit = milliseconds(500);
// ours: as tty does, for a terminal that may block.
constexpr std::size_t kSmallWriteBytes = 128;

constexpr std::array kCompartments = {Compartment::kTty, Compartment::kNet, Compartment::kScreen};

enum PollSlot : std::size_t { kSignals, kTty, kNet, kScreen, kTtyPid, kNetPid, kScreenPid };

std::optional<Signal::Kind> kind_of(int signal) {
  switch (signal) {
    case SIGWINCH:
      return Signal::Kind::kResized;
    case SIGCONT:
      return Signal::Kind::kContinued;
    case SIGTSTP:
      return Signal::Kind::kStop;
    default:
      return Signal::Kind::kEnd;
  }
}

bool has_ended(BorrowedFd pidfd, Duration within) {
  std::array<pollfd, 1> entry{pollfd{pidfd.number(), POLLIN, 0}};
  const auto ready = sys::ppoll(entry, within);
  return ready && *ready == 1;
}

/// Every process of our group, ourselves among them: the shell sees its job stop, and continues it.
void stop_job() { (void)::kill(0, SIGSTOP); }

}  // namespace

Worker& Guard::worker(Compartment which) {
  return which == Compartment::kTty ? resources_.tty : which == Compartment::kNet ? resources_.net : resources_.screen;
}

void Guard::start() {
  std::array<std::byte, 8> scratch{};
  (void)resources_.tty.channel.send_message(Start{}, scratch);
}

bool Guard::turn(Duration at_most) {
  wait_for_events(at_most);
  read_signals();
  send_signals();
  read_tty();
  if (!over_) read_worker(resources_.net, Compartment::kNet);
  if (!over_) read_worker(resources_.screen, Compartment::kScreen);
  if (!over_) check_exits();
  if (!over_ && now_ >= deadline_) over_ = ending_.hung = true;
  return !over_;
}

void Guard::wait_for_events(Duration at_most) {
  const bool sends = std::ranges::count(waiting_, true) > 0;
  const auto watch = [&](PollSlot slot, bool wanted, BorrowedFd fd, int events) {
    poll_[slot] = pollfd{wanted ? fd.number() : -1, static_cast<short>(events), 0};
  };
  watch(kSignals, true, resources_.signal_fd, POLLIN);
  for (const Compartment which : kCompartments) {
    const auto i = static_cast<std::size_t>(which);
    const bool writes = which == Compartment::kTty && sends;
    watch(static_cast<PollSlot>(kTty + i), !silent_[i], worker(which).channel.fd(), POLLIN | (writes ? POLLOUT : 0));
    watch(static_cast<PollSlot>(kTtyPid + i), !gone_[i], worker(which).pidfd, POLLIN);
  }
  if (deadline_ != kNever) at_most = std::min(at_most, deadline_ - clock_.now());
  (void)sys::ppoll(poll_, at_most == Duration::max() ? std::nullopt : std::optional(at_most));
  now_ = clock_.now();
}

void Guard::read_signals() {
  while (const auto signal = sys::read_signal(resources_.signal_fd)) {
    const auto kind = kind_of(*signal);
    if (kind == Signal::Kind::kContinued && !sys::has_foreground(privsep::kStdin, resources_.process_group)) {
      // Continued in the background, where the terminal is not ours. Not if it was continued in order to end: shells
      // send a stopped job TERM or HUP and then CONT, and the lower number is read first.
      if (end_asked_ == kNever) stop_job();
      continue;
    }
    suspended_ = suspended_ && kind != Signal::Kind::kContinued;
    waiting_[static_cast<std::size_t>(*kind)] = true;
    if (kind != Signal::Kind::kEnd) continue;
    if (end_asked_ == kNever) {
      end_asked_ = now_;
      deadline_ = std::min(deadline_, now_ + kEndLimit);
    } else if (now_ - end_asked_ >= kSameWish) {
      deadline_ = std::min(deadline_, now_ + kImpatientLimit);
    }
  }
}

void Guard::send_signals() {
  std::array<std::byte, 8> scratch{};
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    if (!waiting_[i]) continue;
    const auto outcome = resources_.tty.channel.send_message(Signal{static_cast<Signal::Kind>(i)}, scratch);
    waiting_[i] = outcome == privsep::SendOutcome::kFull;
  }
}

void Guard::read_tty() {
  std::array<std::byte, 64> buffer{};
  while (!over_ && !silent_[0]) {
    const auto record = resources_.tty.channel.receive(buffer);
    if (!record && record.error() == privsep::ReceiveFailure::kNothing) return;
    const auto message =
        record ? privsep::decode<TtyToGuard>(*record) : std::unexpected(privsep::Violation::kTruncated);
    if (message && std::holds_alternative<Suspend>(*message)) {
      suspended_ = true;
      stop_job();
    } else if (message && std::holds_alternative<Done>(*message)) {
      ending_.done = std::get<Done>(*message);
      done_ = over_ = true;
    } else if (!message) {
      silent_[0] = true;
      broke(Compartment::kTty, std::nullopt);
      over_ = true;
    }
  }
}

/// Net and screen have nothing to say any more but in the log, and their hang-up says nothing that tty does not see
/// too.
void Guard::read_worker(Worker& worker, Compartment which) {
  const auto i = static_cast<std::size_t>(which);
  std::array<std::byte, 64> buffer{};
  while (!silent_[i]) {
    const auto record = worker.channel.receive(buffer);
    if (!record && record.error() == privsep::ReceiveFailure::kNothing) return;
    const auto message =
        record ? privsep::decode<WorkerToGuard>(*record) : std::unexpected(privsep::Violation::kTruncated);
    if (message && std::holds_alternative<privsep::Log>(*message)) continue;
    silent_[i] = true;
    if (record) (void)sys::kill(worker.pidfd, SIGKILL);  // a violation
  }
}

void Guard::check_exits() {
  for (const Compartment which : kCompartments) check_exit(worker(which), which);
}

void Guard::check_exit(Worker& worker, Compartment which) {
  const auto i = static_cast<std::size_t>(which);
  if (gone_[i] || (poll_[kTtyPid + i].revents & POLLIN) == 0) return;
  gone_[i] = true;
  broke(which, sys::reap(worker.pidfd));
  if (which == Compartment::kTty) over_ = true;
  deadline_ = std::min(deadline_, now_ + kImpatientLimit);  // tty sees it too, and ends the session
}

void Guard::broke(Compartment which, std::optional<sys::ExitStatus> status) {
  // Exit status 0 is an orderly end: net's and screen's come before Done.
  if (status && !status->killed && status->number == 0 && which != Compartment::kTty) return;
  if (ending_.broken) return;
  ending_.broken = which;
  ending_.status = status;
}

int Guard::conclude() {
  if (!done_) {
    // How it ended is known a moment after its channel hung up.
    if (!gone_[0] && !ending_.hung && has_ended(resources_.tty.pidfd, kExitNotice)) {
      ending_.status = sys::reap(resources_.tty.pidfd);
    }
    (void)sys::kill(resources_.tty.pidfd, SIGKILL);
    (void)has_ended(resources_.tty.pidfd, kExitNotice);
    ending_.broken = Compartment::kTty;
    restore_terminal();
  }
  for (const Compartment which : {Compartment::kNet, Compartment::kScreen}) {
    const auto i = static_cast<std::size_t>(which);
    if (gone_[i]) continue;
    const bool failed =
        ending_.done.reason == (which == Compartment::kNet ? Done::Reason::kNetFailed : Done::Reason::kScreenFailed);
    // How it broke is known a moment after tty noticed it.
    if (done_ && failed && has_ended(worker(which).pidfd, kExitNotice)) broke(which, sys::reap(worker(which).pidfd));
    (void)sys::kill(worker(which).pidfd, SIGKILL);
  }
  ending_.address = resources_.address_text;
  ending_.port = resources_.port;
  ending_.has_ipv4 = resources_.has_ipv4;
  ending_.has_ipv6 = resources_.has_ipv6;
  const LastWords words = last_words(ending_);
  write_out(privsep::kStderr, words.errors.view());
  write_out(privsep::kStdout, "[mosh is exiting.]\n");
  return words.exit_status;
}

void Guard::restore_terminal() {
  if (suspended_) return;  // tty had restored it, and it is the shell's
  write_out(privsep::kStdout, kAfterTornOutput);
  write_out(privsep::kStdout, kRestoreString);
  write_out(privsep::kStdout, resources_.leave);
  // In the background the mode is that of the shell or of whom it runs; the strings above do not hurt it.
  if (!sys::has_foreground(privsep::kStdin, resources_.process_group)) return;
  (void)sys::set_terminal_mode(privsep::kStdin, resources_.settings);
}

void Guard::write_out(BorrowedFd fd, std::string_view text) {
  // A terminal that takes nothing must not keep us: only when it says that it takes some, and little then.
  for (auto bytes = bytes_of(text); !bytes.empty();) {
    std::array<pollfd, 1> entry{pollfd{fd.number(), POLLOUT, 0}};
    const auto ready = sys::ppoll(entry, kWriteLimit);
    if (!ready || *ready == 0 || (entry[0].revents & POLLOUT) == 0) return;
    const auto count = sys::write(fd, bytes.first(std::min(bytes.size(), kSmallWriteBytes)));
    if (!count) return;
    bytes = bytes.subspan(*count);
  }
}

}  // namespace sallyport::client
