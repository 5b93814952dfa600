#include "server/setup.h"

#include <fcntl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "base/sys/io.h"
#include "privsep/arrange.h"
#include "privsep/descriptors.h"
#include "privsep/net_monitor.h"
#include "privsep/spawn.h"
#include "privsep/started.h"
#include "privsep/terminal_monitor.h"
#include "pty/pty.h"
#include "sandbox/apply.h"
#include "sandbox/worker.h"
#include "server/bind.h"
#include "server/compartment_arguments.h"
#include "server/detach/starter.h"
#include "server/login_record_text.h"
#include "server/motd.h"
#include "server/relay.h"

namespace sallyport::server {
namespace {

// ours: a compartment is ready within milliseconds; on a machine that swaps within seconds.
constexpr Duration kCompartmentLimit = std::chrono::seconds(20);
// ours: a process that has closed its channel has ended soon after.
constexpr Duration kExitNotice = std::chrono::seconds(1);
// ours: the system's helper has this long to remove the login record when set-up fails.
constexpr Duration kRecordRemovalLimit = std::chrono::seconds(2);
constexpr int kFailureStatus = 1;

template <typename T>
using SetupResult = Result<T, SetupFailure>;

/// Everything while it is being put together. Destroyed in reverse order: the pipes are closed first, then the processes are
/// ended and collected that have not been handed on.
struct Assembly {
  std::optional<privsep::Started> net;
  std::optional<privsep::Started> terminal;
  std::optional<privsep::Started> login_record;
  std::optional<privsep::Started> shell;
  std::vector<std::pair<const char*, privsep::Spawned>> entering;  ///< not yet known to have entered their executables
  UniqueFd net_channel;
  UniqueFd terminal_channel;
  privsep::NamespaceSet namespaces = privsep::NamespaceSet::for_user();
  MonitorResources resources;
};

std::unexpected<SetupFailure> failed(const SessionPlan& plan, const std::string& what, const SystemError& error) {
  return std::unexpected(SetupFailure{
      kFailureStatus, plan.program + ": " + what + ": " + error.call + ": " + std::strerror(error.number) + "\n"});
}

/// Evaluates to the value of a Result<T, SystemError>, or returns it as a SetupFailure that says what did not work.
#define TRY_STEP(what, expression)                                             \
  ({                                                                           \
    auto step_ = (expression);                                                 \
    if (!step_) return failed(plan, what, step_.error());                      \
    std::move(*step_);                                                         \
  })

/// SIGTERM, SIGINT and SIGUSR1 come by descriptor from here on; SIGHUP and SIGPIPE are ignored for good (1.9).
Result<UniqueFd, SystemError> take_signals() {
  sigset_t wanted;
  ::sigemptyset(&wanted);
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) ::sigaddset(&wanted, signal);
  (void)::signal(SIGHUP, SIG_IGN);
  (void)::signal(SIGPIPE, SIG_IGN);
  (void)::signal(SIGCHLD, SIG_DFL);  // ignored, children could not be collected
  if (::sigprocmask(SIG_SETMASK, &wanted, nullptr) < 0) return std::unexpected(SystemError{"sigprocmask", errno});
  UniqueFd fd(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd.valid()) return std::unexpected(SystemError{"signalfd", errno});
  return fd;
}

SetupResult<UdpSockets> take_sockets(SessionPlan& plan) {
  std::string messages;
  auto sockets = plan.passed_socket.valid() ? adopt_udp(std::move(plan.passed_socket))
                                            : bind_udp(plan.bind_address, plan.ports, messages);
  print_error(messages);
  if (!sockets) return std::unexpected(SetupFailure{kFailureStatus, sockets.error()});
  return std::move(*sockets);
}

std::vector<std::string> with_name(const char* name, std::vector<std::string> words) {
  words.insert(words.begin(), name);
  return words;
}

/// Starts net and terminal, and gives them all that they ever get: their ends of the channels, the sockets, and net the
/// standard output on which it announces the session.
SetupResult<std::monostate> start_compartments(const SessionPlan& plan, Assembly& assembly, const UdpSockets& sockets) {
  namespace net_fd = privsep::net_fd;
  namespace terminal_fd = privsep::terminal_fd;
  auto net_monitor = TRY_STEP("channel", privsep::make_channel_pair());
  auto terminal_monitor = TRY_STEP("channel", privsep::make_channel_pair());
  const auto net_terminal = TRY_STEP("channel", privsep::make_channel_pair());

  std::vector<privsep::Placement> net_places = {{BorrowedFd(STDOUT_FILENO), net_fd::kAnnounce},
                                                {net_monitor.second, net_fd::kMonitor},
                                                {net_terminal.first, net_fd::kTerminal},
                                                {sockets.first, net_fd::kUdp}};
  if (sockets.second.valid()) net_places.push_back({sockets.second, net_fd::kUdpPeer});
  NetArguments net_arguments{.port = sockets.port,
                             .family = sockets.family,
                             .second_socket = sockets.second.valid(),
                             .network_timeout_seconds = plan.network_timeout_seconds,
                             .signal_timeout_seconds = plan.signal_timeout_seconds,
                             .verbosity = plan.verbosity,
                             .sandbox = plan.sandbox};
  const auto net_words = with_name("sallyport-net", to_words(net_arguments));
  const std::array<privsep::Placement, 2> terminal_places = {
      {{terminal_monitor.second, terminal_fd::kMonitor}, {net_terminal.second, terminal_fd::kNet}}};
  const auto terminal_words =
      with_name("sallyport-terminal", to_words(TerminalArguments{plan.size, plan.verbosity, plan.sandbox}));

  // They load and confine themselves while this process goes on.
  auto net = TRY_STEP("starting net", privsep::begin_spawn({plan.programs.net, net_words, net_places}));
  assembly.net.emplace(std::move(net.pidfd), net.pid);
  auto terminal =
      TRY_STEP("starting terminal", privsep::begin_spawn({plan.programs.terminal, terminal_words, terminal_places}));
  assembly.terminal.emplace(std::move(terminal.pidfd), terminal.pid);
  assembly.net_channel = std::move(net_monitor.first);
  assembly.terminal_channel = std::move(terminal_monitor.first);
  assembly.namespaces = privsep::NamespaceSet(net.namespaces.bits() & terminal.namespaces.bits());
  assembly.entering.emplace_back("starting net", std::move(net));
  assembly.entering.emplace_back("starting terminal", std::move(terminal));
  return {};
}

/// The session's program behind a new PTY, held back until the release.
SetupResult<std::monostate> start_program(SessionPlan& plan, Assembly& assembly) {
  auto pty = TRY_STEP("making a pseudoterminal", pty::open_pty(plan.size));
  plan.shell.close_all_except = privsep::close_all_except;
  if (plan.login_shell) {
    plan.shell.greet = [directory = plan.shell.directory, user = plan.user, own = login_record_text(::getpid())] {
      greet(BorrowedFd(STDOUT_FILENO), GreetingPaths(), directory, user, own);
    };
  }
  auto shell = TRY_STEP("starting the session's program", pty::start_shell(pty.tty_fd, plan.shell));
  assembly.shell.emplace(std::move(shell.pidfd), shell.pid);
  assembly.resources.release_pipe = std::move(shell.release_pipe);
  assembly.resources.pty = std::move(pty.pty_fd);
  return {};
}

SetupResult<std::monostate> start_login_record(const SessionPlan& plan, Assembly& assembly) {
  auto pipe = TRY_STEP("login record", sys::pipe());
  if (const auto set = sys::set_nonblocking(pipe.writer); !set) return failed(plan, "login record", set.error());
  const std::vector<std::string> words = {"sallyport-login-record", "pid=" + std::to_string(::getpid())};
  const std::array<privsep::Placement, 2> places = {
      {{pipe.reader, privsep::kStdin}, {assembly.resources.pty, privsep::kStdout}}};
  auto started = TRY_STEP("starting login-record",
                          privsep::begin_spawn({plan.programs.login_record, words, places, privsep::Isolation::kNone}));
  assembly.login_record.emplace(std::move(started.pidfd), started.pid, kRecordRemovalLimit);
  assembly.entering.emplace_back("starting login-record", std::move(started));
  assembly.resources.login_record_pipe = std::move(pipe.writer);
  return {};
}

/// The system's log, if it listens.
UniqueFd connect_log() {
  UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, "/dev/log", sizeof address.sun_path - 1);
  if (!fd.valid() || ::connect(fd.borrow().number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) return {};
  return fd;
}

std::unexpected<SetupFailure> unconfined(const std::string& program, const char* process, const std::string& why) {
  return std::unexpected(SetupFailure{sandbox::kExitUnconfined, program + ": " + process + " cannot be confined on this host: " +
                                                                    why + " (see: " + program + " sandbox-report)\n"});
}

/// Waits until the compartment has sent a record or ended. An empty result: it ended without a word, or takes too long.
std::span<const std::byte> first_record(BorrowedFd channel, const privsep::Started& process, std::span<std::byte> buffer, int flags) {
  std::array<pollfd, 2> entries{pollfd{channel.number(), POLLIN, 0}, pollfd{process.pidfd().number(), POLLIN, 0}};
  (void)sys::ppoll(entries, kCompartmentLimit);
  ssize_t n = -1;
  // A process that ended with something unread is told of first (ECONNRESET, once), and then what it had said.
  for (int tries = 0; n < 0 && tries < 2; ++tries) {
    n = ::recv(channel.number(), buffer.data(), buffer.size(), MSG_DONTWAIT | flags);
  }
  return buffer.first(n > 0 ? static_cast<std::size_t>(n) : 0);
}

/// What to say of a compartment that did not say what it should have.
std::unexpected<SetupFailure> not_ready(const SessionPlan& plan, const char* process, const privsep::Started& started,
                                        const privsep::Log* log) {
  if (log != nullptr && log->event == privsep::LogEvent::kUnconfined) {
    return unconfined(plan.program, process, sandbox::describe(sandbox::failure_from(*log)));
  }
  const auto end = started.wait_for_end(kExitNotice);
  std::string line = plan.program + ": " + process + " did not start";
  if (end && !end->killed && end->number == kExitNoAnnounce) line += ": standard output cannot be written";
  if (end && !end->killed && end->number == kExitNoKey) line += ": no memory for the session's key (see ulimit -l and -v)";
  if (end) line += (end->killed ? ": killed by signal " : ": exit status ") + std::to_string(end->number);
  const bool refused = end && !end->killed && end->number == sandbox::kExitUnconfined;
  return std::unexpected(SetupFailure{refused ? sandbox::kExitUnconfined : kFailureStatus, line + "\n"});
}

/// Terminal is locked down once its first report waits; the report stays for the monitor to log.
SetupResult<std::monostate> await_terminal(const SessionPlan& plan, const Assembly& assembly) {
  std::array<std::byte, privsep::kMaxToMonitorBytes> buffer;
  const auto record = first_record(assembly.terminal_channel, *assembly.terminal, buffer, MSG_PEEK);
  const auto message = privsep::decode<privsep::TerminalToMonitor>(record);
  const auto* log = message ? std::get_if<privsep::Log>(&*message) : nullptr;
  if (log == nullptr || log->event != privsep::LogEvent::kSandbox) return not_ready(plan, "terminal", *assembly.terminal, log);
  return {};
}

/// Has net announce the session, and waits until it is locked down.
SetupResult<std::monostate> announce(const SessionPlan& plan, const Assembly& assembly) {
  std::array<std::byte, privsep::kMaxToMonitorBytes> buffer;
  const auto told = sys::write(assembly.net_channel, privsep::encode(privsep::Announce{}, buffer));
  // If net is gone already, what follows says how it ended.
  if (!told && told.error().number != EPIPE) return failed(plan, "net", told.error());
  const auto record = first_record(assembly.net_channel, *assembly.net, buffer, 0);
  const auto message = privsep::decode<privsep::NetToMonitor>(record);
  if (!message || !std::holds_alternative<privsep::Ready>(*message)) {
    return not_ready(plan, "net", *assembly.net, message ? std::get_if<privsep::Log>(&*message) : nullptr);
  }
  return {};
}

/// Hands the processes on and puts every descriptor at the number that the policy pins.
SetupResult<MonitorResources> finish(const SessionPlan& plan, Assembly& assembly, UniqueFd& starter) {
  namespace fd = privsep::monitor_fd;
  MonitorResources& resources = assembly.resources;
  for (const BorrowedFd standard : {privsep::kStdin, privsep::kStdout, privsep::kStderr}) {
    if (const auto done = privsep::point_at_null(standard); !done) return failed(plan, "/dev/null", done.error());
  }
  UniqueFd shell = assembly.shell->keep();
  UniqueFd net = assembly.net->keep();
  UniqueFd terminal = assembly.terminal->keep();
  if (assembly.login_record) (void)assembly.login_record->keep();
  const std::array<privsep::Arrangement, 12> arrangements = {{{&resources.pty, fd::kPty},
                                                              {&resources.signal_fd, fd::kSignals},
                                                              {&assembly.net_channel, fd::kNet},
                                                              {&assembly.terminal_channel, fd::kTerminal},
                                                              {&shell, fd::kShellPid},
                                                              {&net, fd::kNetPid},
                                                              {&terminal, fd::kTerminalPid},
                                                              {&resources.release_pipe, fd::kRelease},
                                                              {&resources.login_record_pipe, fd::kLoginRecord},
                                                              {&resources.log_socket, fd::kLog},
                                                              {&resources.relay_pipe, fd::kRelay},
                                                              {&starter, fd::kStarter}}};
  // From here on a failure leaves it to our own end to end them: by the hang-up of their channels and pipes.
  if (const auto done = privsep::arrange(arrangements); !done) return failed(plan, "descriptors", done.error());
  resources.net = privsep::Channel(std::move(assembly.net_channel));
  resources.terminal = privsep::Channel(std::move(assembly.terminal_channel));
  resources.shell_pidfd = std::move(shell);
  resources.net_pidfd = std::move(net);
  resources.terminal_pidfd = std::move(terminal);
  resources.monitor_pid = ::getpid();
  resources.shell_pid = assembly.shell->pid();
  resources.net_pid = assembly.net->pid();
  resources.terminal_pid = assembly.terminal->pid();
  resources.confinement.namespaces = assembly.namespaces;
  resources.size = plan.size;
  resources.verbosity = plan.verbosity;
  return std::move(resources);
}

}  // namespace

