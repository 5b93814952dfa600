// Records towards the monitor, put together byte by byte from architecture 3, and what stands in some of the others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::hostile {

inline std::string little_endian(std::uint64_t value, std::size_t bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) text += static_cast<char>(i < sizeof value ? value >> (8 * i) & 0xFFU : 0);
  return text;
}

/// 10.1.2.3, port 513.
inline std::string address() { return std::string("\4\12\1\2\3", 5) + std::string(12, '\0') + "\1\2"; }

inline std::string input(std::uint64_t state, int last, std::string_view typed) {
  return "\x84" + little_endian(state, 8) + static_cast<char>(last) + std::string(typed);
}

inline std::string resize(std::uint64_t state, std::uint32_t columns, std::uint32_t rows) {
  return "\x85" + little_endian(state, 8) + little_endian(columns, 4) + little_endian(rows, 4);
}

inline std::string reply(int kind, std::uint32_t a, std::uint32_t b) {
  return std::string("\x91") + static_cast<char>(kind) + little_endian(a, 4) + little_endian(b, 4);
}

/// "Client not heard", 7, 8, 9.
inline std::string log_record() {
  return std::string("\x7F\1\3") + little_endian(7, 8) + little_endian(8, 8) + little_endian(9, 8);
}

inline std::uint64_t number_in(std::string_view record, std::size_t at, std::size_t bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i)
    value |= std::uint64_t{static_cast<unsigned char>(record.at(at + i))} << (8 * i);
  return value;
}

/// COLUMNSxROWS of a resize to the terminal.
inline std::string size_in(std::string_view record) {
  return std::to_string(number_in(record, 9, 4)) + "x" + std::to_string(number_in(record, 13, 4));
}

}  // namespace sallyport::hostile
