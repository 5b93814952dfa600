// sallyport doctor [options] [user@]host: looks whether a session to the host can work, step by step as a session would
// be made, and says what is in the way and how to mend it. Executed by `sallyport` as libexec/sallyport/doctor. Command
// line 5.
//
// Exit status: 0 nothing is wrong (warnings do not count), 1 something is, 2 usage.
#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "client/bootstrap/addresses.h"
#include "client/bootstrap/child.h"
#include "client/bootstrap/client_program.h"
#include "client/bootstrap/destination.h"
#include "client/bootstrap/options.h"
#include "client/bootstrap/output.h"
#include "client/bootstrap/ports.h"
#include "client/bootstrap/report.h"
#include "client/bootstrap/resolve.h"
#include "client/bootstrap/ssh_config.h"
#include "client/bootstrap/ssh_words.h"
#include "client/bootstrap/visible_text.h"
#include "client/common/locale.h"
#include "client/doctor/findings.h"
#include "client/doctor/remote_script.h"
#include "client/doctor/remote_shell.h"
#include "client/doctor/udp_check.h"
#include "sandbox/report.h"

namespace sallyport::client {
namespace {

using std::chrono::seconds;

constexpr const char* kUsage =
    "Usage: sallyport doctor [--json] [-p PORT[:PORT2]] [-4|-6] [--ssh=COMMAND] [--server=COMMAND]\n"
    "                        [--bind-server=ssh|any|IP] [user@]host\n"
    "Looks whether a session to the host can work, and says what is wrong and how to mend it.\n";
constexpr Duration kLogin = seconds(120);  // ours: as long as sshd lets a login take
constexpr Duration kAnswer = seconds(20);
constexpr std::size_t kMaxConfigBytes = 256 * 1024;

class Doctor {
 public:
  Doctor(CommandOptions options, bool json, Environment environment)
      : options_(std::move(options)), json_(json), environment_(std::move(environment)), start_(clock_.now()) {}

  int run() {
    look_here();
    if (find_host() && log_in()) look_there();
    if (shell_) leave();
    const double taken = static_cast<double>((clock_.now() - start_).count()) / 1e6;
    if (json_) print_out(as_json(options_.host, findings_, taken));
    if (!json_) print_out("         took " + std::to_string(static_cast<int>(taken + 0.5)) + " s\n");
    return worst(findings_) == Verdict::kFailed ? 1 : 0;
  }

 private:
  void begin(const std::string& what) const {
    if (!json_ && ::isatty(STDOUT_FILENO) == 1) print_out("-        " + what + " ...");
  }
  void found(Finding finding) {
    if (!json_ && ::isatty(STDOUT_FILENO) == 1) print_out("\r\033[K");
    if (!json_) print_out(as_lines(finding));
    findings_.push_back(std::move(finding));
  }

  void look_here();
  [[nodiscard]] bool find_host();
  [[nodiscard]] bool log_in();
  /// Starts ssh and waits for the script's word; what it printed instead of it is in `complaints_`.
  [[nodiscard]] bool connect(bool may_ask);
  void look_there();
  void look_at_server();
  void look_at_locale();
  void look_at_sandbox();
  void try_session();
  [[nodiscard]] ServerSaw ask_what_it_saw();
  void leave();
  [[nodiscard]] std::string fact(std::string_view name) const {
    const auto at = facts_.find(name);
    return at == facts_.end() ? std::string() : visible(at->second);
  }
  [[nodiscard]] std::string complaint() const {
    return complaints_.empty() ? "it said nothing" : visible(complaints_.back());
  }

