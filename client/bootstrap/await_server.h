// Reads what ssh (or, with --local, the server's starter) prints until the server has announced itself (command
// line 3.3, steps 6 and 7). Linked by the command alone.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "client/bootstrap/child.h"
#include "client/bootstrap/output.h"
#include "client/bootstrap/report.h"

namespace sallyport::client {

struct WaitLimits {
  Duration hint =
      std::chrono::seconds(30);  ///< spec: section 5, row 13. After so long without a word the hint is shown
  Duration give_up = std::chrono::minutes(5);  ///< ours: longer than sshd lets a login take (2 minutes)
  Duration ending = std::chrono::seconds(10);  ///< ours: ssh ends within a round trip once the server has detached
  bool reached = true;                         ///< false: `output` learns from our proxy when the host has been reached
};

struct WaitEnding {
  enum class Kind : std::uint8_t {
    kConnected,    ///< `output` has port and key
    kFailed,       ///< `output` says why
    kEndOfOutput,  ///< ssh is done, and no server has announced itself
    kGaveUp,
    kSignal,  ///< `signal` came
  };
  Kind kind = Kind::kEndOfOutput;
  int signal = 0;
  std::optional<sys::ExitStatus> status;  ///< how ssh ended, if it did by itself
};

/// `pipe` is what `child` writes to; `signals` a non-blocking signalfd. The child is gone when this returns: it ended
/// or was ended. Time in which the child asks at the terminal does not count. What it prints goes to standard output.
[[nodiscard]] WaitEnding await_server(Child& child, BorrowedFd pipe, BorrowedFd signals, BootstrapOutput& output,
                                      const Report& report, const WaitLimits& limits);

}  // namespace sallyport::client
