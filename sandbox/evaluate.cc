#include "sandbox/evaluate.h"

#include <linux/filter.h>
#include <seccomp.h>

#include <algorithm>
#include <bit>
#include <cstddef>

namespace sallyport::sandbox {
namespace {

constexpr std::size_t kDataBytes = 64;  // struct seccomp_data

/// The 32-bit word at `offset`, as the kernel lays struct seccomp_data out on this (little-endian) machine.
std::optional<std::uint32_t> word_at(const SystemCallData& call, std::uint32_t offset) {
  static_assert(std::endian::native == std::endian::little);
  if (offset % 4 != 0 || offset >= kDataBytes) return std::nullopt;
  if (offset == 0) return call.number;
  if (offset == 4) return call.architecture;
  const std::uint64_t value = offset < 16 ? call.instruction_pointer : call.arguments[(offset - 16) / 8];
  return static_cast<std::uint32_t>(offset % 8 == 0 ? value : value >> 32U);
}

class Machine {
 public:
  explicit Machine(const SystemCallData& call) : call_(call) {}

  /// False if the instruction is not one that seccomp accepts.
  bool step(const Instruction& instruction) {
    switch (BPF_CLASS(instruction.code)) {
      case BPF_LD:
        return load(instruction, accumulator_);
      case BPF_LDX:
        return BPF_MODE(instruction.code) != BPF_ABS && load(instruction, index_);
      case BPF_ST:
        return store(instruction.k, accumulator_);
      case BPF_STX:
        return store(instruction.k, index_);
      case BPF_ALU:
        return compute(instruction);
      case BPF_MISC:
        if (BPF_MISCOP(instruction.code) == BPF_TAX) {
          index_ = accumulator_;
        } else {
          accumulator_ = index_;
        }
        return true;
      default:
        return false;
    }
  }

  [[nodiscard]] std::uint32_t accumulator() const { return accumulator_; }

  /// Whether a comparison holds, or nothing for an unknown one.
  [[nodiscard]] std::optional<bool> compare(const Instruction& instruction) const {
    const std::uint32_t other = BPF_SRC(instruction.code) == BPF_X ? index_ : instruction.k;
    switch (BPF_OP(instruction.code)) {
      case BPF_JA:
        return true;
      case BPF_JEQ:
        return accumulator_ == other;
      case BPF_JGT:
        return accumulator_ > other;
      case BPF_JGE:
        return accumulator_ >= other;
      case BPF_JSET:
        return (accumulator_ & other) != 0;
      default:
        return std::nullopt;
    }
  }

 private:
  bool load(const Instruction& instruction, std::uint32_t& into) {
    switch (BPF_MODE(instruction.code)) {
      case BPF_ABS: {
        const auto word = BPF_SIZE(instruction.code) == BPF_W ? word_at(call_, instruction.k) : std::nullopt;
        into = word.value_or(0);
        return word.has_value();
      }
      case BPF_IMM:
        into = instruction.k;
        return true;
      case BPF_LEN:
        into = kDataBytes;
        return true;
      case BPF_MEM:
        if (instruction.k >= scratch_.size()) return false;
        into = scratch_[instruction.k];
        return true;
      default:
        return false;
    }
  }

  bool store(std::uint32_t slot, std::uint32_t value) {
    if (slot >= scratch_.size()) return false;
    scratch_[slot] = value;
    return true;
  }

  bool compute(const Instruction& instruction) {
    const std::uint32_t other = BPF_SRC(instruction.code) == BPF_X ? index_ : instruction.k;
    switch (BPF_OP(instruction.code)) {
      case BPF_ADD:
        accumulator_ += other;
        return true;
      case BPF_SUB:
        accumulator_ -= other;
        return true;
      case BPF_MUL:
        accumulator_ *= other;
        return true;
      case BPF_DIV:
        if (other == 0) return false;
        accumulator_ /= other;
        return true;
      case BPF_AND:
        accumulator_ &= other;
        return true;
      case BPF_OR:
        accumulator_ |= other;
        return true;
      case BPF_XOR:
        accumulator_ ^= other;
        return true;
      case BPF_LSH:
        if (other >= 32) return false;
        accumulator_ <<= other;
        return true;
      case BPF_RSH:
        if (other >= 32) return false;
        accumulator_ >>= other;
        return true;
      case BPF_NEG:
        accumulator_ = 0U - accumulator_;
        return true;
      default:
        return false;
    }
  }

  const SystemCallData& call_;
  std::uint32_t accumulator_ = 0;
  std::uint32_t index_ = 0;
  std::array<std::uint32_t, BPF_MEMWORDS> scratch_{};
};

bool holds(const ArgumentRule& rule, std::uint64_t argument) {
  const auto low = static_cast<std::uint32_t>(argument);
  const auto value = static_cast<std::uint32_t>(rule.value);
  switch (rule.compare) {
    case Compare::kEqual32:
      return low == value;
    case Compare::kOnly32:
      return (low & ~value) == 0;
    case Compare::kEqual64:
      return argument == rule.value;
    case Compare::kAtMost:
      break;
  }
  return argument <= rule.value;
}

bool row_permits(const Row& row, const SystemCallData& call) {
  if (static_cast<std::uint32_t>(row.call) != call.number) return false;
  const auto fd = static_cast<std::uint32_t>(call.arguments[row.descriptor_index]);
  const bool fd_fits = row.descriptors.empty() || std::ranges::any_of(row.descriptors, [&](BorrowedFd one) {
    return static_cast<std::uint32_t>(one.number()) == fd;
  });
  return fd_fits && std::ranges::all_of(row.rules, [&](const ArgumentRule& rule) {
    return holds(rule, call.arguments[rule.index]);
  });
}

}  // namespace

std::uint32_t native_architecture() { return seccomp_arch_native(); }

std::optional<std::uint32_t> evaluate(std::span<const Instruction> program, const SystemCallData& call,
                                      std::span<Passage> passages) {
  Machine machine(call);
  for (std::uint64_t at = 0; at < program.size(); ++at) {
    const Instruction& instruction = program[at];
    bool held = false;
    const auto note = [&, at] {
      if (!passages.empty()) (held ? passages[at].jumped : passages[at].onwards) = true;
    };
    if (BPF_CLASS(instruction.code) == BPF_JMP) {
      const auto answer = machine.compare(instruction);
      if (!answer) return std::nullopt;
      held = *answer;
      note();
      const bool always = BPF_OP(instruction.code) == BPF_JA;
      // 64 bits: cannot wrap.
      at += always ? instruction.k : std::uint32_t{held ? instruction.jump_true : instruction.jump_false};
      continue;
    }
    note();
    if (BPF_CLASS(instruction.code) == BPF_RET) {
      return BPF_RVAL(instruction.code) == BPF_A ? machine.accumulator() : instruction.k;
    }
    if (!machine.step(instruction)) return std::nullopt;
  }
  return std::nullopt;
}

bool permits(const Policy& policy, const SystemCallData& call) {
  if (call.architecture != native_architecture()) return false;
  const auto permit = [&](const Row& row) { return row_permits(row, call); };
  return std::ranges::any_of(policy.rows, permit) || std::ranges::any_of(instrumented_rows(), permit);
}

}  // namespace sallyport::sandbox
