// The texts of --help, --version and the usage line (command line 3.1).
#include <string>

#include "client/bootstrap/options.h"

namespace sallyport::client {

std::string command_usage(std::string_view program) {
  const std::string name(program);
  return "Usage: " + name + " [options] [user@]host [-- command [arg...]]   (" + name + " --help says more)\n";
}

std::string command_version(std::string_view program) {
  return std::string(program) + " (Sallyport " SALLYPORT_VERSION
                                ")\n"
                                "Licensed under the Apache License, Version 2.0.\n"
                                "There is NO WARRANTY, to the extent permitted by law.\n";
}

std::string command_help(std::string_view program) {
  const std::string name(program);
  return "Usage: " + name + " [options] [user@]host [-- command [arg...]]\n" + "       " + name +
         " doctor [user@]host\n" +
         R"(
Opens a remote shell that survives sleep, roaming and lost packets, and shows
what is typed at once. Logs in with ssh, as ssh is configured; the session then
runs over UDP. In the session Ctrl-^ and then a dot quits, Ctrl-^ Ctrl-Z suspends.

CommandOptions may be shortened to a unique beginning. Those after the host are read too,
up to "--": write "host -- ls -l".

  -p PORT[:PORT2], --port=...
                     UDP port of the session on the server, or a range
                     (default: first free one of 60001:60999)
  --ssh=COMMAND      ssh with options, as --ssh="ssh -p 2222" (default: ssh)
  --predict=MODE     show typing before the server answers: adaptive (on slow
                     links), always, never, experimental (default: adaptive)
  -a, -n             --predict=always, --predict=never
  -o, --predict-overwrite
                     predict that typing overwrites instead of inserting
  -4, -6             use IPv4 or IPv6 alone
  --family=FAMILY    inet, inet6, auto, all, prefer-inet, prefer-inet6
                     (default: prefer-inet)
  --server=COMMAND   what starts the server there (default: sallyport-server,
                     or mosh-server if only that is there)
  --client=PATH      client to run here (default: sallyport-client)
  --bind-server=ssh|any|IP
                     address that the server listens on (default: ssh, the one
                     that ssh reached)
  --experimental-remote-ip=proxy|local|remote
                     who says the server's address: our connection, this
                     machine's resolver, or the server (default: proxy)
  --no-ssh-pty       no pseudoterminal for ssh
  --no-init          do not switch the terminal to its alternate screen
  --local            run the server here, without ssh; host is an address of
                     this machine
  --verbose          say what is done, and when
  --help, --version

Environment: MOSH_PREDICTION_DISPLAY (as --predict), MOSH_ESCAPE_KEY,
MOSH_TITLE_NOPREFIX; see sallyport-client(1).

Exit status: the client's; 1 if the session could not be started, 2 for a wrong
command line.
)";
}

}  // namespace sallyport::client
