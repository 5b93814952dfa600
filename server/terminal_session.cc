#include "server/terminal_session.h"

#include <poll.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "base/sys/io.h"

namespace sallyport::server {
namespace {

using privsep::ReceiveFailure;
using privsep::SendOutcome;

// ours: host output interpreted in one turn before net is served again. What a channel's queue can hold is less than the
// larger one, so that a frame always shows everything that was printed before it was asked for.
constexpr std::size_t kOutputPerTurn = std::size_t{64} << 10U;
constexpr std::size_t kOutputBeforeFrame = std::size_t{256} << 10U;
// ours: records of net's taken in one turn, so that a busy one cannot keep the monitor waiting.
constexpr int kRecordsPerTurn = 64;

}  // namespace

TerminalSession::TerminalSession(privsep::Channel monitor, privsep::Channel net, WindowSize initial, const Clock& clock)
    : monitor_(std::move(monitor)),
      net_(std::move(net)),
      clock_(clock),
      record_(privsep::kMaxElsewhereBytes),
      scratch_(privsep::kMaxElsewhereBytes) {
  source_.resize(initial, clock_.now());
}

bool TerminalSession::turn(Duration at_most) {
  const Ready ready = wait_for_events(at_most);
  return (!ready.monitor || read_monitor(kOutputPerTurn)) && (!ready.net || read_net()) && flush_frame() &&
         flush_replies() && flush_reports();
}

TerminalSession::Ready TerminalSession::wait_for_events(Duration at_most) {
  std::array<pollfd, 2> entries = {{
      {monitor_.fd().number(), static_cast<short>(POLLIN | (monitor_full_ ? POLLOUT : 0)), 0},
      {net_.fd().number(), static_cast<short>(POLLIN | (net_full_ ? POLLOUT : 0)), 0},
  }};
  // Time alone can only bring a Dirty, and while one is told or cannot be sent it brings nothing: waiting for it then would be
  // a busy loop, for the source's timer stands until somebody asks.
  const bool could_tell = !pending_ && !dirty_told_ && !net_full_;
  const TimePoint next = could_tell ? source_.next_timer() : kNever;
  if (next != kNever) at_most = std::min(at_most, next - clock_.now());
  (void)sys::ppoll(entries, at_most == Duration::max() ? std::nullopt : std::optional(at_most));
  monitor_full_ = false;
  net_full_ = false;
  const auto readable = [](const pollfd& entry) { return (entry.revents & ~POLLOUT) != 0; };  // or broken: reading says how
  return {readable(entries[0]), readable(entries[1])};
}

bool TerminalSession::read_monitor(std::size_t most_bytes) {
  for (std::size_t taken = 0; taken < most_bytes;) {
    const auto record = monitor_.receive(record_);
    if (!record) return record.error() == ReceiveFailure::kNothing;
    taken += record->size();
    const auto message = privsep::decode<privsep::MonitorToTerminal>(*record);
    if (!message || !take_monitor_message(*message, clock_.now())) return false;
  }
  return true;
}

bool TerminalSession::take_monitor_message(const privsep::MonitorToTerminal& message, TimePoint now) {
  if (const auto* output = std::get_if<privsep::HostOutput>(&message)) {
    source_.host_output(output->bytes, now);
    return flush_replies();
  }
  if (const auto* resize = std::get_if<privsep::TerminalResize>(&message)) source_.resize(resize->size, now);
  if (const auto* written = std::get_if<privsep::InputWritten>(&message)) source_.input_written(written->state, now);
  return true;
}

bool TerminalSession::read_net() {
  for (int i = 0; i < kRecordsPerTurn; ++i) {
    const auto record = net_.receive(record_);
    if (!record) return record.error() == ReceiveFailure::kNothing;
    const auto message = privsep::decode<privsep::NetToTerminal>(*record);
    // One request at a time: whatever comes before its answer is out is a violation.
    if (!message || pending_) return false;
    // What was printed before it must show.
    if (!read_monitor(kOutputBeforeFrame) || !answer(std::get<privsep::TakeFrame>(*message))) return false;
  }
  return true;
}

bool TerminalSession::answer(const privsep::TakeFrame& request) {
  source_.forget(request.acknowledged);
  const auto frame = source_.take_frame(request.assumed, request.acknowledged, request.snapshot, clock_.now());
  if (!frame) return false;
  dirty_told_ = false;
  pending_.emplace();
  pending_->header = privsep::Frame{.base = frame->base,
                                    .snapshot = frame->snapshot,
                                    .version = frame->version,
                                    .size_changed = frame->size_changed,
                                    .echo_ack_changed = frame->echo_ack_changed,
                                    .echo_ack = frame->echo_ack,
                                    .size = frame->size};
  pending_->bytes.assign(frame->host_bytes.begin(), frame->host_bytes.end());
  return flush_frame();
}

bool TerminalSession::flush_frame() {
  while (pending_) {
    privsep::Frame part = pending_->header;
    const auto rest = std::span<const std::byte>(pending_->bytes).subspan(pending_->sent);
    part.bytes = rest.first(std::min(rest.size(), privsep::kMaxFramePartBytes));
    part.last = part.bytes.size() == rest.size();
    const SendOutcome outcome = net_.send_message(part, scratch_);
    if (outcome == SendOutcome::kClosed) return false;
    if (outcome == SendOutcome::kFull) {
      net_full_ = true;
      return true;
    }
    pending_->sent += part.bytes.size();
    ++pending_->header.part;
    if (part.last) pending_.reset();
  }
  return true;
}

bool TerminalSession::flush_replies() {
  while (held_reply_ || (held_reply_ = source_.next_reply())) {
    const privsep::Reply message{static_cast<privsep::ReplyKind>(held_reply_->kind), held_reply_->a, held_reply_->b};
    const SendOutcome outcome = monitor_.send_message(message, scratch_);
    if (outcome == SendOutcome::kClosed) return false;
    if (outcome == SendOutcome::kFull) {
      monitor_full_ = true;
      return true;
    }
    held_reply_.reset();
  }
  return true;
}

bool TerminalSession::flush_reports() {
  if (pending_) return true;  // behind the frame that net waits for
  const bool cursor_keys = source_.application_cursor_keys();
  if (cursor_keys_told_ != cursor_keys) {
    const SendOutcome outcome = net_.send_message(privsep::InputModes{cursor_keys}, scratch_);
    if (outcome == SendOutcome::kClosed) return false;
    if (outcome == SendOutcome::kFull) return net_full_ = true;
    cursor_keys_told_ = cursor_keys;
  }
  if (!dirty_told_ && source_.dirty(clock_.now())) {
    const SendOutcome outcome = net_.send_message(privsep::Dirty{}, scratch_);
    if (outcome == SendOutcome::kClosed) return false;
    if (outcome == SendOutcome::kFull) return net_full_ = true;
    dirty_told_ = true;
  }
  return true;
}

}  // namespace sallyport::server