Result<MonitorResources, SetupFailure> start_session(SessionPlan plan, UniqueFd& starter) {
  Assembly assembly;
  (void)::setsid();  // no group signal of the starter's terminal reaches the session (1.4, step 12)
  assembly.resources.signal_fd = TRY_STEP("signals", take_signals());
  {
    const UdpSockets sockets = TRY(take_sockets(plan));
    TRY(start_compartments(plan, assembly, sockets));
  }
  const auto all = ::geteuid() == 0 ? privsep::NamespaceSet::for_root() : privsep::NamespaceSet::for_user();
  if (plan.sandbox == sandbox::Requirement::kFull && assembly.namespaces != all) {
    return unconfined(plan.program, "net", "namespaces are not available");
  }
  TRY(start_program(plan, assembly));
  TRY(start_login_record(plan, assembly));
  for (auto& [what, spawned] : assembly.entering) {
    if (const auto entered = privsep::await_exec(spawned); !entered) return failed(plan, what, entered.error());
  }
  assembly.entering.clear();
  TRY(await_terminal(plan, assembly));
  assembly.resources.log_socket = connect_log();
  if (plan.verbosity != Verbosity::kQuiet) assembly.resources.relay_pipe = TRY_STEP("log relay", start_relay());
  TRY(announce(plan, assembly));
  plan.programs = {};   // their numbers are needed now
  (void)!::chdir("/");  // no file system is kept busy for the session's life
  return finish(plan, assembly, starter);
}

