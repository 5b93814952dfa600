// A session in simulated time: a person who types, the prediction engine, a path with any delay that loses and can be
// cut, and a server with the product's own emulator and echo acks (prediction 3) in front of a model of a program.
// Everything happens at most once a millisecond of simulated time, in a fixed order, so each run with one seed is the
// same.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "client/screen/prediction.h"
#include "terminal/echo_ack.h"
#include "terminal/emulator.h"

namespace sallyport::client::testing {

using Milliseconds = std::chrono::milliseconds;

/// One direction.
struct Path {
  Milliseconds delay{0};
  double jitter_ms = 0;  ///< standard deviation
  double loss = 0;
  bool open = true;
};

class World;

/// What runs on the server's side of the terminal.
class Program {
 public:
  virtual ~Program() = default;
  virtual void start(World&) {}
  virtual void input(World& world, std::string_view bytes) = 0;
};

struct WorldOptions {
  PredictionSettings settings;
  Milliseconds rtt{200};
  WindowSize size{80, 24};
  unsigned seed = 1;
  bool settled = true;  ///< the round trip has been measured, and the first screen is there
};

class World {
 public:
  World(const WorldOptions& options, std::unique_ptr<Program> program);

  // ---- The person ----
  /// One read of typing, now.
  void type(std::string_view bytes);
  void resize(WindowSize size);
  void run_for(Milliseconds time) { run_until(now_ + time); }
  void run_until(TimePoint time);
  /// Two round trips and a bit, as the specification's statements mean it.
  void settle() { run_for(2 * rtt_ + Milliseconds(150)); }

  // ---- What is seen ----
  [[nodiscard]] const terminal::Framebuffer& shown() const { return shown_; }
  [[nodiscard]] const terminal::Framebuffer& server() const { return newest_; }
  /// The server's own screen, without the path's delay.
  [[nodiscard]] const terminal::Framebuffer& truth() const { return emulator_.framebuffer(); }
  /// A row as text without trailing blanks.
  [[nodiscard]] std::string row(std::uint32_t number) const;
  /// The same, with U(..) around underlined cells.
  [[nodiscard]] std::string marked(std::uint32_t number) const;
  [[nodiscard]] std::string cursor_row() const { return row(shown_.cursor().row); }
  /// Nothing of ours is on display: text, underlines and cursor are the server's.
  [[nodiscard]] bool shows_server() const;
  /// Called for every frame drawn.
  std::function<void(const World&)> on_draw;

  // ---- The program's side ----
  void print(std::string_view bytes, Milliseconds delay = Milliseconds(0));
  void after(Milliseconds delay, std::function<void()> what) { at(now_ + delay, std::move(what)); }
  [[nodiscard]] std::uint32_t columns() const { return emulator_.framebuffer().columns(); }

  // ---- The path, and all else ----
  void cut(bool yes) { up_.open = down_.open = !yes; }
  void set_rtt(Milliseconds rtt);
  [[nodiscard]] TimePoint now() const { return now_; }
  [[nodiscard]] Path& up() { return up_; }
  [[nodiscard]] Path& down() { return down_; }
  [[nodiscard]] PredictionEngine& engine() { return engine_; }
  [[nodiscard]] const PredictionEngine& engine() const { return engine_; }
  [[nodiscard]] std::uint64_t wakes() const { return wakes_; }
  [[nodiscard]] std::uint64_t echo_ack() const { return newest_echo_ack_; }
  [[nodiscard]] std::uint64_t sent() const { return sent_; }
  /// The newest of our states that the screen shown answers.
  [[nodiscard]] std::uint64_t answered() const { return newest_heard_; }

 private:
  struct Typed {
    std::uint64_t state;
    std::string bytes;
  };
  struct Frame {
    std::uint64_t number;
    terminal::Framebuffer screen;
    std::uint64_t echo_ack;
    std::uint64_t heard;
  };

  void at(TimePoint time, std::function<void()> what) { events_.emplace(time, std::move(what)); }
  void carry(const Path& path, std::function<void()> what);
  void flush();
  void send_up();
  void arrive_up(const std::vector<Typed>& typed, std::optional<WindowSize> size, std::uint64_t acked);
  void server_changed();
  void send_down();
  void arrive_down(const Frame& frame);
  void draw();
  [[nodiscard]] Milliseconds interval() const;

  Milliseconds rtt_;
  Path up_;
  Path down_;
  std::mt19937 random_;
  TimePoint now_{std::chrono::hours(1)};
  terminal::Emulator emulator_;  // outlives every screen
  std::multimap<TimePoint, std::function<void()>> events_;

  // client
  PredictionEngine engine_;
  std::uint64_t sent_ = 0;
  std::string queued_;
  std::optional<WindowSize> window_;
  bool flushing_ = false;
  bool resending_up_ = false;
  TimePoint last_sent_{};
  std::deque<Typed> unacked_;
  std::uint64_t newest_number_ = 0;
  std::uint64_t newest_echo_ack_ = 0;
  std::uint64_t newest_heard_ = 0;
  TimePoint wake_ = kNever;
  std::uint64_t wakes_ = 0;

  // server
  terminal::EchoAckHistory echo_;
  std::unique_ptr<Program> program_;
  std::uint64_t heard_ = 0;
  std::uint64_t told_ = 0;  // of what was heard
  std::uint64_t frame_ = 0;
  std::uint64_t frame_acked_ = 0;
  bool sending_ = false;
  bool resending_down_ = false;
  TimePoint last_frame_{};

  terminal::Framebuffer newest_;
  terminal::Framebuffer shown_;
};

}  // namespace sallyport::client::testing
