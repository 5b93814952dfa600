// The client's tty program: confines itself, then owns the user's terminal. Started by the guard alone
// (docs/architecture.md, section 9); arguments are those of client/common/compartment_arguments.h.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <memory>
#include <span>

#include "client/tty/tty_session.h"
#include "privsep/descriptors.h"
#include "sandbox/worker.h"

namespace sallyport::client {
namespace {

/// The terminal's signals reach this process too, which is in the shell's job; guard takes them and says what they
/// mean. And in the background its own calls must not stop it.
void block_signals() {
  sigset_t all;
  ::sigfillset(&all);
  (void)::sigprocmask(SIG_SETMASK, &all, nullptr);
}

TerminalWrites writes_of(BorrowedFd output) {
  const int flags = ::fcntl(output.number(), F_GETFL);
  return flags >= 0 && (flags & O_NONBLOCK) != 0 ? TerminalWrites::kNonBlocking : TerminalWrites::kBlocking;
}

}  // namespace
}  // namespace sallyport::client

int main(int argc, char** argv) {
  using namespace sallyport;
  client::block_signals();
  const auto words = std::span<const char* const>(argv, static_cast<std::size_t>(argc)).subspan(1);
  const auto arguments = client::parse_tty_arguments(words);
  if (!arguments) {
    (void)std::fprintf(stderr, "client-tty: started by sallyport-client only; bad argument where %s was due\n",
                       arguments.error().expected);
    return 2;
  }
  namespace fd = privsep::client_tty_fd;
  client::TtyChannels channels{.guard = privsep::Channel(UniqueFd(fd::kGuard.number())),
                               .net = privsep::Channel(UniqueFd(fd::kNet.number())),
                               .screen = privsep::Channel(UniqueFd(fd::kScreen.number()))};
  const auto settings = sys::terminal_mode(fd::kInput);
  if (!settings) return 1;  // guard has looked; the terminal went away since
  const sandbox::Options options = sandbox::worker_options(fd::kGuard, arguments->sandbox);
  const auto begun = sandbox::begin(sandbox::client_tty_policy(), options);
  if (!begun) {
    sandbox::tell_unconfined(channels.guard, begun.error());
    return sandbox::kExitUnconfined;
  }
  const SystemClock clock;
  const client::UserTerminal terminal{fd::kInput, fd::kOutput, client::writes_of(fd::kOutput), *settings};
  const auto session = std::make_unique<client::TtySession>(std::move(channels), terminal, *arguments, clock);
  const auto confined = sandbox::lock_down(sandbox::client_tty_policy(), options, *begun);
  if (!confined) {
    sandbox::tell_unconfined(session->guard(), confined.error());
    return sandbox::kExitUnconfined;
  }
  // From here on without destructors: they would close descriptors, which the filter does not permit.
  std::array<std::byte, 8> scratch{};
  if (session->guard().send_message(privsep::client::Ready{}, scratch) != privsep::SendOutcome::kSent ||
      !sandbox::tell_confined(session->guard(), *confined)) {
    ::_exit(1);
  }
  while (session->turn()) {
  }
  ::_exit(0);
}
