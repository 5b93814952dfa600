// Confines the calling process by a policy, in the order that confinement.md measured (architecture 4). Linked by every
// compartment; this is the only way into the sandbox. A compartment's main does, in this order:
//
//   1. begin(policy, options)   not dumpable, process name, allocator, descriptor inventory, identity (if started by root),
//                               death with the parent
//   2. use each library once (the first use calls futex), make and lock key memory, announce, allocate fixed buffers
//   3. lock_down(policy, options, *begun)   inventory again, limits, capabilities, no_new_privs, Landlock,
//                               memory-deny-write-execute, seccomp: last
//
// Afterwards net and terminal may not even close a descriptor: they end by _exit(), without destroying their owners.
//
// On failure of either the caller must not go on half-confined: it says describe(failure), or tells the
// monitor which failure it was, and exits with kExitUnconfined. Nothing in the environment changes any of this.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "base/unique_fd.h"
#include "privsep/spawn.h"
#include "sandbox/policy.h"
#include "sandbox/report.h"

namespace sallyport::sandbox {

namespace testing_only {
class LeaveOut;  // testing_only/leave_out.h: no program includes it
}

enum class Requirement : std::uint8_t {
  kMandatory,  ///< optional mechanisms are used where present, and recorded in the report where not
  kFull,       ///< --require-sandbox=full: a missing optional mechanism is a failure
};

/// Where a compartment's key lies. This room does not make keys' memory, but tells of it. kSecret: from memfd_secret.
enum class KeyMemory : std::uint8_t { kNoKey, kOrdinary, kSecret };

struct Options {
  /// The channel to the monitor: its hang-up means that the parent is gone. For policies that die with their parent.
  BorrowedFd parent;
  /// What the monitor's spawn() achieved; for the report and for kFull.
  privsep::NamespaceSet namespaces;
  Requirement requirement = Requirement::kMandatory;
  /// For the report and for kFull.
  KeyMemory key_memory = KeyMemory::kNoKey;
  /// Tests prove each layer alone; null in every program.
  const testing_only::LeaveOut* leave_out = nullptr;
};

/// PR_SET_DUMPABLE 0: no core, no ptrace, no /proc/PID/mem by the same user. begin() does it too; call it earlier if a
/// secret exists earlier. Lost at exec.
[[nodiscard]] Result<void, Failure> make_undumpable();

/// Step 1. Returns what is active so far, for lock_down().
[[nodiscard]] Result<Report, Failure> begin(const Policy& policy, const Options& options);

/// Step 3. After it returns a report, only what the policy's rows permit is possible. Allocates and frees nothing after
/// the filter is on. The report says what is active and what is missing.
[[nodiscard]] Result<Report, Failure> lock_down(const Policy& policy, const Options& options, const Report& begun);

}  // namespace sallyport::sandbox
