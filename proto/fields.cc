#include "proto/fields.h"

#include <google/protobuf/wire_format_lite.h>

#include <array>
#include <limits>

#include "base/check.h"

namespace sallyport::proto {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedOutputStream;

constexpr std::size_t kMaxVarintBytes = 10;  // spec: protobuf's encoding of 64 bits
constexpr std::size_t kMaxMessageBytes = std::numeric_limits<int>::max();

std::uint32_t make_tag(int number, WireFormatLite::WireType type) { return WireFormatLite::MakeTag(number, type); }

void append_varint(std::uint64_t value, SecretBytes& out) {
  std::array<std::uint8_t, kMaxVarintBytes> buffer{};
  const std::uint8_t* end = CodedOutputStream::WriteVarint64ToArray(value, buffer.data());
  const auto written = std::as_bytes(std::span(buffer.data(), end));
  out.insert(out.end(), written.begin(), written.end());
}

}  // namespace

FieldReader::FieldReader(std::span<const std::byte> message)
    : message_(message.size() <= kMaxMessageBytes ? message : std::span<const std::byte>()),
      input_(reinterpret_cast<const std::uint8_t*>(message_.data()), static_cast<int>(message_.size())),
      failed_(message.size() > kMaxMessageBytes) {}

bool FieldReader::next() {
  if (failed_ || static_cast<std::size_t>(input_.CurrentPosition()) >= message_.size()) {
    return false;
  }
  tag_ = input_.ReadTag();
  // An end-group tag belongs to no group of ours; field number 0 does not exist.
  failed_ = WireFormatLite::GetTagFieldNumber(tag_) == 0 ||
            WireFormatLite::GetTagWireType(tag_) == WireFormatLite::WIRETYPE_END_GROUP;
  return !failed_;
}

int FieldReader::varint_field() const {
  return WireFormatLite::GetTagWireType(tag_) == WireFormatLite::WIRETYPE_VARINT
             ? WireFormatLite::GetTagFieldNumber(tag_)
             : 0;
}

int FieldReader::bytes_field() const {
  return WireFormatLite::GetTagWireType(tag_) == WireFormatLite::WIRETYPE_LENGTH_DELIMITED
             ? WireFormatLite::GetTagFieldNumber(tag_)
             : 0;
}

std::uint64_t FieldReader::varint() {
  std::uint64_t value = 0;
  failed_ = failed_ || !input_.ReadVarint64(&value);
  return failed_ ? 0 : value;
}

std::span<const std::byte> FieldReader::bytes() {
  std::uint32_t size = 0;
  if (failed_ || !input_.ReadVarint32(&size)) {
    failed_ = true;
    return {};
  }
  const auto position = static_cast<std::size_t>(input_.CurrentPosition());
  if (size > message_.size() - position || !input_.Skip(static_cast<int>(size))) {
    failed_ = true;
    return {};
  }
  return message_.subspan(position, size);
}

void FieldReader::skip() { failed_ = failed_ || !WireFormatLite::SkipField(&input_, tag_); }

std::size_t varint_field_size(int number, std::uint64_t value) {
  return CodedOutputStream::VarintSize32(make_tag(number, WireFormatLite::WIRETYPE_VARINT)) +
         CodedOutputStream::VarintSize64(value);
}

std::size_t bytes_field_size(int number, std::size_t size) {
  return CodedOutputStream::VarintSize32(make_tag(number, WireFormatLite::WIRETYPE_LENGTH_DELIMITED)) +
         CodedOutputStream::VarintSize64(size) + size;
}

void put_varint_field(int number, std::uint64_t value, SecretBytes& out) {
  append_varint(make_tag(number, WireFormatLite::WIRETYPE_VARINT), out);
  append_varint(value, out);
}

void put_bytes_header(int number, std::size_t size, SecretBytes& out) {
  append_varint(make_tag(number, WireFormatLite::WIRETYPE_LENGTH_DELIMITED), out);
  append_varint(size, out);
}

void put_bytes_field(int number, std::span<const std::byte> value, SecretBytes& out) {
  put_bytes_header(number, value.size(), out);
  append(out, value);
}

}  // namespace sallyport::proto
