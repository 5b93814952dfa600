#include "net/packet.h"

#include <algorithm>
#include <cstring>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/wipe.h"

namespace sallyport::net {
namespace {

constexpr std::int64_t kEchoValidityMs = 1000;       // spec: wire 3.2
constexpr std::uint16_t kCongestionPenaltyMs = 500;  // spec: wire 3.4

std::int64_t milliseconds(TimePoint time) {
  return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

std::uint16_t low16(std::int64_t value) {
  return static_cast<std::uint16_t>(static_cast<std::uint64_t>(value) & 0xFFFFU);
}

}  // namespace

std::uint16_t timestamp_at(TimePoint now) {
  const std::uint16_t timestamp = low16(milliseconds(now));
  return timestamp == kNoTimestamp ? std::uint16_t{0} : timestamp;
}

std::optional<PacketPlaintext> parse_packet(std::span<const std::byte> plaintext) {
  ByteReader in(plaintext);
  PacketPlaintext packet;
  packet.timestamp = in.big_endian<std::uint16_t>();
  packet.timestamp_reply = in.big_endian<std::uint16_t>();
  packet.payload = in.rest();
  if (!in.ok()) return std::nullopt;
  return packet;
}

std::uint16_t PacketLayer::take_reply(TimePoint now) {
  if (!saved_) return kNoTimestamp;
  const std::int64_t held = milliseconds(now) - milliseconds(saved_->arrived);
  if (held < 0 || held >= kEchoValidityMs) return kNoTimestamp;
  const std::uint16_t reply = low16(saved_->value + held);
  saved_.reset();
  return reply;
}

Result<std::span<std::byte>, crypto::SealError> PacketLayer::seal(std::span<const std::byte> payload, TimePoint now,
                                                                  std::span<std::byte> out) {
  const std::size_t size = kPacketHeaderBytes + payload.size();
  if (payload.size() > kMaxPayloadBytes || out.size() < size + crypto::kSealOverheadBytes) {
    return std::unexpected(crypto::SealError::kTooLong);
  }
  // The plaintext is laid out where it is sealed. The payload first: it may lie there already, but not elsewhere in
  // `out`.
  const auto plaintext = out.subspan(crypto::kWireNonceBytes, size);
  if (!payload.empty()) std::memmove(plaintext.data() + kPacketHeaderBytes, payload.data(), payload.size());
  ByteWriter header(plaintext);
  header.big_endian(timestamp_at(now));
  header.big_endian(take_reply(now));
  return cipher_.seal(plaintext, out);
}

void PacketLayer::note_in_order(const PacketPlaintext& packet, Ecn ecn, TimePoint now) {
  last_heard_ = now;
  if (packet.timestamp != kNoTimestamp) {
    // An older echo makes the peer measure a longer round trip and slow down.
    const std::uint16_t penalty = ecn == Ecn::kCongestionExperienced ? kCongestionPenaltyMs : std::uint16_t{0};
    saved_ = SavedTimestamp{low16(std::int64_t{packet.timestamp} - penalty), now};
  }
  if (packet.timestamp_reply != kNoTimestamp) {
    rtt_.sample(low16(std::int64_t{timestamp_at(now)} - packet.timestamp_reply));
  }
}

Result<ReceivedPacket, crypto::DropReason> PacketLayer::open(std::span<const std::byte> datagram, Ecn ecn,
                                                             TimePoint now, std::span<std::byte> out) {
  const auto opened = TRY(cipher_.open(datagram, out));
  // A repeated datagram opens too: what was typed must not stay in the caller's buffer because nobody wants it.
  const auto drop = [&](crypto::DropReason why) {
    wipe(opened.plaintext);
    return std::unexpected(why);
  };
  const auto packet = parse_packet(opened.plaintext);
  if (!packet) return drop(crypto::DropReason::kTooShort);
  switch (window_.accept(opened.sequence)) {
    case crypto::Freshness::kInOrder:
      note_in_order(*packet, ecn, now);
      return ReceivedPacket{opened.sequence, Order::kInOrder, packet->payload};
    case crypto::Freshness::kLate:
      return ReceivedPacket{opened.sequence, Order::kLate, packet->payload};
    case crypto::Freshness::kRepeated:
      return drop(crypto::DropReason::kRepeated);
    case crypto::Freshness::kTooOld:
      break;
  }
  return drop(crypto::DropReason::kTooOld);
}

}  // namespace sallyport::net
