// Targets: proto::HostMessageReader
// Dictionary: host_fields
// Property: whatever the generated protobuf class accepts, ours reads with the same elements.
#include <cstddef>
#include <cstdint>
#include <variant>

#include "base/bytes.h"
#include "base/check.h"
#include "host.pb.h"  // generated
#include "proto/host_message.h"

using sallyport::bytes_of;
using sallyport::text_of;
namespace proto = sallyport::proto;

namespace {

void expect_same(const proto::HostInstruction& ours, const HostBuffers::Instruction& generated) {
  if (const auto* host = std::get_if<proto::HostBytes>(&ours)) {
    CHECK(generated.has_hostbytes() && text_of(host->bytes) == generated.hostbytes().hoststring());
  } else if (const auto* resize = std::get_if<proto::SentWindowSize>(&ours)) {
    CHECK(!generated.has_hostbytes() && generated.has_resize());
    CHECK(resize->columns == generated.resize().width() && resize->rows == generated.resize().height());
  } else if (const auto* ack = std::get_if<proto::EchoAck>(&ours)) {
    CHECK(!generated.has_hostbytes() && !generated.has_resize() && generated.has_echoack());
    CHECK(ack->newest.value() == generated.echoack().echo_ack_num());
  } else {
    CHECK(!generated.has_hostbytes() && !generated.has_resize() && !generated.has_echoack());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  HostBuffers::HostMessage generated;
  const bool accepted = generated.ParseFromArray(data, static_cast<int>(size));
  proto::HostMessageReader reader(bytes_of(data, size));
  proto::HostInstruction element;
  int count = 0;
  for (; reader.next(element); ++count) {
    if (accepted && count < generated.instruction_size()) expect_same(element, generated.instruction(count));
  }
  if (accepted) CHECK(reader.ok() && count == generated.instruction_size());
  return 0;
}
