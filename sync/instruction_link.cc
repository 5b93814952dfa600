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

std::optional<InstructionLink::Opened> InstructionLink::open(std::span<std::byte> datagram, net::Ecn ecn, TimePoint now) {
  const bool had_sample = rtt().has_sample();
  const double srtt_before = rtt().srtt_ms();
  const auto packet = packets_.open(datagram, ecn, now, datagram);
  if (!packet) {
    ++drops_.datagrams;
    return std::nullopt;
  }
  return Opened{packet->order, new_sample(had_sample, srtt_before), complete(packet->payload)};
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

// The estimator keeps averages alone; a sample follows from the average before and after it (wire 3.3: 7/8 and 1/8). One that
// equals the average exactly is missed, which tells nothing new.
std::optional<double> InstructionLink::new_sample(bool had_sample, double srtt_before) const {
  if (!rtt().has_sample()) return std::nullopt;
  if (!had_sample) return rtt().srtt_ms();
  if (rtt().srtt_ms() == srtt_before) return std::nullopt;
  return rtt().srtt_ms() * 8 - srtt_before * 7;
}

}  // namespace sallyport::sync
