// A pseudoterminal pair: the controlling side, which the monitor keeps, and the terminal side, on which the session's program
// runs. Linked by the monitor. Wire protocol 8.2, command line 1.6.
#pragma once

#include <string>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/unique_fd.h"

namespace sallyport::pty {

struct Pty {
  UniqueFd pty_fd;  ///< controlling side: non-blocking
  UniqueFd tty_fd;  ///< terminal side: only for the session's program
};

/// Opens a pair of this size with the flag IUTF8 set, so that the kernel's erase takes whole characters. Both ends are
/// close-on-exec and neither becomes our controlling terminal. `size` must be within_limits().
[[nodiscard]] Result<Pty, SystemError> open_pty(WindowSize size);

/// Sets the window size; the program gets SIGWINCH if it differs. One ioctl: usable after lock-down. A size that does not
/// fit the kernel's 16-bit numbers is clamped to them.
[[nodiscard]] Result<void, SystemError> set_window_size(BorrowedFd pty_fd, WindowSize size);

/// The window size of any terminal, or nothing if `fd` is none or says 0 for a side.
[[nodiscard]] Result<WindowSize, SystemError> window_size(BorrowedFd fd);

/// The path of the terminal side, such as /dev/pts/4. Before lock-down only.
[[nodiscard]] Result<std::string, SystemError> terminal_path(BorrowedFd pty_fd);

}  // namespace sallyport::pty
