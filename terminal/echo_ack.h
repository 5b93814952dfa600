// When the client may be told that the program has had time to answer what was typed: 50 ms after the input of a
// client state reached the program, that state's number becomes the echo ack. Linked by the terminal compartment;
// wire protocol 7.5. Deviation that the section allows: the first input of a session has a timer of its own, like
// every later one.
#pragma once

#include <array>
#include <cstddef>

#include "base/clock.h"
#include "base/strong_id.h"

namespace sallyport::terminal {

/// spec: wire protocol 7.5, "set_echo_ack".
inline constexpr Duration kEchoAckDelay = std::chrono::milliseconds(50);
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
  /// When advance() will next change the echo ack; kNever if nothing waits.
  [[nodiscard]] TimePoint next_timer() const;

 private:
  struct Waiting {
    StateNumber state;
    TimePoint due;
  };

  [[nodiscard]] Waiting& at(std::size_t place) { return waiting_[(first_ + place) % kMaxWaitingInputs]; }

  StateNumber value_;
  StateNumber newest_;  ///< highest state ever given
  std::array<Waiting, kMaxWaitingInputs> waiting_{};
  std::size_t first_ = 0;
  std::size_t count_ = 0;
};

}  // namespace sallyport::terminal
