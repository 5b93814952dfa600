#include "client/bootstrap/command.h"

#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstring>
#include <optional>
#include <utility>

#include "base/sys/io.h"
#include "client/bootstrap/addresses.h"
#include "client/bootstrap/await_server.h"
#include "client/bootstrap/client_program.h"
#include "client/bootstrap/diagnosis.h"
#include "client/bootstrap/route.h"
#include "client/bootstrap/shell_words.h"
#include "client/bootstrap/signals.h"
#include "client/common/locale.h"

namespace sallyport::client {
namespace {

/// A complaint, and the status to leave with.
struct Failure {
  int status = kStartFailure;
  std::string text;
};

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

/// What our own client would complain of later, after the login (section 5, rows 4 and 19).
std::optional<std::string> complaint_about_terminal(const Environment& environment, const std::string& program) {
  if (::isatty(STDIN_FILENO) != 1) return program + " needs a terminal. For scripts use ssh.";
  return locale_complaint(environment, program);
}

std::string home_directory(const Environment& environment) {
  if (environment.has_value("HOME")) return std::string(*environment.get("HOME"));
  const passwd* account = ::getpwuid(::getuid());
  return account != nullptr && account->pw_dir != nullptr ? account->pw_dir : "/";
}

/// One start of a session, step by step.
class Start {
 public:
  Start(CommandPlan plan, const Resolver& resolver, const Report& report)
      : plan_(std::move(plan)),
        options_(plan_.options),
        environment_(plan_.environment),
        resolver_(resolver),
        report_(report) {}

  Result<void, Failure> prepare() {
    auto destination = parse_destination(options_.host);
    if (!destination) return std::unexpected(Failure{kUsageError, destination.error()});
    destination_ = std::move(*destination);
    client_ = find_client(options_, directory_of(plan_.own_path));
    if (client_.ours) {
      if (const auto complaint = complaint_about_terminal(environment_, report_.program())) return failed(*complaint);
    }
    environment_.unset("MOSH_PREDICTION_DISPLAY");
    environment_.unset("MOSH_KEY");  // of another session
    const auto colours = count_colours(client_, environment_);
    if (!colours) return failed(colours.error());
    colours_ = *colours;
    environment_.set("MOSH_CLIENT_PID", std::to_string(::getpid()));
    report_.step("client: " + client_.path + ", colours: " + colours_);
    return {};
  }

  Result<void, Failure> find_server() {
    if (options_.local) return find_local();
    auto route = find_route(options_, destination_, environment_, resolver_, report_);
    if (!route) return failed(route.error());
    route_ = std::move(*route);
    words_ = ssh_words(options_, route_.connection, route_.destination, plan_.own_path,
                       remote_command(options_, colours_, environment_));
    ssh_environment_ = environment_;
    ssh_environment_.set("SHELL", "/bin/sh");  // spec: command line 3.5; ssh runs the fake proxy through it
    return {};
  }

  /// Runs ssh, or the server here. On success output() has port and key.
  Result<void, Failure> run(BootstrapOutput& output) {
    const TerminalSettings terminal;
    WaitEnding ending;
    {
      const auto signals = SignalGuard::take();
      if (!signals) return system_failure("signals", signals.error());
      auto started = run_child(output, *signals);
      terminal.restore();
      if (!started) return std::unexpected(started.error());
      ending = *started;
    }
    if (ending.kind == WaitEnding::Kind::kSignal) end_by_signal(ending.signal);
    if (ending.kind == WaitEnding::Kind::kConnected) return {};
    if (ending.kind == WaitEnding::Kind::kFailed) return failed(output.failure());
    if (ending.kind == WaitEnding::Kind::kGaveUp) return failed("No server has started in five minutes.");
    const bool known = !route_.address.empty() || output.address() || options_.source == AddressSource::kRemote;
    return failed(explain_start_failure({options_, output, destination_.host, route_.ssh_port, known, ending.status}));
  }

  /// Becomes the client; returns why not.
  Failure become(const BootstrapOutput& output) {
    const auto place = place_of(output);
    if (!place) return place.error();
    set_client_environment(environment_, options_);
    std::string addresses;
    for (const std::string& address : place->addresses) addresses += " " + address;
    report_.step("session at" + addresses + " UDP port " + place->port);
    const SystemError error = become_client(client_, *place, environment_);
    return {kStartFailure, "Cannot start " + client_.path + ": " + std::strerror(error.number)};
  }

