// sallyport: opens a session on another machine (command line 3). The same program is ssh's ProxyCommand
// (--fake-proxy), and hands `sallyport doctor` on to the program that does it.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/bootstrap/command.h"
#include "client/bootstrap/fake_proxy.h"
#include "client/bootstrap/options.h"
#include "client/bootstrap/report.h"

namespace sallyport::client {
namespace {

/// The file that this program was started from, or the name that it was given.
std::string own_path(std::string_view name) {
  std::array<char, PATH_MAX> path{};
  const ssize_t n = ::readlink("/proc/self/exe", path.data(), path.size());
  return n > 0 && static_cast<std::size_t>(n) < path.size() ? std::string(path.data(), static_cast<std::size_t>(n))
                                                            : std::string(name);
}

/// Becomes the doctor; returns the exit status if that is not possible.
int become_doctor(const std::string& own_file, char** argv, const Report& report) {
  const std::string doctor = own_file.substr(0, own_file.rfind('/') + 1) + "../libexec/sallyport/doctor";
  (void)::execv(doctor.c_str(), argv + 1);
  report.say("Cannot start " + doctor + ": " + std::strerror(errno));
  return kStartFailure;
}

/// What a careless starter leaves: closed standard streams, so that a pipe of ours would become one, and children that
/// cannot be collected.
void mend_inheritance() {
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(number, F_GETFD) < 0) (void)::open("/dev/null", O_RDWR);  // the lowest free number, which is this one
  }
  (void)::signal(SIGCHLD, SIG_DFL);
}

int run(std::span<const std::string_view> words, char** argv) {
  mend_inheritance();
  const SystemClock clock;
  const Environment environment = Environment::copy_of(environ);
  const std::string program(program_name(words.empty() ? "sallyport" : words.front()));
  const std::string own_file = own_path(program);
  if (words.size() > 1 && words[1] == "doctor" && program != "mosh") {
    return become_doctor(own_file, argv, Report(program, false, clock));
  }
  CommandOptions options = parse_command_line(words, environment.get("MOSH_PREDICTION_DISPLAY"));
  print_out(options.out);
  print_error(options.errors);
  const Report report(program, options.verbose, clock);
  const SystemResolver resolver;
  switch (options.action) {
    case CommandOptions::Action::kExit:
      return options.exit_status;
    case CommandOptions::Action::kFakeProxy:
      return run_fake_proxy({options.host, options.command.front(), options.family}, resolver, BorrowedFd(STDIN_FILENO),
                            UniqueFd(STDOUT_FILENO), report);
    case CommandOptions::Action::kConnect:
      break;
  }
  std::string original;
  for (const std::string_view word : words.subspan(words.empty() ? 0 : 1)) {
    original += (original.empty() ? "" : " ") + std::string(word);
  }
  return run_command({std::move(options), environment, own_file, original}, resolver, report);
}

}  // namespace
}  // namespace sallyport::client

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv, argv + argc);
  return sallyport::client::run(words, argv);
}
