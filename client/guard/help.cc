// The texts of --help, --version and the usage line (command line 2.1).
#include <string>

#include "client/guard/options.h"

namespace sallyport::client {

std::string usage_line(std::string_view program) {
  return "Usage: " + std::string(program) + " [-v] [--key-fd=N] [--no-clipboard] ADDRESS[,ADDRESS...] PORT\n";
}

std::string version_text(std::string_view program, std::string_view version) {
  return std::string(program.substr(program.rfind('/') + 1)) + " (Sallyport " + std::string(version) +
         ")\n"
         "Licensed under the Apache License, Version 2.0.\n"
         "There is NO WARRANTY, to the extent permitted by law.\n";
}

std::string help_text(std::string_view program) {
  const std::string name(program);
  return usage_line(program) + "       " + name + " -c\n" + "       " + name + " sandbox-report [--json]\n" +
         "       " + name + " --help | --version\n" +
         R"(
Joins the session of a mosh-server or sallyport-server that listens at ADDRESS,
UDP port PORT. Usually started by the sallyport command, not by hand. The session
runs in four confined processes; sandbox-report shows what confines them here.
Ctrl-^ . ends the session, Ctrl-^ Ctrl-Z suspends it.

  ADDRESS            numeric IPv4 or IPv6 address; several of one host, the
                     preferred one first, are separated by commas
  PORT               UDP port, 1 to 65535
  --key-fd=N         read the session's key (22 characters) from descriptor N
                     instead of MOSH_KEY
  --no-clipboard     programs of the session may not set the clipboard
                     (default: they may)
  --require-sandbox=full|available
                     full: refuse to start unless every layer of confinement is
                     active, also those that only newer kernels have
                     (default: available)
  -v                 say at the start what confines each process
  -# TEXT            ignored: the command line that ps shall show
  -c                 print the terminal's number of colours (-1: none) and exit
  --json             print the sandbox report as JSON

Environment:
  MOSH_KEY           the session's key; erased at once
  MOSH_ESCAPE_KEY    one character instead of Ctrl-^; empty: no escape key
  MOSH_PREDICTION_DISPLAY
                     adaptive, always, never or experimental
                     (default: adaptive)
  MOSH_PREDICTION_OVERWRITE
                     yes: predicted characters overwrite (default: insert)
  MOSH_TITLE_NOPREFIX
                     set: no "[mosh] " before the window title
  MOSH_NO_TERM_INIT  set: no alternate screen
  SALLYPORT_CLIPBOARD
                     no: as --no-clipboard
  TERM               the terminal's type
  LANG, LC_CTYPE, LC_ALL
                     must name a UTF-8 locale

Exit status:
  0   the session ended and both ends know it
  1   it did not begin, or ended otherwise: standard error says how
  70  this host lacks a required layer of confinement

Example: the two lines that the sallyport command replaces
  ssh server.example mosh-server
  MOSH_KEY=... )" +
         name + " 192.0.2.1 60001\n";
}

}  // namespace sallyport::client
