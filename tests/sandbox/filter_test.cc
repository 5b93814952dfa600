// The generated filters, run in process: they permit what the rows say and nothing else.
#include "sandbox/filter.h"

#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <algorithm>
#include <array>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "sandbox/evaluate.h"
#include "tests/sandbox/confined_testing.h"
#include "tests/sandbox/lattice_testing.h"
#include "tests/sandbox/reference_testing.h"

namespace sallyport::sandbox {
namespace {

constexpr std::uint32_t kForeign[] = {AUDIT_ARCH_I386, AUDIT_ARCH_ARM, AUDIT_ARCH_S390X, 0, 0xFFFFFFFFU};

class EachFilter : public ::testing::TestWithParam<const Policy*> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(generate(*GetParam(), program_));
    passages_.resize(program_.instructions().size());
  }
  /// Empty if the filter, the rows and what stands in reference_testing.cc agree about the native call.
  [[nodiscard]] std::string disagreement(const SystemCallData& call) {
    ++cases_;
    const auto verdict = evaluate(program_.instructions(), call, passages_);
    const bool by_rows = permits(*GetParam(), call);
    const bool by_hand = testing::reference_permits(GetParam()->name, call) || is_for_sanitizers(call);
    const bool passes = verdict == SECCOMP_RET_ALLOW;
    if (passes == by_rows && passes == by_hand && (passes || verdict == SECCOMP_RET_KILL_PROCESS)) return {};
    std::string text = "call " + std::to_string(call.number) + (passes ? " passes" : " is killed") +
                       "; by the rows it must " + (by_rows ? "pass" : "not") + ", by the reference it must " +
                       (by_hand ? "pass:" : "not:");
    for (const auto argument : call.arguments) text += " " + std::to_string(argument);
    return text;
  }
  [[nodiscard]] static bool is_for_sanitizers(const SystemCallData& call) {
    const Policy nothing_else{.name = "sanitizers"};
    return permits(nothing_else, call);
  }
  void expect_foreign_calls_killed() {
    for (const Row& row : GetParam()->rows) {
      SystemCallData call = testing::permitted_call(row);
      for (const std::uint32_t architecture : kForeign) {
        call.architecture = architecture;
        EXPECT_EQ(evaluate(program_.instructions(), call, passages_), SECCOMP_RET_KILL_PROCESS) << row.name;
      }
      call.architecture = native_architecture();
      call.number |= 0x40000000U;
      EXPECT_EQ(evaluate(program_.instructions(), call, passages_), SECCOMP_RET_KILL_PROCESS) << row.name;
    }
    // Not x32's: what a tracer leaves when it takes a call away, and numbers above every table.
    for (const std::uint32_t number : {0xFFFFFFFFU, 0x80000000U, 0x3FFFFFFFU}) {
      const SystemCallData call{.number = number, .architecture = native_architecture()};
      EXPECT_EQ(evaluate(program_.instructions(), call, passages_), SECCOMP_RET_KILL_PROCESS) << number;
    }
  }
  void expect_numbers_agree() {
    for (std::uint32_t number = 0; number < 4096; ++number) {
      for (const std::uint64_t argument : {std::uint64_t{0}, std::uint64_t{3}, UINT64_MAX}) {
        SystemCallData call{.number = number, .architecture = native_architecture()};
        call.arguments.fill(argument);
        ASSERT_EQ(disagreement(call), "");
      }
    }
  }
  void expect_lattice_agrees() {
    for (const Row& row : GetParam()->rows) {
      testing::for_each_variant(row, /*pairs=*/true,
                                [&](const SystemCallData& call) { ASSERT_EQ(disagreement(call), ""); });
    }
  }
  Program program_;
  std::vector<Passage> passages_;
  std::size_t cases_ = 0;
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

TEST_P(EachFilter, KillsEveryOtherNumberWithAnyArguments) { expect_numbers_agree(); }

TEST_P(EachFilter, KillsForeignArchitecturesAndX32) { expect_foreign_calls_killed(); }

TEST_P(EachFilter, PermitsTheCallsOfTheReferenceAndNoOther) {
  std::set<std::uint32_t> numbers;
  for (const Row& row : GetParam()->rows) numbers.insert(static_cast<std::uint32_t>(row.call));
  EXPECT_EQ(std::vector(numbers.begin(), numbers.end()), testing::reference_numbers(GetParam()->name));
}

TEST_P(EachFilter, AgreesWithRowsAndReferenceOnTheWholeLatticeOfArguments) {
  expect_lattice_agrees();
  EXPECT_GT(cases_, 10'000U);
}

TEST_P(EachFilter, AgreesWithRowsAndReferenceOnRandomMixturesOfEdges) {
  std::mt19937_64 random(testing::seed());
  for (const Row& row : GetParam()->rows) {
    std::array<std::vector<std::uint64_t>, 6> edges;
    for (std::uint8_t i = 0; i < 6; ++i) edges[i] = testing::edge_values(row, i);
    for (int i = 0; i < 20'000; ++i) {
      const auto which = random() % std::max<std::size_t>(1, row.descriptors.size());
      SystemCallData call = testing::permitted_call(row, which);
      for (std::uint8_t argument = 0; argument < 6; ++argument) {
        if (random() % 3 == 0) call.arguments[argument] = edges[argument][random() % edges[argument].size()];
        if (random() % 16 == 0) call.arguments[argument] = random();
      }
      ASSERT_EQ(disagreement(call), "") << "SALLYPORT_SEED=" << testing::seed();
    }
  }
}

/// Comparisons with 0 that libseccomp puts behind what leaves nothing but 0: the high half of an argument that is
/// compared in 32 bits is masked with 0; that of a bound is known not to be greater than 0.
bool cannot_fail(std::span<const Instruction> program, std::size_t at) {
  if (at == 0 || program[at].code != (BPF_JMP | BPF_JEQ | BPF_K) || program[at].k != 0) return false;
  const Instruction& before = program[at - 1];
  const bool greater_left = before.code == (BPF_JMP | BPF_JGT | BPF_K) && before.k == 0 && before.jump_false == 0;
  return greater_left || before == Instruction{BPF_ALU | BPF_AND | BPF_K, 0, 0, 0};
}

/// No instruction of a filter escapes the cases above: each runs, and each comparison is seen to hold and not to hold.
TEST_P(EachFilter, IsTakenThroughEveryBranchByTheseCases) {
#ifdef SALLYPORT_SANITIZED
  GTEST_SKIP() << "skipped: the sanitizers' permissions are in the filter, but not in the lattice";
#endif
  expect_numbers_agree();
  expect_lattice_agrees();
  expect_foreign_calls_killed();
  const auto program = program_.instructions();
  for (std::size_t i = 0; i < program.size(); ++i) {
    const bool compares = BPF_CLASS(program[i].code) == BPF_JMP && BPF_OP(program[i].code) != BPF_JA;
    EXPECT_TRUE(passages_[i].onwards || !compares || cannot_fail(program, i)) << "instruction " << i << " never fails";
    EXPECT_TRUE(passages_[i].jumped || (!compares && passages_[i].onwards))
        << "instruction " << i << " never holds or runs";
  }
}

INSTANTIATE_TEST_SUITE_P(Filter, EachFilter, ::testing::ValuesIn(all_policies().begin(), all_policies().end()),
                         [](const auto& instance) { return testing::name_of(*instance.param); });

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
