#include "terminal/osc.h"

#include <algorithm>

namespace sallyport::terminal {
namespace {

// The first `count` code points of UTF-8 text.
std::string_view first_code_points(std::string_view text, std::size_t count) {
  std::size_t at = 0;
  while (at < text.size() && count > 0) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80) ++at;
    --count;
  }
  return text.substr(0, at);
}

bool is_base64(std::string_view text) {
  for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  return std::ranges::all_of(text, [](char byte) {
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') ||
           byte == '+' || byte == '/';
  });
}

bool is_selector(std::string_view text) {
  return std::ranges::all_of(
      text, [](char byte) { return std::string_view("cpqs01234567").find(byte) != std::string_view::npos; });
}

OscCommand clipboard(std::string_view body) {
  const std::size_t separator = body.find(';');
  if (separator == std::string_view::npos || !is_selector(body.substr(0, separator))) return {};
  const std::string_view data = body.substr(separator + 1);
  if (data.size() > kMaxClipboardBytes || !is_base64(data)) return {};
  return SetClipboard{data};
}

OscCommand link(std::string_view body) {
  const std::size_t separator = body.find(';');
  if (separator == std::string_view::npos) return {};
  if (!std::ranges::all_of(body, [](char byte) { return byte >= 0x20 && byte <= 0x7E; })) return {};
  return SetLink{body.substr(0, separator), body.substr(separator + 1)};
}

}  // namespace

OscCommand parse_osc(std::string_view text, bool complete) {
  const std::size_t separator = text.find(';');
  if (separator == std::string_view::npos) return {};
  const std::string_view number = text.substr(0, separator);
  const std::string_view body = text.substr(separator + 1);
  const std::string_view title = first_code_points(body, kMaxTitleCommand - separator - 1);
  if (number.empty() || number == "0") return SetTitle{.icon = true, .window = true, .text = title};
  if (number == "1") return SetTitle{.icon = true, .window = false, .text = title};
  if (number == "2") return SetTitle{.icon = false, .window = true, .text = title};
  if (!complete) return {};
  if (number == "52") return clipboard(body);
  if (number == "8") return link(body);
  return {};
}

}  // namespace sallyport::terminal
