// Targets: proto::decode (transport instructions)
// Dictionary: transport_fields
// Property: whatever the generated protobuf class accepts, ours reads with the same values; what ours accepts
// survives a round trip.
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/check.h"
#include "proto/transport_instruction.h"
#include "transport.pb.h"  // generated

using sallyport::bytes_of;
using sallyport::text_of;
namespace proto = sallyport::proto;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto ours = proto::decode(bytes_of(data, size));
  TransportBuffers::Instruction generated;
  if (generated.ParseFromArray(data, static_cast<int>(size))) {
    CHECK(ours.has_value() == (generated.protocol_version() == proto::kProtocolVersion));
    if (!ours) {
      CHECK(ours.error() == proto::DropReason::kWrongVersion);
      return 0;
    }
    CHECK(ours->old_num.value() == generated.old_num() && ours->new_num.value() == generated.new_num());
    CHECK(ours->ack_num.value() == generated.ack_num() && ours->throwaway_num.value() == generated.throwaway_num());
    CHECK(text_of(ours->diff) == generated.diff() && text_of(ours->chaff) == generated.chaff());
  }
  if (!ours || ours->chaff.size() > proto::kMaxChaffBytes || ours->diff.size() > proto::kMaxDiffBytes) return 0;
  const auto encoded = proto::encode(*ours);
  const auto again = proto::decode(encoded);
  CHECK(again.has_value() && again->new_num == ours->new_num && text_of(again->diff) == text_of(ours->diff));
  return 0;
}
