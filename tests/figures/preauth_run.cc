// What somebody without the key can make net execute (architecture 6). Built with coverage and run by scripts/figures,
// as "forged" and as "idle". Three sessions are brought up, the counters set to zero, and the loop takes a number of
// turns: as "forged" with datagrams of every kind that somebody without the key can send, as "idle" without any. Then
// the counters are written to LLVM_PROFILE_FILE. Lines that ran more often in the first run ran because of such a
// datagram. Two minutes pass at the end, so that everything that is done from time to time is due.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <random>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "base/sys/udp.h"
#include "server/net_session.h"
#include "sync/chaff.h"
#include "sync/instruction_link.h"
#include "sync/user_stream.h"

extern "C" {
void __llvm_profile_reset_counters();
int __llvm_profile_write_file();
}

namespace sallyport {
namespace {

using Datagram = std::vector<std::byte>;

crypto::SessionKey the_key() {
  std::array<std::byte, crypto::kKeyBytes> bytes{std::byte{7}};
  return crypto::SessionKey::from_random(bytes);
}

UniqueFd bound_to(const char* address) {
  const auto local = sys::parse_address(address);
  auto fd = sys::open_udp(local->family());
  CHECK(fd.has_value());
  CHECK(sys::set_udp_options(fd->borrow(), local->family(), false).has_value());
  CHECK(sys::bind(fd->borrow(), *local).has_value());
  return std::move(*fd);
}

/// A client's end, as far as it takes to bring a session up.
class Client {
 public:
  explicit Client(const char* address)
      : socket_(bound_to(address)),
        packets_(the_key(), crypto::Direction::kToServer),
        chaff_(seed()),
        link_(packets_, chaff_, 1000) {
    const int congested = 3;
    (void)::setsockopt(socket_.borrow().number(), IPPROTO_IP, IP_TOS, &congested, sizeof congested);
    (void)::setsockopt(socket_.borrow().number(), IPPROTO_IPV6, IPV6_TCLASS, &congested, sizeof congested);
  }
  /// What it would send for its first state.
  std::vector<Datagram> first_state(TimePoint now) {
    sync::UserStream events;
    events.append(WindowSize{80, 24});
    const auto diff = events.diff(sync::UserPosition(0));
    proto::TransportInstruction instruction;
    instruction.new_num = StateNumber(1);
    instruction.diff = diff;
    std::vector<Datagram> datagrams;
    (void)link_.send(instruction, now, [&](std::span<const std::byte> datagram) {
      datagrams.emplace_back(datagram.begin(), datagram.end());
    });
    return datagrams;
  }
  /// A later datagram of its own, which moves the window of those that may come late.
  Datagram later(TimePoint now) {
    std::array<std::byte, 64> out{};
    Datagram newest;
    for (std::uint64_t i = 0; i < 2 * crypto::kReplayWindowNumbers; ++i) {
      const auto sealed = packets_.seal(std::span(out).subspan(12, 10), now, out);
      CHECK(sealed.has_value());
      newest.assign(sealed->begin(), sealed->end());
    }
    return newest;
  }
  void send(const Datagram& datagram, const sys::SocketAddress& to) {
    (void)::sendto(socket_.borrow().number(), datagram.data(), datagram.size(), 0,
                   reinterpret_cast<const sockaddr*>(&to.storage), to.length);
  }

 private:
  static std::span<const std::byte, 32> seed() {
    static constexpr std::array<std::byte, 32> kSeed = {std::byte{1}};
    return kSeed;
  }
  UniqueFd socket_;
  net::PacketLayer packets_;
  sync::ChaffSource chaff_;
  sync::InstructionLink link_;
};

/// One net with both channels and, if `heard`, a client that it has met.
struct World {
  World(const char* address, bool heard)
      : met(heard), client(address), any(bound_to(address)), peer(bound_to(address)) {
    any_address = *sys::local_address(any.borrow());
    peer_address = *sys::local_address(peer.borrow());
    auto monitor_pair = privsep::make_channel_pair();
    auto terminal_pair = privsep::make_channel_pair();
    monitor = std::move(monitor_pair->first);
    terminal = std::move(terminal_pair->first);
    server::NetArguments arguments;
    arguments.port = 60001;
    arguments.family = any_address.family() == AF_INET ? server::AddressFamily::kIpv4 : server::AddressFamily::kIpv6;
    std::array<std::byte, 32> seed{std::byte{2}};
    session.emplace(privsep::Channel(std::move(monitor_pair->second)),
                    privsep::Channel(std::move(terminal_pair->second)),
                    net::UdpEndpoint(std::move(any), std::move(peer)), the_key(), arguments, seed, clock);
    auto first = client.first_state(clock.now());
    replays.push_back(first.back());
    if (!met) return;
    replays.push_back(client.later(clock.now()));
    first.push_back(replays.back());
    for (const Datagram& datagram : first) {
      client.send(datagram, any_address);
      CHECK(session->turn());
    }
  }

  bool met;
  FakeClock clock;
  Client client;
  UniqueFd any, peer, monitor, terminal;
  sys::SocketAddress any_address, peer_address;
  std::optional<server::NetSession> session;
  std::vector<Datagram> replays;
};

/// All lengths, all bytes; right shapes with wrong tags; both directions; what was sent before, whole and damaged.
std::vector<Datagram> forgeries(const World& world) {
  std::vector<Datagram> all;
  std::minstd_rand random(1);
  for (std::size_t size = 0; size <= 2100; size += size < 80 ? 1 : 101) {
    Datagram datagram(size);
    for (std::byte& byte : datagram) byte = static_cast<std::byte>(random() >> 8U);
    for (const unsigned direction : {0U, 0x80U}) {
      if (size != 0) datagram[0] = static_cast<std::byte>(direction);
      all.push_back(datagram);
    }
  }
  for (const Datagram& recorded : world.replays) {
    for (std::size_t i = 0; i < recorded.size(); ++i) {
      all.push_back(recorded);
      all.back()[i] ^= std::byte{1};
      all.emplace_back(recorded.begin(), recorded.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  return all;
}

void attack(World& world, Client& stranger, const std::vector<Datagram>& datagrams, bool forged) {
  constexpr Duration kAtOnce{0};
  for (const Datagram& datagram : datagrams) {
    if (forged) {
      stranger.send(datagram, world.any_address);       // from elsewhere
      world.client.send(datagram, world.peer_address);  // with the client's address
    }
    CHECK(world.session->turn(kAtOnce));
    world.clock.advance(net::kFloodPause);  // or what comes next would lie there unread
  }
  if (!world.met) return;  // without a client it would end
  world.clock.advance(std::chrono::minutes(2));
  CHECK(world.session->turn(kAtOnce));
}

}  // namespace
}  // namespace sallyport

int main(int argc, char** argv) {
  using namespace sallyport;
  const bool attacked = argc > 1 && std::string_view(argv[1]) == "forged";
  World met("127.0.0.1", true), met_ipv6("::1", true), not_met("127.0.0.1", false);
  Client stranger("127.0.0.1"), stranger_ipv6("::1");
  auto forged = forgeries(met);
  const auto forged_ipv6 = forgeries(met_ipv6), forged_early = forgeries(not_met);
  forged.insert(forged.end(), met.replays.begin(), met.replays.end());
  __llvm_profile_reset_counters();
  attack(met, stranger, forged, attacked);
  attack(met_ipv6, stranger_ipv6, forged_ipv6, attacked);
  attack(not_met, stranger, forged_early, attacked);
  CHECK(__llvm_profile_write_file() == 0);
  ::_exit(0);  // the destructors' lines are not meant
}
