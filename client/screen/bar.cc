#include "client/screen/bar.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "terminal/utf8.h"
#include "terminal/width.h"

namespace sallyport::client {
namespace {

using namespace std::chrono_literals;
using privsep::client::Farewell;
using privsep::client::Notice;

// spec: prediction 8, command-line 2.6.
constexpr Duration kContactLateAfter = 6500ms;
constexpr Duration kReplyLateAfter = 10s;
constexpr Duration kNothingReceivedAfter = 250ms;
constexpr Duration kMessageLife = 1s;
constexpr Duration kNetworkMessageLife = 3100ms;
constexpr Duration kRefresh = 1s;
constexpr Duration kSlowRefresh = 3s;
constexpr Duration kSlowRefreshAfter = 60s;
// ours: a session that starts over a slow path is not told of firewalls before it had time to begin.
constexpr Duration kHelpAfter = 3s;
constexpr std::size_t kPrefixBytes = 6;  // "mosh: "
// spec: command-line 5, number 24.
constexpr std::int64_t kAwaySeconds = 3600;

std::int64_t whole_seconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

std::string two_digits(std::int64_t number) { return (number < 10 ? "0" : "") + std::to_string(number); }

/// "7" below a minute, then "m:ss", then "h:mm:ss".
std::string count_up(std::int64_t seconds) {
  if (seconds < 60) return std::to_string(seconds);
  if (seconds < 3600) return std::to_string(seconds / 60) + ':' + two_digits(seconds % 60);
  return std::to_string(seconds / 3600) + ':' + two_digits(seconds / 60 % 60) + ':' + two_digits(seconds % 60);
}

std::string network_error(const char* call, std::uint32_t number, std::uint16_t port, bool connected) {
  if (number != ECONNREFUSED) return std::string(call) + ": " + std::strerror(static_cast<int>(number));
  if (connected) return "Server port is closed: the session is probably gone.";
  return "Nothing listens on the server's UDP port " + std::to_string(port) + '.';
}

std::string notice_text(const Notice& notice, std::uint16_t port, bool connected) {
  switch (notice.kind) {
    case Notice::Kind::kSendFailed:
      return network_error("sendto", notice.number, port, connected);
    case Notice::Kind::kReceiveFailed:
      return network_error("recvmsg", notice.number, port, connected);
    case Notice::Kind::kNotAuthentic:
      return "Crypto exception: a datagram did not authenticate.";
    case Notice::Kind::kUnanswered:
      return "No answer over IPv" + std::to_string(notice.number) + "; using the other.";
    case Notice::Kind::kNotAScreen:
      return "The server sent what no server sends; ignored.";
    case Notice::Kind::kClear:
    case Notice::Kind::kNeverConnected:
      break;
  }
  return {};
}

const char* farewell_text(Farewell::Kind kind) {
  switch (kind) {
    case Farewell::Kind::kUser:
      return "Exiting on user request...";
    case Farewell::Kind::kInputEnded:
      return "Exiting...";
    case Farewell::Kind::kSignal:
      break;
  }
  return "Signal received, shutting down...";
}

bool is_control(std::uint8_t key) { return key < 0x20 || key == 0x7F; }
char letter_of(std::uint8_t control) { return static_cast<char>(control ^ 0x40U); }

std::string menu_text(std::uint8_t key) {
  const char pass = is_control(key) ? letter_of(key) : static_cast<char>(key);
  return std::string("Commands: Ctrl-Z suspends, \".\" quits, \"") + pass + "\" gives literal " + key_name(key);
}

TimePoint time_point(std::uint64_t nanoseconds, TimePoint latest) {
  return std::min(latest, TimePoint(Duration(static_cast<Duration::rep>(nanoseconds / 1000))));
}

}  // namespace

std::string key_name(std::uint8_t key) {
  if (is_control(key)) return std::string("Ctrl-") + letter_of(key);
  return std::string("\"") + static_cast<char>(key) + '"';
}

NotificationBar::NotificationBar(std::uint16_t port, std::optional<std::uint8_t> escape_key, const WallClock& wall,
                                 TimePoint now)
    : port_(port),
      escape_key_(escape_key),
      wall_(wall),
      start_(now),
      heard_(now),
      acked_(now),
      heard_wall_(wall.now()) {}

void NotificationBar::set_link(const privsep::client::Link& link, TimePoint now) {
  const TimePoint heard = time_point(link.heard_ns, now);
  if (heard != heard_) heard_wall_ = wall_.now() - whole_seconds(now - heard);
  heard_ = heard;
  acked_ = time_point(link.acked_ns, now);
  connected_ = link.connected;
}

void NotificationBar::set_notice(const Notice& notice, TimePoint now) {
  if (notice.kind == Notice::Kind::kClear) {
    if (message_.network) message_.expires = std::min(message_.expires, now + kMessageLife);
    return;
  }
  if (notice.kind == Notice::Kind::kNeverConnected) {
    timed_out_ = true;
    return;
  }
  const bool network = notice.kind == Notice::Kind::kSendFailed || notice.kind == Notice::Kind::kReceiveFailed;
  message_ = {.text = notice_text(notice, port_, connected_),
              .expires = now + (network ? kNetworkMessageLife : kMessageLife),
              .network = network};
}

void NotificationBar::set_menu(bool shown) { menu_ = shown && escape_key_.has_value(); }

void NotificationBar::set_farewell(Farewell::Kind kind) { farewell_ = kind; }

bool NotificationBar::contact_is_late(TimePoint now) const { return now - heard_ > kContactLateAfter; }
bool NotificationBar::reply_is_late(TimePoint now) const { return now - acked_ > kReplyLateAfter; }
bool NotificationBar::nothing_received(TimePoint now) const {
  return !connected_ && now - start_ > kNothingReceivedAfter;
}

std::string NotificationBar::message(TimePoint now) const {
  if (farewell_) return farewell_text(*farewell_);
  if (menu_) return menu_text(*escape_key_);
  if (timed_out_) return "Timed out waiting for server...";
  if (!message_.text.empty() && now < message_.expires) return message_.text;
  if (nothing_received(now)) return "Nothing received from server on UDP port " + std::to_string(port_) + '.';
  return {};
}

std::string NotificationBar::with_count_up(const std::string& message, TimePoint now) const {
  const bool contact = contact_is_late(now);
  if (!contact && !reply_is_late(now)) return message;
  const std::int64_t seconds = whole_seconds(now - (contact ? heard_ : acked_));
  const std::string count = count_up(seconds);
  const char* const what = contact ? "contact" : "reply";
  if (message.empty()) return std::string("Last ") + what + ' ' + count + (seconds < 60 ? " seconds ago." : " ago.");
  return message + " (" + count + (seconds < 60 ? " s" : "") + " without " + what + ".)";
}

std::string NotificationBar::quit_hint() const {
  const bool menu = menu_ && !farewell_;
  return menu || !escape_key_ ? std::string() : " [To quit: " + key_name(*escape_key_) + " .]";
}

std::string NotificationBar::help(TimePoint now) const {
  if (farewell_ || menu_) return {};
  if (nothing_received(now) && now - start_ > kHelpAfter) return " Is it blocked by a firewall? -p picks another one.";
  const bool away = std::max(whole_seconds(now - heard_), wall_.now() - heard_wall_) >= kAwaySeconds;
  return away && contact_is_late(now) ? " That was at " + wall_.hour_and_minute(heard_wall_) + '.' : std::string();
}

std::string NotificationBar::text(TimePoint now, std::uint32_t columns) const {
  const std::string said = with_count_up(message(now), now);
  if (said.empty()) return {};
  const std::string begin = "mosh: " + said;
  const std::string tail = help(now);
  const std::string end = quit_hint();
  if (begin.size() + tail.size() + end.size() <= columns) return begin + tail + end;
  if (begin.size() + end.size() <= columns) return begin + end;
  // How to quit is worth more than how long it has been so.
  const std::string brief = "mosh: " + message(now);
  return brief.size() > kPrefixBytes && brief.size() + end.size() <= columns ? brief + end : begin + end;
}

TimePoint NotificationBar::next_change(TimePoint now) const {
  TimePoint next = kNever;
  const auto consider = [&next, now](TimePoint when) {
    if (when > now) next = std::min(next, when);
  };
  const Duration past = Duration(1);  // each limit must be exceeded
  if (!connected_) {
    consider(start_ + kNothingReceivedAfter + past);
    consider(start_ + kHelpAfter + past);
  }
  consider(heard_ + kContactLateAfter + past);
  consider(acked_ + kReplyLateAfter + past);
  if (!message_.text.empty()) consider(message_.expires);
  const bool contact = contact_is_late(now);
  if (contact || reply_is_late(now)) {
    const TimePoint since = contact ? heard_ : acked_;
    const Duration step = now - heard_ > kSlowRefreshAfter ? kSlowRefresh : kRefresh;
    consider(since + std::chrono::seconds(whole_seconds(now - since)) + step);
  }
  return next;
}

void draw_bar(const std::string& text, terminal::Framebuffer& frame) {
  using namespace terminal;
  // spec: prediction 8: white on blue.
  Rendition blank{.foreground = Color::palette(7), .background = Color::palette(4)};
  Rendition bold = blank;
  bold.set(kBold, /*on=*/true);
  const StyleId style = packed_style(bold).value_or(StyleId());
  const RowWriter row = frame.writable_row(0);
  std::fill_n(row.cells(), row.columns(), Cell::make(' ', packed_style(blank).value_or(StyleId())));
  std::uint32_t column = 0;
  Utf8Decoder decoder;
  for (const char byte : text) {
    const auto step = decoder.feed(static_cast<std::uint8_t>(byte));
    if (!step.has_code_point) continue;
    const CharacterWidth width = width_of(step.code_point);
    if (width.dropped || width.columns == 0) continue;
    if (column + width.columns > row.columns()) break;
    row.cells()[column] = Cell::make(step.code_point, style, width.columns == 2 ? Cell::kWide : 0);
    if (width.columns == 2) row.cells()[column + 1] = Cell::make(0, style, Cell::kTail);
    row.note(/*wide=*/width.columns == 2, /*interned=*/false);
    column += width.columns;
  }
  if (frame.cursor().row == 0) frame.modes().cursor_visible = false;
}

}  // namespace sallyport::client
