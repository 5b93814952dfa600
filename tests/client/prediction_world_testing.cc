#include <algorithm>

#include "base/bytes.h"
#include "tests/client/prediction_world.h"

namespace sallyport::client::testing {
namespace {

using terminal::Framebuffer;

// As a server collects a program's output, and a client keys.
constexpr Milliseconds kCollect{8};
constexpr Milliseconds kCollectKeys{1};
constexpr Milliseconds kAckDelay{100};

std::string row_text(const Framebuffer& frame, std::uint32_t number, bool marks) {
  std::string text;
  bool underlined = false;
  const auto mark = [&](bool want) {
    if (!marks || want == underlined) return;
    text += want ? "U(" : ")";
    underlined = want;
  };
  for (const terminal::Cell cell : frame.row(number).cells()) {
    if (cell.tail()) continue;
    mark(frame.store().rendition(cell.style()).underline() != terminal::Underline::kNone);
    text += cell.looks_blank() ? " " : frame.store().text(cell);
  }
  mark(false);
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

}  // namespace

World::World(const WorldOptions& options, std::unique_ptr<Program> program)
    : rtt_(options.rtt),
      random_(options.seed),
      emulator_(options.size),
      engine_(options.settings),
      program_(std::move(program)),
      newest_(emulator_.framebuffer()),
      shown_(newest_) {
  up_.delay = options.rtt / 2;
  down_.delay = options.rtt - up_.delay;
  if (options.settled) engine_.set_send_interval(static_cast<std::uint32_t>(interval().count()));
  program_->start(*this);
  if (options.settled) settle();
}

Milliseconds World::interval() const {
  return std::clamp(Milliseconds((rtt_.count() + 1) / 2), Milliseconds(20), Milliseconds(250));
}

void World::set_rtt(Milliseconds rtt) {
  rtt_ = rtt;
  up_.delay = rtt / 2;
  down_.delay = rtt - up_.delay;
  engine_.set_send_interval(static_cast<std::uint32_t>(interval().count()));
}

void World::run_until(TimePoint time) {
  while (true) {
    const TimePoint next = events_.empty() ? kNever : events_.begin()->first;
    if (std::min(next, wake_) > time) break;
    if (wake_ < next) {
      now_ = wake_;
      ++wakes_;
      draw();
      continue;
    }
    now_ = std::max(now_, next);
    const auto what = std::move(events_.begin()->second);
    events_.erase(events_.begin());
    what();
  }
  now_ = time;
}

// ---- Client ----

void World::type(std::string_view bytes) {
  engine_.type(bytes_of(bytes), static_cast<std::uint32_t>(bytes.size()), StateNumber(sent_), newest_, now_);
  queued_ += bytes;
  flush();
  draw();
}

void World::resize(WindowSize size) {
  engine_.reset();
  window_ = size;
  flush();
  draw();
}

void World::flush() {
  if (flushing_) return;
  flushing_ = true;
  at(std::max(now_ + kCollectKeys, last_sent_ + interval()), [this] {
    flushing_ = false;
    last_sent_ = now_;
    unacked_.push_back({++sent_, std::move(queued_)});
    queued_.clear();
    send_up();
  });
}

void World::send_up() {
  carry(up_, [this, typed = std::vector<Typed>(unacked_.begin(), unacked_.end()), size = window_,
              acked = newest_number_] { arrive_up(typed, size, acked); });
  if (resending_up_ || unacked_.empty()) return;
  resending_up_ = true;
  at(now_ + rtt_ + Milliseconds(100), [this] {
    resending_up_ = false;
    if (!unacked_.empty()) send_up();
  });
}

void World::carry(const Path& path, std::function<void()> what) {
  if (!path.open || std::uniform_real_distribution<>(0, 1)(random_) < path.loss) return;
  double extra = 0;
  if (path.jitter_ms > 0) extra = std::normal_distribution<>(0, path.jitter_ms)(random_);
  const auto delay = path.delay + Milliseconds(static_cast<long>(extra));
  at(now_ + std::max(delay, Milliseconds(0)), std::move(what));
}

void World::arrive_down(const Frame& frame) {
  while (!unacked_.empty() && unacked_.front().state <= frame.heard) unacked_.pop_front();
  if (frame.number <= newest_number_) return;
  newest_number_ = frame.number;
  newest_ = frame.screen;
  newest_echo_ack_ = frame.echo_ack;
  newest_heard_ = frame.heard;
  engine_.set_echo_ack(StateNumber(frame.echo_ack));
  carry(up_, [this, number = frame.number] { frame_acked_ = std::max(frame_acked_, number); });
  draw();
}

void World::draw() {
  engine_.cull(newest_, now_);
  shown_ = newest_;
  engine_.apply(shown_);
  wake_ = engine_.next_timer(now_);
  if (on_draw) on_draw(*this);
}

// ---- Server ----

void World::arrive_up(const std::vector<Typed>& typed, std::optional<WindowSize> size, std::uint64_t acked) {
  frame_acked_ = std::max(frame_acked_, acked);
  if (size && !(emulator_.framebuffer().size() == *size)) emulator_.resize(*size);
  for (const Typed& one : typed) {
    if (one.state <= heard_) continue;
    heard_ = one.state;
    if (one.bytes.empty()) continue;
    echo_.input_written(StateNumber(one.state), now_);
    at(now_ + terminal::kEchoAckDelay, [this] {
      if (echo_.advance(now_)) server_changed();
    });
    program_->input(*this, one.bytes);
  }
  at(now_ + kAckDelay, [this, heard = heard_] {
    if (told_ < heard) server_changed();
  });
}

void World::print(std::string_view bytes, Milliseconds delay) {
  at(now_ + delay, [this, text = std::string(bytes)] {
    emulator_.write(bytes_of(text));
    server_changed();
  });
}

void World::server_changed() {
  if (sending_) return;
  sending_ = true;
  at(std::max(now_ + kCollect, last_frame_ + interval()), [this] {
    sending_ = false;
    last_frame_ = now_;
    ++frame_;
    send_down();
  });
}

void World::send_down() {
  told_ = heard_;
  carry(down_,
        [this, frame = Frame{frame_, emulator_.framebuffer(), echo_.value().value(), heard_}] { arrive_down(frame); });
  if (resending_down_) return;
  resending_down_ = true;
  at(now_ + rtt_ + Milliseconds(100), [this] {
    resending_down_ = false;
    if (frame_acked_ >= frame_) return;
    ++frame_;
    send_down();
  });
}

// ---- What is seen ----

std::string World::row(std::uint32_t number) const { return row_text(shown_, number, /*marks=*/false); }
std::string World::marked(std::uint32_t number) const { return row_text(shown_, number, /*marks=*/true); }

bool World::shows_server() const {
  if (!(shown_.cursor() == newest_.cursor())) return false;
  for (std::uint32_t i = 0; i < shown_.rows(); ++i) {
    if (row_text(shown_, i, true) != row_text(newest_, i, true)) return false;
  }
  return true;
}

}  // namespace sallyport::client::testing
