#include "client/bootstrap/destination.h"

#include <algorithm>

#include "client/bootstrap/visible_text.h"

namespace sallyport::client {
namespace {

constexpr std::size_t kMaxBytes = 1024;  // ours: a DNS name has at most 255, an alias of ssh's configuration any number

bool is_control(unsigned char c) { return c < 0x20 || c == 0x7f; }

bool is_host_character(unsigned char c) {
  // Letters, digits, bytes of names beyond ASCII, and what addresses, URIs and aliases are written with; none of it
  // means anything to a shell.
  constexpr std::string_view kOthers = "-._:%[]/+=,@";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0x80 ||
         kOthers.find(static_cast<char>(c)) != std::string_view::npos;
}

}  // namespace

bool is_safe_host(std::string_view host) {
  return !host.empty() && host.front() != '-' && host.size() <= kMaxBytes &&
         std::ranges::all_of(host, is_host_character);
}

Result<Destination, std::string> parse_destination(std::string_view text) {
  const auto at = text.rfind('@');
  const bool has_user = at != std::string_view::npos;
  Destination out{std::string(text), std::string(has_user ? text.substr(0, at + 1) : ""),
                  std::string(has_user ? text.substr(at + 1) : text)};
  if (text.size() > kMaxBytes) return std::unexpected("The host name is too long.");
  const std::string shown = "\"" + visible(text) + "\"";
  if (out.host.empty()) return std::unexpected("No host in " + shown + ".");
  if (text.front() == '-' || out.host.front() == '-') {
    return std::unexpected("Refused: the host " + shown + " begins with \"-\".");
  }
  // What a terminal would not show as it is: also the controls beyond ASCII, what turns the direction of writing, and
  // what is no UTF-8.
  if (std::ranges::any_of(text, is_control) || visible(text) != text)
    return std::unexpected("Refused: control characters in the host " + shown + ".");
  // ssh puts the user into the commands of its configuration (%r), and refuses these itself only since 9.6.
  if (out.user.find_first_of("'`\";&<>|(){}") != std::string::npos) {
    return std::unexpected("Refused: the user in " + shown + " has characters that mean something to a shell.");
  }
  if (!is_safe_host(out.host)) {
    return std::unexpected("Refused: the host " + shown + " has characters that no host name has.");
  }
  return out;
}

}  // namespace sallyport::client
