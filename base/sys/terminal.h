// A terminal's settings and size, as the client's tty owner and its guard need them. Never allocates, never waits.
#pragma once

#include <array>
#include <cstddef>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/unique_fd.h"

namespace sallyport::sys {

/// A terminal's settings as the kernel keeps them (its own struct termios), to be given back whole.
struct TerminalMode {
  alignas(8) std::array<std::byte, 64> settings{};
  bool operator==(const TerminalMode&) const = default;
};

/// TCGETS, once: the C library's tcgetattr() and tcsetattr() make calls of their own, which differ between versions.
[[nodiscard]] Result<TerminalMode, SystemError> terminal_mode(BorrowedFd terminal);
/// At once, without waiting for output (one TCSETS): a terminal that takes none must not delay it. Usable after
/// lock-down.
[[nodiscard]] Result<void, SystemError> set_terminal_mode(BorrowedFd terminal, const TerminalMode& mode);
/// `mode` with every byte passed as it is, both ways, and IUTF8 (spec: command line 2.2 step 9).
[[nodiscard]] TerminalMode raw_mode(const TerminalMode& mode);
/// TIOCGWINSZ as it is told: a side may be 0. Usable after lock-down.
[[nodiscard]] Result<WindowSize, SystemError> told_window_size(BorrowedFd terminal);
/// True if our process group has the terminal's foreground (one TIOCGPGRP, compared with `own_group`), or if `terminal`
/// is not our controlling terminal. `own_group`: getpgrp(), asked before lock-down.
[[nodiscard]] bool has_foreground(BorrowedFd terminal, int own_group);

/// Bytes that the other end of a Unix socket has not read yet (SIOCOUTQ); 0 if the kernel does not say. Usable after
/// lock-down.
[[nodiscard]] int unread_bytes(BorrowedFd socket);

}  // namespace sallyport::sys
