// From the fork to the event loop (architecture 2): in the monitor, takes the UDP sockets, starts net, terminal, login-record and
// the shell's child, makes the PTY, has net announce the session, and locks down. Linked by sallyport-server.
#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "server/monitor_resources.h"
#include "server/session_plan.h"

namespace sallyport::server {

/// What the starter shows and exits with.
struct SetupFailure {
  int exit_status = 1;
  std::string text;  ///< lines ended by newlines
};

/// All of it but the lock-down. When it returns, the session is announced, every descriptor lies at its number of
/// privsep/descriptors.h (`starter`, the pipe to the starter, too), and 0 to 2 are /dev/null. On failure nothing that was
/// started is left running.
[[nodiscard]] Result<MonitorResources, SetupFailure> start_session(SessionPlan plan, UniqueFd& starter);

/// Locks this process down, fills in `resources.confinement`, and tells the starter that we are ready; `starter` is closed
/// then. After success nothing may be allocated, and no descriptor closed but those that the policy names. On failure the
/// processes of `resources` are ended.
[[nodiscard]] Result<void, SetupFailure> lock_down_session(const std::string& program, sandbox::Requirement requirement,
                                                           MonitorResources& resources, UniqueFd& starter);

}  // namespace sallyport::server
