#include "client/tty/tty_session.h"

#include <algorithm>
#include <variant>

#include "base/sys/io.h"
#include "base/wipe.h"

namespace sallyport::client {
namespace {

using privsep::ReceiveFailure;
using privsep::SendOutcome;
using namespace privsep::client;

enum PollSlot : std::size_t { kInput, kOutput, kGuard, kNet, kScreen };
// ours: records taken from one channel in one turn, so that a busy one cannot keep keys waiting.
constexpr int kRecordsPerTurn = 16;

}  // namespace

TtySession::TtySession(TtyChannels channels, const UserTerminal& terminal, const TtyArguments& arguments,
                       const Clock& clock)
    : channels_(std::move(channels)),
      terminal_(terminal),
      arguments_(arguments),
      clock_(clock),
      now_(clock.now()),
      escape_key_(arguments.escape_key),
      output_(terminal.output, terminal.writes, arguments.clipboard ? Clipboard::kAllowed : Clipboard::kRefused) {}

bool TtySession::turn(Duration at_most) {
  wait_for_events(at_most);
  constexpr std::array kSteps = {&TtySession::read_guard,     &TtySession::read_terminal,  &TtySession::read_net,
                                 &TtySession::read_screen,    &TtySession::check_time,     &TtySession::flush_to_net,
                                 &TtySession::write_terminal, &TtySession::flush_to_screen};
  for (const auto step : kSteps) {
    if (phase_ != Phase::kOver) (this->*step)();
  }
  return phase_ != Phase::kOver;
}

void TtySession::wait_for_events(Duration at_most) {
  const auto watch = [&](PollSlot slot, bool wanted, BorrowedFd fd, int events) {
    poll_[slot] = pollfd{wanted ? fd.number() : -1, static_cast<short>(events), 0};
  };
  const bool writes = output_.waiting() && phase_ != Phase::kSuspended && !terminal_gone_;
  watch(kInput, reads_terminal(), terminal_.input, POLLIN);
  watch(kOutput, writes, terminal_.output, POLLOUT);
  watch(kGuard, !guard_gone_, channels_.guard.fd(), POLLIN);
  watch(kNet, !net_gone_, channels_.net.fd(), POLLIN | (net_full_ ? POLLOUT : 0));
  watch(kScreen, !screen_gone_, channels_.screen.fd(), POLLIN | (screen_full_ ? POLLOUT : 0));
  TimePoint next = std::min(deadline_, quit_deadline_);
  if (full_since_ != kNever && !discarding_) next = std::min(next, full_since_ + kNoCreditLimit);
  if (next != kNever) at_most = std::min(at_most, next - clock_.now());
  (void)sys::ppoll(poll_, at_most == Duration::max() ? std::nullopt : std::optional(at_most));
  now_ = clock_.now();
}

template <typename Messages, typename Take, typename Lose>
void TtySession::read_channel(const privsep::Channel& channel, Take take, Lose lose) {
  for (int i = 0; i < kRecordsPerTurn && phase_ != Phase::kOver; ++i) {
    const auto record = channel.receive(record_);
    if (!record && record.error() == ReceiveFailure::kNothing) return;
    // A violation and a silent end are one and the same: what the other one was there for is not done any more.
    if (!record) return lose();
    const auto message = privsep::decode<Messages>(*record);
    if (!message || !take(*message)) return lose();
  }
}

void TtySession::read_guard() {
  if (guard_gone_) return;
  read_channel<GuardToTty>(
      channels_.guard, [this](const GuardToTty& message) { return take(message); },
      [this] {
        guard_gone_ = true;
        leave();
      });
}

void TtySession::read_net() {
  if (net_gone_) return;
  read_channel<NetToTty>(
      channels_.net,
      [this](const NetToTty& message) {
        if (const auto* taken = std::get_if<Taken>(&message)) {
          if (taken->bytes > unacknowledged_) return false;
          unacknowledged_ -= taken->bytes;
          if (full_since_ != kNever) full_since_ = now_;  // net lives; whether there is room now is seen below
          return true;
        }
        net_gone_ = true;
        done_.ended = std::get<Ended>(message).reason;
        finish(done_.ended == Ended::Reason::kScreenFailed ? Done::Reason::kScreenFailed : Done::Reason::kSession);
        return true;
      },
      [this] {
        if (net_gone_) return;  // it had said so
        net_gone_ = true;
        finish(Done::Reason::kNetFailed);
      });
}

void TtySession::read_screen() {
  if (screen_gone_) return;
  read_channel<ScreenToTty>(
      channels_.screen, [this](const ScreenToTty& message) { return output_.take(std::get<Output>(message)); },
      [this] {
        screen_gone_ = true;
        held_.quit = session_goes_on();
        finish(Done::Reason::kScreenFailed);
      });
}

template <typename Message>
void TtySession::send_held(const privsep::Channel& channel, bool& held, bool& full, const Message& message) {
  if (!held || full) return;
  std::array<std::byte, 32> scratch{};
  const SendOutcome outcome = channel.send_message(message, scratch);
  full = outcome == SendOutcome::kFull;
  held = full;  // to one that is gone nothing can be said, and its end is noticed by reading
}

void TtySession::flush_to_net() {
  if (net_gone_ || phase_ == Phase::kWaiting) return;
  net_full_ = false;
  send_held(channels_.net, held_.resized, net_full_, Resized{size_});
  while (!net_full_ && !queue_.empty() && unacknowledged_ + queue_.front().size() <= kTypedCreditBytes) {
    const std::size_t size = queue_.front().size();
    const SendOutcome outcome = channels_.net.send_message(Typed{queue_.front()}, record_);
    wipe(std::span(record_).first(size + 1));
    net_full_ = outcome == SendOutcome::kFull;
    if (net_full_) break;
    unacknowledged_ += size;
    queue_.pop();
  }
  if (queue_.has_room()) full_since_ = kNever;
  // After the keys that were typed before it; those that wait for credit are not waited for.
  send_held(channels_.net, held_.quit, net_full_, Quit{});
}

void TtySession::flush_to_screen() {
  if (screen_gone_ || phase_ == Phase::kWaiting) return;
  if (output_.take_shown()) {
    held_.shown = true;
    if (phase_ == Phase::kFinishing && !held_.finish) deadline_ = std::min(deadline_, now_ + kAnotherFrameLimit);
  }
  held_.menu = held_.menu || menu_told_ != escape_key_.awaits_command();
  screen_full_ = false;
  send_held(channels_.screen, held_.window, screen_full_, Window{size_});
  // Before Shown: what is drawn next draws everything.
  send_held(channels_.screen, held_.repaint, screen_full_, Repaint{});
  if (held_.menu && !screen_full_) menu_told_ = escape_key_.awaits_command();
  send_held(channels_.screen, held_.menu, screen_full_, Menu{menu_told_});
  send_held(channels_.screen, held_.farewell, screen_full_, Farewell{farewell_});
  send_held(channels_.screen, held_.finish, screen_full_, Finish{});
  send_held(channels_.screen, held_.shown, screen_full_, Shown{});
}

void TtySession::write_terminal() {
  if (phase_ == Phase::kWaiting || phase_ == Phase::kSuspended) return;
  if (terminal_.writes == TerminalWrites::kBlocking && output_.waiting() && !terminal_gone_ &&
      (poll_[kOutput].revents & ~POLLIN) == 0) {
    return;
  }
  const auto result = terminal_gone_ ? TerminalOutput::Result::kFailed : output_.write();
  if (result == TerminalOutput::Result::kFailed) {
    terminal_gone();
    output_.drop();
  }
  if (result == TerminalOutput::Result::kWaiting) return;
  if (phase_ == Phase::kFinishing && screen_gone_)
    return leave();  // it had drawn its last; what leave() says is still to be written
  if (phase_ == Phase::kSuspending) suspended();
  if (phase_ == Phase::kLeaving) over();
}

}  // namespace sallyport::client
