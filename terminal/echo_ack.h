// When the client may be told that the program has had time to answer what was typed: 50 ms after the input of a
// client state reached the program, that state's number becomes the echo ack. Linked by the terminal compartment;
// wire protocol 7.5. Deviation that the section allows: the first input of a session has a timer of its own, like
// every later one.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "base/clock.h"
#include "base/strong_id.h"

namespace sallyport::terminal {

/// spec: wire protocol 7.5, "set_echo_ack".
inline constexpr Duration kEchoAckDelay = std::chrono::milliseconds(50);
/// ours: so much longer a new echo ack waits for a frame that goes out anyway before it gets one of its own: with a key
/// that repeats 25 times a second or faster there always is one. Over a fast path the datagrams of bench/wire_bytes'
/// editor go from 390 to 354 (stock: 358 to 375) and its bytes from 40.6 to 35.9 kB (stock: 38.7 to 40). 20 ms: 389
/// and 40.8 kB. Only the end of a wrong prediction comes later by it: stock's own frame waits 8 ms, and half a round
/// trip from the frame before.
inline constexpr Duration kEchoAckCompany = std::chrono::milliseconds(32);
/// ours: inputs that can wait at once. More within 50 ms are merged into the newest waiting one, which then waits for
/// the newest of them: nothing is acknowledged early, and at most 100 ms after it was written.
inline constexpr std::size_t kMaxWaitingInputs = 64;

class EchoAckHistory {
 public:
  /// The input of client state `state` is in the program's terminal since `now`. Numbers that do not grow are
  /// ignored.
  void input_written(StateNumber state, TimePoint now);

  /// Moves the echo ack to the newest state whose 50 ms are over. True if that changed it. It never decreases.
  bool advance(TimePoint now);

  [[nodiscard]] StateNumber value() const { return value_; }
  /// A frame carries value() to the client.
  void on_frame() { ripe_.reset(); }
  /// When the echo ack, as it is or as it will be by then, is worth a frame of its own; kNever if the last frame has
  /// it.
  [[nodiscard]] TimePoint frame_due() const;

 private:
  struct Waiting {
    StateNumber state;
    TimePoint due;
  };

  [[nodiscard]] Waiting& at(std::size_t place) { return waiting_[(first_ + place) % kMaxWaitingInputs]; }

  StateNumber value_;
  StateNumber newest_;  ///< highest state ever given
  std::optional<TimePoint> ripe_;  ///< when the 50 ms of the first state since the last frame were over
  std::array<Waiting, kMaxWaitingInputs> waiting_{};
  std::size_t first_ = 0;
  std::size_t count_ = 0;
};

}  // namespace sallyport::terminal
