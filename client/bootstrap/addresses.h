// Numeric addresses as text. No name is ever looked up.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/sys/udp.h"

namespace sallyport::client {

/// As getnameinfo(3) writes it, with %INTERFACE for a link-local one. An IPv4-mapped address as the IPv4 one.
[[nodiscard]] std::string numeric_text(const sys::SocketAddress& address);

/// `text` in that form; nothing if it is not a numeric address.
[[nodiscard]] std::optional<std::string> normal_address(std::string_view text);

}  // namespace sallyport::client
