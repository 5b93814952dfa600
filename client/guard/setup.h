// From the command line to the guard's event loop (command line 2.2): opens the terminal anew and the sockets, starts
// tty, net and screen, waits until each has confined itself, and locks the guard down. Linked by guard alone.
#pragma once

#include <string>

#include "base/result.h"
#include "base/sys/terminal.h"
#include "base/unique_fd.h"
#include "client/common/compartment_arguments.h"
#include "privsep/channel.h"

namespace sallyport::client {

/// The session as a value, before anything is started.
struct SessionPlan {
  std::string program;  ///< argv[0], for messages
  NetArguments net;
  ScreenArguments screen;
  TtyArguments tty;
  UniqueFd key;                ///< what net reads its key from
  sys::TerminalMode settings;  ///< of the terminal, as the user has them
  std::string address_text;    ///< as given, for messages
  bool verbose = false;
};

/// What one compartment is to the guard.
struct Worker {
  privsep::Channel channel;  ///< Ready has been received
  UniqueFd pidfd;
};

/// Every descriptor lies at the number that privsep/descriptors.h names for it. 0, 1 and 2 are the user's.
struct GuardResources {
  UniqueFd signal_fd;  ///< HUP INT TERM PIPE QUIT WINCH CONT TSTP, all blocked, as TTIN and TTOU are
  Worker tty;
  Worker net;
  Worker screen;
  sys::TerminalMode settings;
  std::string leave;  ///< rmcup
  std::string address_text;
  std::uint16_t port = 0;
  bool has_ipv6 = false;  ///< among the addresses
  bool has_ipv4 = false;
  int process_group = 0;
};

struct SetupFailure {
  int exit_status = 1;
  std::string text;  ///< lines ended by newlines
};

/// All of it. After success nothing may be allocated any more. On failure nothing that was started is left running.
/// With `plan.verbose`, standard error has been told which layers confine each process.
[[nodiscard]] Result<GuardResources, SetupFailure> start_session(SessionPlan plan);

}  // namespace sallyport::client
