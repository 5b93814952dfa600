#include "sync/input_queue.h"

#include <algorithm>
#include <span>
#include <utility>

namespace sallyport::sync {
namespace {

// Ours: small inputs share a chunk, so that a million one-byte states cost a megabyte and not a hundred.
constexpr std::size_t kSharedChunkBytes = std::size_t{16} << 10U;
// Ours: above this many waiting states the newest are reported as one.
constexpr std::size_t kMaxMarks = 256;

}  // namespace

void InputQueue::push(UserEvents&& events) {
  if (events.resize) resize_ = PendingResize{events.state, *events.resize};
  const std::size_t count = events.bytes.size();
  if (!chunks_.empty() && chunks_.back().size() + count <= kSharedChunkBytes) {
    chunks_.back().insert(chunks_.back().end(), events.bytes.begin(), events.bytes.end());
  } else if (count > 0) {
    chunks_.push_back(std::move(events.bytes));
  }
  held_ += count;
  if (marks_.size() >= kMaxMarks) {
    marks_.back() = {events.state, taken_ + held_};
  } else {
    marks_.push_back({events.state, taken_ + held_});
  }
}

std::optional<PendingResize> InputQueue::take_resize() { return std::exchange(resize_, std::nullopt); }

std::optional<InputPiece> InputQueue::next(std::size_t limit, CursorKeyMode mode) {
  while (!marks_.empty() && limit >= 2) {
    const Mark mark = marks_.front();
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(mark.end - taken_, limit - 1));
    InputPiece piece{.state = mark.state, .last = taken_ + count == mark.end, .bytes = {}};
    take(count, mode, piece.bytes);
    if (piece.last) marks_.pop_front();
    if (piece.last || !piece.bytes.empty()) return piece;
  }
  return std::nullopt;
}

void InputQueue::take(std::size_t count, CursorKeyMode mode, SecretBytes& output) {
  held_ -= count;
  taken_ += count;
  while (count > 0) {
    const auto part = std::span(chunks_.front()).subspan(head_, std::min(count, chunks_.front().size() - head_));
    filter_.filter(part, mode, output);
    wipe(part);
    head_ += part.size();
    count -= part.size();
    if (head_ == chunks_.front().size()) {
      chunks_.pop_front();
      head_ = 0;
    }
  }
}

}  // namespace sallyport::sync
