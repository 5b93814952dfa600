// Decimal numbers from text, strictly: digits only, no sign, blank or needless leading zero, no overflow, nothing after. For
// words that our own programs write (arguments of compartments, pids in records).
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>

namespace sallyport {

/// The number, or nothing if `text` is not exactly how it would be printed.
template <std::unsigned_integral T>
[[nodiscard]] std::optional<T> parse_decimal(std::string_view text) {
  if (text.empty() || text.front() < '0' || text.front() > '9' || (text.size() > 1 && text.front() == '0')) return {};
  T value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

}  // namespace sallyport
