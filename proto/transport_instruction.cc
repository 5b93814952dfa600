#include "proto/transport_instruction.h"

#include "base/check.h"
#include "transport.pb.h"  // generated

namespace sallyport::proto {

using Schema = TransportBuffers::Instruction;

Result<TransportInstruction, DropReason> decode(std::span<const std::byte> bytes) {
  TransportInstruction instruction;
  std::uint32_t version = 0;
  FieldReader reader(bytes);
  while (reader.next()) {
    switch (reader.varint_field()) {
      case Schema::kProtocolVersionFieldNumber: version = static_cast<std::uint32_t>(reader.varint()); continue;
      case Schema::kOldNumFieldNumber: instruction.old_num = StateNumber(reader.varint()); continue;
      case Schema::kNewNumFieldNumber: instruction.new_num = StateNumber(reader.varint()); continue;
      case Schema::kAckNumFieldNumber: instruction.ack_num = StateNumber(reader.varint()); continue;
      case Schema::kThrowawayNumFieldNumber: instruction.throwaway_num = StateNumber(reader.varint()); continue;
      default: break;
    }
    switch (reader.bytes_field()) {
      case Schema::kDiffFieldNumber: instruction.diff = reader.bytes(); continue;
      case Schema::kChaffFieldNumber: instruction.chaff = reader.bytes(); continue;
      default: break;
    }
    reader.skip();
  }
  if (!reader.ok()) return std::unexpected(DropReason::kUndecodable);
  if (version != kProtocolVersion) return std::unexpected(DropReason::kWrongVersion);
  return instruction;
}

SecretBytes encode(const TransportInstruction& instruction) {
  CHECK(instruction.diff.size() <= kMaxDiffBytes && instruction.chaff.size() <= kMaxChaffBytes);
  SecretBytes out;
  out.reserve(kMaxInstructionOverheadBytes + instruction.diff.size());
  put_varint_field(Schema::kProtocolVersionFieldNumber, kProtocolVersion, out);
  put_varint_field(Schema::kOldNumFieldNumber, instruction.old_num.value(), out);
  put_varint_field(Schema::kNewNumFieldNumber, instruction.new_num.value(), out);
  put_varint_field(Schema::kAckNumFieldNumber, instruction.ack_num.value(), out);
  put_varint_field(Schema::kThrowawayNumFieldNumber, instruction.throwaway_num.value(), out);
  put_bytes_field(Schema::kDiffFieldNumber, instruction.diff, out);
  put_bytes_field(Schema::kChaffFieldNumber, instruction.chaff, out);
  return out;
}

}  // namespace sallyport::proto
