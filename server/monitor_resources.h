// What set-up hands to the monitor's event loop: everything is open, started and checked, and the process is already locked
// down. Architecture 1 (what the monitor holds) and 2 (start). Linked by the monitor only.
#pragma once

#include <sys/types.h>

#include "base/strong_id.h"
#include "base/unique_fd.h"
#include "privsep/channel.h"
#include "sandbox/report.h"
#include "server/compartment_arguments.h"

namespace sallyport::server {

/// Every descriptor lies at the number that privsep/descriptors.h names for it: the filter pins them. The monitor has no
/// other descriptor but 0, 1 and 2, which are /dev/null. "May be empty" is said where it is so; all others are open.
struct MonitorResources {
  UniqueFd pty;                ///< controlling side of the PTY, non-blocking, already `size` large
  UniqueFd signal_fd;          ///< signalfd, non-blocking: SIGTERM, SIGINT, SIGUSR1 (all blocked); SIGHUP, SIGPIPE ignored
  privsep::Channel net;        ///< Announce is sent and Ready is received; what net sent after it is still waiting
  privsep::Channel terminal;   ///< nothing has been sent or received
  UniqueFd shell_pidfd;        ///< the session's first process: waits for the release byte
  UniqueFd net_pidfd;
  UniqueFd terminal_pidfd;
  UniqueFd release_pipe;       ///< write one pty::kReleaseByte, then close; closed without it the child ends
  UniqueFd login_record_pipe;  ///< non-blocking, records of privsep/login_record_messages.h; may be empty: no record kept
  UniqueFd log_socket;         ///< connected datagram socket of /dev/log, non-blocking; may be empty: no log there
  UniqueFd relay_pipe;         ///< non-blocking, log lines ending in LF, written whole, to the relay; empty without -v
  pid_t monitor_pid = 0;       ///< our own: what the starter printed and the login record shows
  pid_t shell_pid = 0;         ///< also the session's process group and session id
  pid_t net_pid = 0;           ///< for log lines
  pid_t terminal_pid = 0;      ///< for log lines
  sandbox::Report confinement; ///< our own; `namespaces` are those that net and terminal both got. For the log at start
  WindowSize size;             ///< of the PTY and of the terminal's first screen
  Verbosity verbosity = Verbosity::kQuiet;
};

}  // namespace sallyport::server
