// Walks and writes the fields of protobuf messages in place, over protobuf-lite's coded streams. The generated
// classes copy every byte and cost some hundred bytes for each of millions of tiny elements that a 4 MiB diff can
// hold; here nothing is allocated and typed input stays in the caller's (wiped) buffer. Tests and fuzzing compare
// with the generated classes. Linked by net, later by the client. Used inside proto/ only.
#pragma once

#include <google/protobuf/io/coded_stream.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/secret_bytes.h"

namespace sallyport::proto {

/// Why a message was dropped. A peer error: counted, never logged with content, never answered.
enum class DropReason : std::uint8_t {
  kUndecodable,   ///< not a message of this schema
  kWrongVersion,  ///< protocol_version other than 2 (wire 5.1)
};

/// Reads one message's fields in their order, each occurrence by itself: the caller lets the last one win.
class FieldReader {
 public:
  /// Borrows `message` for the reader's life. A message of 2 GiB or more is undecodable.
  explicit FieldReader(std::span<const std::byte> message);
  FieldReader(const FieldReader&) = delete;
  FieldReader& operator=(const FieldReader&) = delete;

  /// Goes to the next field. False at the end and after the first malformed byte; then see ok().
  [[nodiscard]] bool next();
  /// True unless something malformed was met. Meaningful once next() returned false.
  [[nodiscard]] bool ok() const { return !failed_; }
  /// The field's number, if its wire type is varint respectively length-delimited, else 0 (which no field has): a
  /// field with another wire type than its schema's counts as unknown, as protobuf does it.
  [[nodiscard]] int varint_field() const;
  [[nodiscard]] int bytes_field() const;

  /// Consume the current field: call exactly one of these after each next(). Zero or empty, and failure, if
  /// malformed.
  [[nodiscard]] std::uint64_t varint();
  [[nodiscard]] std::span<const std::byte> bytes();
  void skip();

 private:
  std::span<const std::byte> message_;
  google::protobuf::io::CodedInputStream input_;
  std::uint32_t tag_ = 0;
  bool failed_ = false;
};

/// Bytes that the field writers below add.
[[nodiscard]] std::size_t varint_field_size(int number, std::uint64_t value);
[[nodiscard]] std::size_t bytes_field_size(int number, std::size_t size);

/// Appends one field to `out`.
void put_varint_field(int number, std::uint64_t value, SecretBytes& out);
/// Appends tag and length of a length-delimited field; its `size` bytes follow from the caller.
void put_bytes_header(int number, std::size_t size, SecretBytes& out);
void put_bytes_field(int number, std::span<const std::byte> value, SecretBytes& out);

}  // namespace sallyport::proto
