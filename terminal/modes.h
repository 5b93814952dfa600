// The modes of the screen that a client is told, and the numbers of the private modes. Linked by the terminal
// compartment. Specification: terminal 2.5, 4.5, 6.3.
#pragma once

#include <cstdint>

namespace sallyport::terminal {

/// Which mouse events the program wants; the values are the private modes' numbers.
enum class MouseReporting : std::uint16_t {
  kNone = 0,
  kX10 = 9,
  kNormal = 1000,
  kHighlight = 1001,
  kButton = 1002,
  kAny = 1003,
};

/// How mouse events are written; the values are the private modes' numbers.
enum class MouseEncoding : std::uint16_t { kDefault = 0, kUtf8 = 1005, kSgr = 1006, kUrxvt = 1015 };

/// Draw state beside cursor and pen that a client's terminal has to follow.
struct Modes {
  bool cursor_visible = true;
  bool reverse_video = false;
  bool bracketed_paste = false;
  bool focus_events = false;
  bool alternate_scroll = false;  ///< 1007: kept, never sent to a stock client
  std::uint8_t cursor_style = 0;  ///< DECSCUSR 0..6: kept, never sent to a stock client
  MouseReporting mouse = MouseReporting::kNone;
  MouseEncoding encoding = MouseEncoding::kDefault;
  constexpr bool operator==(const Modes&) const = default;
};

}  // namespace sallyport::terminal
