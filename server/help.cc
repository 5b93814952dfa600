// The texts of --help, --version and the usage line (command line 1.2, 1.4).
#include <string>

#include "server/options.h"

namespace sallyport::server {

std::string usage_line(std::string_view program) {
  return "Usage: " + std::string(program) +
         " new [-s] [-v] [-i LOCALADDR] [-p PORT[:PORT2]] [-c COLORS] [-l NAME=VALUE] [-- COMMAND...]\n";
}

std::string version_text(std::string_view program, std::string_view version) {
  return std::string(base_name(program)) + " (Sallyport " + std::string(version) +
         ")\n"
         "Licensed under the Apache License, Version 2.0.\n"
         "There is NO WARRANTY, to the extent permitted by law.\n";
}

std::string help_text(std::string_view program) {
  const std::string name(program);
  return usage_line(program) +
         "       " + name + " sandbox-report [--json]\n" +
         "       " + name + " --help | --version\n" +
         R"(
Starts one remote shell session for a Mosh client: opens a UDP port, prints
"MOSH CONNECT PORT KEY" on standard output and goes to the background. Usually
started through ssh by the mosh command, not by hand. The session runs in three
confined processes; sandbox-report shows what confines them on this host.

Options of "new":
  -s                 bind to the address that ssh was reached at (the third
                     word of SSH_CONNECTION)
  -i LOCALADDR       bind to this numeric IPv4 or IPv6 address
                     (default: any; also when LOCALADDR cannot be bound)
  -p PORT[:PORT2]    UDP port, or the first free one of a range; 0 lets the
                     system choose (default: 60001:60999)
  -c COLORS          colours of the client's terminal: 256 sets
                     TERM=xterm-256color, all others TERM=xterm (default: 0)
  -l NAME=VALUE      locale variable to use if the own locale is not UTF-8;
                     repeatable
  -v                 keep standard output and error open and log to them; twice:
                     more
  -@ WORD            ignored, with WORD
  --require-sandbox=full|available
                     full: refuse to start unless every layer of confinement is
                     active, also those that only newer kernels have
                     (default: available)
  -- COMMAND...      run this instead of the login shell, without a shell
Options that are not known are shown and ignored. Without "new", up to two words
are taken as LOCALADDR and PORT.

sandbox-report:
  --json             print the report as JSON

Environment:
  SHELL, HOME        the login shell and the directory to start in
                     (default: from the user database)
  LANG, LC_CTYPE, LC_ALL
                     locale of the session (default: C.UTF-8 if not UTF-8)
  MOSH_SERVER_NETWORK_TMOUT
                     seconds without a word from the client after which the
                     session ends (default: 0, never)
  MOSH_SERVER_SIGNAL_TMOUT
                     seconds for which the client must have been silent for
                     SIGUSR1 to end the session (default: 0)
  SSH_CONNECTION     see -s
  LISTEN_PID, LISTEN_FDS
                     one bound UDP socket from systemd is used instead of -i, -p

Exit status of the starting process:
  0   the session is running in the background
  1   wrong option, no free port, no UTF-8 locale, or another failure; nothing
      is left running
  70  this host lacks a required layer of confinement

Example: a session on one port that a firewall leaves open
  )" + name + " new -s -p 60010 -c 256 -- tmux attach\n";
}

}  // namespace sallyport::server