  CommandOptions options_;
  bool json_;
  Environment environment_;
  SystemClock clock_;
  TimePoint start_;
  std::vector<Finding> findings_;
  std::string host_name_;
  std::vector<sys::SocketAddress> addresses_;
  std::optional<RemoteShell> shell_;
  RemoteFacts facts_;
  std::vector<std::string> complaints_;
  bool has_server_ = false;
};

void Doctor::look_here() {
  begin("locale here");
  const std::string locale(character_locale(environment_).name);
  if (const auto complaint = locale_complaint(environment_, "sallyport")) {
    found({"locale here", Verdict::kFailed, "your terminal's locale is not UTF-8", {*complaint}});
  } else {
    found({"locale here", Verdict::kOk, locale + ", UTF-8", {}});
  }
  begin("confinement here");
  const auto report = sandbox::probe_host();
  if (!report) {
    found({"confinement here",
           Verdict::kFailed,
           std::string("cannot be tried: ") + report.error().call + ": " + std::strerror(report.error().number),
           {}});
    return;
  }
  std::string missing;
  bool mandatory = false;
  for (std::uint8_t i = 0; i < sandbox::kMechanisms; ++i) {
    const auto mechanism = static_cast<sandbox::Mechanism>(i);
    if (!report->missing.has(mechanism)) continue;
    missing += (missing.empty() ? "" : ", ") + std::string(sandbox::mechanism_name(mechanism));
    mandatory = mandatory || sandbox::is_mandatory(mechanism);
  }
  found({"confinement here",
         mandatory         ? Verdict::kFailed
         : missing.empty() ? Verdict::kOk
                           : Verdict::kWarning,
         missing.empty() ? "every layer is active" : "missing: " + missing,
         mandatory
             ? std::vector<std::string>{"The client does not start without it: see sallyport-client sandbox-report."}
             : std::vector<std::string>{}});
}

bool Doctor::find_host() {
  begin("host");
  const auto destination = parse_destination(options_.host);
  host_name_ = destination ? destination->host : options_.host;
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  const auto words = ssh_query_words(options_, options_.host);
  const auto said = capture({words, environment_.assignments(), null, {}, null, {}}, kMaxConfigBytes, kAnswer, clock_);
  if (!said) {
    found({"ssh",
           Verdict::kFailed,
           "cannot run " + visible(options_.ssh.front()) + ": " + std::strerror(said.error().number),
           {"Install the OpenSSH client."}});
    return false;
  }
  const auto config = said->status.killed || said->status.number != 0 ? std::nullopt : parse_ssh_config(said->text);
  if (config) host_name_ = config->host_name;
  const SystemResolver resolver;
  auto addresses = find_addresses(resolver, host_name_, options_.family);
  if (!addresses) {
    found({"host",
           Verdict::kFailed,
           "cannot find host " + host_name_ + " (" + visible(addresses.error()) + ")",
           {"Is the name spelled right, and does DNS work?"}});
    return false;
  }
  addresses_ = std::move(*addresses);
  std::string list;
  for (const auto& address : addresses_) list += (list.empty() ? "" : ", ") + numeric_text(address);
  const bool proxied = config && config->proxied;
  found(
      {"host", proxied ? Verdict::kWarning : Verdict::kOk,
       host_name_ + " is " + list + (proxied ? "; ssh reaches it through a proxy" : ""),
       proxied
           ? std::vector<
                 std::string>{"A session goes by UDP straight to the host, which must be reachable without the proxy."}
           : std::vector<std::string>{}});
  return true;
}

bool Doctor::connect(bool may_ask) {
  std::vector<std::string> locale;
  for (const char* name : {"LANG", "LC_CTYPE", "LC_ALL"}) {
    if (environment_.has_value(name)) locale.push_back(std::string(name) + "=" + std::string(*environment_.get(name)));
  }
  std::vector<std::string> words = options_.ssh;
  if (!may_ask) words.insert(words.end(), {"-o", "BatchMode=yes"});
  if (options_.family == FamilyChoice::kInet) words.emplace_back("-4");
  if (options_.family == FamilyChoice::kInet6) words.emplace_back("-6");
  words.insert(words.end(), {"-T", "--", options_.host, remote_script(options_, locale)});
  complaints_.clear();
  auto shell = RemoteShell::start(words, environment_, clock_);
  if (!shell) {
    complaints_.push_back(std::string(shell.error().call) + ": " + std::strerror(shell.error().number));
    return false;
  }
  shell_.emplace(std::move(*shell));
  const TimePoint end = clock_.now() + kLogin;
  while (const auto line = shell_->line(end - clock_.now())) {
    const std::string_view text = text_of(*line);
    if (!take_fact(text, facts_) && !text.empty()) complaints_.emplace_back(text.substr(0, 240));
    if (facts_.contains("ready")) return true;
  }
  (void)shell_->finish(seconds(2));
  shell_.reset();
  return false;
}

bool Doctor::log_in() {
  begin("ssh");
  if (connect(false)) {
    found({"ssh",
           Verdict::kOk,
           "logs in without asking for anything" + (fact("system").empty() ? "" : "; the host runs " + fact("system")),
           {}});
    return true;
  }
  const std::string why = complaint();
  const UniqueFd terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC));
  const bool asks =
      why.find("ermission denied") != std::string::npos || why.find("erification failed") != std::string::npos;
  if (asks && terminal.valid()) {
    if (!json_) print_out("ssh asks:\n");
    if (connect(true)) {
      found({"ssh",
             Verdict::kWarning,
             "logs in, but had to ask",
             {"With a key in ssh-agent nobody is asked: ssh-keygen, then ssh-copy-id " + visible(options_.host)}});
      return true;
    }
  }
  Finding finding{"ssh", Verdict::kFailed, "", {}};
  const std::string last = complaint();
  if (last.find("ermission denied") != std::string::npos) {
    finding.words = "could not log in to " + host_name_ + ": " + last;
    finding.remedies = {"Check the user name and keys: ssh -v " + visible(options_.host)};
  } else if (last.find("erification failed") != std::string::npos) {
    finding.words = "the key of the host is not known, or has changed: " + last;
    finding.remedies = {"Log in once with ssh " + visible(options_.host) + " and compare the key that it shows."};
  } else {
    finding.words = "could not reach " + host_name_ + ": " + last;
    finding.remedies = {"Another port: --ssh=\"ssh -p PORT\". Try: ssh -v " + visible(options_.host)};
  }
  found(std::move(finding));
  return false;
}

