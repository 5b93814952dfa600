// The codec of all channels (architecture 3): a message is one SOCK_SEQPACKET record of a type byte and a fixed
// little-endian body, the last field of some being bytes. Both ends of a boundary share it; every byte pattern decodes to
// one valid message or to a Violation, and trailing bytes are one. No allocation: decoded bytes are borrowed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <utility>
#include <variant>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/result.h"
#include "base/strong_id.h"

namespace sallyport::privsep {

/// Largest record towards the monitor, and on every other channel direction (architecture 3).
inline constexpr std::size_t kMaxToMonitorBytes = std::size_t{16} << 10U;
inline constexpr std::size_t kMaxElsewhereBytes = std::size_t{64} << 10U;

/// What no honest compartment sends. The receiver logs the kind and ends the sender; it never repairs and never answers.
enum class Violation : std::uint8_t {
  kEmpty,         ///< a record without a byte
  kUnknownType,   ///< type byte not of this boundary and direction
  kWrongLength,   ///< body shorter or longer than its layout
  kOutOfRange,    ///< a field outside its bounds
  kOutOfPhase,    ///< a message that this phase does not permit, or a second one of a once-only kind
  kOverCredit,    ///< more input or frames than were granted
  kTruncated,     ///< record larger than the direction's maximum, or with a control message
  kMismatch,      ///< an answer that does not match its request
};
inline constexpr std::size_t kViolationKinds = 8;
/// A short constant word for logs.
[[nodiscard]] const char* violation_name(Violation violation);

/// A window's size as every message carries it: columns, rows, four bytes each.
inline void put_size(ByteWriter& out, WindowSize size) {
  out.little_endian(size.columns);
  out.little_endian(size.rows);
}
/// False: it is not within_limits().
[[nodiscard]] inline bool get_size(ByteReader& in, WindowSize& size) {
  size.columns = in.little_endian<std::uint32_t>();
  size.rows = in.little_endian<std::uint32_t>();
  return within_limits(size);
}

/// Encodes into `buffer`. The buffer must hold the message (a CHECK: sizes are ours, bytes fields are bounded by callers).
template <typename Message>
[[nodiscard]] std::span<std::byte> encode(const Message& message, std::span<std::byte> buffer) {
  ByteWriter writer(buffer);
  writer.little_endian(static_cast<std::uint8_t>(Message::kType));
  message.put(writer);
  if (!writer.ok()) __builtin_trap();
  return writer.written();
}

namespace internal {
template <typename Variant, std::size_t... I>
[[nodiscard]] Result<Variant, Violation> decode_one(std::uint8_t type, ByteReader& reader, std::index_sequence<I...>) {
  Result<Variant, Violation> result = std::unexpected(Violation::kUnknownType);
  (void)(... || (type == static_cast<std::uint8_t>(std::variant_alternative_t<I, Variant>::kType) ? [&] {
    std::variant_alternative_t<I, Variant> message;
    const bool in_range = message.get(reader);
    if (!reader.finished()) {
      result = std::unexpected(Violation::kWrongLength);
    } else if (!in_range) {
      result = std::unexpected(Violation::kOutOfRange);
    } else {
      result = Variant(message);
    }
    return true;
  }() : false));
  return result;
}
}  // namespace internal

/// Decodes one record into the variant of one boundary and direction. Bytes fields borrow `record`.
template <typename Variant>
[[nodiscard]] Result<Variant, Violation> decode(std::span<const std::byte> record) {
  if (record.empty()) return std::unexpected(Violation::kEmpty);
  ByteReader reader(record);
  const auto type = reader.little_endian<std::uint8_t>();
  return internal::decode_one<Variant>(type, reader, std::make_index_sequence<std::variant_size_v<Variant>>());
}

}  // namespace sallyport::privsep