Result<void, SetupFailure> lock_down_session(const std::string& program, sandbox::Requirement requirement,
                                             MonitorResources& resources, UniqueFd& starter) {
  sandbox::Options options = sandbox::worker_options(BorrowedFd(), requirement);
  options.namespaces = resources.confinement.namespaces;
  const auto begun = sandbox::begin(sandbox::monitor_policy(), options);
  const auto locked =
      begun ? sandbox::lock_down(sandbox::monitor_policy(), options, *begun) : Result<sandbox::Report, sandbox::Failure>(begun);
  if (!locked) {
    resources.release_pipe.reset();
    for (UniqueFd* pidfd : {&resources.shell_pidfd, &resources.net_pidfd, &resources.terminal_pidfd}) {
      const privsep::Started ended(std::move(*pidfd), 0);
    }
    return unconfined(program, "the monitor", sandbox::describe(locked.error()));
  }
  const privsep::NamespaceSet namespaces = resources.confinement.namespaces;
  resources.confinement = *locked;
  resources.confinement.namespaces = namespaces;
  // Nobody to tell: the starter was interrupted, and so the session must not come to be. Our end ends all of it.
  if (!sys::write(starter, std::array{kMonitorReady})) ::_exit(kFailureStatus);
  starter.reset();
  return {};
}

}  // namespace sallyport::server
