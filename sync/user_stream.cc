#include "sync/user_stream.h"

#include <algorithm>

#include "base/check.h"

namespace sallyport::sync {

void UserStream::append(std::span<const std::byte> typed) { bytes_.insert(bytes_.end(), typed.begin(), typed.end()); }

void UserStream::append(WindowSize size) { sizes_.push_back({end().value(), size}); }

std::uint64_t UserStream::byte_index(std::uint64_t position) const {
  const auto after = std::lower_bound(sizes_.begin(), sizes_.end(), position,
                                      [](const Size& size, std::uint64_t wanted) { return size.position < wanted; });
  return position - sizes_before_ - static_cast<std::uint64_t>(after - sizes_.begin());
}

SecretBytes UserStream::diff(UserPosition from, UserPosition to) const {
  CHECK(from.value() >= forgotten_ && from <= to && to <= end());
  SecretBytes out;
  std::uint64_t position = from.value();
  const auto put_bytes_until = [&](std::uint64_t until) {
    if (until == position) return;
    const std::uint64_t begin = byte_index(position) - bytes_before_;
    proto::put_keystrokes(std::span(bytes_).subspan(begin, until - position), out);
    position = until;
  };
  for (const Size& size : sizes_) {
    if (size.position < position) continue;
    if (size.position >= to.value()) break;
    put_bytes_until(size.position);
    const WindowSize cells = size.size;
    proto::put_window_size({static_cast<std::int32_t>(cells.columns), static_cast<std::int32_t>(cells.rows)}, out);
    ++position;
  }
  put_bytes_until(to.value());
  return out;
}

void UserStream::forget_before(UserPosition position) {
  CHECK(position <= end());
  forgotten_ = std::max(forgotten_, position.value());
  const auto dead = static_cast<std::size_t>(byte_index(forgotten_) - bytes_before_);
  wipe(std::span(bytes_).first(dead));
  while (!sizes_.empty() && sizes_.front().position < forgotten_) {
    sizes_.pop_front();
    ++sizes_before_;
  }
  // Moving the rest to the front only when at least half is dead keeps the cost per byte constant.
  if (dead > 0 && dead >= bytes_.size() / 2) {
    SecretBytes rest(bytes_.begin() + static_cast<std::ptrdiff_t>(dead), bytes_.end());
    bytes_.swap(rest);
    bytes_before_ += dead;
  }
}

}  // namespace sallyport::sync
