// The hour of the day, before and after the lock-down.
#include "client/screen/wall_clock.h"

#include <gtest/gtest.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <ctime>

namespace sallyport::client {
namespace {

TEST(SystemWallClock, TellsTheHourHere) {
  const SystemWallClock wall;
  const ::time_t now = wall.now();
  EXPECT_NEAR(static_cast<double>(now), static_cast<double>(::time(nullptr)), 60.0);
  std::array<char, 8> text{};
  (void)std::strftime(text.data(), text.size(), "%H:%M", std::localtime(&now));
  EXPECT_EQ(wall.hour_and_minute(now), text.data());
  EXPECT_EQ(wall.hour_and_minute(now).size(), 5U);
}

// In strict mode the kernel kills a process at any system call but read, write and exit.
TEST(SystemWallClock, MakesNoSystemCallOnceItIsMade) {
  const SystemWallClock wall;
  const ::pid_t child = ::fork();
  if (child == 0) {
    if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0) ::_exit(77);
    ::syscall(
        SYS_exit,
        wall.hour_and_minute(1'000'000'000).size() == 5 && wall.hour_and_minute(1'720'000'000).size() == 5 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) GTEST_SKIP() << "skipped: no strict mode here";
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

}  // namespace
}  // namespace sallyport::client
