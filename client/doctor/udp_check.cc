#include "client/doctor/udp_check.h"

#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstdio>
#include <cstring>
#include <ranges>

#include "base/bytes.h"
#include "base/sys/io.h"
#include "client/bootstrap/addresses.h"
#include "client/common/compartment_arguments.h"
#include "net/mtu.h"
#include "privsep/channel.h"
#include "privsep/descriptors.h"
#include "privsep/spawn.h"
#include "privsep/started.h"
#include "sandbox/worker.h"

namespace sallyport::client {
namespace {

constexpr Duration kProbeLimit = std::chrono::seconds(90);  // ours: its own limits sum up to less than half
constexpr unsigned kMuchLossPercent = 10;
// A server that has fallen back still sends a few bytes more than net::kFallbackDatagramBytes now and then: one that fitted.
constexpr std::uint32_t kLongDatagramBytes = 2 * net::kFallbackDatagramBytes;

ServerAddress server_address(const sys::SocketAddress& from) {
  ServerAddress address;
  address.ipv6 = from.family() == AF_INET6;
  if (address.ipv6) {
    sockaddr_in6 in6{};
    std::memcpy(&in6, &from.storage, sizeof in6);
    std::memcpy(address.bytes.data(), &in6.sin6_addr, 16);
    address.scope = in6.sin6_scope_id;
  } else {
    sockaddr_in in4{};
    std::memcpy(&in4, &from.storage, sizeof in4);
    std::memcpy(address.bytes.data(), &in4.sin_addr, 4);
  }
  return address;
}

NetArguments arguments_of(const UdpPlace& place) {
  NetArguments arguments;
  arguments.port = place.port;
  for (const sys::SocketAddress& address : place.addresses) {
    const ServerAddress found = server_address(address);
    const bool known =
        std::ranges::any_of(arguments.addresses, [&](const ServerAddress& other) { return other.ipv6 == found.ipv6; });
    if (!known) arguments.addresses.push_back(found);
  }
  return arguments;
}

/// A socket whose datagrams are never fragmented, not by this host either.
void forbid_fragments(BorrowedFd socket, bool ipv6) {
  const int probe = ipv6 ? IPV6_PMTUDISC_PROBE : IP_PMTUDISC_PROBE;
  (void)::setsockopt(socket.number(), ipv6 ? IPPROTO_IPV6 : IPPROTO_IP, ipv6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER,
                     &probe, sizeof probe);
}

std::string system_words(const SystemError& error) {
  return std::string(error.call) + ": " + std::strerror(error.number);
}

void take(const ProbeToDoctor& message, UdpResult& result) {
  std::visit(
      [&]<typename Message>(const Message& it) {
        if constexpr (std::is_same_v<Message, ProbeAnswered>) result.answered = it;
        if constexpr (std::is_same_v<Message, ProbeRoundTrips>) result.round_trips = it;
        if constexpr (std::is_same_v<Message, ProbeUpward>) result.upward = it;
        if constexpr (std::is_same_v<Message, ProbeDownward>) result.downward = it;
        if constexpr (std::is_same_v<Message, ProbeDone>) result.done = it;
        if constexpr (std::is_same_v<Message, privsep::Log>)
          result.failure = sandbox::describe(sandbox::failure_from(it));
      },
      message);
}

void listen(const privsep::Channel& probe, UdpResult& result, const Clock& clock) {
  const TimePoint end = clock.now() + kProbeLimit;
  std::array<std::byte, 256> buffer{};
  while (!result.done && clock.now() < end) {
    pollfd entry{probe.fd().number(), POLLIN, 0};
    (void)sys::ppoll(std::span(&entry, 1), end - clock.now());
    const auto record = probe.receive(buffer);
    if (!record && record.error() == privsep::ReceiveFailure::kNothing) continue;
    const auto message = record ? privsep::decode<ProbeToDoctor>(*record) : std::unexpected(privsep::Violation::kEmpty);
    if (!message) break;
    take(*message, result);
  }
  if (!result.done && result.failure.empty()) result.failure = "the probe ended without a word";
}

Result<void, SystemError> start_and_listen(const UdpPlace& place, std::string_view key, BorrowedFd executable,
                                           UdpResult& result, const Clock& clock) {
  namespace fd = privsep::client_net_fd;
  const NetArguments arguments = arguments_of(place);
  auto keys = TRY(sys::pipe());
  (void)sys::write(keys.writer, bytes_of(key));
  keys.writer.reset();
  auto guard = TRY(privsep::make_channel_pair());
  const auto tty = TRY(privsep::make_channel_pair());
  const auto screen = TRY(privsep::make_channel_pair());
  std::vector<UniqueFd> sockets;
  std::vector<privsep::Placement> places = {
      {keys.reader, fd::kKey}, {guard.second, fd::kGuard}, {tty.second, fd::kTty}, {screen.second, fd::kScreen}};
  for (const ServerAddress& address : arguments.addresses) {
    for (const BorrowedFd target :
         {address.ipv6 ? fd::kIpv6 : fd::kIpv4, address.ipv6 ? fd::kIpv6Next : fd::kIpv4Next}) {
      sockets.push_back(TRY(sys::open_client_udp(address.ipv6 ? AF_INET6 : AF_INET)));
      if (target.number() == fd::kIpv4.number() || target.number() == fd::kIpv6.number())
        forbid_fragments(sockets.back(), address.ipv6);
      places.push_back({sockets.back().borrow(), target});
    }
  }
  std::vector<std::string> words = to_words(arguments);
  words.insert(words.begin(), "sallyport-probe");
  auto spawned = TRY(privsep::begin_spawn({.executable = executable, .arguments = words, .descriptors = places}));
  const privsep::Started process(std::move(spawned.pidfd), spawned.pid, std::chrono::seconds(1));
  TRY_VOID(privsep::await_exec(spawned));
  guard.second.reset();
  const privsep::Channel channel(std::move(guard.first));
  listen(channel, result, clock);
  return {};
}

std::string milliseconds(std::uint32_t us) {
  std::array<char, 32> text{};
  (void)std::snprintf(text.data(), text.size(), us < 10000 ? "%.1f ms" : "%.0f ms", us / 1000.0);
  return text.data();
}

std::string share(unsigned lost, unsigned all) { return std::to_string(lost) + " of " + std::to_string(all); }

Finding no_answer(const UdpResult& result, ServerSaw saw, const std::string& address, std::uint16_t port,
                  const std::string& ports) {
  const std::string place = address + " port " + std::to_string(port);
  Finding finding{.check = "UDP", .verdict = Verdict::kFailed, .words = "", .remedies = {}};
  const auto reason = result.done ? result.done->reason : ProbeDone::Reason::kNoAnswer;
  if (!result.failure.empty()) {
    finding.words = "cannot be measured: " + result.failure;
  } else if (reason == ProbeDone::Reason::kNotSent) {
    finding.words = "nothing can be sent to " + place + ": " + std::strerror(static_cast<int>(result.done->error));
  } else if (reason == ProbeDone::Reason::kForged) {
    finding.words = "something answers at " + place + ", but not the server: it does not have the key";
    finding.remedies = {"A port forwarding may lead to another machine; the outside port must equal the inside port."};
  } else if (saw == ServerSaw::kUs) {
    finding.words = "datagrams reach the server at " + place + ", but its answers do not come back";
    finding.remedies = {"Something between the server and you drops UDP from its port " + std::to_string(port) + ".",
                        "Look at the firewall on your side, and at the server's rules for what it may send."};
  } else {
    finding.words = reason == ProbeDone::Reason::kRefused
                        ? place + " says that the port is closed (ICMP), though a server waits there"
                        : "no UDP reply from " + place + "; datagrams do not arrive there";
    finding.remedies = {"ssh works, so a firewall is probably dropping UDP. Open the ports on the server:"};
    for (std::string& command : firewall_commands(ports)) finding.remedies.push_back("  " + std::move(command));
    finding.remedies.emplace_back(
        "Behind NAT or in a cloud, let its rules pass the same UDP ports, unchanged in number.");
    finding.remedies.emplace_back("Or use -p with a port that is open.");
    if (saw == ServerSaw::kUnknown) finding.words = "no UDP reply from " + place;
  }
  return finding;
}

/// What was measured before stands; the rest is not known.
Finding broken_off(const UdpResult& result) {
  return {.check = "measurement",
          .verdict = Verdict::kFailed,
          .words = "broke off: " + (result.failure.empty() ? std::string("not all was measured") : result.failure),
          .remedies = {"Try once more; if it stays so, the answers of this server are not what a server sends."}};
}

Finding round_trip(const ProbeRoundTrips& found) {
  if (found.lost_upward == found.sent) {
    return {.check = "round trip",
            .verdict = Verdict::kFailed,
            .words = "after its first answer the server acknowledged none of " + std::to_string(found.sent) +
                     " datagrams",
            .remedies = {"Something on the way lets a session begin and stops it then: look for rate limits on UDP."}};
  }
  const bool much = found.lost_upward * 100U > found.sent * kMuchLossPercent ||
                    found.lost_downward * 100U > found.expected_back * kMuchLossPercent;
  Finding finding{
      .check = "round trip", .verdict = much ? Verdict::kWarning : Verdict::kOk, .words = "", .remedies = {}};
  finding.words = milliseconds(found.median_us) + " (least " + milliseconds(found.least_us) + ", most " +
                  milliseconds(found.most_us) + "); lost to the server " + share(found.lost_upward, found.sent) +
                  ", from it " + share(found.lost_downward, found.expected_back);
  if (much) finding.remedies = {"A session works all the same, but is slower to follow."};
  return finding;
}

Finding upward(const ProbeUpward& found, bool ipv6) {
  const std::size_t full = net::max_datagram_bytes(ipv6 ? net::Family::kIpv6 : net::Family::kIpv4);
  Finding finding{.check = "datagrams to the server", .verdict = Verdict::kOk, .words = "", .remedies = {}};
  finding.words = "up to " + std::to_string(found.largest_passed) + " bytes pass unfragmented" +
                  (found.smallest_lost != 0 ? "; " + std::to_string(found.smallest_lost) + " do not" : "");
  if (found.largest_passed >= full) return finding;
  finding.verdict = Verdict::kWarning;
  finding.words += found.fragments_pass ? "; larger ones pass in fragments" : "; larger ones are lost";
  if (!found.fragments_pass) {
    finding.remedies = {
        "What is typed fits; a large paste does not with a stock client. sallyport-client finds a size that passes.",
        "Mend the MTU of the tunnel or link on the way, or let ICMP \"fragmentation needed\" pass."};
  }
  return finding;
}

Finding downward(const ProbeDownward& found) {
  Finding finding{.check = "datagrams from the server", .verdict = Verdict::kOk, .words = "", .remedies = {}};
  finding.words = "up to " + std::to_string(found.largest) + " bytes came";
  if (found.whole && found.largest >= kLongDatagramBytes) return finding;
  if (found.whole) {
    finding.verdict = Verdict::kWarning;
    finding.words += ": longer ones are lost on the way, and the server has found that out";
    finding.remedies = {
        "A session works; the first full screen may take some seconds, and with a stock server it stalls.",
        "Mend the MTU of the tunnel or link there, or let ICMP \"fragmentation needed\" pass to the server."};
    return finding;
  }
  finding.verdict = Verdict::kFailed;
  finding.words += ", but a full screen, which takes several large ones, did not";
  finding.remedies = {"Large datagrams are lost on the way from the server: mend the MTU of the tunnel or link there,",
                      "or let ICMP \"fragmentation needed\" pass to the server."};
  return finding;
}

}  // namespace

UdpResult run_probe(const UdpPlace& place, std::string_view key, const Clock& clock) {
  UdpResult result;
  // It lies beside the doctor.
  std::array<char, PATH_MAX> own{};
  const ssize_t length = ::readlink("/proc/self/exe", own.data(), own.size());
  const std::string_view path(own.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  const auto executable =
      privsep::open_executable((std::string(path.substr(0, path.rfind('/') + 1)) + "probe").c_str());
  if (!executable) {
    result.failure = "cannot find the program libexec/sallyport/probe: " + system_words(executable.error());
    return result;
  }
  const auto done = start_and_listen(place, key, *executable, result, clock);
  if (!done) result.failure = system_words(done.error());
  return result;
}

std::vector<std::string> firewall_commands(const std::string& ports) {
  std::string dashed = ports;
  std::ranges::replace(dashed, ':', '-');
  return {"ufw:       sudo ufw allow " + ports + "/udp",
          "firewalld: sudo firewall-cmd --permanent --add-port=" + dashed + "/udp && sudo firewall-cmd --reload",
          "nftables:  sudo nft add rule inet filter input udp dport " + dashed + " accept"};
}

std::vector<Finding> explain(const UdpResult& result, ServerSaw saw, const std::string& address, std::uint16_t port,
                             const std::string& ports) {
  if (!result.answered) return {no_answer(result, saw, address, port, ports)};
  std::vector<Finding> findings = {{.check = "UDP",
                                    .verdict = Verdict::kOk,
                                    .words = address + " port " + std::to_string(port) + " answers after " +
                                             std::to_string(result.answered->after_ms) + " ms, both ways open",
                                    .remedies = {}}};
  if (result.round_trips) findings.push_back(round_trip(*result.round_trips));
  if (result.upward) findings.push_back(upward(*result.upward, address.find(':') != std::string::npos));
  if (result.downward) findings.push_back(downward(*result.downward));
  const bool whole = result.done && result.failure.empty() && result.downward;
  if (!whole) findings.push_back(broken_off(result));
  return findings;
}

}  // namespace sallyport::client
