// sallyport-server: what mosh starts on the remote host (command line 1). This file is the starter's way from the command
// line to the fork; the monitor's way from there is setup.h and monitor.h.
#include <pwd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/decimal.h"
#include "base/sys/udp.h"
#include "privsep/arrange.h"
#include "pty/pty.h"
#include "sandbox/report.h"
#include "server/detach/starter.h"
#include "server/environment.h"
#include "server/internal_programs.h"
#include "server/locale_environment.h"
#include "server/monitor.h"
#include "server/options.h"
#include "server/session_plan.h"
#include "server/setup.h"

namespace sallyport::server {
namespace {

constexpr rlim_t kFewestOpenFiles = 96;        // ours: descriptors are arranged from 64 on (privsep/arrange.h)
constexpr int kFailure = 1;                   // spec: command line 1.4
constexpr BorrowedFd kFirstPassedSocket{3};   // where a service manager puts it (sd_listen_fds)
constexpr std::string_view kClearLine = "\r\n\n";  // spec: command line 1.4 step 8

/// Says why nothing was started, in one line.
int fail(std::string_view program, const std::string& line) {
  print_error(std::string(program) + ": " + line + "\n");
  return kFailure;
}

/// The soft limit that the session gets back; nothing if core dumps cannot be switched off.
std::optional<rlim_t> disable_core_dumps() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_CORE, &limit) != 0) return {};
  const rlim_t soft_bytes = limit.rlim_cur;
  limit.rlim_cur = 0;
  if (::setrlimit(RLIMIT_CORE, &limit) != 0) return {};
  return soft_bytes;
}

Account account_of_user() {
  const passwd* entry = ::getpwuid(::getuid());  // the real user, never the effective one (1.11)
  if (entry == nullptr) return {};
  return {entry->pw_name, entry->pw_dir, entry->pw_shell};
}

/// A UDP socket that a service manager passed to this very process, as its only descriptor. All others that we inherited
/// above standard error are closed: neither we nor the session need them.
UniqueFd take_passed_socket(const Environment& environment) {
  const auto number = [&](const char* name) { return parse_decimal<std::uint32_t>(environment.get(name).value_or("")); };
  constexpr std::array kStandard = {BorrowedFd(STDIN_FILENO), BorrowedFd(STDOUT_FILENO), BorrowedFd(STDERR_FILENO)};
  const bool passed = number("LISTEN_PID") == static_cast<std::uint32_t>(::getpid()) && number("LISTEN_FDS") == 1U &&
                      sys::is_udp_socket(kFirstPassedSocket);
  if (!passed) {
    privsep::close_all_except(kStandard);
    return {};
  }
  privsep::close_all_except(std::array{kStandard[0], kStandard[1], kStandard[2], kFirstPassedSocket});
  return UniqueFd(kFirstPassedSocket.number());
}

