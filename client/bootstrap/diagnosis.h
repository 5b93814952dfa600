// Why no session came to be, in plain words (command line 3.8 and section 5): from what ssh and the far side printed,
// and how ssh ended. No system call.
#pragma once

#include <optional>
#include <string>

#include "base/sys/process.h"
#include "client/bootstrap/options.h"
#include "client/bootstrap/output.h"

namespace sallyport::client {

struct StartFacts {
  const CommandOptions& options;
  const BootstrapOutput& output;
  std::string host;      ///< for people
  std::string ssh_port;  ///< as `ssh -G` says; empty if unknown
  bool address_known = false;
  std::optional<sys::ExitStatus> ssh;  ///< how ssh ended; none: it was ended by us
};

/// One line, and hints on lines of their own; without the program's name.
[[nodiscard]] std::string explain_start_failure(const StartFacts& facts);

/// Section 5, row 13.
inline constexpr const char* kNoAnswer =
    "The remote shell started but mosh-server did not answer. Does a start-up file wait for input?";

}  // namespace sallyport::client
