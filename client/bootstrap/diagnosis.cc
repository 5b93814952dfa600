#include "client/bootstrap/diagnosis.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "client/bootstrap/ports.h"

namespace sallyport::client {
namespace {

constexpr int kNotFoundStatus = 127;  // of every shell
constexpr int kSshFailed = 255;       // ssh's own failures
constexpr unsigned kFirstUnprivilegedPort = 1024;

bool contains(std::string_view text, std::string_view part) {
  return std::ranges::search(text, part, [](unsigned char a, unsigned char b) {
           return std::tolower(a) == std::tolower(b);
         }).begin() != text.end();
}

/// The last line that has one of `parts`; null if none has.
const std::string* line_with(const StartFacts& facts, std::initializer_list<std::string_view> parts) {
  const auto& lines = facts.output.lines();
  const auto found = std::find_if(lines.rbegin(), lines.rend(), [parts](const std::string& line) {
    return std::ranges::any_of(parts, [&line](std::string_view part) { return contains(line, part); });
  });
  return found == lines.rend() ? nullptr : &*found;
}

bool ended_with(const StartFacts& facts, int status) {
  return facts.ssh && !facts.ssh->killed && facts.ssh->number == status;
}

std::string last_words(const StartFacts& facts) {
  return facts.output.lines().empty() ? std::string() : "\nThe last line was: " + facts.output.lines().back();
}

/// Rows 9, 15 and 16: the port that was asked for, or all of them.
std::optional<std::string> explain_ports(const StartFacts& facts) {
  const Ports ports = ports_of(facts.options.port);
  const std::string low = std::to_string(ports.low);
  if (ports.low != 0 && ports.low < kFirstUnprivilegedPort && line_with(facts, {"bind:", "Bad UDP port", "in use"})) {
    return "-p is the UDP port of the session. For the ssh port use --ssh=\"ssh -p " + low + "\".";
  }
  if (line_with(facts, {"Address already in use", "ports " + low + "-"})) {
    if (ports.low == ports.high) {
      return "UDP port " + low + " is in use on " + facts.host +
             "; every session needs its own port. Give a range with -p LOW:HIGH.";
    }
    return "All UDP ports " + low + "-" + std::to_string(ports.high) + " on " + facts.host +
           " are in use. End a session there, or give another range with -p LOW:HIGH.";
  }
  if (ports.low != ports.high && facts.options.port && line_with(facts, {"Bad UDP port"})) {
    return "Server does not support UDP port range option.";
  }
  return {};
}

/// Rows 8, 10, 11 and 20: ssh did not get as far as a login.
std::optional<std::string> explain_ssh(const StartFacts& facts) {
  if (line_with(facts,
                {"Host key verification failed", "REMOTE HOST IDENTIFICATION HAS CHANGED", "No matching host key"})) {
    return "ssh does not accept the host key of " + facts.host + " (see above).";
  }
  if (line_with(facts,
                {"could not get canonical name", "could not resolve canonical name", "could not resolve hostname"})) {
    return "Cannot find host " + facts.host + ".";
  }
  if (const auto* line = line_with(facts, {"Could not connect to ", "connect to host "})) {
    const std::string reason = line->substr(std::min(line->size(), line->rfind(": ") + 2));
    const std::string port = facts.ssh_port.empty() ? "" : " port " + facts.ssh_port;
    std::string out = "ssh could not reach " + facts.host + port + ": " + reason +
                      ". Is that the port of sshd? If not: --ssh=\"ssh -p PORT\".";
    const auto tried = line->find("last tried ");
    const bool ipv6 = tried != std::string::npos && line->find(':', tried) < line->find(": ", tried);
    if (ipv6) out += "\nNo answer over IPv6; retry with -4.";
    return out;
  }
  if (line_with(facts,
                {"Permission denied (", "Too many authentication failures", "No supported authentication methods"})) {
    return "ssh could not log in to " + facts.host + " (see above).";
  }
  if (line_with(facts, {"PTY allocation request failed"})) {
    return facts.host + " gives ssh no pseudoterminal. Use --no-ssh-pty.";
  }
  return {};
}

/// Rows 3 and 5: no UTF-8 locale that the server could use.
std::optional<std::string> explain_locale(const StartFacts& facts) {
  if (!line_with(facts, {"needs a UTF-8 native locale"})) return {};
  std::string out =
      "The server has no UTF-8 locale that was asked for. Generate one there (locale-gen en_US.UTF-8), or start with "
      "LC_ALL=C.UTF-8 set here.";
  if (const auto* line = line_with(facts, {"isn't available here"})) out += "\nIt says: " + *line;
  return out;
}

/// Rows 6 and 7.
std::optional<std::string> explain_missing_server(const StartFacts& facts) {
  if (facts.output.server() == ServerFound::kNone) {
    return "Neither sallyport-server nor mosh-server was found on " + facts.host +
           ". Install one there, or give --server=PATH.\n"
           "Tried PATH, /usr/local/bin, /opt/homebrew/bin and /opt/local/bin.";
  }
  const auto* line = line_with(facts, {"not found", "No such file or directory", "Unknown command"});
  if (!facts.options.server || (!ended_with(facts, kNotFoundStatus) && line == nullptr)) return {};
  return *facts.options.server + " was not found on " + facts.host +
         (line == nullptr ? std::string() : " (remote shell said: " + *line + ")") +
         ". Install it, or give --server=PATH.\nTried PATH only; common places: /usr/local/bin, /opt/homebrew/bin.";
}

}  // namespace

std::string explain_start_failure(const StartFacts& facts) {
  for (const auto explain : {explain_ssh, explain_missing_server, explain_ports, explain_locale}) {
    if (const auto words = explain(facts)) return *words;
  }
  if (ended_with(facts, kSshFailed) && !facts.output.lines().empty()) {
    return "ssh failed before the server could be started on " + facts.host + "." + last_words(facts);
  }
  if (facts.output.server() != ServerFound::kUnsaid && !facts.output.lines().empty()) {
    return "The server on " + facts.host + " did not start (see above).";
  }
  if (!facts.address_known)
    return "Did not find remote IP address (is SSH ProxyCommand disabled?)." + last_words(facts);
  // Row 14: the start-up file of the remote shell may run something else and never come to the server.
  return "Did not find mosh server startup message. (Have you installed mosh on your server?)\n"
         "If it is installed: a start-up file of the remote shell may run something else." +
         last_words(facts);
}

}  // namespace sallyport::client
