// Sends what a session must not take, from other addresses than the client's, and counts what comes back:
//
//   forger PORT RECORDING flips | lengths | directions | random N | once | backwards | parts
//
// RECORDING: lines "C HEX" and "S HEX", datagrams of the session's client and server. Nothing is lost on the way: no more is sent
// than the queues of the server's sockets have room for. Prints one JSON object: datagrams sent, how many of them the kernel's prefilter must
// refuse, how many the kernel has dropped, bytes left unread in the end, and answers that came to any of the addresses.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/unique_fd.h"

namespace sallyport {
namespace {

using Datagram = std::vector<std::uint8_t>;

constexpr std::size_t kBatch = 64;
constexpr std::size_t kRoom = 80 << 10;  // a queue holds 208 KiB: two such batches, and some of the client's own
constexpr std::size_t kSmallest = 38;   // what the prefilter passes (base/sys/udp.h), stated anew: this is its judge
constexpr std::size_t kLongest = 2048;
constexpr const char* kSources[] = {"127.0.0.2", "127.0.0.3", "::1"};

struct Queue {
  std::uint64_t unread = 0;
  std::uint64_t dropped = 0;
  bool v6 = false;  ///< there is a socket of IPv6
};

/// The server's sockets in /proc/net/udp and udp6, summed up.
Queue look_at(std::uint16_t port) {
  Queue all;
  std::array<char, 8> port_text{};
  std::snprintf(port_text.data(), port_text.size(), ":%04X ", port);
  for (const char* path : {"/proc/net/udp", "/proc/net/udp6"}) {
    std::ifstream in(path);
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
      if (line.find(port_text.data()) == std::string::npos) continue;
      std::istringstream fields(line);
      std::array<std::string, 13> field;
      for (std::string& one : field) fields >> one;
      const auto colon = field[1].find(':');
      if (colon == std::string::npos || std::stoul(field[1].substr(colon + 1), nullptr, 16) != port) continue;
      all.unread += std::stoul(field[4].substr(field[4].find(':') + 1), nullptr, 16);
      all.dropped += std::stoull(field[12]);
      all.v6 = all.v6 || field[1].size() > 16;
    }
  }
  return all;
}

UniqueFd connected_socket(const char* source, std::uint16_t port) {
  sockaddr_in v4{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {}, .sin_zero = {}};
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  const bool is_v4 = ::inet_pton(AF_INET, source, &v4.sin_addr) == 1;
  if (!is_v4 && ::inet_pton(AF_INET6, source, &v6.sin6_addr) != 1) return {};
  UniqueFd fd(::socket(is_v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  auto* const address = is_v4 ? reinterpret_cast<sockaddr*>(&v4) : reinterpret_cast<sockaddr*>(&v6);
  const socklen_t length = is_v4 ? sizeof v4 : sizeof v6;
  if (!fd.valid() || ::bind(fd.borrow().number(), address, length) != 0) return {};
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  v4.sin_port = v6.sin6_port = htons(port);
  if (::connect(fd.borrow().number(), address, length) != 0) return {};
  return fd;
}

class Forger {
 public:
  explicit Forger(std::uint16_t port) : port_(port), before_(look_at(port).dropped) {
    const bool serves_v6 = look_at(port).v6;
    for (const char* source : kSources) {
      if (!serves_v6 && std::string_view(source).contains(':')) continue;
      if (auto fd = connected_socket(source, port); fd.valid()) sockets_.push_back(std::move(fd));
    }
    if (sockets_.empty()) std::exit(1);
  }

  void send(const Datagram& datagram) {
    batch_.push_back(datagram);
    const bool refused = datagram.size() < kSmallest || datagram.size() > kLongest || (datagram[0] & 0x80U) != 0;
    refusable_ += refused ? 1 : 0;
    if (!refused) weight_ += 256 + std::bit_ceil(datagram.size() + 400);
    if (batch_.size() == kBatch || weight_ >= kRoom) flush();
  }

  void flush() {
    std::array<mmsghdr, kBatch> messages{};
    std::array<iovec, kBatch> pieces{};
    for (std::size_t i = 0; i < batch_.size(); ++i) {
      pieces[i] = {batch_[i].data(), batch_[i].size()};
      messages[i].msg_hdr.msg_iov = &pieces[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    const int fd = sockets_[batches_++ % sockets_.size()].borrow().number();
    for (std::size_t at = 0; at < batch_.size();) {
      const int done = ::sendmmsg(fd, &messages[at], static_cast<unsigned>(batch_.size() - at), 0);
      if (done <= 0) std::exit(1);
      at += static_cast<std::size_t>(done);
    }
    sent_ += batch_.size();
    batch_.clear();
    if (weight_ != 0) wait_for_room(kRoom);
    weight_ = 0;
  }

  void report() {
    flush();
    wait_for_room(0);
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    std::size_t answers = 0;
    for (const UniqueFd& fd : sockets_) {
      std::array<char, 2048> buffer{};
      while (::recv(fd.borrow().number(), buffer.data(), buffer.size(), MSG_DONTWAIT) >= 0) ++answers;
    }
    const Queue after = look_at(port_);
    std::printf("{\"sent\": %zu, \"refusable\": %zu, \"dropped\": %llu, \"unread\": %llu, \"answers\": %zu, \"addresses\": %zu}\n",
                sent_, refusable_, static_cast<unsigned long long>(after.dropped - before_),
                static_cast<unsigned long long>(after.unread), answers, sockets_.size());
  }

 private:
  void wait_for_room(std::size_t unread) {
    for (int i = 0; i < 100'000 && look_at(port_).unread > unread; ++i) std::this_thread::yield();
  }

  std::uint16_t port_;
  std::uint64_t before_;
  std::vector<UniqueFd> sockets_;
  std::vector<Datagram> batch_;
  std::size_t weight_ = 0;   ///< of the batch in the server's queue, as the kernel counts it, about
  std::size_t batches_ = 0;
  std::size_t sent_ = 0;
  std::size_t refusable_ = 0;
};

Datagram random_bytes(std::size_t size, std::mt19937_64& random) {
  Datagram bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

std::vector<Datagram> read_recording(const char* path) {
  std::vector<Datagram> all;
  std::ifstream in(path);
  for (std::string who, hex; in >> who >> hex;) {
    Datagram bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
      bytes.push_back(static_cast<std::uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
    }
    all.push_back(std::move(bytes));
  }
  return all;
}

void flip_every_bit(Forger& forger, const std::vector<Datagram>& recorded) {
  for (Datagram bytes : recorded) {
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      const auto mask = static_cast<std::uint8_t>(1U << (bit % 8));
      bytes[bit / 8] ^= mask;
      forger.send(bytes);
      bytes[bit / 8] ^= mask;
    }
  }
}

/// 0 to 2000: random bytes, random bytes that pass the prefilter, and a recorded datagram cut or lengthened.
void every_length(Forger& forger, const std::vector<Datagram>& recorded, std::mt19937_64& random) {
  for (std::size_t size = 0; size <= 2000; ++size) {
    forger.send(random_bytes(size, random));
    Datagram shaped = random_bytes(size, random);
    if (size > 0) shaped[0] &= 0x7FU;
    forger.send(shaped);
    Datagram changed = recorded[size % recorded.size()];
    if (changed.size() == size) continue;  // whole, it would be genuine
    changed.resize(size, static_cast<std::uint8_t>(random()));
    forger.send(changed);
  }
}

void random_ones(Forger& forger, std::size_t count, std::mt19937_64& random) {
  Datagram bytes;
  for (std::size_t i = 0; i < count; ++i) {
    bytes.resize(kSmallest + random() % 200);
    for (std::size_t at = 0; at < bytes.size(); at += 8) {
      const std::uint64_t word = random();
      for (std::size_t j = at; j < std::min(at + 8, bytes.size()); ++j) bytes[j] = static_cast<std::uint8_t>(word >> (8 * (j - at)));
    }
    if (i % 16 != 0) bytes[0] &= 0x7FU;  // the rest dies in the kernel
    forger.send(bytes);
  }
}

int run(std::uint16_t port, const std::vector<Datagram>& recorded, const std::string& what, std::size_t count) {
  std::mt19937_64 random(std::getenv("SALLYPORT_SEED") != nullptr ? std::strtoull(std::getenv("SALLYPORT_SEED"), nullptr, 10) : 1);
  Forger forger(port);
  if (what == "flips") {
    flip_every_bit(forger, recorded);
  } else if (what == "lengths") {
    every_length(forger, recorded, random);
  } else if (what == "directions") {
    for (Datagram bytes : recorded) {
      bytes[0] ^= 0x80U;
      forger.send(bytes);
    }
  } else if (what == "random") {
    random_ones(forger, count, random);
  } else if (what == "once") {
    for (const Datagram& bytes : recorded) forger.send(bytes);
  } else if (what == "backwards") {
    for (auto at = recorded.rbegin(); at != recorded.rend(); ++at) forger.send(*at);
  } else if (what == "parts") {
    for (int part = 0; part < 50; ++part) {
      const std::size_t first = random() % recorded.size();
      const std::size_t last = std::min(recorded.size(), first + random() % 200);
      for (std::size_t i = first; i < last; ++i) forger.send(recorded[i]);
    }
  } else {
    return 2;
  }
  forger.report();
  return 0;
}

}  // namespace
}  // namespace sallyport

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const auto recorded = sallyport::read_recording(argv[2]);
  if (recorded.empty()) return 2;
  return sallyport::run(static_cast<std::uint16_t>(std::atoi(argv[1])), recorded, argv[3],
                        argc > 4 ? static_cast<std::size_t>(std::atoll(argv[4])) : 0);
}
