// When the person is told what goes wrong with the network (command line 2.6): each kind at most once a second while it goes
// on, and once that it is over. Linked by the client's net. Pure logic.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "privsep/client_net_screen.h"

namespace sallyport::client {

/// Ours: below the bar's lifetime for a network error (3.1 s, command line 2.6).
inline constexpr Duration kNoticeInterval = std::chrono::seconds(1);

class Notices {
 public:
  using Notice = privsep::client::Notice;

  /// Something of that kind has happened.
  void on(Notice::Kind kind, std::uint32_t number = 0);
  /// What was said of that kind is over.
  void over(Notice::Kind kind);
  /// The next one to say now; nothing if nothing is due.
  [[nodiscard]] std::optional<Notice> take(TimePoint now);

 private:
  static constexpr std::size_t kKinds = 7;
  struct Entry {
    std::optional<std::uint32_t> pending;
    std::optional<TimePoint> said;
    bool shown = false;  ///< said, and not over
  };
  [[nodiscard]] Entry& entry(Notice::Kind kind) { return entries_[static_cast<std::size_t>(kind)]; }

  std::array<Entry, kKinds> entries_;
  bool clear_ = false;
};

}  // namespace sallyport::client
