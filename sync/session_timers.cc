#include "sync/session_timers.h"

#include <algorithm>
#include <charconv>

namespace sallyport::sync {
namespace {

// Ours: keeps every sum of times far from overflow.
constexpr std::int64_t kLongestTimeoutSeconds = std::int64_t{100} * 366 * 24 * 3600;

}  // namespace

std::optional<Duration> parse_timeout_seconds(std::string_view text) {
  if (text.empty()) return Duration(0);
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || seconds < 0 || seconds > kLongestTimeoutSeconds) return std::nullopt;
  return std::chrono::seconds(seconds);
}

bool SessionTimers::on_client_state(TimePoint now) {
  newest_ = now;
  contacted_ = true;
  const bool was_silent = silent_;
  silent_ = false;
  return was_silent;
}

SessionStep SessionTimers::on_terminate(Attachment attachment) const {
  return attachment == Attachment::kAttached && !closing_ ? SessionStep::kStartShutdown : SessionStep::kEndSignalled;
}

SessionStep SessionTimers::on_usr1(TimePoint now, Attachment attachment) const {
  const bool counts = timeouts_.signal == Duration(0) || now - newest_ >= timeouts_.signal;
  return counts ? on_terminate(attachment) : SessionStep::kNone;
}

SessionStep SessionTimers::on_time(TimePoint now, Attachment attachment) const {
  if (timeouts_.network > Duration(0) && now >= newest_ + timeouts_.network) {
    if (attachment == Attachment::kAttached && !closing_) return SessionStep::kStartShutdown;
    const bool farewell_over = now >= newest_ + timeouts_.network + kIdleFarewell;
    if (attachment == Attachment::kDetached || farewell_over) return SessionStep::kEndIdle;
  }
  if (!contacted_ && now >= newest_ + kNoClientTimeout) return SessionStep::kEndNoClient;
  return SessionStep::kNone;
}

bool SessionTimers::take_silent(TimePoint now) {
  if (!contacted_ || silent_ || now <= newest_ + kSilentAfter) return false;
  silent_ = true;
  return true;
}

TimePoint SessionTimers::next_deadline() const {
  TimePoint next = kNever;
  if (!contacted_) next = newest_ + kNoClientTimeout;
  if (contacted_ && !silent_) next = newest_ + kSilentAfter + Duration(1);
  if (timeouts_.network > Duration(0)) {
    next = std::min(next, newest_ + timeouts_.network + (closing_ ? kIdleFarewell : Duration(0)));
  }
  return next;
}

}  // namespace sallyport::sync
