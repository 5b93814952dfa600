#include "server/relay.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/sys/io.h"
#include "privsep/arrange.h"
#include "server/detach/starter.h"

namespace sallyport::server {
namespace {

[[noreturn]] void run_relay(BorrowedFd lines) {
  constexpr std::array kStandard = {BorrowedFd(STDIN_FILENO), BorrowedFd(STDOUT_FILENO), BorrowedFd(STDERR_FILENO)};
  privsep::close_all_except(std::array{kStandard[0], kStandard[1], kStandard[2], lines});
  for (const int signal : {SIGHUP, SIGPIPE, SIGINT, SIGTERM}) (void)::signal(signal, SIG_IGN);
  std::array<std::byte, 4096> buffer;
  for (;;) {
    const auto got = sys::read(lines, buffer);
    if (!got || *got == 0) break;
    print_error(std::string(text_of(std::span(buffer).first(*got))));
  }
  print_out("\n[mosh-server is exiting.]\n");  // spec: command line 1.9
  ::_exit(0);
}

}  // namespace

Result<UniqueFd, SystemError> start_relay() {
  sys::Pipe pipe = TRY(sys::pipe());
  TRY_VOID(sys::set_nonblocking(pipe.writer));
  const pid_t pid = ::fork();
  if (pid < 0) return std::unexpected(SystemError{"fork", errno});
  if (pid == 0) {
    pipe.writer.reset();
    run_relay(pipe.reader);
  }
  return std::move(pipe.writer);
}

}  // namespace sallyport::server
