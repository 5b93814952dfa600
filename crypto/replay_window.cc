#include "crypto/replay_window.h"

#include <algorithm>

namespace sallyport::crypto {
namespace {
constexpr std::uint64_t kBitsPerWord = 64;
}  // namespace

Freshness ReplayWindow::check(SequenceNumber sequence) const {
  const std::uint64_t number = sequence.value();
  if (number >= expected_) return Freshness::kInOrder;
  if (expected_ - number > kReplayWindowNumbers) return Freshness::kTooOld;
  const std::uint64_t word = seen_[(number / kBitsPerWord) % kWords];
  return ((word >> (number % kBitsPerWord)) & 1U) != 0 ? Freshness::kRepeated : Freshness::kLate;
}

Freshness ReplayWindow::accept(SequenceNumber sequence) {
  const Freshness freshness = check(sequence);
  if (freshness != Freshness::kInOrder && freshness != Freshness::kLate) return freshness;
  const std::uint64_t number = sequence.value();
  if (freshness == Freshness::kInOrder) {
    // Clear the words that the window slides into; all of them after a jump. Word 0 is clear from the start.
    const std::uint64_t newest_word = expected_ == 0 ? 0 : (expected_ - 1) / kBitsPerWord;
    const std::uint64_t steps = std::min<std::uint64_t>(number / kBitsPerWord - newest_word, kWords);
    for (std::uint64_t i = 1; i <= steps; ++i) {
      seen_[(newest_word + i) % kWords] = 0;
    }
    expected_ = number + 1;
  }
  seen_[(number / kBitsPerWord) % kWords] |= std::uint64_t{1} << (number % kBitsPerWord);
  return freshness;
}

}  // namespace sallyport::crypto
