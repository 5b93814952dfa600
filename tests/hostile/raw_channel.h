// A record on a channel, as no honest compartment sends it.
#pragma once

#include <string_view>

#include "base/unique_fd.h"

namespace sallyport::hostile {

/// Sends `record`, which may be empty, with a descriptor attached if wanted. Never waits; false if the channel is full
/// or closed.
[[nodiscard]] bool send_raw(BorrowedFd channel, std::string_view record, bool descriptor);

}  // namespace sallyport::hostile
