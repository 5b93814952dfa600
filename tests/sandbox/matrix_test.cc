// Tries the kernel itself, from inside each compartment: every system-call number of every ABI that this machine has,
// and every pinned argument moved by one step. Each try is a process of its own that locks itself down first.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "sandbox/evaluate.h"
#include "tests/sandbox/confined_testing.h"
#include "tests/sandbox/lattice_testing.h"

namespace sallyport::sandbox {
namespace {

using testing::Outcome;
using testing::Plan;
using testing::refused;
using testing::Rig;

/// Beyond the last number of any table. (Sanitized, with slow forks, the tables that exist.)
#ifdef SALLYPORT_SANITIZED
constexpr std::uint32_t kNumbers = 512;
#else
constexpr std::uint32_t kNumbers = 1024;
#endif

/// Recent x86-64 kernels let uretprobe and uprobe pass every filter; without a probe they end in SIGILL (measured).
bool is_the_kernels_own([[maybe_unused]] std::uint32_t number) {
#ifdef __x86_64__
  return number == 335 || number == 336;
#else
  return false;
#endif
}

class EachCompartmentLive : public ::testing::TestWithParam<const Policy*> {
 protected:
  /// How a confined process ends that makes the call and then exits with 0.
  [[nodiscard]] Outcome attempt(const SystemCallData& call) const {
    Plan plan{.policy = GetParam()};
    plan.body = [&](const Report&) {
      const auto& a = call.arguments;
      ::syscall(static_cast<long>(call.number), a[0], a[1], a[2], a[3], a[4], a[5]);
      return 0;
    };
    return rig_.run(plan);
  }
  [[nodiscard]] Outcome attempt_body(const std::function<void()>& body) const {
    Plan plan{.policy = GetParam()};
    plan.body = [&](const Report&) {
      body();
      return 0;
    };
    return rig_.run(plan);
  }
  Rig rig_{*GetParam()};
};

TEST_P(EachCompartmentLive, DiesOfEveryCallThatNoRowPermits) {
  const std::vector<std::array<std::uint64_t, 6>> patterns = {
      {3, 1, 2, 3, 4, 5},
#ifndef SALLYPORT_SANITIZED  // where a fork takes ten times as long
      {0, 0, 0, 0, 0, 0},
      {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX},
#endif
  };
  std::size_t tried = 0;
  for (std::uint32_t number = 0; number < kNumbers; ++number) {
    if (is_the_kernels_own(number)) continue;
    for (const auto& arguments : patterns) {
      const SystemCallData call{.number = number, .architecture = native_architecture(), .arguments = arguments};
      if (permits(*GetParam(), call)) continue;
      ++tried;
      ASSERT_EQ(attempt(call), refused()) << number << " of pattern " << arguments[0];
    }
  }
  EXPECT_GT(tried, patterns.size() * (kNumbers - 2) - 60);
}

TEST_P(EachCompartmentLive, DiesOfArgumentsThatAreNotPinned) {
  std::size_t tried = 0;
  for (const Row& row : GetParam()->rows) {
    testing::for_each_variant(row, /*pairs=*/false, [&](const SystemCallData& call) {
      if (permits(*GetParam(), call)) return;
      ++tried;
      ASSERT_EQ(attempt(call), refused()) << row.name << " " << call.arguments[0] << " " << call.arguments[1] << " "
                                          << call.arguments[2] << " " << call.arguments[3];
    });
  }
  EXPECT_GT(tried, 200U);
}

#ifdef __x86_64__
TEST_P(EachCompartmentLive, DiesOfEveryX32Number) {
  for (std::uint32_t number = 0; number < kNumbers; ++number) {
    const SystemCallData call{.number = number | 0x40000000U};
    ASSERT_EQ(attempt(call), refused()) << number;
  }
}

TEST_P(EachCompartmentLive, DiesOfEveryNumberThroughInt80) {
  const auto int80 = [](std::uint32_t number) {
    long result = number;
    asm volatile("int $0x80"
                 : "+a"(result)
                 : "b"(0), "c"(0), "d"(0), "S"(0), "D"(0)
                 : "memory", "r8", "r9", "r10", "r11");
  };
  // Where the kernel has no 32-bit emulation the instruction itself is a fault.
  const Outcome first = attempt_body([&] { int80(20); });
  const bool emulated = first == refused();
  ASSERT_TRUE(emulated || (first.killed && first.number == SIGSEGV));
  for (std::uint32_t number = 0; number < kNumbers && emulated; ++number) {
    ASSERT_EQ(attempt_body([&] { int80(number); }), refused()) << number;
  }
}
#endif

INSTANTIATE_TEST_SUITE_P(Matrix, EachCompartmentLive, ::testing::ValuesIn(all_policies().begin(), all_policies().end()),
                         [](const auto& instance) { return std::string(instance.param->name); });

}  // namespace
}  // namespace sallyport::sandbox
