#include "pty/pty.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>

#include "base/sys/io.h"

namespace sallyport::pty {
namespace {

std::unexpected<SystemError> refused(const char* call) { return std::unexpected(SystemError{call, errno}); }

Result<UniqueFd, SystemError> open_terminal_side(BorrowedFd pty_fd) {
  // TIOCGPTPEER needs no path and so no devpts at a known place; kernels before 4.13 lack it.
  UniqueFd tty(::ioctl(pty_fd.number(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (tty.valid()) return tty;
  const std::string path = TRY(terminal_path(pty_fd));
  tty = UniqueFd(::open(path.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!tty.valid()) return refused("open");
  return tty;
}

Result<void, SystemError> set_iutf8(BorrowedFd tty) {
  termios modes{};
  if (::tcgetattr(tty.number(), &modes) < 0) return refused("tcgetattr");
  modes.c_iflag |= IUTF8;
  if (::tcsetattr(tty.number(), TCSANOW, &modes) < 0) return refused("tcsetattr");
  return {};
}

}  // namespace

Result<Pty, SystemError> open_pty(WindowSize size) {
  Pty pty;
  pty.pty_fd = UniqueFd(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!pty.pty_fd.valid()) return refused("posix_openpt");
  if (::grantpt(pty.pty_fd.borrow().number()) < 0) return refused("grantpt");
  if (::unlockpt(pty.pty_fd.borrow().number()) < 0) return refused("unlockpt");
  pty.tty_fd = TRY(open_terminal_side(pty.pty_fd));
  TRY_VOID(set_iutf8(pty.tty_fd));
  TRY_VOID(set_window_size(pty.pty_fd, size));
  TRY_VOID(sys::set_nonblocking(pty.pty_fd));
  return pty;
}

Result<void, SystemError> set_window_size(BorrowedFd pty_fd, WindowSize size) {
  constexpr std::uint32_t kMaxSide = UINT16_MAX;
  winsize wanted{};
  wanted.ws_col = static_cast<unsigned short>(std::min(size.columns, kMaxSide));
  wanted.ws_row = static_cast<unsigned short>(std::min(size.rows, kMaxSide));
  if (::ioctl(pty_fd.number(), TIOCSWINSZ, &wanted) < 0) return refused("ioctl");
  return {};
}

Result<WindowSize, SystemError> window_size(BorrowedFd fd) {
  winsize found{};
  if (::ioctl(fd.number(), TIOCGWINSZ, &found) < 0) return refused("ioctl");
  if (found.ws_col == 0 || found.ws_row == 0) return std::unexpected(SystemError{"ioctl", ERANGE});
  return WindowSize{found.ws_col, found.ws_row};
}

Result<std::string, SystemError> terminal_path(BorrowedFd pty_fd) {
  std::array<char, 128> path{};
  if (const int error = ::ptsname_r(pty_fd.number(), path.data(), path.size()); error != 0) {
    return std::unexpected(SystemError{"ptsname_r", error});
  }
  return std::string(path.data());
}

}  // namespace sallyport::pty
