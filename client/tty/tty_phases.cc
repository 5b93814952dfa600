// From taking the terminal to giving it back: start, suspension, and the end.
#include <algorithm>
#include <variant>

#include "client/common/restore_string.h"
#include "client/tty/tty_session.h"

namespace sallyport::client {
namespace {

using namespace privsep::client;
using std::chrono::milliseconds;
using std::chrono::seconds;

// The bounds of an end, all ours: Ctrl-^ . takes about a second at most, whoever is hung: another compartment, the
// server, or the terminal.
/// Net has read Quit by then, or it is hung.
constexpr Duration kQuitReadLimit = milliseconds(500);
/// Screen has drawn its last frame by then, and it is in the terminal.
constexpr Duration kLastFrameLimit = milliseconds(200);
/// The restore string is in the terminal by then.
constexpr Duration kRestoreLimit = milliseconds(200);
/// Net ends the handshake itself: acknowledged, or soon before this when nobody answers (command line 2.8: stock gives
/// up after 0.4 to 4 s).
constexpr Duration kHandshakeLimit = milliseconds(800);
/// A second signal within this time is the same wish: shells and service managers send TERM and HUP together.
constexpr Duration kSameWish = milliseconds(500);
/// What was on its way when the user suspended is in the terminal by then, or given up.
constexpr Duration kSuspendLimit = milliseconds(500);

// spec: command line 2.4.
constexpr std::string_view kSuspendedWords = "\r\n\033[37;44m[mosh is suspended.]\033[m\r\n";
}  // namespace

bool TtySession::take(const GuardToTty& message) {
  if (const auto* signal = std::get_if<Signal>(&message)) {
    take_signal(signal->kind);
    return true;
  }
  if (phase_ != Phase::kWaiting) return false;
  start();
  return true;
}

void TtySession::take_signal(Signal::Kind kind) {
  switch (kind) {
    case Signal::Kind::kEnd:
      if (phase_ == Phase::kWaiting) return leave();
      if (quit_at_ == kNever || now_ - quit_at_ >= kSameWish) quit(Farewell::Kind::kSignal);
      return;
    case Signal::Kind::kResized:
      if (phase_ != Phase::kWaiting) learn_size();
      return;
    case Signal::Kind::kContinued:
      return resume();
    case Signal::Kind::kStop:
      return suspend();
  }
}

void TtySession::start() {
  phase_ = Phase::kRunning;
  learn_size();
  take_terminal();
}

void TtySession::learn_size() {
  const auto told = sys::told_window_size(terminal_.input);
  WindowSize size = size_;  // ours, for [P] of 2.2 step 11: 80x24, or what it was, if nobody says
  if (told && told->columns > 0 && told->rows > 0) {
    size.columns = std::min(told->columns, kMaxSideCells);
    size.rows = std::min({told->rows, kMaxSideCells, kMaxScreenCells / size.columns});
  }
  if (size == size_ && size_told_) return;
  size_ = size;
  size_told_ = held_.resized = held_.window = true;
}

void TtySession::take_terminal() {
  const auto set = sys::set_terminal_mode(terminal_.input, sys::raw_mode(terminal_.settings));
  if (!set) return terminal_gone();
  own_settings_ = sys::terminal_mode(terminal_.input).value_or(sys::TerminalMode());
  raw_ = true;
  entered_ = true;
  output_.hold_frames(false);
  if (output_.take_torn()) output_.say(kAfterTornOutput);
  output_.say(arguments_.enter);
  output_.say(kEnterString);
}

void TtySession::suspend() {
  if (phase_ != Phase::kRunning || terminal_gone_) return;
  phase_ = Phase::kSuspending;
  deadline_ = now_ + kSuspendLimit;
  output_.hold_frames(true);
  output_.say(kRestoreString);
  output_.say(arguments_.leave);
  output_.say(kSuspendedWords);
}

void TtySession::suspended() {
  output_.drop();
  (void)sys::set_terminal_mode(terminal_.input, terminal_.settings);
  raw_ = entered_ = false;
  phase_ = Phase::kSuspended;
  deadline_ = kNever;
  std::array<std::byte, 8> scratch{};
  (void)channels_.guard.send_message(Suspend{}, scratch);
}

void TtySession::resume() {
  if (phase_ != Phase::kRunning && phase_ != Phase::kSuspended && phase_ != Phase::kSuspending) return;
  phase_ = Phase::kRunning;
  deadline_ = kNever;
  output_.drop();  // nobody knows what the terminal shows
  learn_size();
  take_terminal();
  held_.repaint = true;
}

void TtySession::quit(Farewell::Kind kind) {
  if (!session_goes_on()) return;
  if (quit_at_ != kNever) {  // asked again; that the input ended with it is not asking
    if (kind != Farewell::Kind::kInputEnded) finish(Done::Reason::kUserGaveUp);
    return;
  }
  quit_at_ = now_;
  quit_deadline_ = now_ + kQuitReadLimit;
  farewell_ = kind;
  held_.quit = held_.farewell = true;
}

void TtySession::finish(Done::Reason reason) {
  if (!session_goes_on()) return;
  done_.reason = terminal_gone_ && reason == Done::Reason::kUserGaveUp ? Done::Reason::kTerminalFailed : reason;
  quit_deadline_ = kNever;
  queue_.clear();
  if (phase_ != Phase::kRunning || screen_gone_ || terminal_gone_) return leave();
  phase_ = Phase::kFinishing;
  deadline_ = now_ + kLastFrameLimit;
  held_.finish = true;
}

void TtySession::leave() {
  if (phase_ == Phase::kLeaving || phase_ == Phase::kOver) return;
  output_.hold_frames(true);
  if (output_.take_torn()) output_.say(kAfterTornOutput);
  if (entered_) {
    output_.say(kRestoreString);
    output_.say(arguments_.leave);
  }
  phase_ = Phase::kLeaving;
  deadline_ = now_ + kRestoreLimit;
}

void TtySession::over() {
  // Without guard the shell may have gone on already: what it has set since is not undone.
  const auto found = guard_gone_ ? sys::terminal_mode(terminal_.input).value_or(own_settings_) : own_settings_;
  if (raw_ && found == own_settings_) (void)sys::set_terminal_mode(terminal_.input, terminal_.settings);
  phase_ = Phase::kOver;
  std::array<std::byte, 8> scratch{};
  if (!guard_gone_) (void)channels_.guard.send_message(done_, scratch);
}

void TtySession::terminal_gone() {
  if (terminal_gone_) return;
  terminal_gone_ = input_gone_ = true;
  quit(Farewell::Kind::kInputEnded);
}

void TtySession::check_time() {
  discarding_ = discarding_ || (full_since_ != kNever && now_ - full_since_ >= kNoCreditLimit);
  if (now_ >= quit_deadline_) {
    // Net has read Quit: then only the server is waited for.
    const bool read = !held_.quit && sys::unread_bytes(channels_.net.fd()) == 0;
    quit_deadline_ = quit_at_ + kHandshakeLimit;
    if (!read || now_ >= quit_deadline_) finish(Done::Reason::kUserGaveUp);
  }
  if (now_ < deadline_) return;
  switch (phase_) {
    case Phase::kWaiting:
    case Phase::kRunning:
    case Phase::kSuspended:
    case Phase::kOver:
      return;
    case Phase::kSuspending:
      output_.drop();
      return suspended();
    case Phase::kFinishing:
      output_.drop();
      return leave();
    case Phase::kLeaving:
      output_.drop();
      return over();
  }
}

}  // namespace sallyport::client
