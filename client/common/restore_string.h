// What the client's terminal is sent at the start and at the end besides smcup and rmcup (command line 2.2 step
// 10, 2.8). Linked by tty and by guard, which restores the terminal if tty died.
#pragma once

#include <string_view>

namespace sallyport::client {

/// Application cursor keys on (spec: 2.2).
inline constexpr std::string_view kEnterString = "\033[?1h";

/// Every mode that a session may have switched on is off again, then rmcup follows. In the specification's order; ours
/// are the first and the fourth line: synchronised output, and reverse video, bracketed paste and focus events, which
/// stock leaves on.
inline constexpr std::string_view kRestoreString =
    "\033[?2026l"
    "\033[?1l\033[0m"
    "\033[?25h"
    "\033[?5l\033[?2004l\033[?1004l"
    "\033[?1003l\033[?1002l\033[?1001l\033[?1000l\033[?9l"
    "\033[?1015l\033[?1006l\033[?1005l";

/// Before it, when what went to the terminal last may have been cut in the middle: CAN ends a sequence, ST a string;
/// then no scroll region, and the cursor on the last row.
inline constexpr std::string_view kAfterTornOutput = "\x18\033\\\033[r\033[9999H";

}  // namespace sallyport::client
