#include "proto/user_message.h"

#include "user.pb.h"  // generated

namespace sallyport::proto {
namespace {

using Message = ClientBuffers::UserMessage;
using Element = ClientBuffers::Instruction;
using Keys = ClientBuffers::Keystroke;
using Size = ClientBuffers::ResizeMessage;

// A submessage that occurs twice is merged, as protobuf demands: each occurrence goes on from the values before.
bool read_keystroke(std::span<const std::byte> message, Keystrokes& keystrokes) {
  FieldReader fields(message);
  while (fields.next()) {
    if (fields.bytes_field() == Keys::kKeysFieldNumber) {
      keystrokes.keys = fields.bytes();
    } else {
      fields.skip();
    }
  }
  return fields.ok();
}

bool read_size(std::span<const std::byte> message, SentWindowSize& size) {
  FieldReader fields(message);
  while (fields.next()) {
    if (fields.varint_field() == Size::kWidthFieldNumber) {
      size.columns = static_cast<std::int32_t>(fields.varint());  // int32: the upper half of the varint is cut off
    } else if (fields.varint_field() == Size::kHeightFieldNumber) {
      size.rows = static_cast<std::int32_t>(fields.varint());
    } else {
      fields.skip();
    }
  }
  return fields.ok();
}

bool read_element(std::span<const std::byte> message, UserInstruction& instruction) {
  Keystrokes keystrokes;
  SentWindowSize size;
  bool has_keystrokes = false;
  bool has_size = false;
  FieldReader fields(message);
  while (fields.next()) {
    if (fields.bytes_field() == Element::kKeystrokeFieldNumber) {
      has_keystrokes = true;
      if (!read_keystroke(fields.bytes(), keystrokes)) return false;
    } else if (fields.bytes_field() == Element::kResizeFieldNumber) {
      has_size = true;
      if (!read_size(fields.bytes(), size)) return false;
    } else {
      fields.skip();
    }
  }
  if (has_keystrokes) {
    instruction = keystrokes;
  } else if (has_size) {
    instruction = size;
  } else {
    instruction = std::monostate();
  }
  return fields.ok();
}

}  // namespace

bool UserMessageReader::next(UserInstruction& instruction) {
  while (!failed_ && fields_.next()) {
    if (fields_.bytes_field() != Message::kInstructionFieldNumber) {
      fields_.skip();
      continue;
    }
    const auto element = fields_.bytes();
    failed_ = !fields_.ok() || !read_element(element, instruction);
    return !failed_;
  }
  return false;
}

void put_keystrokes(std::span<const std::byte> keys, SecretBytes& out) {
  const std::size_t keystroke = bytes_field_size(Keys::kKeysFieldNumber, keys.size());
  const std::size_t element = bytes_field_size(Element::kKeystrokeFieldNumber, keystroke);
  put_bytes_header(Message::kInstructionFieldNumber, element, out);
  put_bytes_header(Element::kKeystrokeFieldNumber, keystroke, out);
  put_bytes_field(Keys::kKeysFieldNumber, keys, out);
}

void put_window_size(SentWindowSize size, SecretBytes& out) {
  // int32 is sign-extended on the wire.
  const auto width = static_cast<std::uint64_t>(std::int64_t{size.columns});
  const auto height = static_cast<std::uint64_t>(std::int64_t{size.rows});
  const std::size_t resize =
      varint_field_size(Size::kWidthFieldNumber, width) + varint_field_size(Size::kHeightFieldNumber, height);
  put_bytes_header(Message::kInstructionFieldNumber, bytes_field_size(Element::kResizeFieldNumber, resize), out);
  put_bytes_header(Element::kResizeFieldNumber, resize, out);
  put_varint_field(Size::kWidthFieldNumber, width, out);
  put_varint_field(Size::kHeightFieldNumber, height, out);
}

}  // namespace sallyport::proto
