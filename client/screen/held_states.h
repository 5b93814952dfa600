// The server's screens that the client keeps because a later difference may begin at one of them (wire 5.7), and the
// emulator that makes one from another. They share rows and tables. Whatever the server says, what is held is bounded
// in memory, and interpreting it in time. Linked by the client's screen. Specification: terminal 1.3, 6.2, 7.2;
// wire protocol 5.7, 7.7.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>

#include "base/strong_id.h"
#include "privsep/client_net_screen.h"
#include "terminal/emulator.h"

namespace sallyport::client {

/// A screen of the server's, and the newest of our states that its program had 50 ms to answer before.
struct HeldState {
  terminal::Framebuffer screen;
  StateNumber echo_ack;
};

class HeldStates {
 public:
  /// Ours: what cells of one session may point at. A picture that needs more at a time loses precision of colours and
  /// combining marks (terminal/row_store.h); links are not drawn by a client.
  static constexpr terminal::TableLimits kTables = {.styles = 1U << 16U, .clusters = 1U << 15U, .links = 64};
  /// Ours: sizes that one difference may give. An honest server gives one; each costs as much as all cells.
  static constexpr int kMaxSizesPerDiff = 8;

  /// State 0 is held: blank, in the size of the window (terminal 6.9). `window` is within limits.
  explicit HeldStates(WindowSize window);

  // ---- One difference, in the order of its records. False: no honest net sends that. ----

  [[nodiscard]] bool begin(const privsep::client::Diff& diff);
  [[nodiscard]] bool echo_ack(StateNumber state);
  [[nodiscard]] bool resize(WindowSize size);
  [[nodiscard]] bool write(std::span<const std::byte> host_bytes);
  /// The state is held from now on.
  [[nodiscard]] bool end();

  /// Between begin() and end(): nothing but the difference may come.
  [[nodiscard]] bool in_diff() const { return diff_.has_value(); }

  /// The state with the highest number. Borrowed until the next change.
  [[nodiscard]] const HeldState& newest() const { return held_.rbegin()->second; }
  [[nodiscard]] StateNumber newest_number() const { return held_.rbegin()->first; }
  /// How many are held.
  [[nodiscard]] std::size_t size() const { return held_.size(); }
  /// A blank screen that shares the tables of all states.
  [[nodiscard]] terminal::Framebuffer blank(WindowSize size) { return emulator_.blank_framebuffer(size); }
  /// Bytes of rows and tables of all framebuffers of this session, also of copies held elsewhere.
  [[nodiscard]] std::size_t bytes_in_use() const { return emulator_.bytes_in_use(); }

 private:
  struct Making {
    StateNumber state;
    StateNumber echo_ack;
    int sizes = 0;
  };

  void grow(WindowSize size);

  terminal::Emulator emulator_;
  std::map<StateNumber, HeldState> held_;  // never empty
  std::optional<Making> diff_;
  /// Of the first window and of all states: what net counts by is at least that, so that it never holds more than we
  /// do.
  WindowSize largest_{};
};

}  // namespace sallyport::client
