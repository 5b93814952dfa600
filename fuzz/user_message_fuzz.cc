// Targets: proto::UserMessageReader
// Dictionary: user_fields
// Property: whatever the generated protobuf class accepts, ours reads with the same elements; elements lie inside the
// input.
#include <cstddef>
#include <cstdint>
#include <variant>

#include "base/bytes.h"
#include "base/check.h"
#include "proto/user_message.h"
#include "user.pb.h"  // generated

using sallyport::bytes_of;
using sallyport::text_of;
namespace proto = sallyport::proto;

namespace {

void expect_same(const proto::UserInstruction& ours, const ClientBuffers::Instruction& generated) {
  if (const auto* keys = std::get_if<proto::Keystrokes>(&ours)) {
    CHECK(generated.has_keystroke() && text_of(keys->keys) == generated.keystroke().keys());
  } else if (const auto* resize = std::get_if<proto::SentWindowSize>(&ours)) {
    CHECK(!generated.has_keystroke() && generated.has_resize());
    CHECK(resize->columns == generated.resize().width() && resize->rows == generated.resize().height());
  } else {
    CHECK(!generated.has_keystroke() && !generated.has_resize());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ClientBuffers::UserMessage generated;
  const bool accepted = generated.ParseFromArray(data, static_cast<int>(size));
  proto::UserMessageReader reader(bytes_of(data, size));
  proto::UserInstruction element;
  int count = 0;
  size_t bytes = 0;
  for (; reader.next(element); ++count) {
    if (const auto* keys = std::get_if<proto::Keystrokes>(&element)) bytes += keys->keys.size();
    if (accepted && count < generated.instruction_size()) expect_same(element, generated.instruction(count));
  }
  CHECK(bytes <= size);
  if (accepted) CHECK(reader.ok() && count == generated.instruction_size());
  return 0;
}
