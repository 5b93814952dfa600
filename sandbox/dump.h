// A policy as text that a reviewer can compare line by line: the dumps in policies/*.dump are this, and a test compares
// them, so that a widened policy shows in review. For tools and tests.
#pragma once

#include <string>

#include "sandbox/policy.h"

namespace sallyport::sandbox {

/// One line per row, descriptor and limit.
[[nodiscard]] std::string dump(const Policy& policy);

}  // namespace sallyport::sandbox
