#include "client/net/notices.h"

#include <algorithm>
#include <utility>

namespace sallyport::client {

void Notices::on(Notice::Kind kind, std::uint32_t number) { entry(kind).pending = std::min<std::uint32_t>(number, 4095); }

void Notices::over(Notice::Kind kind) {
  entry(kind).pending.reset();
  if (std::exchange(entry(kind).shown, false)) clear_ = true;
}

std::optional<Notices::Notice> Notices::take(TimePoint now) {
  for (std::size_t i = 1; i < kKinds; ++i) {
    Entry& entry = entries_[i];
    if (!entry.pending || (entry.said && now - *entry.said < kNoticeInterval)) continue;
    entry.said = now;
    entry.shown = true;
    clear_ = false;
    return Notice{static_cast<Notice::Kind>(i), *std::exchange(entry.pending, std::nullopt)};
  }
  if (std::exchange(clear_, false)) return Notice{};
  return std::nullopt;
}

}  // namespace sallyport::client
