#include "client/bootstrap/signals.h"

#include <fcntl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sallyport::client {

Result<SignalGuard, SystemError> SignalGuard::take() {
  SignalGuard guard;
  sigset_t wanted;
  ::sigemptyset(&wanted);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
    struct sigaction now {};
    if (::sigaction(signal, nullptr, &now) == 0 && now.sa_handler != SIG_IGN) ::sigaddset(&wanted, signal);
  }
  UniqueFd fd(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd.valid()) return std::unexpected(SystemError{"signalfd", errno});
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  (void)::sigaction(SIGPIPE, &ignore, &guard.old_pipe_);
  (void)::sigprocmask(SIG_BLOCK, &wanted, &guard.old_mask_);
  guard.fd_ = std::move(fd);
  return guard;
}

SignalGuard::~SignalGuard() {
  if (!fd_.valid()) return;
  (void)::sigprocmask(SIG_SETMASK, &old_mask_, nullptr);
  (void)::sigaction(SIGPIPE, &old_pipe_, nullptr);
}

TerminalSettings::TerminalSettings() : terminal_(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)) {
  termios now{};
  if (terminal_.valid() && ::tcgetattr(terminal_.borrow().number(), &now) == 0) saved_ = now;
}

void TerminalSettings::restore() const {
  termios now{};
  if (!saved_ || ::tcgetattr(terminal_.borrow().number(), &now) != 0) return;
  const bool same = now.c_iflag == saved_->c_iflag && now.c_oflag == saved_->c_oflag &&
                    now.c_cflag == saved_->c_cflag && now.c_lflag == saved_->c_lflag &&
                    std::memcmp(now.c_cc, saved_->c_cc, sizeof now.c_cc) == 0;
  // From the background this would stop us (SIGTTOU), and the terminal is somebody else's then.
  if (!same && ::tcgetpgrp(terminal_.borrow().number()) == ::getpgrp()) {
    (void)::tcsetattr(terminal_.borrow().number(), TCSADRAIN, &*saved_);
  }
}

void end_by_signal(int signal) {
  (void)::signal(signal, SIG_DFL);
  sigset_t only;
  ::sigemptyset(&only);
  ::sigaddset(&only, signal);
  (void)::raise(signal);
  (void)::sigprocmask(SIG_UNBLOCK, &only, nullptr);
  ::_exit(128 + signal);  // as a shell would say it, if it was not delivered
}

}  // namespace sallyport::client
