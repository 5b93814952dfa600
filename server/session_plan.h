// Everything that the starter settled before it forks the monitor: the session as a value. Linked by sallyport-server.
#pragma once

#include <optional>
#include <string>

#include "base/strong_id.h"
#include "base/unique_fd.h"
#include "pty/shell.h"
#include "server/compartment_arguments.h"
#include "server/internal_programs.h"
#include "server/options.h"

namespace sallyport::server {

struct SessionPlan {
  std::string program;  ///< argv[0], for messages
  InternalPrograms programs;
  UniqueFd passed_socket;  ///< from a service manager; else empty, and the next two hold
  std::optional<std::string> bind_address;
  PortRange ports;
  WindowSize size;
  std::uint32_t network_timeout_seconds = 0;
  std::uint32_t signal_timeout_seconds = 0;
  Verbosity verbosity = Verbosity::kQuiet;
  sandbox::Requirement sandbox = sandbox::Requirement::kMandatory;
  std::string user;          ///< for the notice of detached sessions
  bool login_shell = false;  ///< greet
  pty::ShellPlan shell;      ///< without its functions
};

}  // namespace sallyport::server
