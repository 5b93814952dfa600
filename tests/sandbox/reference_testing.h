// What each compartment may ask of the kernel, written down a second time by hand from docs/architecture.md sections 1
// to 4 and 9: numbers and bits as they stand in the manual pages, nothing taken from the policies or from what generates the
// filters. A change of a policy must be made here too, by somebody who thinks about it again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sandbox/evaluate.h"
#include "sandbox/policy.h"

namespace sallyport::sandbox::testing {

/// The system calls that the compartment ("net", "client-tty", ...) may make with some arguments, in ascending
/// order.
[[nodiscard]] std::vector<std::uint32_t> reference_numbers(const std::string& compartment);

/// Whether it may make this call. Of the call the native architecture is assumed.
[[nodiscard]] bool reference_permits(const std::string& compartment, const SystemCallData& call);

}  // namespace sallyport::sandbox::testing
