// Two independent answers to "would this call pass?", so that filters are tested in tables, without forking: the
// generated filter run instruction by instruction, and the policy's rows read directly. For tests, fuzzing and tools;
// pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "sandbox/filter.h"
#include "sandbox/policy.h"

namespace sallyport::sandbox {

/// What the kernel shows a filter: struct seccomp_data.
struct SystemCallData {
  std::uint32_t number = 0;
  std::uint32_t architecture = 0;  ///< AUDIT_ARCH_...
  std::uint64_t instruction_pointer = 0;
  std::array<std::uint64_t, 6> arguments{};
};

/// AUDIT_ARCH_... of this build.
[[nodiscard]] std::uint32_t native_architecture();

/// How one instruction was left, in any of the runs that were watched.
struct Passage {
  bool onwards = false;  ///< to the next one; a comparison: because it did not hold
  bool jumped = false;   ///< a comparison that held
};

/// The filter's answer (SECCOMP_RET_...), or nothing if the program is not one that the kernel would accept as far as
/// this run shows: an instruction that seccomp does not know, a load outside the data, a jump or a fall past the end,
/// division by zero. Always ends: classic BPF only jumps forward. `passages`: none, or one for each instruction, in which
/// this run's way is noted.
[[nodiscard]] std::optional<std::uint32_t> evaluate(std::span<const Instruction> program, const SystemCallData& call,
                                                    std::span<Passage> passages = {});

/// True if a row of the policy permits the call (native architecture only).
[[nodiscard]] bool permits(const Policy& policy, const SystemCallData& call);

}  // namespace sallyport::sandbox
