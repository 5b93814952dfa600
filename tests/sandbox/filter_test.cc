// The generated filters, run in process: they permit what the rows say and nothing else.
#include "sandbox/filter.h"

#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/seccomp.h>

#include <algorithm>
#include <string>

#include "sandbox/evaluate.h"
#include "tests/sandbox/lattice_testing.h"

namespace sallyport::sandbox {
namespace {

constexpr std::uint32_t kForeign[] = {AUDIT_ARCH_I386, AUDIT_ARCH_ARM, AUDIT_ARCH_S390X, 0, 0xFFFFFFFFU};

class EachFilter : public ::testing::TestWithParam<const Policy*> {
 protected:
  void SetUp() override { ASSERT_TRUE(generate(*GetParam(), program_)); }
  /// Empty if filter and rows agree about the call.
  [[nodiscard]] std::string disagreement(const SystemCallData& call) const {
    const auto verdict = evaluate(program_.instructions(), call);
    const bool expected = permits(*GetParam(), call);
    if (verdict == (expected ? SECCOMP_RET_ALLOW : SECCOMP_RET_KILL_PROCESS)) return {};
    std::string text = "call " + std::to_string(call.number) + (expected ? " must pass:" : " must be killed:");
    for (const auto argument : call.arguments) text += " " + std::to_string(argument);
    return text;
  }
  Program program_;
};

TEST_P(EachFilter, PermitsEachRowForEachOfItsDescriptors) {
  for (const Row& row : GetParam()->rows) {
    for (std::size_t which = 0; which < std::max<std::size_t>(1, row.descriptors.size()); ++which) {
      const SystemCallData call = testing::permitted_call(row, which);
      EXPECT_TRUE(permits(*GetParam(), call)) << row.name;
      EXPECT_EQ(disagreement(call), "");
    }
  }
}

TEST_P(EachFilter, KillsEveryOtherNumberWithAnyArguments) {
  for (std::uint32_t number = 0; number < 4096; ++number) {
    for (const std::uint64_t argument : {std::uint64_t{0}, std::uint64_t{3}, UINT64_MAX}) {
      SystemCallData call{.number = number, .architecture = native_architecture()};
      call.arguments.fill(argument);
      ASSERT_EQ(disagreement(call), "");
    }
  }
}

TEST_P(EachFilter, KillsForeignArchitecturesAndX32) {
  for (const Row& row : GetParam()->rows) {
    SystemCallData call = testing::permitted_call(row);
    for (const std::uint32_t architecture : kForeign) {
      call.architecture = architecture;
      EXPECT_EQ(evaluate(program_.instructions(), call), SECCOMP_RET_KILL_PROCESS) << row.name;
    }
    call.architecture = native_architecture();
    call.number |= 0x40000000U;
    EXPECT_EQ(evaluate(program_.instructions(), call), SECCOMP_RET_KILL_PROCESS) << row.name;
  }
}

TEST_P(EachFilter, AgreesWithTheRowsOnTheWholeLatticeOfArguments) {
  std::size_t cases = 0;
  for (const Row& row : GetParam()->rows) {
    testing::for_each_variant(row, /*pairs=*/true, [&](const SystemCallData& call) {
      ++cases;
      ASSERT_EQ(disagreement(call), "");
    });
  }
  EXPECT_GT(cases, 10'000U);
}

INSTANTIATE_TEST_SUITE_P(Filter, EachFilter, ::testing::ValuesIn(all_policies().begin(), all_policies().end()),
                         [](const auto& instance) { return std::string(instance.param->name); });

TEST(Filter, ReportsARuleThatLibseccompRefuses) {
  // Two rules for one argument cannot be one rule of libseccomp's.
  static constexpr Row kTwice[] = {{0, "read", 0, {BorrowedFd(3)}, {{0, Compare::kEqual32, 4}}, "", ""}};
  const Policy policy{.name = "twice", .rows = kTwice};
  Program program;
  const auto result = generate(policy, program);
  ASSERT_FALSE(result);
  EXPECT_STREQ(result.error().call, "seccomp_rule_add");
}

}  // namespace
}  // namespace sallyport::sandbox
