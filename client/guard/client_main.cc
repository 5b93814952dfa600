// sallyport-client: joins one session (command line 2). This is the guard: what the user's shell knows and controls.
// This file is its way from the command line to the start of the others; setup.h and guard.h are the rest.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.h"
#include "base/sys/io.h"
#include "client/common/locale.h"
#include "client/guard/guard.h"
#include "client/guard/key_source.h"
#include "client/guard/options.h"
#include "client/guard/settings.h"
#include "client/guard/setup.h"
#include "client/guard/terminal_facts.h"
#include "privsep/arrange.h"
#include "privsep/descriptors.h"
#include "sandbox/report.h"
#include "sandbox/worker.h"

namespace sallyport::client {
namespace {

constexpr int kFailure = 1;              // spec: command line 2.2
constexpr rlim_t kFewestOpenFiles = 96;  // ours: descriptors are arranged from 64 on (privsep/arrange.h)
constexpr std::string_view kExiting = "[mosh is exiting.]\n";

void print_out(std::string_view text) { (void)std::fwrite(text.data(), 1, text.size(), stdout); }
void print_error(std::string_view text) { (void)std::fwrite(text.data(), 1, text.size(), stderr); }

int fail(std::string_view text, int status = kFailure) {
  print_error(text);
  return status;
}

/// Core dumps off, no other process of the user's may look into this one, and nothing inherited but what we know.
Result<void, SetupFailure> seclude(const std::string& program, std::optional<int> key_fd) {
  const auto failed = [&](const std::string& what, int status = kFailure) {
    return std::unexpected(SetupFailure{status, program + ": " + what + "\n"});
  };
  for (const BorrowedFd fd : {privsep::kStdin, privsep::kStdout, privsep::kStderr}) {
    if (::fcntl(fd.number(), F_GETFD) < 0 && !privsep::point_at_null(fd)) return failed("/dev/null cannot be opened");
  }
  privsep::close_all_except(
      std::array{privsep::kStdin, privsep::kStdout, privsep::kStderr, BorrowedFd(key_fd.value_or(-1))});
  const rlimit none{0, 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0) return failed("cannot switch off core dumps");
  if (const auto done = sandbox::make_undumpable(); !done) {
    return failed("the guard cannot be confined on this host: " + sandbox::describe(done.error()) +
                      " (see: " + program + " sandbox-report)",
                  sandbox::kExitUnconfined);
  }
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < kFewestOpenFiles) {
    return failed("needs " + std::to_string(kFewestOpenFiles) + " open files to start; raise the limit with ulimit -n");
  }
  return {};
}

int report_sandbox(const Options& options, const std::string& program) {
  const auto report = sandbox::probe_host();
  if (!report)
    return fail(program + ": sandbox-report: " + report.error().call + ": " + std::strerror(report.error().number) +
                "\n");
  print_out(options.report_as_json ? sandbox::render_json(*report) + "\n" : sandbox::render_words(*report));
  return 0;
}

int print_colors(const Environment& environment) {
  const auto facts = terminal_facts(std::string(environment.get("TERM").value_or("")));
  if (!facts) return fail(facts.error() + "\n");
  print_out(std::to_string(facts->colors) + "\n");
  return 0;
}

/// As a job in the background: the shell stops it until it is brought to the foreground, as the first touch of the
/// terminal would. False: still in the background, and no shell can change that; the terminal is somebody else's.
bool wait_for_foreground() {
  constexpr int kAttempts = 3;  // ours: a group that no shell can continue is not stopped by the kernel at all
  constexpr Duration kPause = std::chrono::milliseconds(100);
  for (int i = 0; i < kAttempts && !sys::has_foreground(privsep::kStdin, ::getpgrp()); ++i) {
    (void)::kill(0, SIGTTOU);
    (void)sys::ppoll({}, kPause);  // not stopped: its starter may be about to give it the terminal
  }
  return sys::has_foreground(privsep::kStdin, ::getpgrp());
}

SessionPlan plan_session(Options options, const Settings& settings, TerminalFacts facts, const std::string& program) {
  SessionPlan plan{.program = program};
  plan.net = {.addresses = std::move(options.addresses), .port = options.port, .sandbox = options.sandbox};
  plan.screen = {.mode = settings.prediction,
                 .overwrite = settings.overwrite,
                 .title_prefix = settings.title_prefix,
                 .clipboard = settings.clipboard && options.clipboard,
                 .has_ech = facts.has_ech,
                 .has_bce = facts.has_bce,
                 .has_title = facts.has_title,
                 .port = options.port,
                 .escape_key = settings.escape_key,
                 .sandbox = options.sandbox};
  plan.tty = {.escape_key = settings.escape_key,
              .clipboard = plan.screen.clipboard,
              .enter = {},
              .leave = {},
              .sandbox = options.sandbox};
  if (settings.terminal_init) {
    plan.tty.enter = std::move(facts.enter);
    plan.tty.leave = std::move(facts.leave);
  }
  plan.address_text = std::move(options.address_text);
  plan.verbose = options.verbose;
  return plan;
}

/// The order of command line 2.2: what is wrong is said before the terminal is touched.
int run_session(Options options, const Environment& environment, const std::string& program, UniqueFd key) {
  const auto settings = settings_from(environment);
  if (!settings) return fail(settings.error());
  auto facts = terminal_facts(settings->terminal_type);
  if (!facts) {
    print_error(facts.error() + "\n");
    print_out(kExiting);
    return kFailure;
  }
  if (const auto complaint = locale_complaint(environment, "sallyport")) return fail(*complaint + "\n");
  const auto mode = sys::terminal_mode(privsep::kStdin);
  if (!mode)
    return fail(std::string("tcgetattr: ") + std::strerror(mode.error().number) +
                "\nmosh needs a terminal. For scripts use ssh.\n");
  if (!wait_for_foreground())
    return fail(program + ": the terminal is another job's, and no shell is there to change that\n");
  auto plan = plan_session(std::move(options), *settings, std::move(*facts), program);
  plan.key = std::move(key);
  plan.settings = *mode;
  auto resources = start_session(std::move(plan));
  if (!resources) return fail(resources.error().text, resources.error().exit_status);
  const SystemClock clock;
  Guard guard(std::move(*resources), clock);
  guard.start();
  while (guard.turn()) {
  }
  ::_exit(guard.conclude());  // without destructors: they would close descriptors, which the filter does not permit
}

int run(std::span<const std::string_view> words) {
  Options options = parse_options(words, SALLYPORT_VERSION);
  const std::string program(words.empty() ? "sallyport-client" : words.front());
  print_out(options.out);
  print_error(options.errors);
  if (options.action == Options::Action::kExit) return options.exit_status;
  const auto secluded = seclude(program, options.key_fd);
  // A report says of what is missing itself.
  if (!secluded && (options.action != Options::Action::kSandboxReport || secluded.error().exit_status == kFailure))
    return fail(secluded.error().text, secluded.error().exit_status);
  // Before anything else reads the environment, and whatever is asked.
  auto key = take_key_source(options.key_fd, environ);
  const Environment environment = Environment::copy_of(environ);
  if (options.action == Options::Action::kSandboxReport) return report_sandbox(options, program);
  if (options.action == Options::Action::kColors) return print_colors(environment);
  if (!key) return fail(key.error());
  return run_session(std::move(options), environment, program, std::move(*key));
}

}  // namespace
}  // namespace sallyport::client

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv, argv + argc);
  return sallyport::client::run(words);
}
