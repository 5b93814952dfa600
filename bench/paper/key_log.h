// Judges what a client shows, key by key. It is told which screen is right after each key, when each key was typed, and
// every screen that the client drew; it says when each key's effect was there to stay, and which effects were guessed,
// rightly or wrongly. prediction 11.3 item 4. Time is a parameter.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "bench/paper/picture.h"

namespace sallyport::bench {

struct KeyRecord {
  TimePoint typed{};
  /// From when on the key's effect was right and stayed; nothing while it was not seen.
  std::optional<TimePoint> shown;
  bool finished = false;   ///< the far program's own screen confirmed it
  bool guessed = false;    ///< shown before any screen of the far program could have it
  bool wrong = false;      ///< an effect was shown that was not the right one
  bool withdrawn = false;  ///< the right effect was guessed, and removed again before it was confirmed
};

class KeyLog {
 public:
  /// `expected`: the screen at first and after each key, one more than there are keys.
  explicit KeyLog(std::vector<Picture> expected);

  [[nodiscard]] std::size_t keys() const { return expected_.size() - 1; }
  /// The next key was typed. Every screen drawn before was reported.
  void typed(TimePoint now);
  /// The client shows this since `now`.
  void seen(TimePoint now, const Picture& screen);
  /// Every key typed so far is confirmed.
  [[nodiscard]] bool all_finished() const { return first_open_ > typed_; }
  /// The screen before any key is shown.
  [[nodiscard]] bool is_start(const Picture& screen) const { return screen.same_as(expected_[0]); }
  /// Of key `number`, from 1.
  [[nodiscard]] const KeyRecord& record(std::size_t number) const { return records_[number]; }

 private:
  [[nodiscard]] bool agree(std::size_t key, const Picture& left, const Picture& right) const;
  [[nodiscard]] bool shows(std::size_t key, const Picture& screen) const;
  [[nodiscard]] bool is_some_right_screen(const Picture& screen) const;
  void judge(std::size_t key, TimePoint now, const Picture& screen);

  std::vector<Picture> expected_;
  std::vector<std::vector<std::uint32_t>>
      changed_;                     // per key: the cells that differ from the screen before; empty: the cursor alone
  std::vector<KeyRecord> records_;  // from 1
  std::size_t typed_ = 0;
  std::size_t first_open_ = 1;
  std::size_t typed_when_seen_ = 0;
  std::uint64_t answered_when_seen_ = 0;
};

}  // namespace sallyport::bench
