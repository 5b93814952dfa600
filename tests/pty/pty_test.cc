#include "pty/pty.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/bytes.h"
#include "base/sys/io.h"

namespace sallyport::pty {
namespace {

TEST(Pty, HasItsSizeAndIutf8FromTheStart) {
  const auto pty = open_pty({100, 30});
  ASSERT_TRUE(pty);
  EXPECT_EQ(window_size(pty->tty_fd), (WindowSize{100, 30}));
  termios modes{};
  ASSERT_EQ(::tcgetattr(pty->tty_fd.borrow().number(), &modes), 0);
  EXPECT_NE(modes.c_iflag & IUTF8, 0U);
  EXPECT_NE(modes.c_lflag & ECHO, 0U);
}

TEST(Pty, NeitherEndOutlivesAnExecNorBlocksTheMonitor) {
  const auto pty = open_pty({80, 24});
  ASSERT_TRUE(pty);
  EXPECT_NE(::fcntl(pty->pty_fd.borrow().number(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_NE(::fcntl(pty->tty_fd.borrow().number(), F_GETFD) & FD_CLOEXEC, 0);
  std::array<std::byte, 16> buffer{};
  const auto got = sys::read(pty->pty_fd, buffer);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().number, EAGAIN);
}

TEST(Pty, ResizesAndClampsToWhatTheKernelHolds) {
  const auto pty = open_pty({80, 24});
  ASSERT_TRUE(pty);
  ASSERT_TRUE(set_window_size(pty->pty_fd, {4096, 1024}));
  EXPECT_EQ(window_size(pty->tty_fd), (WindowSize{4096, 1024}));
  ASSERT_TRUE(set_window_size(pty->pty_fd, {70000, 1}));
  EXPECT_EQ(window_size(pty->tty_fd), (WindowSize{65535, 1}));
}

TEST(Pty, SizeOfWhatIsNoTerminalOrHasNoneIsAnError) {
  const auto pty = open_pty({80, 24});
  ASSERT_TRUE(pty);
  winsize none{};
  ASSERT_EQ(::ioctl(pty->pty_fd.borrow().number(), TIOCSWINSZ, &none), 0);
  EXPECT_FALSE(window_size(pty->tty_fd));
  const auto pipe = sys::pipe();
  ASSERT_TRUE(pipe);
  EXPECT_FALSE(window_size(pipe->reader));
  EXPECT_FALSE(set_window_size(pipe->writer, {80, 24}));
}

TEST(Pty, PathNamesTheTerminalSide) {
  const auto pty = open_pty({80, 24});
  ASSERT_TRUE(pty);
  const auto path = terminal_path(pty->pty_fd);
  ASSERT_TRUE(path);
  EXPECT_TRUE(path->starts_with("/dev/pts/")) << *path;
}

}  // namespace
}  // namespace sallyport::pty
