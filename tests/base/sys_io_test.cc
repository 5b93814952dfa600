#include <gtest/gtest.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "base/byte_writer.h"
#include "base/sys/io.h"
#include "base/sys/process.h"

namespace sallyport {
namespace {

using std::chrono::milliseconds;

TEST(SystemCalls, AWaitThatASignalInterruptsFindsNothingReady) {
  struct sigaction act{};
  act.sa_handler = [](int) {};
  ASSERT_EQ(::sigaction(SIGALRM, &act, nullptr), 0);
  auto made = sys::pipe();
  ASSERT_TRUE(made);
  const itimerval soon{{0, 2000}, {0, 2000}};  // again and again, should the first come before the wait
  ::setitimer(ITIMER_REAL, &soon, nullptr);
  std::array<pollfd, 1> entries = {{{made->reader.borrow().number(), POLLIN, POLLIN}}};
  const auto ready = sys::ppoll(entries, milliseconds(5000));
  const itimerval never{};
  ::setitimer(ITIMER_REAL, &never, nullptr);
  ASSERT_TRUE(ready);
  EXPECT_EQ(*ready, 0U);
  EXPECT_EQ(entries[0].revents, 0);
}

TEST(SystemCalls, AFailureCarriesTheCallsNameAndReason) {
  std::array<std::byte, 1> byte{};
  const auto refused = sys::read(BorrowedFd(-1), byte);
  ASSERT_FALSE(refused);
  EXPECT_STREQ(refused.error().call, "read");
  EXPECT_EQ(refused.error().number, EBADF);
  EXPECT_EQ(sys::write(BorrowedFd(-1), byte).error().number, EBADF);
  EXPECT_EQ(sys::send_record(BorrowedFd(-1), byte).error().number, EBADF);
  EXPECT_EQ(sys::set_nonblocking(BorrowedFd(-1)).error().number, EBADF);
  EXPECT_EQ(sys::kill(BorrowedFd(-1), 0).error().number, EBADF);
  EXPECT_FALSE(sys::reap(BorrowedFd(-1)));
  EXPECT_FALSE(sys::read_signal(BorrowedFd(-1)));
}

TEST(SystemCalls, ANegativeWaitIsNone) {
  const auto ready = sys::ppoll({}, milliseconds(-5));
  ASSERT_TRUE(ready);
  EXPECT_EQ(*ready, 0U);
}

TEST(ByteWriter, WritesNothingMoreOnceSomethingDidNotFit) {
  std::array<std::byte, 3> room{};
  ByteWriter out(room);
  out.little_endian(std::uint16_t{0x1234});
  out.little_endian(std::uint32_t{0xFFFFFFFF});
  out.little_endian(std::uint8_t{0x56});
  EXPECT_FALSE(out.ok());
  EXPECT_EQ(room[2], std::byte{0});
}

}  // namespace
}  // namespace sallyport
