#include "client/bootstrap/route.h"

#include <fcntl.h>

#include <optional>

#include "client/bootstrap/addresses.h"
#include "client/bootstrap/child.h"
#include "client/bootstrap/ssh_config.h"

namespace sallyport::client {
namespace {

constexpr std::size_t kMaxConfigBytes = 256 * 1024;          // ours: a few KiB, and much more with many certificates
constexpr Duration kConfigLimit = std::chrono::seconds(20);  // ours: "Match exec" may run programs

std::string list_of(const std::vector<sys::SocketAddress>& addresses) {
  std::string out;
  for (const auto& address : addresses) out += " " + numeric_text(address);
  return out;
}

/// What ssh would do, if it is one that says so. Its complaints are left to the run that matters.
std::optional<SshHost> ask_ssh(const CommandOptions& options, const Destination& destination,
                               const Environment& environment, const Report& report) {
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  const auto words = ssh_query_words(options, destination.text);
  const auto said =
      capture({words, environment.assignments(), null, {}, null, {}}, kMaxConfigBytes, kConfigLimit, report.clock());
  if (!said || said->status.killed || said->status.number != 0) return {};
  return parse_ssh_config(said->text);
}

/// Behind ProxyJump or ProxyCommand: ssh makes its connection itself, and the session goes straight to the host.
Result<Route, std::string> route_around_proxy(const CommandOptions& options, const Destination& destination,
                                              const SshHost& ssh, const Resolver& resolver, const Report& report) {
  auto resolved = find_addresses(resolver, ssh.host_name, options.family);
  if (!resolved) {  // section 5, row 12
    return std::unexpected(
        destination.host +
        " is reached through a proxy in your ssh configuration, and its own address is not known here (" +
        resolved.error() + ").\nTry --experimental-remote-ip=remote; the host itself must be reachable by UDP.");
  }
  Route route{Connection::kSshsOwn, destination.text, ssh.port, numeric_text(resolved->front()), std::move(*resolved)};
  report.say(destination.host + " is reached through a proxy in your ssh configuration; the session goes straight to " +
             route.address + " by UDP.");
  return route;
}

Result<Route, std::string> route_by_proxy_of_ours(const CommandOptions& options, const Destination& destination,
                                                  const Environment& environment, const Resolver& resolver,
                                                  const Report& report) {
  const auto ssh = ask_ssh(options, destination, environment, report);
  if (!ssh) {
    report.step("ssh -G says nothing of " + destination.host);
    return Route{Connection::kFakeProxy, destination.text, "", "", {}};
  }
  report.step("ssh -G: " + destination.host + " is " + ssh->host_name + " port " + ssh->port +
              (ssh->proxied ? ", by a proxy" : ""));
  if (ssh->proxied) return route_around_proxy(options, destination, *ssh, resolver, report);
  auto resolved = find_addresses(resolver, ssh->host_name, options.family);
  if (!resolved)
    return std::unexpected("Cannot find host " + ssh->host_name + " (" + resolved.error() + ").");  // row 10
  report.step("addresses:" + list_of(*resolved));
  return Route{Connection::kFakeProxy, destination.text, ssh->port, "", std::move(*resolved)};
}

}  // namespace

Result<Route, std::string> find_route(const CommandOptions& options, const Destination& destination,
                                      const Environment& environment, const Resolver& resolver, const Report& report) {
  switch (options.source) {
    case AddressSource::kProxy:
      return route_by_proxy_of_ours(options, destination, environment, resolver, report);
    case AddressSource::kRemote:
      return Route{Connection::kSshsFamily, destination.text, "", "", {}};
    case AddressSource::kLocal:
      break;
  }
  auto resolved = TRY(find_addresses(resolver, destination.host, options.family));
  report.step("addresses:" + list_of(resolved));
  const std::string first = numeric_text(resolved.front());
  return Route{Connection::kSshsOwn, destination.user + first, "", first, std::move(resolved)};
}

}  // namespace sallyport::client
