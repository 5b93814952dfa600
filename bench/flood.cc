#include "bench/flood.h"

#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <random>
#include <thread>
#include <utility>

#include "base/unique_fd.h"
#include "bench/loopback.h"

namespace sallyport::bench {
namespace {

constexpr std::size_t kPool = 4096;                        // made beforehand, so that sending is all that costs
constexpr std::size_t kMostPerCall = 64;
constexpr Duration kLongestDelay = std::chrono::milliseconds(5);
constexpr std::pair<std::string_view, FloodKind> kNames[] = {
    {"random", FloodKind::kRandom},       {"well_shaped", FloodKind::kWellShaped},
    {"truncated", FloodKind::kTruncated}, {"bad_tag", FloodKind::kBadTag},
    {"wrong_direction", FloodKind::kWrongDirection}, {"replay", FloodKind::kReplay},
    {"oversize", FloodKind::kOversize},   {"spoofed_bad_tag", FloodKind::kSpoofedBadTag},
};

Datagram random_bytes(std::size_t size, std::mt19937_64& random) {
  Datagram bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

Datagram forge(FloodKind kind, std::span<const Datagram> genuine, std::mt19937_64& random) {
  Datagram bytes = genuine[random() % genuine.size()];
  switch (kind) {
    case FloodKind::kRandom: return random_bytes(random() % 1401, random);
    case FloodKind::kWellShaped:
      bytes = random_bytes(38 + random() % 1363, random);
      bytes[0] &= std::byte{0x7F};
      return bytes;
    case FloodKind::kTruncated: bytes.resize(random() % bytes.size()); return bytes;
    case FloodKind::kBadTag:
    case FloodKind::kSpoofedBadTag:
      bytes[bytes.size() - 1 - random() % 16] ^= static_cast<std::byte>(1U << (random() % 8));
      return bytes;
    case FloodKind::kWrongDirection: bytes[0] ^= std::byte{0x80}; return bytes;
    case FloodKind::kReplay: return bytes;
    case FloodKind::kOversize: return random_bytes(2049 + random() % 6952, random);
  }
  return bytes;
}

/// IPv4 and UDP headers before the payload, as if the client had sent it. No checksum: UDP over IPv4 may leave it out, and the
/// kernel fills in the other.
Datagram with_headers(const Datagram& payload, const Flood& flood) {
  iphdr ip{};
  ip.version = 4;
  ip.ihl = 5;
  ip.ttl = 64;
  ip.protocol = IPPROTO_UDP;
  ip.tot_len = htons(static_cast<std::uint16_t>(sizeof(iphdr) + sizeof(udphdr) + payload.size()));
  ip.saddr = ip.daddr = htonl(INADDR_LOOPBACK);
  udphdr udp{};
  udp.source = htons(flood.client_port);
  udp.dest = htons(flood.server_port);
  udp.len = htons(static_cast<std::uint16_t>(sizeof(udphdr) + payload.size()));
  Datagram whole(sizeof ip + sizeof udp + payload.size());
  std::memcpy(whole.data(), &ip, sizeof ip);
  std::memcpy(whole.data() + sizeof ip, &udp, sizeof udp);
  std::copy(payload.begin(), payload.end(), whole.begin() + sizeof ip + sizeof udp);
  return whole;
}

}  // namespace

std::optional<FloodKind> flood_kind(std::string_view name) {
  for (const auto& [known, kind] : kNames) {
    if (known == name) return kind;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> run_flood(const Flood& flood, std::span<const Datagram> genuine, TimePoint stop) {
  const bool raw = flood.kind == FloodKind::kSpoofedBadTag;
  const UniqueFd socket(raw ? ::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW)
                            : ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const int room = 1 << 20;
  if (!socket.valid()) return std::nullopt;
  (void)::setsockopt(socket.borrow().number(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  std::mt19937_64 random(flood.seed);
  std::vector<Datagram> pool(kPool);
  for (Datagram& bytes : pool) {
    bytes = forge(flood.kind, genuine, random);
    if (raw) bytes = with_headers(bytes, flood);
  }
  sockaddr_in to = loopback(flood.server_port);
  const SystemClock clock;
  const Duration pause = std::chrono::duration_cast<Duration>(
      std::chrono::duration<double>(static_cast<double>(flood.burst) / flood.per_second));
  std::uint64_t sent = 0;
  std::uint64_t offered = 0;
  for (TimePoint next = clock.now(); clock.now() < stop;) {
    for (const std::uint64_t due = offered + flood.burst; offered < due;) {
      std::array<mmsghdr, kMostPerCall> batch{};
      std::array<iovec, kMostPerCall> pieces{};
      const auto count = static_cast<unsigned>(std::min<std::uint64_t>(due - offered, kMostPerCall));
      for (unsigned i = 0; i < count; ++i) {
        Datagram& bytes = pool[(offered + i) % kPool];
        pieces[i] = {bytes.data(), bytes.size()};
        batch[i].msg_hdr = {.msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &pieces[i], .msg_iovlen = 1,
                            .msg_control = nullptr, .msg_controllen = 0, .msg_flags = 0};
      }
      const int done = ::sendmmsg(socket.borrow().number(), batch.data(), count, 0);
      sent += done > 0 ? static_cast<std::uint64_t>(done) : 0;
      offered += count;
    }
    // A pause of the machine is made up for, a longer one not: the rate is a bound.
    const TimePoint now = clock.now();
    next = std::max(next + pause, now - kLongestDelay);
    if (next > now) std::this_thread::sleep_for(std::min(next, stop) - now);
  }
  return sent;
}

}  // namespace sallyport::bench
