#include "sync/warm_up.h"

#include <array>
#include <vector>

#include "base/bytes.h"
#include "net/packet.h"
#include "sync/chaff.h"
#include "sync/instruction_link.h"

namespace sallyport::sync {
namespace {

crypto::SessionKey throw_away_key() {
  std::array<std::byte, crypto::kKeyBytes> bytes{};
  return crypto::SessionKey::from_random(bytes);
}

}  // namespace

void use_each_library_once() {
  const SystemClock clock;
  const TimePoint now = clock.now();
  constexpr std::array<std::byte, 32> kSeed = {std::byte{1}};
  net::PacketLayer client(throw_away_key(), crypto::Direction::kToServer);
  net::PacketLayer server(throw_away_key(), crypto::Direction::kToClient);
  ChaffSource chaff(kSeed);
  InstructionLink from(client, chaff, net::kIpv4DatagramBytes);
  InstructionLink to(server, chaff, net::kIpv4DatagramBytes);
  proto::TransportInstruction instruction;
  instruction.diff = bytes_of("warm-up");
  (void)from.send(instruction, now, [&](std::span<const std::byte> datagram) {
    std::vector<std::byte> copy(datagram.begin(), datagram.end());
    (void)to.open(copy, net::Ecn::kNotCongested, now);
  });
}

}  // namespace sallyport::sync
