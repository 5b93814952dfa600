#include "client/bootstrap/visible_text.h"

#include "privsep/client_tty_screen.h"

namespace sallyport::client {
namespace {

constexpr char32_t kDelete = 0x7F;
constexpr char32_t kFirstPrintable = 0x20;

bool is_hidden(char32_t c) {
  return (c >= 0x80 && c <= 0x9F) || c == terminal::kReplacement || privsep::client::turns_direction(c);
}

void append_character(char32_t c, std::string& out) {
  if (c == '\r') return;
  if (c == kDelete || (c < kFirstPrintable && c != '\t' && c != '\n')) {
    out += '^';
    out += static_cast<char>(c ^ 0x40U);
  } else if (is_hidden(c)) {
    out += '?';
  } else {
    terminal::append_utf8(out, c);
  }
}

}  // namespace

void VisibleText::append(std::string_view text, std::string& out) {
  for (const char byte : text) {
    auto step = decoder_.feed(static_cast<std::uint8_t>(byte));
    if (step.has_code_point) append_character(step.code_point, out);
    if (!step.again) continue;
    step = decoder_.feed(static_cast<std::uint8_t>(byte));
    if (step.has_code_point) append_character(step.code_point, out);
  }
}

std::string visible(std::string_view text) {
  VisibleText filter;
  std::string out;
  while (true) {
    const auto newline = text.find('\n');
    filter.append(text.substr(0, newline), out);
    if (newline == std::string_view::npos) return out;
    out += "^J";
    text.remove_prefix(newline + 1);
  }
}

}  // namespace sallyport::client
