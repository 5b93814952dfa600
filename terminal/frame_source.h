// FrameSource: everything that the terminal compartment computes. The emulator of the session's program, the screens
// that the client may have, the echo ack, and the hold that a program asks for with synchronised output; what comes
// out is frames: differences ready to be sent. The compartment around it only moves messages. Linked by the terminal
// compartment. Specification: terminal 1.3, 4.7 (2026), 6; wire protocol 5.5, 7.3, 7.5; architecture 3.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/clock.h"
#include "base/strong_id.h"
#include "terminal/display.h"
#include "terminal/echo_ack.h"
#include "terminal/emulator.h"
#include "terminal/snapshots.h"

namespace sallyport::terminal {

/// spec: terminal 4.7: a program that began a synchronised update and went silent is shown after this time.
inline constexpr Duration kMaxSynchronisedHold = std::chrono::milliseconds(1000);
/// ours: a program that has hidden the cursor is about to draw: no frame shows its half-drawn screen for so long. As
/// long as a stock server collects what comes before any frame.
inline constexpr Duration kMaxRedrawHold = std::chrono::milliseconds(8);

/// One difference, from the screen kept as `base` to the one now kept as `snapshot`. A client's instruction is: echo
/// ack if it changed, resize if that changed, then the host bytes, if there are any (wire 7.3).
struct FrameDescription {
  SnapshotId base;
  SnapshotId snapshot;
  ContentVersion version;  ///< equal versions are equal screens with equal echo acks; never decreases
  WindowSize size;
  bool size_changed = false;
  bool echo_ack_changed = false;
  StateNumber echo_ack;
  std::span<const std::byte> host_bytes;  ///< at most kMaxHostBytes; borrowed until the next call of take_frame()
};

class FrameSource {
 public:
  /// A blank screen of that size, clamped. Snapshot 0 is one of 80x24 and stays so.
  explicit FrameSource(WindowSize initial = {});
  FrameSource(const FrameSource&) = delete;
  FrameSource& operator=(const FrameSource&) = delete;

  // ---- From the monitor ----

  void host_output(std::span<const std::byte> bytes, TimePoint now);
  /// A size out of limits is clamped. Ends a synchronised update, except if it is the size already.
  void resize(WindowSize size, TimePoint now);
  /// The input of that client state is in the program's terminal.
  void input_written(StateNumber state, TimePoint now) { echo_ack_.input_written(state, now); }
  /// The oldest answer that the program is owed, taken out.
  [[nodiscard]] std::optional<Reply> next_reply() { return emulator_.replies().take(); }
  [[nodiscard]] bool application_cursor_keys() const { return emulator_.application_cursor_keys(); }

  // ---- For net ----

  /// A frame taken now would differ from the last one taken, and should be taken. False while a synchronised update is
  /// held back, for a moment after the program has hidden the cursor, and while a new echo ack waits for company.
  [[nodiscard]] bool dirty(TimePoint now);
  /// When dirty() may change without a call of the monitor's part: an echo ack is to have a frame, a hold ends. kNever
  /// if neither.
  [[nodiscard]] TimePoint next_timer() const;
  /// Keeps the screen as `snapshot` and describes the way to it from `assumed` or `acknowledged`, chosen by the rule
  /// of prospective resending (wire 5.5). None if `acknowledged` is not a snapshot that can be a base any more, or
  /// `snapshot` is not newer than all before: a violation. An acknowledged screen that was dropped for lack of room
  /// is no violation: it gets a repaint that is right from any base. What does not fit into one frame stays dirty and
  /// comes with the next ones.
  [[nodiscard]] std::optional<FrameDescription> take_frame(SnapshotId assumed, SnapshotId acknowledged,
                                                           SnapshotId snapshot, TimePoint now);
  /// Snapshots older than this will not be named again (but 0 may).
  void forget(SnapshotId oldest_kept);

  // ---- For tests and logs ----
  [[nodiscard]] const Snapshots& snapshots() const { return snapshots_; }
  [[nodiscard]] const Emulator& emulator() const { return emulator_; }

 private:
  /// What the last frame taken showed.
  struct Taken {
    SnapshotId id;
    ContentVersion screen;   ///< the emulator's version
    ContentVersion version;  ///< the frame's
    StateNumber echo_ack;
    bool complete = true;        ///< false: rows are missing
    bool cursor_visible = true;
  };
  /// The screen before the synchronised update that is held back.
  struct Published {
    Framebuffer screen;
    ContentVersion version;
  };
  struct Difference {
    SnapshotId base;
    DiffExtent extent;
    bool size_changed = false;
    bool echo_ack_changed = false;
  };

  void write_switch(std::span<const std::byte> bytes, TimePoint now);
  void follow_switch(TimePoint now);
  void settle(TimePoint now);
  [[nodiscard]] const Framebuffer& screen() const { return held_ ? held_->screen : emulator_.framebuffer(); }
  [[nodiscard]] ContentVersion screen_version() const { return held_ ? held_->version : emulator_.version(); }
  [[nodiscard]] bool same_screen() const { return taken_.complete && screen_version() == taken_.screen; }
  [[nodiscard]] bool unchanged() const { return same_screen() && echo_ack_.value() == taken_.echo_ack; }
  [[nodiscard]] TimePoint redraw_hold_end() const;
  [[nodiscard]] bool may_be_base(SnapshotId id) const;
  [[nodiscard]] Difference write_difference(SnapshotId from, DiffBuffer& out);
  [[nodiscard]] bool choose_acknowledged(const Difference& acknowledged, const Difference& assumed) const;
  [[nodiscard]] bool is_newest(const Difference& difference, const DiffBuffer& bytes) const;
  void keep(SnapshotId snapshot, const Difference& difference, bool as_newest);
  [[nodiscard]] Framebuffer shown_after(const Difference& difference) const;

  Emulator emulator_;
  Snapshots snapshots_;
  EchoAckHistory echo_ack_;
  Display display_;
  std::optional<Published> before_;  ///< the screen before an unfinished sequence that may begin an update
  std::optional<Published> held_;
  TimePoint hold_until_ = kNever;
  std::optional<TimePoint> cursor_hidden_;  ///< when it was first seen hidden since the last frame
  bool synchronised_ = false;  ///< mode 2026 when last looked at
  SnapshotId newest_;
  SnapshotId oldest_kept_;
  Taken taken_;
  DiffBuffer from_acknowledged_;
  DiffBuffer from_assumed_;
};

}  // namespace sallyport::terminal
