// The single steps of confinement that begin() and lock_down() put in order; internal to sandbox/.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "base/unique_fd.h"
#include "sandbox/policy.h"
#include "sandbox/report.h"

namespace sallyport::sandbox {

/// allocator.cc: malloc never calls mremap or madvise, which no policy permits, and for kFrozen gives nothing back
/// either; operator new without memory ends the process as CHECK does.
void prepare_allocator(MemoryRule rule);
/// allocator.cc: what set-up has freed goes back to the system, pages in the heap's middle too: that takes madvise,
/// which no policy permits.
void give_back_free_memory();

/// identity.cc: where started by root, takes account _sallyport or 65534 for good: groups, group ids, user ids.
[[nodiscard]] Result<Identity, SystemError> take_identity();

/// capabilities.cc: empties the bounding set; true if it is empty now. Needs CAP_SETPCAP, so it comes before the
/// identity.
[[nodiscard]] bool empty_bounding_set();
/// capabilities.cc: no permitted, effective, inheritable or ambient capability is left, but CAP_KILL for a root that
/// may signal.
[[nodiscard]] Result<void, SystemError> clear_capabilities(SignalRule signals);

/// limits.cc: all limits of the policy, FSIZE and NPROC last.
[[nodiscard]] Result<void, SystemError> set_limits(const Policy& policy);

/// landlock.cc: a ruleset without a rule, of all that the kernel can deny. Made before the limits, under which it would
/// find no descriptor number; enforced after no_new_privs.
struct Ruleset {
  UniqueFd fd;
  std::uint8_t abi = 0;  ///< what the kernel has, at least 1
};
[[nodiscard]] Result<Ruleset, SystemError> make_ruleset(SignalRule signals);
[[nodiscard]] Result<void, SystemError> restrict_to(const Ruleset& ruleset);

}  // namespace sallyport::sandbox
