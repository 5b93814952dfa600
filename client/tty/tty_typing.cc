// What is typed: its commands, and the rest on its way to net.
#include <algorithm>
#include <cerrno>

#include "base/sys/io.h"
#include "base/wipe.h"
#include "client/tty/tty_session.h"

namespace sallyport::client {
namespace {

using namespace privsep::client;

constexpr std::byte kControlL{0x0C};

}  // namespace

/// A queue that is full is not filled further: the terminal's own buffers hold the rest of a paste until the server
/// takes more. But then the command that quits would never be read. So when net has given no credit back for
/// kNoCreditLimit, reading goes on, and what is read is only looked through for commands and thrown away, until the
/// queue is empty: a paste of more than kMaxQueuedBytes into a session whose server does not answer is cut there, once,
/// and never has a hole.
bool TtySession::reads_terminal() const {
  if (input_gone_ || terminal_gone_) return false;
  const bool ours = phase_ == Phase::kRunning || phase_ == Phase::kFinishing || phase_ == Phase::kLeaving;
  return ours && (queue_.has_room() || discarding_ || quit_at_ != kNever);
}

void TtySession::read_terminal() {
  if (!reads_terminal()) return;
  constexpr std::size_t kInputSlot = 0;
  if ((poll_[kInputSlot].revents & (POLLIN | POLLHUP | POLLERR)) == 0) return;
  // One byte less than a piece: an escape key that was read before may be added to it.
  const auto buffer = std::span(record_).first(kMaxTypedPieceBytes - 1);
  const auto count = sys::read(terminal_.input, buffer);
  if (count && *count > 0) {
    type(buffer.first(*count));
    wipe(buffer.first(*count));
    return;
  }
  if (!count && count.error().number == EAGAIN) return;
  // EIO without a hang-up: another process group has the terminal, and guard will say when it is ours again.
  if (!count && count.error().number == EIO && (poll_[kInputSlot].revents & (POLLHUP | POLLERR)) == 0) {
    phase_ = phase_ == Phase::kRunning ? Phase::kSuspended : phase_;
    input_gone_ = input_gone_ || phase_ != Phase::kSuspended;
    return;
  }
  input_gone_ = true;
  quit(Farewell::Kind::kInputEnded);
}

void TtySession::type(std::span<const std::byte> read) {
  std::size_t used = 0;
  const auto send = [&] {
    if (used > 0) queue(std::span(typed_).first(used));
    used = 0;
  };
  for (const std::byte byte : read) {
    const KeyStep step = escape_key_.take(byte);
    for (const std::byte typed : step.typed()) {
      typed_[used++] = typed;
      held_.repaint = held_.repaint || typed == kControlL;
    }
    if (step.command == KeyStep::Command::kNone) continue;
    send();
    if (step.command == KeyStep::Command::kQuit) quit(Farewell::Kind::kUser);
    if (step.command == KeyStep::Command::kSuspend) suspend();
  }
  send();
  wipe(typed_);
}

void TtySession::queue(std::span<const std::byte> typed) {
  if (quit_at_ != kNever || !session_goes_on()) return;  // typing while the session closes is thrown away (spec: 2.3)
  discarding_ = discarding_ && !queue_.empty();
  if (discarding_ || !queue_.has_room()) return;
  queue_.push(typed);
  if (!queue_.has_room()) full_since_ = now_;
}

}  // namespace sallyport::client