  [[nodiscard]] BootstrapOutput::Address address_rule() const {
    return route_.address.empty() ? BootstrapOutput::Address::kAwaited : BootstrapOutput::Address::kKnown;
  }

 private:
  static std::unexpected<Failure> failed(std::string text) {
    return std::unexpected(Failure{kStartFailure, std::move(text)});
  }
  static std::unexpected<Failure> system_failure(const std::string& what, const SystemError& error) {
    return failed(what + ": " + error.call + ": " + std::strerror(error.number));
  }

  Result<void, Failure> find_local() {
    const auto address = normal_address(destination_.text);
    if (!address)
      return std::unexpected(Failure{kUsageError, "With --local the host must be a numeric address of this machine."});
    route_ = {Connection::kSshsOwn, destination_.text, "", *address, {}};
    std::string server = "sallyport-server";
    const std::string beside = directory_of(plan_.own_path) + "/" + server;
    if (::access(beside.c_str(), X_OK) == 0) server = single_quoted(beside);
    words_ = {"/bin/sh", "-c", local_command(options_, colours_, environment_, server)};
    ssh_environment_ = environment_;
    ssh_environment_.unset("SSH_CONNECTION");
    directory_ = home_directory(environment_);
    return {};
  }

  Result<WaitEnding, Failure> run_child(BootstrapOutput& output, const SignalGuard& signals) {
    auto pipe = sys::pipe();
    if (!pipe) return system_failure("pipe", pipe.error());
    std::string shown;
    for (const std::string& word : words_)
      shown += " " + (word.find_first_of(" '\"$") == std::string::npos ? word : single_quoted(word));
    report_.step("running" + shown);
    (void)::prctl(PR_SET_DUMPABLE, 0);  // from here on a key may be in memory; the client's execution ends it
    auto child = Child::start({words_, ssh_environment_.assignments(), {}, pipe->writer, pipe->writer, directory_});
    if (!child) {
      return failed(
          "Cannot run " + words_.front() + ": " + std::strerror(child.error().number) +
          (options_.local ? "" : ".\nInstall an ssh client (openssh-client), or name yours with --ssh=COMMAND."));
    }
    pipe->writer.reset();
    WaitLimits limits;
    limits.reached = route_.connection != Connection::kFakeProxy;
    WaitEnding ending = await_server(*child, pipe->reader, signals.fd(), output, report_, limits);
    if (ending.kind == WaitEnding::Kind::kConnected) report_.step("the server has announced itself, and ssh has ended");
    return ending;
  }

  Result<SessionPlace, Failure> place_of(const BootstrapOutput& output) {
    if (output.server() == ServerFound::kMosh) {
      report_.say(destination_.host + " has no sallyport-server; using mosh-server there.");
    }
    std::string address = route_.address;
    if (options_.source == AddressSource::kRemote && !options_.local) {
      const auto& said = output.address() ? output.address() : output.remote_address();
      if (!said) return failed("Did not find remote IP address: the server did not say how it was reached.");
      report_.say("Using remote IP address " + *said + " from $SSH_CONNECTION for hostname " + destination_.host);
      address = *said;
    } else if (output.address()) {
      address = *output.address();
    }
    if (address.empty()) return failed("Did not find remote IP address (is SSH ProxyCommand disabled?).");
    auto addresses = client_.ours ? client_addresses(address, route_.resolved, options_.family) : std::vector{address};
    return SessionPlace{std::move(addresses), std::to_string(output.port()), output.key(), plan_.original_words};
  }

  CommandPlan plan_;
  const CommandOptions& options_;
  Environment environment_;
  Environment ssh_environment_;
  const Resolver& resolver_;
  const Report& report_;
  Destination destination_;
  ClientProgram client_;
  std::string colours_;
  Route route_;
  std::vector<std::string> words_;
  std::string directory_;
};

Failure start(CommandPlan plan, const Resolver& resolver, const Report& report) {
  Start start(std::move(plan), resolver, report);
  if (const auto done = start.prepare(); !done) return done.error();
  if (const auto done = start.find_server(); !done) return done.error();
  BootstrapOutput output(start.address_rule());
  if (const auto done = start.run(output); !done) return done.error();
  return start.become(output);
}

}  // namespace

int run_command(CommandPlan plan, const Resolver& resolver, const Report& report) {
  const Failure failure = start(std::move(plan), resolver, report);
  report.say(failure.text);
  return failure.status;
}

}  // namespace sallyport::client
