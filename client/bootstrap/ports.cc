#include "client/bootstrap/ports.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace sallyport::client {
namespace {

constexpr unsigned kMaxPort = 65535;

bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// The value of digits; what is too large for the type is too large for a port.
unsigned value_of(std::string_view digits) {
  unsigned value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return read.ec == std::errc() ? value : std::numeric_limits<unsigned>::max();
}

}  // namespace

std::optional<std::string> port_complaint(std::string_view text) {
  const auto colon = text.find(':');
  const bool range = colon != std::string_view::npos;
  const std::string_view low_text = text.substr(0, colon);
  const std::string_view high_text = range ? text.substr(colon + 1) : low_text;
  const std::string whole(text);
  if (!is_digits(low_text) || !is_digits(high_text)) {
    return "Server-side port or range (" + whole + ") is not valid.";
  }
  const unsigned low = value_of(low_text);
  if (low > kMaxPort) {
    return "Server-side (low) port (" + std::string(low_text) + ") must be within valid range [0..65535].";
  }
  if (!range) return {};
  const unsigned high = value_of(high_text);
  if (high == 0 || high > kMaxPort) {
    return "Server-side high port (" + std::string(high_text) + ") must be within valid range [1..65535].";
  }
  if (low == 0) return "Server-side port ranges may not be used with starting port 0 (" + whole + ").";
  if (low > high) return "Server-side port range (" + whole + "): low port greater than high port.";
  return {};
}

Ports ports_of(const std::optional<std::string>& text) {
  if (!text) return {};
  const std::string_view view(*text);
  const auto colon = view.find(':');
  const unsigned low = value_of(view.substr(0, colon));
  return {low, colon == std::string_view::npos ? low : value_of(view.substr(colon + 1))};
}

}  // namespace sallyport::client
