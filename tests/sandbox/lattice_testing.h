// System calls around the edges of a policy's rows: each row's own call, and that with arguments moved off what the row
// permits. For filter_test.cc (in process) and matrix_test.cc (live).
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "sandbox/evaluate.h"
#include "sandbox/policy.h"

namespace sallyport::sandbox::testing {

/// A call that the row permits, with its `which`th descriptor.
[[nodiscard]] SystemCallData permitted_call(const Row& row, std::size_t which = 0);

/// Values at and around everything that the row says of this argument, and of others.
[[nodiscard]] std::vector<std::uint64_t> edge_values(const Row& row, std::uint8_t argument);

/// SALLYPORT_SEED, or a fixed number.
[[nodiscard]] std::uint64_t seed();

/// Calls `visit` with every variant of the row's call in which one argument (`pairs`: or two) has an edge value.
void for_each_variant(const Row& row, bool pairs, const std::function<void(const SystemCallData&)>& visit);

}  // namespace sallyport::sandbox::testing
