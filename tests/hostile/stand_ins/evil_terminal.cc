// Takes the terminal's place in a live session and is evil if the plan says so: from the first output on.
#include <sys/prctl.h>

#include "base/bytes.h"
#include "privsep/descriptors.h"
#include "sandbox/worker.h"
#include "tests/hostile/records.h"
#include "tests/hostile/stand_ins/evil.h"

using namespace sallyport;
using namespace sallyport::hostile;

int main() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const EvilPlan plan;
  const privsep::Channel monitor{UniqueFd(privsep::terminal_fd::kMonitor.number())};
  if (!sandbox::tell_confined(monitor, sandbox::Report())) return 5;
  if (plan.who != "terminal") only_listen(monitor);
  EvilMessages evil(plan.seed);
  Permitted session;  // only a view: which sizes and credit the monitor knows better
  std::array<std::byte, 65536> buffer;
  pollfd wait{monitor.fd().number(), POLLIN, 0};
  bool printed = false;
  for (int i = 0; i < 20'000; ++i) {
    (void)::poll(&wait, 1, printed ? 0 : 5000);
    const auto record = monitor.receive(buffer);
    if (record && record->front() == std::byte{0x11}) printed = true;
    const EvilRecord next = evil.from_terminal(session);
    // Without a mutation in most sessions, so that they go on for long.
    if (plan.seed % 4 != 0 && session.terminal(next.bytes, next.descriptor, 0) != Verdict::kAccepted) continue;
    if (!send_patiently(monitor.fd(), next)) ::_exit(0);
  }
  (void)send_patiently(monitor.fd(), {input(1, 1, "never permitted"), false});
  go_on_somehow(plan.seed);
}
