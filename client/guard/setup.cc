#include "client/guard/setup.h"

#include <fcntl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/sys/io.h"
#include "base/sys/udp.h"
#include "client/guard/words.h"
#include "privsep/arrange.h"
#include "privsep/client_guard.h"
#include "privsep/descriptors.h"
#include "privsep/internal_program.h"
#include "privsep/spawn.h"
#include "privsep/started.h"
#include "sandbox/worker.h"

namespace sallyport::client {
namespace {

// ours: a compartment is ready within milliseconds; on a machine that swaps within seconds.
constexpr Duration kCompartmentLimit = std::chrono::seconds(20);
// ours: a process that has closed its channel has ended soon after.
constexpr Duration kExitNotice = std::chrono::seconds(1);
constexpr int kFailureStatus = 1;

template <typename T>
using SetupResult = Result<T, SetupFailure>;

/// One compartment while it is being put together.
struct Part {
  const char* name = "";
  const char* program = "";
  UniqueFd executable;
  UniqueFd channel;
  std::optional<privsep::Started> process;
  privsep::Spawned spawned;
};

/// Everything while it is being put together. Destroyed, it ends what was started.
struct Assembly {
  Part tty{.name = "tty", .program = "client-tty"};
  Part net{.name = "net", .program = "client-net"};
  Part screen{.name = "screen", .program = "client-screen"};
  UniqueFd signal_fd;
};

std::unexpected<SetupFailure> failed(const SessionPlan& plan, const std::string& what, int status = kFailureStatus) {
  return std::unexpected(SetupFailure{status, plan.program + ": " + what + "\n"});
}

std::string cause(const char* what, const SystemError& error) {
  return std::string(what) + ": " + error.call + ": " + std::strerror(error.number);
}

/// Evaluates to the value of a Result<T, SystemError>, or returns it as a SetupFailure that says what did not work.
#define TRY_STEP(what, expression)                               \
  ({                                                             \
    auto step_ = (expression);                                   \
    if (!step_) return failed(plan, cause(what, step_.error())); \
    std::move(*step_);                                           \
  })

Result<UniqueFd, SystemError> take_signals() {
  sigset_t read;
  ::sigemptyset(&read);
  for (const int signal : {SIGHUP, SIGINT, SIGTERM, SIGPIPE, SIGQUIT, SIGWINCH, SIGCONT, SIGTSTP})
    ::sigaddset(&read, signal);
  sigset_t blocked = read;
  // In the background the guard is not stopped for restoring the terminal.
  for (const int signal : {SIGTTIN, SIGTTOU}) ::sigaddset(&blocked, signal);
  // A signal that is ignored never reaches a descriptor, and ignored children cannot be collected.
  for (int signal : {SIGHUP, SIGINT, SIGTERM, SIGPIPE, SIGQUIT, SIGWINCH, SIGCONT, SIGTSTP, SIGCHLD})
    (void)::signal(signal, SIG_DFL);
  if (::sigprocmask(SIG_SETMASK, &blocked, nullptr) < 0) return std::unexpected(SystemError{"sigprocmask", errno});
  UniqueFd fd(::signalfd(-1, &read, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd.valid()) return std::unexpected(SystemError{"signalfd", errno});
  return fd;
}

/// Another open file of the same terminal, so that not blocking is ours and not the shell's. Where that is not
/// permitted (a terminal of another user's, after su) or `fd` is no terminal, a duplicate: tty then writes little at a
/// time.
Result<UniqueFd, SystemError> open_anew(BorrowedFd fd, int mode) {
  const std::string path = "/proc/self/fd/" + std::to_string(fd.number());
  UniqueFd anew(::isatty(fd.number()) == 1 ? ::open(path.c_str(), mode | O_NOCTTY | O_NONBLOCK | O_CLOEXEC) : -1);
  if (!anew.valid()) anew = UniqueFd(::fcntl(fd.number(), F_DUPFD_CLOEXEC, 3));
  if (!anew.valid()) return std::unexpected(SystemError{"fcntl", errno});
  return anew;
}

/// Up to two sockets of each family, and the addresses that they can reach.
struct Sockets {
  std::array<UniqueFd, 2> ipv4;
  std::array<UniqueFd, 2> ipv6;
};

SetupResult<Sockets> open_sockets(SessionPlan& plan) {
  Sockets sockets;
  std::string why;
  for (const bool ipv6 : {false, true}) {
    auto& pair = ipv6 ? sockets.ipv6 : sockets.ipv4;
    const auto of_family = [ipv6](const ServerAddress& address) { return address.ipv6 == ipv6; };
    if (std::ranges::none_of(plan.net.addresses, of_family)) continue;
    for (UniqueFd& socket : pair) {
      auto opened = sys::open_client_udp(ipv6 ? AF_INET6 : AF_INET);
      if (opened) {
        socket = std::move(*opened);
        continue;
      }
      why = cause(ipv6 ? "IPv6" : "IPv4", opened.error());
      std::erase_if(plan.net.addresses, of_family);
      pair = {};
      break;
    }
  }
  if (plan.net.addresses.empty()) return failed(plan, "cannot open a UDP socket: " + why);
  return sockets;
}

SetupResult<std::monostate> start_one(const SessionPlan& plan, Part& part, std::vector<std::string> words,
                                      std::span<const privsep::Placement> places, privsep::Session session) {
  words.insert(words.begin(), std::string("sallyport-") + part.program);
  part.spawned = TRY_STEP(
      part.name, privsep::begin_spawn(
                     {.executable = part.executable, .arguments = words, .descriptors = places, .session = session}));
  part.process.emplace(std::move(part.spawned.pidfd), part.spawned.pid);
  return {};
}

SetupResult<std::monostate> start_compartments(SessionPlan& plan, Assembly& assembly) {
  auto guard_tty = TRY_STEP("channel", privsep::make_channel_pair());
  auto guard_net = TRY_STEP("channel", privsep::make_channel_pair());
  auto guard_screen = TRY_STEP("channel", privsep::make_channel_pair());
  const auto tty_net = TRY_STEP("channel", privsep::make_channel_pair());
  const auto tty_screen = TRY_STEP("channel", privsep::make_channel_pair());
  const auto net_screen = TRY_STEP("channel", privsep::make_channel_pair());
  const UniqueFd input = TRY_STEP("terminal", open_anew(privsep::kStdin, O_RDWR));
  const UniqueFd output = TRY_STEP("terminal", open_anew(privsep::kStdout, O_WRONLY));
  const Sockets sockets = TRY(open_sockets(plan));

  namespace tty_fd = privsep::client_tty_fd;
  namespace net_fd = privsep::client_net_fd;
  namespace screen_fd = privsep::client_screen_fd;
  const std::array<privsep::Placement, 5> tty_places = {{{input, tty_fd::kInput},
                                                         {output, tty_fd::kOutput},
                                                         {guard_tty.second, tty_fd::kGuard},
                                                         {tty_net.first, tty_fd::kNet},
                                                         {tty_screen.first, tty_fd::kScreen}}};
  std::vector<privsep::Placement> net_places = {{plan.key, net_fd::kKey},
                                                {guard_net.second, net_fd::kGuard},
                                                {tty_net.second, net_fd::kTty},
                                                {net_screen.first, net_fd::kScreen}};
  const auto place = [&](const UniqueFd& socket, BorrowedFd target) {
    if (socket.valid()) net_places.push_back({socket, target});
  };
  place(sockets.ipv4[0], net_fd::kIpv4);
  place(sockets.ipv4[1], net_fd::kIpv4Next);
  place(sockets.ipv6[0], net_fd::kIpv6);
  place(sockets.ipv6[1], net_fd::kIpv6Next);
  const std::array<privsep::Placement, 3> screen_places = {{{guard_screen.second, screen_fd::kGuard},
                                                            {tty_screen.second, screen_fd::kTty},
                                                            {net_screen.second, screen_fd::kNet}}};
  // They load and confine themselves while this process goes on.
  TRY(start_one(plan, assembly.net, to_words(plan.net), net_places, privsep::Session::kOwn));
  TRY(start_one(plan, assembly.screen, to_words(plan.screen), screen_places, privsep::Session::kOwn));
  TRY(start_one(plan, assembly.tty, to_words(plan.tty), tty_places, privsep::Session::kCallers));
  plan.key.reset();
  assembly.tty.channel = std::move(guard_tty.first);
  assembly.net.channel = std::move(guard_net.first);
  assembly.screen.channel = std::move(guard_screen.first);
  return {};
}

std::unexpected<SetupFailure> unconfined(const SessionPlan& plan, const char* process, const std::string& why) {
  return failed(
      plan,
      std::string(process) + " cannot be confined on this host: " + why + " (see: " + plan.program + " sandbox-report)",
      sandbox::kExitUnconfined);
}

/// For -v.
void say(const char* process, const sandbox::Report& report) {
  (void)std::fprintf(stderr, "%s: %s\n", process, sandbox::describe(report).c_str());
}

/// What to say of a compartment that ended instead of saying Ready.
std::unexpected<SetupFailure> not_ready(const SessionPlan& plan, const Part& part) {
  const auto end = part.process->wait_for_end(kExitNotice);
  if (end && !end->killed && end->number == sandbox::kExitUnconfined)
    return unconfined(plan, part.name, "it does not say why");
  if (end && !end->killed) {
    if (const char* const words = exit_words(end->number)) return failed(plan, words);
  }
  std::string line = std::string(part.name) + " did not start";
  if (end) line += (end->killed ? ": killed by signal " : ": exit status ") + std::to_string(end->number);
  return failed(plan, line);
}

/// Waits for Ready and for which layers are active; instead comes the reason why not.
SetupResult<std::monostate> await_ready(const SessionPlan& plan, Part& part) {
  bool ready = false;
  std::optional<sandbox::Report> report;
  if (const auto entered = privsep::await_exec(part.spawned); !entered)
    return failed(plan, cause(part.name, entered.error()));
  std::array<std::byte, 256> buffer{};
  while (!ready || !report) {
    std::array<pollfd, 1> entry{pollfd{part.channel.borrow().number(), POLLIN, 0}};
    (void)sys::ppoll(entry, kCompartmentLimit);
    const ssize_t count = ::recv(part.channel.borrow().number(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count < 0 && (errno == EINTR || errno == ECONNRESET)) continue;  // what it had said is still to come
    if (count <= 0) return not_ready(plan, part);
    const auto record = std::span<const std::byte>(buffer).first(static_cast<std::size_t>(count));
    const auto message = privsep::decode<privsep::client::WorkerToGuard>(record);
    if (!message) return not_ready(plan, part);
    const auto* log = std::get_if<privsep::Log>(&*message);
    ready = ready || log == nullptr;
    if (log == nullptr) continue;
    if (log->event == privsep::LogEvent::kUnconfined) {
      return unconfined(plan, part.name, sandbox::describe(sandbox::failure_from(*log)));
    }
    report = sandbox::Report::from_log_values(log->values);
  }
  report->namespaces = part.spawned.namespaces;
  if (plan.verbose) say(part.name, *report);
  return {};
}

Worker keep(Part& part, UniqueFd& pidfd) {
  return {.channel = privsep::Channel(std::move(part.channel)), .pidfd = std::move(pidfd)};
}

/// Hands the processes on and puts every descriptor at the number that the policy pins.
SetupResult<GuardResources> finish(SessionPlan& plan, Assembly& assembly) {
  namespace fd = privsep::client_guard_fd;
  UniqueFd tty = assembly.tty.process->keep();
  UniqueFd net = assembly.net.process->keep();
  UniqueFd screen = assembly.screen.process->keep();
  const std::array<privsep::Arrangement, 7> arrangements = {{{&assembly.signal_fd, fd::kSignals},
                                                             {&assembly.tty.channel, fd::kTty},
                                                             {&assembly.net.channel, fd::kNet},
                                                             {&assembly.screen.channel, fd::kScreen},
                                                             {&tty, fd::kTtyPid},
                                                             {&net, fd::kNetPid},
                                                             {&screen, fd::kScreenPid}}};
  // From here on a failure leaves it to our own end to end them: by the hang-up of their channels.
  if (const auto done = privsep::arrange(arrangements); !done) return failed(plan, cause("descriptors", done.error()));
  GuardResources resources{.signal_fd = std::move(assembly.signal_fd),
                           .tty = keep(assembly.tty, tty),
                           .net = keep(assembly.net, net),
                           .screen = keep(assembly.screen, screen),
                           .settings = plan.settings,
                           .leave = std::move(plan.tty.leave),
                           .address_text = std::move(plan.address_text),
                           .port = plan.net.port,
                           .process_group = ::getpgrp()};
  for (const ServerAddress& address : plan.net.addresses)
    (address.ipv6 ? resources.has_ipv6 : resources.has_ipv4) = true;
  return resources;
}

}  // namespace

Result<GuardResources, SetupFailure> start_session(SessionPlan plan) {
  Assembly assembly;
  for (Part* part : {&assembly.tty, &assembly.net, &assembly.screen}) {
    auto opened = privsep::open_internal_program(part->program);
    if (!opened) return failed(plan, opened.error());
    part->executable = std::move(*opened);
  }
  assembly.signal_fd = TRY_STEP("signals", take_signals());
  TRY(start_compartments(plan, assembly));
  privsep::NamespaceSet namespaces(privsep::NamespaceSet::kAllBits);
  for (Part* part : {&assembly.net, &assembly.screen, &assembly.tty}) {
    TRY(await_ready(plan, *part));
    namespaces = privsep::NamespaceSet(namespaces.bits() & part->spawned.namespaces.bits());
    part->executable.reset();
  }
  const auto all = ::geteuid() == 0 ? privsep::NamespaceSet::for_root() : privsep::NamespaceSet::for_user();
  const bool full = plan.net.sandbox == sandbox::Requirement::kFull;
  if (full && namespaces != all) return unconfined(plan, "net", "namespaces are not available");

  auto resources = TRY(finish(plan, assembly));
  const sandbox::Options options = sandbox::worker_options(BorrowedFd(), plan.net.sandbox);
  const auto begun = sandbox::begin(sandbox::client_guard_policy(), options);
  const auto locked = begun ? sandbox::lock_down(sandbox::client_guard_policy(), options, *begun)
                            : Result<sandbox::Report, sandbox::Failure>(begun);
  if (!locked) return unconfined(plan, "the guard", sandbox::describe(locked.error()));
  return resources;
}

}  // namespace sallyport::client
