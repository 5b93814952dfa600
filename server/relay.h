// The relay of -v: a process outside the monitor's limits that keeps the starter's standard output and error open and writes
// the monitor's log lines there. Linked by sallyport-server.
#pragma once

#include "base/result.h"
#include "base/unique_fd.h"

namespace sallyport::server {

/// Forks the relay and returns the writing end of its pipe, non-blocking: whole lines go in. When that end is closed, however
/// the monitor ends, the relay prints its last line and exits. Descriptors 0 to 2 must still be the starter's.
[[nodiscard]] Result<UniqueFd, SystemError> start_relay();

}  // namespace sallyport::server