void Doctor::look_at_server() {
  const std::string ours = fact("sallyport-server");
  const std::string mosh = fact("mosh-server");
  has_server_ = options_.server || !ours.empty() || !mosh.empty();
  if (options_.server) {
    found({"server", Verdict::kOk, "as you say: " + visible(*options_.server), {}});
  } else if (!ours.empty()) {
    found({"server", Verdict::kOk, ours, {}});
  } else if (!mosh.empty()) {
    found({"server",
           Verdict::kWarning,
           "only the stock one: " + mosh,
           {"Install sallyport on the host for a confined server."}});
  } else {
    Finding finding{"server",
                    Verdict::kFailed,
                    "neither sallyport-server nor mosh-server was found on " + host_name_,
                    {"Install one of them there."}};
    if (!fact("place").empty())
      finding.remedies = {"It is at " + fact("place") +
                          ", outside the PATH of a login without a terminal: --server=" + fact("place")};
    found(std::move(finding));
  }
}

void Doctor::look_at_locale() {
  const std::string locale = fact("locale");
  const std::string all = fact("locales");
  if (locale.starts_with("UTF-8")) {
    found({"locale there", Verdict::kOk, locale, {}});
  } else if (!all.empty()) {
    found({"locale there",
           Verdict::kOk,
           "not UTF-8 by itself (" + locale + "), but it has one that will be used: " + all.substr(0, all.find(' ')),
           {}});
  } else {
    found({"locale there",
           fact("sallyport-server").empty() ? Verdict::kFailed : Verdict::kWarning,
           "the server has no UTF-8 locale (" + locale + ")",
           {"Generate one on the host: sudo locale-gen C.UTF-8, or sudo localedef -i C -f UTF-8 C.UTF-8"}});
  }
  if (fact("linger").find("KillUserProcesses=yes") != std::string::npos &&
      fact("linger").find("Linger=yes") == std::string::npos) {
    found({"logout",
           Verdict::kWarning,
           "the host ends a user's processes at logout: sessions will not last",
           {"On the host: loginctl enable-linger"}});
  }
}

void Doctor::look_at_sandbox() {
  const std::string report = fact("sandbox");
  if (!report.starts_with("{\"mechanisms\"")) {
    found({"confinement there", Verdict::kNotTried, "only sallyport-server can tell", {}});
    return;
  }
  const bool mandatory = report.find("\"state\":\"missing\",\"mandatory\":true") != std::string::npos;
  const bool some = report.find("\"state\":\"missing\"") != std::string::npos;
  found({"confinement there",
         mandatory ? Verdict::kFailed
         : some    ? Verdict::kWarning
                   : Verdict::kOk,
         mandatory ? "a mandatory layer is missing: no session can start"
         : some    ? "optional layers are missing"
                   : "every layer is active",
         some
             ? std::vector<std::string>{"Which one: ssh " + visible(options_.host) + " sallyport-server sandbox-report"}
             : std::vector<std::string>{}});
}

