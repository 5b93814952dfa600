// The terminal compartment's program: confines itself, then interprets what programs print. Started by the monitor alone
// (architecture 1); arguments are those of server/compartment_arguments.h.
#include <unistd.h>

#include <cstdio>
#include <span>

#include "privsep/descriptors.h"
#include "sandbox/worker.h"
#include "server/compartment_arguments.h"
#include "server/terminal_session.h"

int main(int argc, char** argv) {
  using namespace sallyport;
  const auto arguments = server::parse_terminal_arguments(std::span<const char* const>(argv, static_cast<std::size_t>(argc)).subspan(1));
  if (!arguments) {
    (void)std::fprintf(stderr, "terminal: started by sallyport-server only; bad argument where %s was due\n", arguments.error().expected);
    return 2;
  }
  namespace fd = privsep::terminal_fd;
  privsep::Channel monitor{UniqueFd(fd::kMonitor.number())};
  privsep::Channel net{UniqueFd(fd::kNet.number())};
  const sandbox::Options options = sandbox::worker_options(fd::kMonitor, arguments->sandbox);
  const auto begun = sandbox::begin(sandbox::terminal_policy(), options);
  if (!begun) {
    sandbox::tell_unconfined(monitor, begun.error());
    return sandbox::kExitUnconfined;
  }
  // Its buffers are made before the lock-down; it uses no library beyond the C++ one, and that one now for the first time.
  const SystemClock clock;
  server::TerminalSession session(std::move(monitor), std::move(net), arguments->size, clock);
  const auto confined = sandbox::lock_down(sandbox::terminal_policy(), options, *begun);
  if (!confined) {
    sandbox::tell_unconfined(session.monitor(), confined.error());
    return sandbox::kExitUnconfined;
  }
  // From here on without destructors: they would close descriptors, which the filter does not permit.
  if (!sandbox::tell_confined(session.monitor(), *confined)) ::_exit(1);  // the monitor waits for it
  while (session.turn()) {
  }
  ::_exit(0);
}
