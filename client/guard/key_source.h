// Where the session's key comes from (command line 2.1): a descriptor that is handed to net unread, or MOSH_KEY, which
// is copied into a pipe and overwritten where it stood, so that neither a child nor /proc/PID/environ has it. Linked by
// guard alone.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace sallyport::client {

/// Takes MOSH_KEY out of `environment` (the process's own list, null-terminated): every assignment of it is overwritten
/// in memory and removed from the list. Returns the reading end of a pipe that holds the value of the first, for net,
/// or `key_fd` itself if one is given. The error is one line with its newline.
[[nodiscard]] Result<UniqueFd, std::string> take_key_source(std::optional<int> key_fd, char** environment);

}  // namespace sallyport::client