/// Shows which locales there are, when none of them will do (1.5 step 4).
void run_locale_program() {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::execlp("locale", "locale", "-a", nullptr);
    ::_exit(kFailure);
  }
  while (pid > 0 && ::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

int report_sandbox(const Options& options, std::string_view program) {
  const auto report = sandbox::probe_host();
  if (!report) return fail(program, std::string("sandbox-report: ") + report.error().call + ": " + std::strerror(report.error().number));
  print_out(options.report_as_json ? sandbox::render_json(*report) + "\n" : sandbox::render_words(*report));
  return 0;
}

/// Everything that the monitor needs to know; nothing, if the reason has been printed.
std::optional<SessionPlan> plan_session(const Options& options, std::string_view program, Environment environment,
                                        rlim_t core_limit_bytes) {
  SessionPlan plan{.program = std::string(program)};
  const Account account = account_of_user();
  const SessionProgram session = session_program(options.command, environment, account);
  if (session.login_shell && account.shell.empty() && account.name.empty() && !environment.get("SHELL")) {
    fail(program, "getpwuid: no user with the id " + std::to_string(::getuid()) + "; set SHELL or give a command after --");
    return {};
  }

  // A login shell that is not there would only be noticed by a client that has come all the way.
  if (session.login_shell && session.path.find('/') != std::string::npos && ::access(session.path.c_str(), X_OK) != 0) {
    fail(program, "the login shell " + session.path + " cannot be run: " + std::strerror(errno) +
                      "; correct SHELL or the user's passwd entry, or give a command after --");
    return {};
  }

  const LocaleOutcome locale = settle_locale(environment, options.locale_words, system_charset);
  print_error(locale.messages);
  if (!locale.usable) {
    run_locale_program();
    return {};
  }

  std::string warnings;
  plan.network_timeout_seconds = timeout_seconds(environment, "MOSH_SERVER_NETWORK_TMOUT", warnings);
  plan.signal_timeout_seconds = timeout_seconds(environment, "MOSH_SERVER_SIGNAL_TMOUT", warnings);
  print_error(warnings);

  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < kFewestOpenFiles) {
    fail(program, "needs " + std::to_string(kFewestOpenFiles) + " open files to start, the limit is " +
                      std::to_string(files.rlim_cur) + "; raise it with ulimit -n");
    return {};
  }

  auto programs = open_internal_programs();
  if (!programs) {
    fail(program, programs.error());
    return {};
  }
  plan.programs = std::move(*programs);
  plan.bind_address = options.bind_address;
  plan.ports = options.ports;
  const auto size = pty::window_size(BorrowedFd(STDIN_FILENO));
  if (size && within_limits(*size)) plan.size = *size;
  plan.verbosity = options.verbosity;
  plan.sandbox = options.sandbox;
  plan.user = account.name;
  plan.login_shell = session.login_shell;

  plan.shell.path = session.path;
  plan.shell.arguments = session.arguments;
  plan.shell.directory = home_directory(environment, account);
  make_session_environment(environment, options.colours, plan.shell.directory);
  plan.shell.environment = environment.assignments();
  plan.shell.core_limit_bytes = core_limit_bytes;
  plan.shell.program_name = base_name(program);
  return plan;
}

/// The monitor's whole life; returns only if it could not be set up.
int run_session(SessionPlan plan, UniqueFd starter) {
  const std::string program = plan.program;
  const sandbox::Requirement requirement = plan.sandbox;
  auto resources = start_session(std::move(plan), starter);
  if (!resources) {
    report_failure(starter, resources.error().exit_status, resources.error().text);
    return resources.error().exit_status;
  }
  const auto monitor = std::make_unique<std::optional<Monitor>>();
  const auto locked = lock_down_session(program, requirement, *resources, starter);
  if (!locked) {
    report_failure(starter, locked.error().exit_status, locked.error().text);
    return locked.error().exit_status;
  }
  run_monitor(std::move(*resources), *monitor);
}

int run(std::span<const std::string_view> words) {
  if (const auto ready = ensure_standard_descriptors(); !ready) {
    return fail("sallyport-server", std::string(ready.error().call) + ": " + std::strerror(ready.error().number));
  }
  const Environment environment = Environment::copy_of(environ);
  const Options options = parse_options(words, environment.get("SSH_CONNECTION"), SALLYPORT_VERSION);
  const std::string_view program = words.empty() ? "sallyport-server" : words.front();
  print_out(options.out);
  print_error(options.errors);
  if (options.action == Options::Action::kExit) return options.exit_status;

  UniqueFd passed = take_passed_socket(environment);
  if (options.action == Options::Action::kSandboxReport) return report_sandbox(options, program);
  const auto core_limit_bytes = disable_core_dumps();
  if (!core_limit_bytes) return fail(program, std::string("cannot switch off core dumps: ") + std::strerror(errno));
  auto plan = plan_session(options, program, environment, *core_limit_bytes);
  if (!plan) return kFailure;
  plan->passed_socket = std::move(passed);

  // With a terminal, type-ahead may have been echoed on this line, and the next one must begin with the magic words.
  if (::isatty(STDIN_FILENO) == 1) print_out(std::string(kClearLine));
  return start_monitor({std::string(program), version_text(program, SALLYPORT_VERSION)},
                       [&plan](UniqueFd starter) { return run_session(std::move(*plan), std::move(starter)); });
}

}  // namespace
}  // namespace sallyport::server

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv, argv + argc);
  return sallyport::server::run(words);
}
