// The event loop of the client's screen: states and keys from net, the window and the user's wishes from tty, frames
// back to tty, one at a time. Holds three channels and nothing else. Linked by the client's screen program.
// docs/architecture.md, section 9; prediction 9; command-line 2.3.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "client/common/compartment_arguments.h"
#include "client/screen/bar.h"
#include "client/screen/held_states.h"
#include "client/screen/painter.h"
#include "client/screen/prediction.h"
#include "privsep/channel.h"
#include "privsep/client_net_screen.h"
#include "privsep/client_tty_screen.h"

namespace sallyport::client {

class ScreenSession {
 public:
  struct Channels {
    privsep::Channel guard;
    privsep::Channel tty;
    privsep::Channel net;
  };

  /// `clock` and `wall` outlive the session.
  ScreenSession(Channels channels, const ScreenArguments& arguments, const Clock& clock, const WallClock& wall);

  /// Waits for one event, no longer than `at_most`, and handles what is ready. False when the last frame is in the
  /// terminal, guard or tty is gone, or somebody sent what no honest compartment sends: the process exits.
  [[nodiscard]] bool turn(Duration at_most = Duration::max());
  /// After turn() said false: nobody broke a rule.
  [[nodiscard]] bool ended_well() const { return !violated_; }

  /// For reports before the first turn.
  [[nodiscard]] const privsep::Channel& guard() const { return channels_.guard; }

  // ---- For tests ----
  /// Null before the first window.
  [[nodiscard]] const HeldStates* states() const { return picture_ ? &picture_->states : nullptr; }
  [[nodiscard]] const terminal::Framebuffer* shown() const { return picture_ ? &picture_->painter.shown() : nullptr; }
  /// When turn() wakes by itself; kNever if nothing is to do.
  [[nodiscard]] TimePoint next_timer() const;

 private:
  /// What exists once the window's size is known.
  struct Picture {
    Picture(WindowSize first, const ScreenArguments& arguments);
    HeldStates states;
    WindowSize window;
    Painter painter;
  };
  /// A frame on its way to the terminal; the next one waits until it is there.
  struct Underway {
    std::vector<std::byte> bytes;
    std::size_t sent = 0;
    bool complete = false;  ///< all of it was handed to tty
  };

  void wait_for_events(Duration at_most);
  [[nodiscard]] bool guard_is_there();
  [[nodiscard]] bool read_tty();
  [[nodiscard]] bool read_net();
  [[nodiscard]] bool take(const privsep::client::TtyToScreen& message);
  [[nodiscard]] bool take(const privsep::client::NetToScreen& message);
  void predict(const privsep::client::Keys& keys);
  void set_window(WindowSize window);
  [[nodiscard]] bool may_draw() const;
  void draw();
  [[nodiscard]] terminal::Framebuffer compose(TimePoint now);
  [[nodiscard]] bool flush();

  Channels channels_;
  ScreenArguments arguments_;
  const Clock& clock_;
  NotificationBar bar_;
  PredictionEngine prediction_;
  std::optional<Picture> picture_;
  std::optional<Underway> underway_;
  TimePoint redraw_at_ = kNever;  ///< by the frame drawn last
  bool draw_due_ = false;         ///< something that shows may have changed
  bool finishing_ = false;        ///< the next frame is the last one
  bool finished_ = false;
  bool tty_full_ = false;
  bool net_empty_ = false;  ///< nothing of net's is left to read
  bool net_ended_ = false;
  bool violated_ = false;
  std::vector<std::byte> record_;   ///< receive buffer
  std::vector<std::byte> scratch_;  ///< send buffer
};

}  // namespace sallyport::client
