// The client's screen with everything around it played by the test: guard, net, tty with its output filter, and a
// terminal behind that. For unit tests and the harness.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "base/wipe.h"
#include "client/screen/screen_session.h"
#include "client/tty/output_filter.h"
#include "terminal/emulator.h"
#include "tests/terminal/diff_testing.h"

namespace sallyport::client::testing {

using namespace privsep::client;

inline constexpr WindowSize kUsualWindow{80, 24};

/// A wall clock that counts with a fake one; it is 10:00 when that one begins.
class FakeWall final : public WallClock {
 public:
  explicit FakeWall(const Clock& clock) : clock_(clock), start_(clock.now()) {}
  /// The machine slept: the hour goes on, the monotonic clock did not.
  void sleep(std::int64_t seconds) { slept_ += seconds; }
  [[nodiscard]] std::int64_t now() const override {
    return kTen + slept_ + std::chrono::duration_cast<std::chrono::seconds>(clock_.now() - start_).count();
  }
  [[nodiscard]] std::string hour_and_minute(std::int64_t seconds) const override {
    const auto minutes = seconds / 60 % 1440;
    const auto digits = [](std::int64_t n) { return (n < 10 ? "0" : "") + std::to_string(n); };
    return digits(minutes / 60) + ':' + digits(minutes % 60);
  }

 private:
  static constexpr std::int64_t kTen = 10 * 3600;
  const Clock& clock_;
  TimePoint start_;
  std::int64_t slept_ = 0;
};

/// An ordinary terminal that can do everything.
inline ScreenArguments usual_arguments() {
  ScreenArguments arguments;
  arguments.has_ech = arguments.has_bce = arguments.has_title = true;
  arguments.port = 60001;
  arguments.escape_key = 0x1E;
  return arguments;
}

/// When tty says that a frame is in the terminal.
enum class Terminal : std::uint8_t { kPrompt, kStuck };

class ScreenRig {
 public:
  explicit ScreenRig(const ScreenArguments& arguments = usual_arguments(),
                     std::optional<WindowSize> window = kUsualWindow)
      : arguments_(arguments),
        filter_(arguments.clipboard ? Clipboard::kAllowed : Clipboard::kRefused),
        screen_(window.value_or(kUsualWindow)),
        buffer_(privsep::kMaxElsewhereBytes) {
    auto guard = privsep::make_channel_pair();
    auto tty = privsep::make_channel_pair();
    auto net = privsep::make_channel_pair();
    CHECK(guard && tty && net);
    guard_ = privsep::Channel(std::move(guard->first));
    tty_ = privsep::Channel(std::move(tty->first));
    net_ = privsep::Channel(std::move(net->first));
    session_.emplace(ScreenSession::Channels{.guard = privsep::Channel(std::move(guard->second)),
                                             .tty = privsep::Channel(std::move(tty->second)),
                                             .net = privsep::Channel(std::move(net->second))},
                     arguments_, clock_, wall_);
    if (window) window_is(*window);
  }

  // ---- What the others say ----

  template <typename Message>
  void tty_says(const Message& message) {
    CHECK(tty_.send_message(message, buffer_) == privsep::SendOutcome::kSent);
  }
  /// As net does, it waits while the channel is full.
  template <typename Message>
  void net_says(const Message& message) {
    while (net_.send_message(message, buffer_) == privsep::SendOutcome::kFull) CHECK(turn());
  }
  /// Forgets what was said last.
  void wipe_buffer() { wipe(buffer_); }
  /// The terminal has this size from now on, and screen is told.
  void window_is(WindowSize size) {
    screen_.resize(size);
    tty_says(Window{size});
  }
  /// State `number` is `base` plus this.
  void state(std::uint64_t base, std::uint64_t number, std::string_view host_bytes,
             std::optional<WindowSize> size = std::nullopt, std::uint64_t oldest_kept = 0) {
    net_says(Diff{StateNumber(base), StateNumber(number), StateNumber(oldest_kept)});
    if (size) net_says(ScreenSize{*size});
    if (!host_bytes.empty()) net_says(HostBytes{bytes_of(host_bytes)});
    net_says(DiffEnd{});
  }
  /// The link is as well as it can be.
  void link_is_well() {
    const auto now = static_cast<std::uint64_t>(clock_.now().time_since_epoch().count()) * 1000;
    net_says(Link{.heard_ns = now, .acked_ns = now, .send_interval_ms = 20, .connected = true});
  }

