// Tries the kernel itself, from inside each compartment: every system-call number of every ABI that this machine has
// with several patterns of arguments, and every pinned argument moved by one step. Each try is a process of its own
// that locks itself down first, by the functions and with the policy of the compartment itself.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <string>
#include <vector>

#include "sandbox/evaluate.h"
#include "sandbox/testing_only/leave_out.h"
#include "tests/sandbox/confined_testing.h"
#include "tests/sandbox/lattice_testing.h"
#include "tests/sandbox/reference_testing.h"
#include "tests/sandbox/workers_testing.h"

namespace sallyport::sandbox {
namespace {

using testing::Outcome;
using testing::Plan;
using testing::refused;
using testing::Rig;

/// Beyond the last number of any table, each of them. (Sanitized, where a fork takes ten times as long and the filter is
/// not the one that is installed: of the tables that exist every fifth.)
#ifdef SALLYPORT_SANITIZED
constexpr std::uint32_t kNumbers = 512, kStep = 5;
#else
constexpr std::uint32_t kNumbers = 1024, kStep = 1;
#endif
constexpr std::uint32_t kTried = (kNumbers + kStep - 1) / kStep;

/// The kernel's own: recent x86-64 kernels let these two pass every filter, as they come from code that the kernel
/// itself planted. Called by a program they do nothing: the first ends it with SIGILL, the second fails with ENXIO
/// (measured).
struct KernelsOwn {
  std::uint32_t number;
  const char* name;
};
#ifdef __x86_64__
constexpr std::array<KernelsOwn, 2> kKernelsOwn = {{{335, "uretprobe"}, {336, "uprobe"}}};
#else
constexpr std::array<KernelsOwn, 0> kKernelsOwn = {};
#endif

bool is_the_kernels_own(std::uint32_t number) {
  return std::ranges::any_of(kKernelsOwn, [&](const KernelsOwn& one) { return one.number == number; });
}

using Arguments = std::array<std::uint64_t, 6>;

/// Small numbers; nothing; all bits; a descriptor, memory and its size; memory everywhere; small numbers below a high
/// half that most calls do not look at. The first half of them is for the other ABIs, where the filter looks at no
/// argument.
std::vector<Arguments> patterns() {
  static std::array<char, 4096> memory{};
  const auto at = reinterpret_cast<std::uint64_t>(memory.data());
  constexpr std::uint64_t kHigh = std::uint64_t{1} << 32U;
  std::vector<Arguments> all = {{3, 1, 2, 3, 4, 5},
                                {0, 0, 0, 0, 0, 0},
                                {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX},
                                {3, at, 64, 0, 0, 0},
                                {at, at, at, at, at, at},
                                {kHigh + 3, kHigh + 1, kHigh + 2, kHigh + 3, kHigh + 4, kHigh + 5}};
#ifdef SALLYPORT_SANITIZED
  all.resize(1);  // a fork takes ten times as long
#endif
  return all;
}

std::vector<Arguments> foreign_patterns() {
  auto some = patterns();
  some.resize((some.size() + 1) / 2);
  return some;
}

std::string words(const SystemCallData& call) {
  std::string text = "call " + std::to_string(call.number) + ":";
  for (const auto argument : call.arguments) text += " " + std::to_string(argument);
  return text;
}

class EachCompartmentLive : public ::testing::TestWithParam<const Policy*> {
 protected:
  [[nodiscard]] Outcome attempt_body(const std::function<void()>& body) const {
    Plan plan{.policy = GetParam()};
    plan.body = [&](const Report&) {
      body();
      return 0;
    };
    return rig_.run(plan);
  }
  /// How a confined process ends that makes the call and then exits with 0.
  [[nodiscard]] Outcome attempt(const SystemCallData& call) const {
    return attempt_body([&] {
      const auto& a = call.arguments;
      ::syscall(static_cast<long>(call.number), a[0], a[1], a[2], a[3], a[4], a[5]);
    });
  }
  [[nodiscard]] bool permitted(const SystemCallData& call) const {
    const Policy nothing_else{.name = "sanitizers"};
    return testing::reference_permits(GetParam()->name, call) || permits(nothing_else, call);
  }
  /// Empty if `outcome` is the filter's kill.
  [[nodiscard]] static std::string complaint(const Outcome& outcome, const SystemCallData& call) {
    if (outcome == refused()) return {};
    return words(call) + (outcome.killed ? " got signal " : " ended with ") + std::to_string(outcome.number) + "\n";
  }
  Rig rig_{*GetParam(), testing::Stand::kShared};
};

TEST_P(EachCompartmentLive, DiesOfEveryCallThatNoRowPermits) {
  std::vector<SystemCallData> calls;
  std::size_t permitted_ones = 0, kernels_own = 0;
  for (std::uint32_t number = 0; number < kNumbers; number += kStep) {
    if (is_the_kernels_own(number)) {
      ++kernels_own;
      continue;
    }
    for (const Arguments& arguments : patterns()) {
      const SystemCallData call{.number = number, .architecture = native_architecture(), .arguments = arguments};
      if (permitted(call)) {
        ++permitted_ones;
      } else {
        calls.push_back(call);
      }
    }
  }
  EXPECT_EQ(testing::share_out(calls.size(), [&](std::size_t i) { return complaint(attempt(calls[i]), calls[i]); }),
            "");
  // Of the permitted numbers only some patterns pass; of the others every pattern was tried.
  EXPECT_EQ(calls.size() + permitted_ones, patterns().size() * (kTried - kernels_own));
#ifndef SALLYPORT_SANITIZED
  EXPECT_EQ(kernels_own, kKernelsOwn.size());
  EXPECT_LE(permitted_ones, patterns().size() * testing::reference_numbers(GetParam()->name).size());
#endif
}

TEST_P(EachCompartmentLive, GetsNothingFromTheCallsThatTheKernelKeepsForItself) {
  for (const KernelsOwn& own : kKernelsOwn) {
    Plan plan{.policy = GetParam()};
    plan.body = [&](const Report&) { return ::syscall(static_cast<long>(own.number)) == -1 && errno == ENXIO ? 0 : 1; };
    const Outcome outcome = rig_.run(plan);
    EXPECT_TRUE(outcome == refused() || outcome == testing::exited(0) || outcome == (Outcome{true, SIGILL}))
        << own.name << " ended with " << outcome.number;
  }
}

TEST_P(EachCompartmentLive, DiesOfArgumentsThatAreNotPinned) {
  std::vector<SystemCallData> calls;
  for (const Row& row : GetParam()->rows) {
    testing::for_each_variant(row, /*pairs=*/false, [&](const SystemCallData& call) {
      if (!permitted(call)) calls.push_back(call);
    });
  }
  EXPECT_EQ(testing::share_out(calls.size(), [&](std::size_t i) { return complaint(attempt(calls[i]), calls[i]); }),
            "");
  EXPECT_GT(calls.size(), 200U);
}

/// That the tries above would notice: without the filter, and the other layers, all these calls do not end the process.
TEST_P(EachCompartmentLive, SurvivesForbiddenCallsWhereTheFilterIsLeftOut) {
  MechanismSet only_seccomp;
  only_seccomp.add(Mechanism::kSeccomp);
  const testing_only::LeaveOut leave_out(only_seccomp);
  for (const long number : {SYS_getuid, SYS_getpid, SYS_sched_yield, SYS_dup, SYS_openat, SYS_socket}) {
    Plan plan{.policy = GetParam(), .options = {.leave_out = &leave_out}};
    plan.body = [&](const Report&) {
      ::syscall(number, -1, 0, 0, 0, 0, 0);
      return 0;
    };
    EXPECT_EQ(rig_.run(plan), testing::exited(0)) << number;
  }
}

#ifdef __x86_64__
TEST_P(EachCompartmentLive, DiesOfEveryX32Number) {
  const auto all = foreign_patterns();
  EXPECT_EQ(testing::share_out(kTried * all.size(), [&](std::size_t i) {
    const auto number = static_cast<std::uint32_t>(i / all.size()) * kStep;
    const SystemCallData call{.number = number | 0x40000000U, .arguments = all[i % all.size()]};
    return complaint(attempt(call), call);
  }), "");
}

/// The low halves of `arguments`, of which the sixth (ebp) is left out.
void int80(std::uint32_t number, const Arguments& arguments) {
  const auto low = [&](std::size_t i) { return static_cast<std::uint32_t>(arguments[i]); };
  long result = number;
  asm volatile("int $0x80"
               : "+a"(result)
               : "b"(low(0)), "c"(low(1)), "d"(low(2)), "S"(low(3)), "D"(low(4))
               : "memory", "r8", "r9", "r10", "r11");
}

TEST_P(EachCompartmentLive, DiesOfEveryNumberThroughInt80) {
  // Where the kernel has no 32-bit emulation the instruction itself is a fault.
  const Outcome first = attempt_body([] { int80(20, {}); });
  if (first == Outcome{true, SIGSEGV}) GTEST_SKIP() << "skipped: this kernel has no 32-bit emulation";
  ASSERT_EQ(first, refused());
  const auto all = foreign_patterns();
  EXPECT_EQ(testing::share_out(kTried * all.size(), [&](std::size_t i) {
    const auto number = static_cast<std::uint32_t>(i / all.size()) * kStep;
    const SystemCallData call{.number = number, .arguments = all[i % all.size()]};
    return complaint(attempt_body([&] { int80(call.number, call.arguments); }), call);
  }), "");
}
#endif

INSTANTIATE_TEST_SUITE_P(Matrix, EachCompartmentLive, ::testing::ValuesIn(all_policies().begin(), all_policies().end()),
                         [](const auto& instance) { return testing::name_of(*instance.param); });

}  // namespace
}  // namespace sallyport::sandbox
