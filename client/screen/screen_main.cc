// The client's screen program: confines itself, then turns what the server sends into what the terminal shows. Started
// by the guard alone (docs/architecture.md, section 9); arguments are those of client/common/compartment_arguments.h.
#include <unistd.h>

#include <array>
#include <cstdio>
#include <span>

#include "client/screen/screen_session.h"
#include "client/screen/wall_clock.h"
#include "privsep/client_guard.h"
#include "privsep/descriptors.h"
#include "sandbox/worker.h"

int main(int argc, char** argv) {
  using namespace sallyport;
  const auto words = std::span<const char* const>(argv, static_cast<std::size_t>(argc)).subspan(1);
  const auto arguments = client::parse_screen_arguments(words);
  if (!arguments) {
    (void)std::fprintf(stderr, "client-screen: started by sallyport-client only; bad argument where %s was due\n",
                       arguments.error().expected);
    return 2;
  }
  namespace fd = privsep::client_screen_fd;
  client::ScreenSession::Channels channels{.guard = privsep::Channel(UniqueFd(fd::kGuard.number())),
                                           .tty = privsep::Channel(UniqueFd(fd::kTty.number())),
                                           .net = privsep::Channel(UniqueFd(fd::kNet.number()))};
  const sandbox::Options options = sandbox::worker_options(fd::kGuard, arguments->sandbox);
  const auto begun = sandbox::begin(sandbox::client_screen_policy(), options);
  if (!begun) {
    sandbox::tell_unconfined(channels.guard, begun.error());
    return sandbox::kExitUnconfined;
  }
  // Its buffers are made before the lock-down, and the time zone is read.
  const SystemClock clock;
  const client::SystemWallClock wall;
  client::ScreenSession session(std::move(channels), *arguments, clock, wall);
  const auto confined = sandbox::lock_down(sandbox::client_screen_policy(), options, *begun);
  if (!confined) {
    sandbox::tell_unconfined(session.guard(), confined.error());
    return sandbox::kExitUnconfined;
  }
  // From here on without destructors: they would close descriptors, which the filter does not permit.
  std::array<std::byte, 16> scratch{};
  if (session.guard().send_message(privsep::client::Ready{}, scratch) != privsep::SendOutcome::kSent ||
      !sandbox::tell_confined(session.guard(), *confined)) {
    ::_exit(1);
  }
  while (session.turn()) {
  }
  ::_exit(session.ended_well() ? 0 : 1);
}
