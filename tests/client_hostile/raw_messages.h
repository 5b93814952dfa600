// Protobuf as a hostile server writes it: every field can be anything, in any order (wire 5.1, 7.2). Test code alone.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::hostile_server {

[[nodiscard]] inline std::string varint(std::uint64_t value) {
  std::string out;
  for (; value > 0x7F; value >>= 7U) out += static_cast<char>((value & 0x7FU) | 0x80U);
  out += static_cast<char>(value);
  return out;
}
[[nodiscard]] inline std::string number_field(std::uint64_t field, std::uint64_t value) {
  return varint(field << 3U) + varint(value);
}
[[nodiscard]] inline std::string bytes_field(std::uint64_t field, std::string_view value) {
  return varint((field << 3U) | 2U) + varint(value.size()) + std::string(value);
}

/// A transport instruction of any content.
struct Instruction {
  std::uint64_t old_num = 0;
  std::uint64_t new_num = 0;
  std::uint64_t ack_num = 0;
  std::uint64_t throwaway_num = 0;
  std::string diff;
  std::uint64_t version = 2;
};
[[nodiscard]] inline std::string serialized(const Instruction& instruction) {
  return number_field(1, instruction.version) + number_field(2, instruction.old_num) +
         number_field(3, instruction.new_num) + number_field(4, instruction.ack_num) +
         number_field(5, instruction.throwaway_num) + bytes_field(6, instruction.diff) + bytes_field(7, "");
}

/// One element of a HostMessage.
[[nodiscard]] inline std::string host_bytes(std::string_view bytes) {
  return bytes_field(1, bytes_field(2, bytes_field(4, bytes)));
}
/// Negative sizes are ten bytes long, as protobuf's int32 has it.
[[nodiscard]] inline std::string screen_size(std::int64_t columns, std::int64_t rows) {
  return bytes_field(1, bytes_field(3, number_field(5, static_cast<std::uint64_t>(columns)) +
                                           number_field(6, static_cast<std::uint64_t>(rows))));
}
[[nodiscard]] inline std::string echo_ack(std::uint64_t number) {
  return bytes_field(1, bytes_field(7, number_field(8, number)));
}

[[nodiscard]] inline std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  out.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace sallyport::hostile_server
