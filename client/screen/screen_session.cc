#include "client/screen/screen_session.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include "base/sys/io.h"
#include "base/wipe.h"

namespace sallyport::client {
namespace {

using namespace privsep::client;
using privsep::ReceiveFailure;
using privsep::SendOutcome;

// ours: how much of net's is taken in one turn, so that a busy server cannot keep the user's wishes waiting.
constexpr std::size_t kNetBytesPerTurn = std::size_t{64} << 10U;
constexpr int kTtyRecordsPerTurn = 64;

terminal::DisplayOptions display_options(const ScreenArguments& arguments) {
  return {.has_ech = arguments.has_ech,
          .has_bce = arguments.has_bce,
          .has_title = arguments.has_title,
          .has_clipboard = arguments.clipboard};
}

}  // namespace

ScreenSession::Picture::Picture(WindowSize first, const ScreenArguments& arguments)
    : states(first), window(first), painter(display_options(arguments), states.blank(first)) {}

ScreenSession::ScreenSession(Channels channels, const ScreenArguments& arguments, const Clock& clock,
                             const WallClock& wall)
    : channels_(std::move(channels)),
      arguments_(arguments),
      clock_(clock),
      bar_(arguments.port, arguments.escape_key, wall, clock.now()),
      prediction_({.mode = arguments.mode, .overwrite = arguments.overwrite}),
      record_(privsep::kMaxElsewhereBytes),
      scratch_(privsep::kMaxElsewhereBytes) {}

bool ScreenSession::turn(Duration at_most) {
  wait_for_events(at_most);
  if (!guard_is_there() || !read_tty() || !read_net()) return false;
  if (clock_.now() >= redraw_at_) draw_due_ = true;
  if (may_draw()) draw();
  return flush() && !(finished_ && !underway_);
}

bool ScreenSession::may_draw() const {
  // The last frame shows every state that net had passed on before.
  return draw_due_ && picture_ && !underway_ && !finished_ && !(finishing_ && !net_empty_);
}

TimePoint ScreenSession::next_timer() const {
  // Behind a frame that is on its way, and after the last one, time brings nothing.
  return picture_ && !underway_ && !finished_ ? redraw_at_ : kNever;
}

void ScreenSession::wait_for_events(Duration at_most) {
  const bool net = picture_ && !net_ended_;  // state 0 has the window's size: without one there is no screen
  std::array<pollfd, 3> entries = {{
      {channels_.guard.fd().number(), POLLIN, 0},
      {channels_.tty.fd().number(), static_cast<short>(POLLIN | (tty_full_ ? POLLOUT : 0)), 0},
      {channels_.net.fd().number(), POLLIN, 0},
  }};
  const TimePoint next = next_timer();
  if (next != kNever) at_most = std::min(at_most, next - clock_.now());
  (void)sys::ppoll(std::span(entries).first(net ? 3 : 2),
                   at_most == Duration::max() ? std::nullopt : std::optional(at_most));
  tty_full_ = false;
}

bool ScreenSession::guard_is_there() {
  const auto record = channels_.guard.receive(record_);
  if (record) violated_ = true;  // it has nothing to say to us
  return !record && record.error() == ReceiveFailure::kNothing;
}

bool ScreenSession::read_tty() {
  for (int i = 0; i < kTtyRecordsPerTurn; ++i) {
    const auto record = channels_.tty.receive(record_);
    if (!record) {
      violated_ = record.error() == ReceiveFailure::kViolation;
      return record.error() == ReceiveFailure::kNothing;
    }
    const auto message = privsep::decode<TtyToScreen>(*record);
    if (!message || !take(*message)) {
      violated_ = true;
      return false;
    }
  }
  return true;
}

bool ScreenSession::read_net() {
  net_empty_ = !picture_ || net_ended_;
  if (net_empty_) return true;
  for (std::size_t taken = 0; taken < kNetBytesPerTurn;) {
    const auto record = channels_.net.receive(record_);
    if (!record) {
      // Net ends before us: the last frame is still to be drawn when tty says so.
      net_empty_ = true;
      net_ended_ = record.error() == ReceiveFailure::kClosed;
      violated_ = record.error() == ReceiveFailure::kViolation;
      return !violated_;
    }
    taken += record->size();
    const auto message = privsep::decode<NetToScreen>(*record);
    const bool honest = message && take(*message);
    if (message && std::holds_alternative<Keys>(*message)) wipe(std::span(record_).first(record->size()));
    if (!honest) {
      violated_ = true;
      return false;
    }
  }
  return true;
}

bool ScreenSession::take(const TtyToScreen& message) {
  if (const auto* window = std::get_if<Window>(&message)) {
    set_window(window->size);
    return true;
  }
  if (!picture_) return false;
  if (std::holds_alternative<Shown>(message)) {
    if (!underway_ || !underway_->complete) return false;
    underway_.reset();
    return true;
  }
  draw_due_ = true;
  if (std::holds_alternative<Repaint>(message)) picture_->painter.forget();
  if (const auto* menu = std::get_if<Menu>(&message)) bar_.set_menu(menu->shown);
  if (const auto* farewell = std::get_if<Farewell>(&message)) bar_.set_farewell(farewell->kind);
  if (std::holds_alternative<Finish>(message)) finishing_ = true;
  return true;
}

void ScreenSession::set_window(WindowSize window) {
  draw_due_ = true;
  if (!picture_) {
    picture_.emplace(window, arguments_);
    return;
  }
  picture_->window = window;
  picture_->painter.forget();
  prediction_.reset();
}

void ScreenSession::predict(const Keys& keys) {
  prediction_.type(keys.bytes, keys.read_bytes, keys.sent, picture_->states.newest().screen, clock_.now());
}

bool ScreenSession::take(const NetToScreen& message) {
  HeldStates& states = picture_->states;
  const TimePoint now = clock_.now();
  if (const auto* diff = std::get_if<Diff>(&message)) return states.begin(*diff);
  if (const auto* ack = std::get_if<EchoAck>(&message)) return states.echo_ack(ack->state);
  if (const auto* size = std::get_if<ScreenSize>(&message)) return states.resize(size->size);
  if (const auto* host = std::get_if<HostBytes>(&message)) return states.write(host->bytes);
  draw_due_ = true;
  if (std::holds_alternative<DiffEnd>(message)) {
    if (!states.end()) return false;
    prediction_.set_echo_ack(states.newest().echo_ack);
    return true;
  }
  if (states.in_diff()) return false;
  if (const auto* keys = std::get_if<Keys>(&message)) predict(*keys);
  if (const auto* link = std::get_if<Link>(&message)) {
    bar_.set_link(*link, now);
    prediction_.set_send_interval(link->send_interval_ms);
  }
  if (const auto* notice = std::get_if<Notice>(&message)) bar_.set_notice(*notice, now);
  return true;
}

terminal::Framebuffer ScreenSession::compose(TimePoint now) {
  const terminal::Framebuffer& truth = picture_->states.newest().screen;
  redraw_at_ = kNever;
  if (finishing_) {
    terminal::Framebuffer last = fitted(truth, picture_->window);
    clean_titles(last);
    return last;
  }
  const std::string notice = bar_.text(now, picture_->window.columns);
  terminal::Framebuffer predicted = truth;
  prediction_.set_bar(!notice.empty());
  prediction_.cull(truth, now);
  prediction_.apply(predicted);
  terminal::Framebuffer frame = fitted(predicted, picture_->window);
  if (!notice.empty()) draw_bar(notice, frame);
  redraw_at_ = std::min(bar_.next_change(now), prediction_.next_timer(now));
  clean_titles(frame);
  if (arguments_.title_prefix) put_title_prefix(frame);
  return frame;
}

void ScreenSession::draw() {
  const auto bytes = picture_->painter.paint(compose(clock_.now()));
  draw_due_ = !picture_->painter.complete();
  if (finishing_ && !draw_due_) finished_ = true;
  // The last frame is sent even if it is empty: tty waits for it.
  if (!bytes.empty() || finished_) underway_ = Underway{.bytes = {bytes.begin(), bytes.end()}};
}

bool ScreenSession::flush() {
  while (underway_ && !underway_->complete) {
    const auto rest = std::span<const std::byte>(underway_->bytes).subspan(underway_->sent);
    Output piece{.last = false, .bytes = rest.first(std::min(rest.size(), kMaxOutputPieceBytes))};
    piece.last = piece.bytes.size() == rest.size();
    const SendOutcome outcome = channels_.tty.send_message(piece, scratch_);
    if (outcome == SendOutcome::kClosed) return false;
    if (outcome == SendOutcome::kFull) return tty_full_ = true;
    underway_->sent += piece.bytes.size();
    underway_->complete = piece.last;
  }
  return true;
}

}  // namespace sallyport::client
