// How long the datagrams are that instructions are cut into: the largest that should pass, until they show that they do not.
// Some paths drop what is longer than they carry and say nothing, or what says it is dropped; then only the silence tells:
// instructions in long datagrams are not acknowledged while the peer is heard. Stock stalls on such a path. Linked by net and
// by the client's net. Wire 3.5, 3.10. Pure logic.
#pragma once

#include <cstddef>
#include <vector>

#include "base/clock.h"
#include "base/strong_id.h"
#include "net/mtu.h"

namespace sallyport::sync {

/// Ours: so many transmissions in long datagrams, known to have been in vain, mean that the path does not carry them; more if it
/// has carried some.
inline constexpr int kVainUntilShort = 4;
inline constexpr int kVainUntilShortIfProved = 8;
/// Ours: and so many when they are tried again.
inline constexpr int kVainOnTrial = 2;
/// Ours: where short ones fare no better it was not the length.
inline constexpr int kVainUntilLongAgain = 6;
/// Ours: long ones are tried again after this, then after twice as long each time until they pass.
inline constexpr Duration kFirstTrial = std::chrono::minutes(1);
inline constexpr Duration kLastTrial = std::chrono::hours(1);

class DatagramSize {
 public:
  /// `longest`: net::max_datagram_bytes of the address's family.
  explicit DatagramSize(std::size_t longest) : longest_(longest) {}

  /// For the next instruction.
  [[nodiscard]] std::size_t bytes(TimePoint now);

  /// A send failed with EMSGSIZE: short ones for the rest of the session (wire 3.10).
  void on_too_big() { short_for_good_ = true; }
  /// Datagrams take another way from now on: nothing is known of it.
  void on_path_change(std::size_t longest);
  /// An instruction went out that makes state `num`; the longest of its `datagrams` had `bytes`.
  void on_sent(StateNumber num, std::size_t bytes, TimePoint now, std::size_t datagrams = 1);
  /// An instruction came that acknowledges `num`. `patience`: how long an acknowledgment may take. `loss`: the share of short
  /// datagrams that is lost, so that loss is not taken for a limit. True: the length has changed, and what is not acknowledged
  /// should go out again at once.
  [[nodiscard]] bool on_acknowledgment(StateNumber num, TimePoint now, Duration patience, double loss = 0);

 private:
  /// One transmission of an instruction that did not fit into one short datagram.
  struct Try {
    StateNumber num;
    TimePoint at;
    std::size_t datagrams;
  };
  [[nodiscard]] bool note_arrival(StateNumber num);
  [[nodiscard]] int vain_until_change() const;
  void change(TimePoint now);

  std::size_t longest_;
  bool short_ = false;
  bool short_for_good_ = false;
  bool proved_ = false;      ///< in the present length an instruction has arrived
  bool on_trial_ = false;    ///< long ones are tried again
  Duration next_trial_ = kFirstTrial;
  TimePoint trial_at_ = kNever;
  std::vector<Try> tries_;   ///< in the present length, not acknowledged
};

}  // namespace sallyport::sync
