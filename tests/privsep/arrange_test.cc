#include "privsep/arrange.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace sallyport::privsep {
namespace {

ino_t inode(BorrowedFd fd) {
  struct stat info {};
  return ::fstat(fd.number(), &info) == 0 ? info.st_ino : 0;
}

UniqueFd open_folder(const char* path, int at_least) {
  const UniqueFd low(::open(path, O_RDONLY | O_CLOEXEC));
  return UniqueFd(::fcntl(low.borrow().number(), F_DUPFD_CLOEXEC, at_least));
}

TEST(Arrange, MovesDescriptorsThatExchangeTheirNumbers) {
  UniqueFd a = open_folder("/", 40);
  UniqueFd b = open_folder("/etc", 50);
  UniqueFd none;
  const ino_t of_a = inode(a);
  const ino_t of_b = inode(b);
  const BorrowedFd was_a = a;
  const BorrowedFd was_b = b;
  const std::array<Arrangement, 3> plan = {{{&a, was_b}, {&b, was_a}, {&none, BorrowedFd(45)}}};
  ASSERT_TRUE(arrange(plan));
  EXPECT_EQ(a.borrow().number(), was_b.number());
  EXPECT_EQ(b.borrow().number(), was_a.number());
  EXPECT_EQ(inode(a), of_a);
  EXPECT_EQ(inode(b), of_b);
  EXPECT_FALSE(none.valid());
  EXPECT_EQ(::fcntl(a.borrow().number(), F_GETFD), FD_CLOEXEC);
}

TEST(Arrange, LeavesADescriptorThatIsAlreadyThere) {
  UniqueFd a = open_folder("/", 40);
  const Arrangement plan{&a, a.borrow()};
  const int number = a.borrow().number();
  ASSERT_TRUE(arrange(std::span(&plan, 1)));
  EXPECT_EQ(a.borrow().number(), number);
  EXPECT_NE(inode(a), 0U);
}

TEST(Arrange, RefusesANumberThatSomebodyElseUsesAndChangesNothing) {
  UniqueFd a = open_folder("/", 40);
  const UniqueFd foreign = open_folder("/etc", 45);
  const int number = a.borrow().number();
  const Arrangement plan{&a, foreign.borrow()};
  const auto result = arrange(std::span(&plan, 1));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().number, EBUSY);
  EXPECT_EQ(a.borrow().number(), number);
}

TEST(Arrange, RefusesTwoDescriptorsForOneNumberAndNumbersOutOfRange) {
  UniqueFd a = open_folder("/", 40);
  UniqueFd b = open_folder("/etc", 40);
  const std::array<Arrangement, 2> twice = {{{&a, BorrowedFd(50)}, {&b, BorrowedFd(50)}}};
  EXPECT_FALSE(arrange(twice));
  const Arrangement far{&a, BorrowedFd(64)};
  EXPECT_FALSE(arrange(std::span(&far, 1)));
}

/// The exit status of `check` in a child, whose descriptors may be ruined.
int in_child(int (*check)()) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(check());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(CloseAllExcept, KeepsWhatIsListedAndNothingElse) {
  EXPECT_EQ(in_child([] {
    for (const int number : {3, 4, 7, 20, 900}) ::dup2(0, number);
    const std::array<BorrowedFd, 5> kept = {BorrowedFd(7), BorrowedFd(0), BorrowedFd(900), BorrowedFd(), BorrowedFd(8)};
    close_all_except(kept);
    for (int number = 0; number < 1024; ++number) {
      const bool open = ::fcntl(number, F_GETFD) >= 0;
      if (open != (number == 0 || number == 7 || number == 900)) return 1;
    }
    return 0;
  }), 0);
}

TEST(PointAtNull, ReplacesAnOpenDescriptorAndOpensAClosedOne) {
  EXPECT_EQ(in_child([] {
    ::close(0);
    ::close(1);
    ::dup2(2, 30);
    for (const int number : {0, 1, 30}) {
      if (!point_at_null(BorrowedFd(number))) return 1;
      struct stat info {};
      struct stat null {};
      if (::fstat(number, &info) < 0 || ::stat("/dev/null", &null) < 0 || info.st_rdev != null.st_rdev) return 2;
    }
    return 0;
  }), 0);
}

}  // namespace
}  // namespace sallyport::privsep
