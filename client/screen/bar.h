// The notification bar: what it says and until when, with the clocks of the link, and how it covers the first row.
// Linked by the client's screen. Specification: prediction 8; command-line 2.6, 5 (numbers 1, 24, 25).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "privsep/client_net_screen.h"
#include "privsep/client_tty_screen.h"
#include "terminal/framebuffer.h"

namespace sallyport::client {

/// The time that a person's clock shows. Separate from Clock, which counts but does not know the hour.
class WallClock {
 public:
  WallClock() = default;
  WallClock(const WallClock&) = delete;
  WallClock& operator=(const WallClock&) = delete;
  virtual ~WallClock() = default;
  /// Seconds since the epoch.
  [[nodiscard]] virtual std::int64_t now() const = 0;
  /// Hour and minute of that time here, as "14:05".
  [[nodiscard]] virtual std::string hour_and_minute(std::int64_t seconds) const = 0;
};

class NotificationBar {
 public:
  /// `port` and `escape_key` are for its texts. `wall` outlives the bar. Both clocks of the link start at `now`.
  NotificationBar(std::uint16_t port, std::optional<std::uint8_t> escape_key, const WallClock& wall, TimePoint now);

  // ---- What there is to say ----
  void set_link(const privsep::client::Link& link, TimePoint now);
  void set_notice(const privsep::client::Notice& notice, TimePoint now);
  void set_menu(bool shown);
  void set_farewell(privsep::client::Farewell::Kind kind);

  /// The bar's text at `now`, of at most `columns` (helpful tails only where they fit, and a message's
  /// age only where how to quit fits as well); empty: no bar.
  [[nodiscard]] std::string text(TimePoint now, std::uint32_t columns) const;
  /// When text() changes by itself; kNever if it does not.
  [[nodiscard]] TimePoint next_change(TimePoint now) const;

 private:
  /// How long a message of net's stays.
  struct Message {
    std::string text;
    TimePoint expires = kNever;
    bool network = false;  ///< ends when the network is well again
  };

  [[nodiscard]] bool contact_is_late(TimePoint now) const;
  [[nodiscard]] bool reply_is_late(TimePoint now) const;
  [[nodiscard]] std::string message(TimePoint now) const;
  [[nodiscard]] std::string with_count_up(const std::string& message, TimePoint now) const;
  [[nodiscard]] std::string quit_hint() const;
  [[nodiscard]] std::string help(TimePoint now) const;
  [[nodiscard]] bool nothing_received(TimePoint now) const;

  std::uint16_t port_;
  std::optional<std::uint8_t> escape_key_;
  const WallClock& wall_;
  TimePoint start_;
  TimePoint heard_;
  TimePoint acked_;
  std::int64_t heard_wall_;
  bool connected_ = false;
  bool menu_ = false;
  bool timed_out_ = false;
  std::optional<privsep::client::Farewell::Kind> farewell_;
  Message message_;
};

/// Covers the first row with `text`, cut at the right edge; hides the cursor if it is there. `text` is ours; of UTF-8
/// what has no width is left out.
void draw_bar(const std::string& text, terminal::Framebuffer& frame);

/// The name of a key: `Ctrl-^`, or `"~"` for one that prints. `key` is 1..127.
[[nodiscard]] std::string key_name(std::uint8_t key);

}  // namespace sallyport::client
