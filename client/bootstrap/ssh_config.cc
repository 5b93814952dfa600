#include "client/bootstrap/ssh_config.h"

#include <cstdint>

#include "base/decimal.h"
#include "client/bootstrap/destination.h"

namespace sallyport::client {

std::optional<SshHost> parse_ssh_config(std::string_view text) {
  SshHost out;
  while (!text.empty()) {
    const auto newline = text.find('\n');
    const std::string_view line = text.substr(0, newline);
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    const auto blank = line.find(' ');
    if (blank == std::string_view::npos) continue;
    const std::string_view key = line.substr(0, blank);
    const std::string_view value = line.substr(blank + 1);
    if (key == "hostname" && is_safe_host(value)) out.host_name = value;
    if (key == "port" && parse_decimal<std::uint16_t>(value)) out.port = value;
    if ((key == "proxyjump" || key == "proxycommand") && !value.empty() && value != "none") out.proxied = true;
  }
  if (out.host_name.empty()) return {};
  return out;
}

}  // namespace sallyport::client