void Doctor::look_there() {
  look_at_server();
  look_at_locale();
  look_at_sandbox();
  if (has_server_) try_session();
}

void Doctor::try_session() {
  begin("session");
  BootstrapOutput output(BootstrapOutput::Address::kKnown);
  shell_->tell("start");
  const TimePoint end = clock_.now() + kAnswer;
  complaints_.clear();
  while (output.state() == BootstrapOutput::State::kReading && !facts_.contains("failed")) {
    const auto line = shell_->line(end - clock_.now());
    if (!line) break;
    if (take_fact(text_of(*line), facts_)) continue;
    std::string shown;
    (void)output.feed(*line, shown);
    (void)output.feed(bytes_of("\n"), shown);
    if (!shown.empty() && shown != "\n") complaints_.push_back(shown.substr(0, shown.find('\n')));
  }
  const std::string range = options_.port ? *options_.port : "60001:60999";
  if (output.state() != BootstrapOutput::State::kConnected) {
    Finding finding{"session", Verdict::kFailed, "the server does not start: " + complaint(), {}};
    for (const std::string& line : complaints_) {
      if (line.find("bind") == std::string::npos) continue;
      finding.words = "no UDP port of " + range + " is free on the host";
      finding.remedies = {"Every session needs a port of its own: give a range with -p LOW:HIGH, or end old sessions."};
    }
    found(std::move(finding));
    return;
  }
  const std::string busy = fact("busy");
  found({"session",
         Verdict::kOk,
         "the server started on UDP port " + std::to_string(output.port()) +
             (busy.empty() || options_.port ? "" : "; " + busy + " ports of its range are in use"),
         {}});
  begin("UDP, which takes a few seconds");
  const UdpPlace place{addresses_, output.port()};
  const UdpResult result = run_probe(place, output.key(), clock_);
  const ServerSaw saw = ask_what_it_saw();
  std::string address = numeric_text(addresses_.front());
  if (result.answered) {
    const bool first_is_ipv6 = addresses_.front().family() == AF_INET6;
    for (const auto& other : addresses_) {
      if (result.answered->address == 1 && (other.family() == AF_INET6) != first_is_ipv6) address = numeric_text(other);
    }
  }
  for (Finding& finding : explain(result, saw, address, output.port(), range)) found(std::move(finding));
}

ServerSaw Doctor::ask_what_it_saw() {
  shell_->tell("seen");
  while (const auto line = shell_->line(kAnswer)) {
    if (take_fact(text_of(*line), facts_) && facts_.contains("seen"))
      return fact("seen") == "yes" ? ServerSaw::kUs : ServerSaw::kNothing;
  }
  return ServerSaw::kUnknown;
}

void Doctor::leave() {
  shell_->tell("stop");
  while (const auto line = shell_->line(kAnswer)) {
    if (take_fact(text_of(*line), facts_) && facts_.contains("stopped")) break;
  }
  (void)shell_->finish(seconds(5));
}

int run(int argc, char** argv) {
  (void)::prctl(PR_SET_DUMPABLE, 0);  // the key of a session passes through here
  std::vector<std::string_view> words = {"sallyport"};
  bool json = false;
  for (const std::string_view word : std::span(argv, static_cast<std::size_t>(argc)).subspan(argc > 0 ? 1 : 0)) {
    if (word == "--help" || word == "-h") {
      print_out(kUsage);
      return 0;
    }
    if (word == "--json") {
      json = true;
    } else {
      words.push_back(word);
    }
  }
  CommandOptions options = parse_command_line(words, {});
  if (options.action != CommandOptions::Action::kConnect || !options.command.empty() || options.local) {
    print_error(options.action == CommandOptions::Action::kConnect
                    ? "sallyport doctor: one host, and no command\n"
                    : options.errors.substr(0, options.errors.find('\n') + 1));
    print_error(kUsage);
    return kUsageError;
  }
  const auto destination = parse_destination(options.host);
  if (!destination) {
    print_error("sallyport doctor: " + destination.error() + "\n");
    return kUsageError;
  }
  return Doctor(std::move(options), json, Environment::copy_of(environ)).run();
}

}  // namespace
}  // namespace sallyport::client

int main(int argc, char** argv) { return sallyport::client::run(argc, argv); }
