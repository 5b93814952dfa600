#include "base/sys/terminal.h"

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <cstring>

namespace sallyport::sys {

static_assert(sizeof(termios) <= sizeof(TerminalMode::settings));

Result<TerminalMode, SystemError> terminal_mode(BorrowedFd terminal) {
  TerminalMode mode;
  if (::ioctl(terminal.number(), TCGETS, mode.settings.data()) < 0)
    return std::unexpected(SystemError{"tcgetattr", errno});
  return mode;
}

Result<void, SystemError> set_terminal_mode(BorrowedFd terminal, const TerminalMode& mode) {
  if (::ioctl(terminal.number(), TCSETS, mode.settings.data()) < 0)
    return std::unexpected(SystemError{"tcsetattr", errno});
  return {};
}

TerminalMode raw_mode(const TerminalMode& mode) {
  termios settings{};
  std::memcpy(&settings, mode.settings.data(), sizeof settings);
  // As cfmakeraw(3) documents.
  settings.c_iflag &= ~static_cast<tcflag_t>(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
  settings.c_iflag |= IUTF8;
  settings.c_oflag &= ~static_cast<tcflag_t>(OPOST);
  settings.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
  settings.c_cflag &= ~static_cast<tcflag_t>(CSIZE | PARENB);
  settings.c_cflag |= CS8;
  settings.c_cc[VMIN] = 1;
  settings.c_cc[VTIME] = 0;
  TerminalMode raw;
  std::memcpy(raw.settings.data(), &settings, sizeof settings);
  return raw;
}

Result<WindowSize, SystemError> told_window_size(BorrowedFd terminal) {
  winsize size{};
  if (::ioctl(terminal.number(), TIOCGWINSZ, &size) < 0) return std::unexpected(SystemError{"ioctl", errno});
  return WindowSize{size.ws_col, size.ws_row};
}

bool has_foreground(BorrowedFd terminal, int own_group) {
  int group = 0;
  return ::ioctl(terminal.number(), TIOCGPGRP, &group) < 0 || group == own_group;
}

int unread_bytes(BorrowedFd socket) {
  int bytes = 0;
  return ::ioctl(socket.number(), SIOCOUTQ, &bytes) < 0 ? 0 : bytes;
}

}  // namespace sallyport::sys
