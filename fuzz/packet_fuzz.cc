// Targets: net::PacketLayer, net::parse_packet, crypto::ReplayWindow
// A peer with the key: pairs of a step (how far the clock and the order of arrival move) and a plaintext. Every
// in-order packet's timestamp is echoed once, late ones change nothing but are handed up once while the window still
// knows them, repetitions are dropped, and the estimator stays within its bounds.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/byte_reader.h"
#include "base/bytes.h"
#include "base/check.h"
#include "net/packet.h"

using namespace sallyport;

namespace {
// A datagram that was held up on its way, and how many have overtaken it.
struct HeldUp {
  std::vector<std::byte> datagram;
  std::size_t overtaken = 0;
};

void arrive_late(net::PacketLayer& server, const HeldUp& held, TimePoint now, std::span<std::byte> out) {
  const auto heard = server.last_heard();
  const auto packet = server.open(held.datagram, net::Ecn::kNotCongested, now, out);
  if (held.overtaken > crypto::kReplayWindowNumbers) {
    CHECK(!packet && packet.error() == crypto::DropReason::kTooOld);
  } else if (held.overtaken < crypto::kReplayWindowNumbers / 2) {
    CHECK(packet && packet->order == (held.overtaken == 0 ? net::Order::kInOrder : net::Order::kLate));
    CHECK(held.overtaken == 0 || server.last_heard() == heard);
    CHECK(server.open(held.datagram, net::Ecn::kNotCongested, now, out).error() == crypto::DropReason::kRepeated);
  }
}

crypto::SessionKey key() { return std::move(*crypto::SessionKey::parse("AAECAwQFBgcICQoLDA0ODw")); }
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteReader in(bytes_of(data, size));
  net::PacketLayer server(key(), crypto::Direction::kToClient);
  crypto::DatagramCipher client(key(), crypto::Direction::kToServer);
  std::array<std::byte, crypto::kMaxDatagramBytes> out{};
  std::optional<HeldUp> held;
  bool burst = false;
  CHECK(server.seal(std::vector<std::byte>(net::kMaxPayloadBytes + 1), TimePoint{}, out).error() ==
        crypto::SealError::kTooLong);
  TimePoint now(std::chrono::milliseconds(1));
  while (in.remaining() >= 2) {
    const auto step = in.little_endian<std::uint8_t>();
    const auto length = in.little_endian<std::uint8_t>();
    const auto plaintext = in.take(std::min<std::size_t>(length, in.remaining()));
    now += std::chrono::milliseconds(step);
    std::vector<std::byte> datagram(plaintext.size() + crypto::kSealOverheadBytes);
    CHECK(client.seal(plaintext, datagram).has_value());
    if (step % 32 == 31 && plaintext.size() >= net::kPacketHeaderBytes) {
      if (held) arrive_late(server, *held, now, out);
      held = HeldUp{std::move(datagram), 0};
      // Many at once leave it behind the window; once, since they take long.
      for (int i = 0; step == 255 && !burst && i < 1100; ++i) {
        datagram.resize(plaintext.size() + crypto::kSealOverheadBytes);
        CHECK(client.seal(plaintext, datagram).has_value());
        CHECK(server.open(datagram, net::Ecn::kNotCongested, now, out).has_value());
        ++held->overtaken;
      }
      burst = burst || step == 255;
      continue;
    }
    const auto heard = server.last_heard();
    const auto packet =
        server.open(datagram, step % 2 == 0 ? net::Ecn::kNotCongested : net::Ecn::kCongestionExperienced, now, out);
    CHECK(packet.has_value() == (plaintext.size() >= net::kPacketHeaderBytes));
    if (!packet) {
      CHECK(packet.error() == crypto::DropReason::kTooShort && server.last_heard() == heard);
      continue;
    }
    if (held) ++held->overtaken;
    CHECK(packet->order == net::Order::kInOrder && server.last_heard() == now);
    CHECK(std::ranges::equal(packet->payload, plaintext.subspan(net::kPacketHeaderBytes)));
    CHECK(server.open(datagram, net::Ecn::kNotCongested, now, out).error() == crypto::DropReason::kRepeated);
    CHECK(std::isfinite(server.rtt().srtt_ms()) && server.rtt().rto() >= std::chrono::milliseconds(50) &&
          server.rtt().rto() <= std::chrono::milliseconds(1000));
    if (step % 3 == 0) {
      const auto sealed = server.seal({}, now, out);
      std::array<std::byte, crypto::kMaxDatagramBytes> opened{};
      const auto echo = net::parse_packet(client.open(*sealed, opened)->plaintext);
      CHECK(echo.has_value() && echo->timestamp == net::timestamp_at(now) && echo->timestamp != net::kNoTimestamp);
    }
  }
  return 0;
}
