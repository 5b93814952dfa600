#include "bench/paper/key_log.h"

#include <algorithm>
#include <utility>

namespace sallyport::bench {

KeyLog::KeyLog(std::vector<Picture> expected)
    : expected_(std::move(expected)), changed_(expected_.size()), records_(expected_.size()) {
  for (std::size_t key = 1; key < expected_.size(); ++key) {
    const Picture& before = expected_[key - 1];
    const Picture& after = expected_[key];
    for (std::uint32_t cell = after.first_compared(); cell < after.cells.size(); ++cell) {
      if (before.cells[cell] != after.cells[cell]) changed_[key].push_back(cell);
    }
  }
}

void KeyLog::typed(TimePoint now) { records_[++typed_].typed = now; }

bool KeyLog::agree(std::size_t key, const Picture& left, const Picture& right) const {
  if (changed_[key].empty()) return left.cursor == right.cursor;
  return std::ranges::all_of(changed_[key], [&](std::uint32_t cell) { return left.cells[cell] == right.cells[cell]; });
}

bool KeyLog::shows(std::size_t key, const Picture& screen) const {
  const KeyRecord& record = records_[key];
  const bool known = record.shown || screen.answered >= key;
  for (std::size_t after = key; after <= typed_; ++after) {
    // A later screen that looks there as it did before this key (typed and erased) does not tell that the key was ever
    // shown.
    const bool tells = known || after == key || !agree(key, expected_[after], expected_[key - 1]);
    if (tells && agree(key, screen, expected_[after])) return true;
  }
  return false;
}

bool KeyLog::is_some_right_screen(const Picture& screen) const {
  for (std::size_t key = screen.answered; key <= typed_; ++key) {
    if (screen.same_as(expected_[key])) return true;
  }
  return false;
}

void KeyLog::judge(std::size_t key, TimePoint now, const Picture& screen) {
  KeyRecord& record = records_[key];
  const bool confirmed = screen.answered >= key;
  const bool right = shows(key, screen);
  if (right && !record.shown) {
    record.shown = now;
    record.guessed = !confirmed;
  }
  if (!right && record.shown) {
    record.shown.reset();
    record.withdrawn |= !confirmed;
  }
  record.finished = right && confirmed;
}

void KeyLog::seen(TimePoint now, const Picture& screen) {
  for (std::size_t key = first_open_; key <= typed_; ++key) {
    if (!records_[key].finished) judge(key, now, screen);
  }
  if (!is_some_right_screen(screen)) {
    // Keys typed since the last screen changed it, but not as they should have. When a screen of the far program came
    // meanwhile, guesses held back until then may show now: the first one that is not right is blamed.
    const bool server = screen.answered != answered_when_seen_;
    for (std::size_t key = server ? screen.answered + 1 : typed_when_seen_ + 1; key <= typed_; ++key) {
      if (records_[key].shown) continue;
      records_[key].wrong = true;
      if (server) break;
    }
  }
  while (first_open_ <= typed_ && records_[first_open_].finished) ++first_open_;
  typed_when_seen_ = typed_;
  answered_when_seen_ = screen.answered;
}

}  // namespace sallyport::bench
