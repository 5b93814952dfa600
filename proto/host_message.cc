#include "proto/host_message.h"

#include "host.pb.h"  // generated

namespace sallyport::proto {
namespace {

using Message = HostBuffers::HostMessage;
using Element = HostBuffers::Instruction;
using Bytes = HostBuffers::HostBytes;
using Size = HostBuffers::ResizeMessage;
using Ack = HostBuffers::EchoAck;

struct Parts {
  std::optional<HostBytes> bytes;
  std::optional<SentWindowSize> size;
  std::optional<EchoAck> echo_ack;
};

template <typename Value>
Value& merged(std::optional<Value>& place) {
  return place ? *place : place.emplace();
}

bool read_host_bytes(std::span<const std::byte> message, HostBytes& host_bytes) {
  FieldReader fields(message);
  while (fields.next()) {
    if (fields.bytes_field() == Bytes::kHoststringFieldNumber) {
      host_bytes.bytes = fields.bytes();
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
      size.columns = static_cast<std::int32_t>(fields.varint());
    } else if (fields.varint_field() == Size::kHeightFieldNumber) {
      size.rows = static_cast<std::int32_t>(fields.varint());
    } else {
      fields.skip();
    }
  }
  return fields.ok();
}

bool read_echo_ack(std::span<const std::byte> message, EchoAck& echo_ack) {
  FieldReader fields(message);
  while (fields.next()) {
    if (fields.varint_field() == Ack::kEchoAckNumFieldNumber) {
      echo_ack.newest = StateNumber(fields.varint());
    } else {
      fields.skip();
    }
  }
  return fields.ok();
}

bool read_element(std::span<const std::byte> message, HostInstruction& instruction) {
  Parts parts;
  FieldReader fields(message);
  while (fields.next()) {
    bool well_formed = true;
    switch (fields.bytes_field()) {
      case Element::kHostbytesFieldNumber: well_formed = read_host_bytes(fields.bytes(), merged(parts.bytes)); break;
      case Element::kResizeFieldNumber: well_formed = read_size(fields.bytes(), merged(parts.size)); break;
      case Element::kEchoackFieldNumber: well_formed = read_echo_ack(fields.bytes(), merged(parts.echo_ack)); break;
      default: fields.skip(); break;
    }
    if (!well_formed) return false;
  }
  if (parts.bytes) {
    instruction = *parts.bytes;
  } else if (parts.size) {
    instruction = *parts.size;
  } else if (parts.echo_ack) {
    instruction = *parts.echo_ack;
  } else {
    instruction = std::monostate();
  }
  return fields.ok();
}

void put_echo_ack(StateNumber newest, SecretBytes& out) {
  const std::size_t ack = varint_field_size(Ack::kEchoAckNumFieldNumber, newest.value());
  put_bytes_header(Message::kInstructionFieldNumber, bytes_field_size(Element::kEchoackFieldNumber, ack), out);
  put_bytes_header(Element::kEchoackFieldNumber, ack, out);
  put_varint_field(Ack::kEchoAckNumFieldNumber, newest.value(), out);
}

}  // namespace

bool HostMessageReader::next(HostInstruction& instruction) {
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

SecretBytes encode(const HostDiff& diff) {
  SecretBytes out;
  out.reserve(diff.host_bytes.size() + 64);
  if (diff.echo_ack) put_echo_ack(*diff.echo_ack, out);
  if (diff.size) {
    // Host and user messages have one ResizeMessage layout under the same field numbers (wire 6.2, 7.2).
    put_window_size({static_cast<std::int32_t>(diff.size->columns), static_cast<std::int32_t>(diff.size->rows)}, out);
  }
  if (!diff.host_bytes.empty()) {
    const std::size_t bytes = bytes_field_size(Bytes::kHoststringFieldNumber, diff.host_bytes.size());
    put_bytes_header(Message::kInstructionFieldNumber, bytes_field_size(Element::kHostbytesFieldNumber, bytes), out);
    put_bytes_header(Element::kHostbytesFieldNumber, bytes, out);
    put_bytes_field(Bytes::kHoststringFieldNumber, diff.host_bytes, out);
  }
  return out;
}

}  // namespace sallyport::proto
