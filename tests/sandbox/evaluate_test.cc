#include "sandbox/evaluate.h"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <vector>

namespace sallyport::sandbox {
namespace {

using Code = std::vector<Instruction>;

Instruction statement(unsigned code, std::uint32_t k) { return {static_cast<std::uint16_t>(code), 0, 0, k}; }
Instruction jump(unsigned code, std::uint32_t k, std::uint8_t yes, std::uint8_t no) {
  return {static_cast<std::uint16_t>(code), yes, no, k};
}
const Instruction kReturnA = statement(BPF_RET | BPF_A, 0);

const SystemCallData kCall = {.number = 7,
                              .architecture = 0xC000003E,
                              .instruction_pointer = 0x1122334455667788,
                              .arguments = {0xA0A1A2A3A4A5A6A7, 1, 2, 3, 4, 0xF0F1F2F3F4F5F6F7}};

TEST(Evaluate, LoadsEachWordOfTheKernelsStructure) {
  const std::pair<std::uint32_t, std::uint32_t> words[] = {{0, 7},          {4, 0xC000003E},  {8, 0x55667788},
                                                           {12, 0x11223344}, {16, 0xA4A5A6A7}, {20, 0xA0A1A2A3},
                                                           {24, 1},          {28, 0},          {56, 0xF4F5F6F7},
                                                           {60, 0xF0F1F2F3}};
  for (const auto& [offset, value] : words) {
    EXPECT_EQ(evaluate(Code{statement(BPF_LD | BPF_W | BPF_ABS, offset), kReturnA}, kCall), value) << offset;
  }
}

TEST(Evaluate, RefusesLoadsOutsideTheStructureOrUnaligned) {
  for (const std::uint32_t offset : {1U, 2U, 63U, 64U, 1000U, 0xFFFFFFFCU}) {
    EXPECT_EQ(evaluate(Code{statement(BPF_LD | BPF_W | BPF_ABS, offset), kReturnA}, kCall), std::nullopt) << offset;
  }
  EXPECT_EQ(evaluate(Code{statement(BPF_LD | BPF_B | BPF_ABS, 0), kReturnA}, kCall), std::nullopt);
}

TEST(Evaluate, ComparesUnsigned) {
  struct Case {
    unsigned operation;
    std::uint32_t accumulator, k;
    bool taken;
  };
  const Case cases[] = {{BPF_JEQ, 5, 5, true},           {BPF_JEQ, 5, 6, false},  {BPF_JGT, 0x80000000, 1, true},
                        {BPF_JGT, 5, 5, false},          {BPF_JGE, 5, 5, true},   {BPF_JGE, 4, 5, false},
                        {BPF_JSET, 0xF0, 0x10, true},    {BPF_JSET, 0xF0, 0x0F, false}};
  for (const Case& one : cases) {
    const Code code = {statement(BPF_LD | BPF_IMM, one.accumulator), jump(BPF_JMP | one.operation | BPF_K, one.k, 1, 0),
                       statement(BPF_RET | BPF_K, 0), statement(BPF_RET | BPF_K, 1)};
    EXPECT_EQ(evaluate(code, kCall), one.taken ? 1U : 0U) << one.operation << " " << one.accumulator << " " << one.k;
  }
}

TEST(Evaluate, ComputesAsTheKernelDoes) {
  struct Case {
    unsigned operation;
    std::uint32_t accumulator, k, result;
  };
  const Case cases[] = {{BPF_ADD, 0xFFFFFFFF, 2, 1}, {BPF_SUB, 1, 2, 0xFFFFFFFF}, {BPF_MUL, 7, 6, 42},
                        {BPF_DIV, 42, 5, 8},         {BPF_AND, 0xFF, 0x0F, 0x0F}, {BPF_OR, 1, 2, 3},
                        {BPF_XOR, 3, 1, 2},          {BPF_LSH, 1, 31, 1U << 31U}, {BPF_RSH, 1U << 31U, 31, 1},
                        {BPF_NEG, 1, 0, 0xFFFFFFFF}};
  for (const Case& one : cases) {
    const Code code = {statement(BPF_LD | BPF_IMM, one.accumulator), statement(BPF_ALU | one.operation | BPF_K, one.k),
                       kReturnA};
    EXPECT_EQ(evaluate(code, kCall), one.result) << one.operation;
  }
}

TEST(Evaluate, KeepsScratchMemoryAndTheIndexRegister) {
  const Code code = {statement(BPF_LD | BPF_IMM, 9),
                     statement(BPF_ST, 3),
                     statement(BPF_LD | BPF_IMM, 4),
                     statement(BPF_MISC | BPF_TAX, 0),
                     statement(BPF_LD | BPF_MEM, 3),
                     statement(BPF_ALU | BPF_ADD | BPF_X, 0),
                     kReturnA};
  EXPECT_EQ(evaluate(code, kCall), 13U);
}

TEST(Evaluate, RefusesWhatTheKernelWouldNotLoad) {
  EXPECT_EQ(evaluate(Code{}, kCall), std::nullopt);
  EXPECT_EQ(evaluate(Code{statement(BPF_LD | BPF_IMM, 1)}, kCall), std::nullopt);                           // no return
  EXPECT_EQ(evaluate(Code{jump(BPF_JMP | BPF_JA, 5, 0, 0), kReturnA}, kCall), std::nullopt);           // past the end
  EXPECT_EQ(evaluate(Code{jump(BPF_JMP | BPF_JA, 0xFFFFFFFF, 0, 0), kReturnA}, kCall), std::nullopt);  // "backwards"
  EXPECT_EQ(evaluate(Code{statement(BPF_ALU | BPF_DIV | BPF_K, 0), kReturnA}, kCall), std::nullopt);
  EXPECT_EQ(evaluate(Code{statement(BPF_ALU | BPF_LSH | BPF_K, 32), kReturnA}, kCall), std::nullopt);
  EXPECT_EQ(evaluate(Code{statement(BPF_ST, 16), kReturnA}, kCall), std::nullopt);
  EXPECT_EQ(evaluate(Code{statement(BPF_LD | BPF_W | BPF_IND, 0), kReturnA}, kCall), std::nullopt);
}

}  // namespace
}  // namespace sallyport::sandbox
