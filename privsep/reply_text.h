// The bytes of each device reply: the closed list of terminal 4.8, printed by the monitor and by nobody else. No byte of a
// reply is chosen by the terminal but the digits of its two bounded integers. No system call, no allocation.
#pragma once

#include <cstddef>
#include <span>

#include "base/strong_id.h"
#include "privsep/terminal_monitor.h"

namespace sallyport::privsep {

/// No reply is longer.
inline constexpr std::size_t kMaxReplyBytes = 48;

/// Prints `reply` into `buffer` (at least kMaxReplyBytes). `size` is the monitor's own idea of the window; `largest` bounds a
/// cursor position: one outside it prints nothing, as does any reply out of range. Returns what was printed, possibly empty.
[[nodiscard]] std::span<const std::byte> print_reply(const Reply& reply, WindowSize size, WindowSize largest,
                                                     std::span<std::byte, kMaxReplyBytes> buffer);

}  // namespace sallyport::privsep