  // ---- What screen does ----

  /// One turn, then everything that it wrote reaches the terminal.
  [[nodiscard]] bool turn() {
    const bool alive = session_->turn(Duration::zero());
    read_output();
    return alive;
  }
  /// Turns until there is nothing more to do; false if it ended.
  [[nodiscard]] bool settle() {
    for (int i = 0; i < 6; ++i) {
      if (!turn()) return false;
    }
    return true;
  }

  /// Asks for the last frame; true if it came and screen ended well.
  [[nodiscard]] bool finish() {
    tty_says(Finish{});
    return !settle() && session_->ended_well();
  }

  /// The test speaks for tty in its own way, perhaps of frames that were shown.
  void out_of_step() { out_of_step_ = true; }

  void terminal_is(Terminal terminal) {
    if (terminal == Terminal::kPrompt && owed_) tty_says(Shown{});
    if (terminal == Terminal::kPrompt) owed_ = false;
    terminal_ = terminal;
  }

  /// What the user sees.
  [[nodiscard]] const terminal::Framebuffer& seen() const { return screen_.framebuffer(); }
  [[nodiscard]] std::string row(std::uint32_t row) const {
    std::string text;
    for (const terminal::Cell cell : seen().row(row).cells()) {
      if (!cell.tail()) text += cell.is_empty() ? " " : seen().store().text(cell);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
  }
  /// Empty if the terminal shows `wanted`, else what differs.
  [[nodiscard]] std::string mismatch(const terminal::Framebuffer& wanted) const {
    auto replica = terminal::testing::replica_of(seen());
    return terminal::testing::mismatch(replica, wanted);
  }
  /// Bytes written since the last call.
  [[nodiscard]] std::string take_written() { return std::exchange(written_, {}); }
  [[nodiscard]] int frames() const { return frames_; }
  /// All that was written is in the output language, and every frame ended where a frame may.
  [[nodiscard]] bool clean() const { return clean_; }

  [[nodiscard]] ScreenSession& session() { return *session_; }
  [[nodiscard]] FakeClock& clock() { return clock_; }
  [[nodiscard]] FakeWall& wall() { return wall_; }
  [[nodiscard]] privsep::Channel& tty() { return tty_; }
  [[nodiscard]] privsep::Channel& net() { return net_; }
  [[nodiscard]] privsep::Channel& guard() { return guard_; }

 private:
  void read_output() {
    while (const auto record = tty_.receive(buffer_)) {
      const auto message = privsep::decode<ScreenToTty>(*record);
      CHECK(message.has_value());
      const Output output = std::get<Output>(*message);
      CHECK(!owed_ || out_of_step_);  // one frame at a time
      clean_ = filter_.take(output.bytes) && clean_;
      screen_.write(output.bytes);
      written_ += text_of(output.bytes);
      if (!output.last) continue;
      clean_ = filter_.between() && clean_;
      ++frames_;
      owed_ = true;
      if (terminal_ == Terminal::kPrompt) terminal_is(Terminal::kPrompt);
    }
  }

  ScreenArguments arguments_;
  FakeClock clock_;
  FakeWall wall_{clock_};
  OutputFilter filter_;
  terminal::Emulator screen_;
  std::vector<std::byte> buffer_;
  privsep::Channel guard_, tty_, net_;
  std::optional<ScreenSession> session_;
  std::string written_;
  int frames_ = 0;
  bool out_of_step_ = false;
  bool owed_ = false;  ///< a frame came that was not called Shown
  bool clean_ = true;
  Terminal terminal_ = Terminal::kPrompt;
};

}  // namespace sallyport::client::testing
