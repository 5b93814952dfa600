// The process that ssh starts (architecture 2): forks the monitor, waits until it is ready or has failed, says so and leaves.
// Linked by sallyport-server. Command line 1.4.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace sallyport::server {

/// What the monitor writes once it is locked down, into the pipe that it was given. One byte.
inline constexpr std::byte kMonitorReady{'R'};

/// Tells the starter that nothing came of it. `text`: the line or lines to show, ended by newlines. `exit_status` is at least 1.
void report_failure(BorrowedFd starter, int exit_status, const std::string& text);

struct StarterTexts {
  std::string program;  ///< as it was started, for messages
  std::string notice;   ///< version and licence, lines ended by newlines
};

/// Forks; the child becomes the monitor: it runs `monitor` with the writing end of the pipe and exits with its result. Here:
/// the exit status of the starter, after standard error has got the notice and `[mosh-server detached, pid = N]`, or the
/// failure's text. Standard output and error are drained if they are terminals.
[[nodiscard]] int start_monitor(const StarterTexts& texts, const std::function<int(UniqueFd)>& monitor);

/// Opens /dev/null for each of descriptors 0 to 2 that is closed, so that no descriptor of ours ever lands there.
[[nodiscard]] Result<void, SystemError> ensure_standard_descriptors();

/// Writes to standard output or error, whole and unbuffered; a failure is ignored: nobody is left to tell.
void print_out(const std::string& text);
void print_error(const std::string& text);

}  // namespace sallyport::server
