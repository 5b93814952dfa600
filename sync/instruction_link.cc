#include "sync/instruction_link.h"

namespace sallyport::sync {
namespace {

// Where a packet's payload lies in its datagram: behind the wire nonce and both timestamps.
constexpr std::size_t kPayloadOffset = 8 + net::kPacketHeaderBytes;

}  // namespace

std::span<const std::byte> InstructionLink::compress(const proto::TransportInstruction& instruction) {
  proto::TransportInstruction filled = instruction;
  filled.chaff = chaff_.draw();
  const SecretBytes plain = proto::encode(filled);
  return deflater_.deflate(plain);
}

std::span<std::byte> InstructionLink::seal(const net::Fragment& fragment, TimePoint now) {
  const auto payload = net::write_fragment(fragment, std::span(buffer_).subspan(kPayloadOffset));
  const auto sealed = packets_.seal(payload, now, buffer_);
  if (!sealed) {
    exhausted_ = true;
    return {};
  }
  return *sealed;
}

std::optional<InstructionLink::Opened> InstructionLink::open(std::span<std::byte> datagram, net::Ecn ecn,
                                                             TimePoint now) {
  const std::uint64_t samples_before = rtt().samples();
  const auto packet = packets_.open(datagram, ecn, now, datagram);
  if (!packet) {
    ++drops_.datagrams;
    if (packet.error() == crypto::DropReason::kNotAuthentic) ++drops_.forged;
    return std::nullopt;
  }
  Opened opened{.order = packet->order, .round_trip_ms = {}, .instruction = complete(packet->payload)};
  if (rtt().samples() != samples_before) opened.round_trip_ms = rtt().newest_ms();
  return opened;
}

std::optional<proto::TransportInstruction> InstructionLink::complete(std::span<const std::byte> payload) {
  const auto fragment = net::parse_fragment(payload);
  if (!fragment) {
    ++drops_.fragments;
    return std::nullopt;
  }
  const auto added = assembly_.add(*fragment);
  if (!added) ++drops_.fragments;
  if (!added || !*added) return std::nullopt;
  const auto plain = inflater_.inflate(**added);
  if (!plain) {
    ++drops_.streams;
    return std::nullopt;
  }
  const auto instruction = proto::decode(*plain);
  if (!instruction) {
    ++drops_.instructions;
    return std::nullopt;
  }
  return *instruction;
}

}  // namespace sallyport::sync
