// Shares many independent tries out among as many processes as there are processors.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace sallyport::sandbox::testing {

/// Runs attempt(0) to attempt(count - 1), each in one of several child processes, and returns all that they complained
/// of (at most some 4 KiB from each); a child that does not come to its end is a complaint, too. Nothing that an
/// attempt changes is seen by the caller.
[[nodiscard]] std::string share_out(std::size_t count, const std::function<std::string(std::size_t)>& attempt);

}  // namespace sallyport::sandbox::testing
