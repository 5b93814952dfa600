// Integers as people type them on a command line, read as stock reads them (command line 1.2, 1.3): blanks before, a sign,
// leading zeros, and nothing at all for 0. What our own programs write is read by base/decimal.h instead.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport::server {

/// The number, or nothing if `text` has anything else in it or does not fit 64 bits.
[[nodiscard]] inline std::optional<std::int64_t> parse_integer(std::string_view text) {
  if (text.empty()) return 0;
  const auto start = text.find_first_not_of(" \t\n\v\f\r");
  if (start == std::string_view::npos) return {};
  text.remove_prefix(start);
  if (text.front() == '+') {
    text.remove_prefix(1);
    if (text.starts_with('-')) return {};
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

}  // namespace sallyport::server
