#include "sync/instruction_link.h"

namespace sallyport::sync {
namespace {

// Where a packet's payload lies in its datagram: behind the wire nonce and both timestamps.
constexpr std::size_t kPayloadOffset = 8 + net::kPacketHeaderBytes;

// Ours: a larger instruction is compressed anew for each repetition, so that what is kept stays small.
constexpr std::size_t kMostKeptBytes = std::size_t{128} << 10U;

}  // namespace

std::optional<net::CutInstruction> InstructionLink::cut_up(const proto::TransportInstruction& instruction,
                                                           std::size_t slice_limit) {
  if (repeats_kept(instruction, slice_limit)) return net::CutInstruction(kept_->id, kept_->compressed, slice_limit);
  kept_.reset();
  const std::span<const std::byte> compressed = compress(instruction);
  const auto cut = fragmenter_.cut(compressed, slice_limit);
  if (cut && cut->count() > 1 && instruction.diff.size() <= kMostKeptBytes) {
    kept_ = Kept{.numbers = instruction,
                 .diff = SecretBytes(instruction.diff.begin(), instruction.diff.end()),
                 .compressed = SecretBytes(compressed.begin(), compressed.end()),
                 .id = cut->id(),
                 .slice_limit = slice_limit};
    kept_->numbers.diff = {};
  }
  return cut;
}

// A conflicting piece would make stock abort: everything must be the same.
bool InstructionLink::repeats_kept(const proto::TransportInstruction& instruction, std::size_t slice_limit) const {
  if (!kept_ || kept_->slice_limit != slice_limit) return false;
  const proto::TransportInstruction& kept = kept_->numbers;
  return kept.old_num == instruction.old_num && kept.new_num == instruction.new_num && kept.ack_num == instruction.ack_num &&
         kept.throwaway_num == instruction.throwaway_num && std::ranges::equal(kept_->diff, instruction.diff);
}

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
