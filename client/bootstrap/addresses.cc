#include "client/bootstrap/addresses.h"

#include <netdb.h>
#include <netinet/in.h>

#include <array>
#include <cstring>

namespace sallyport::client {
namespace {

/// The IPv4 address inside a mapped one; any other unchanged.
sys::SocketAddress unmapped(const sys::SocketAddress& address) {
  if (address.family() != AF_INET6) return address;
  sockaddr_in6 six{};
  std::memcpy(&six, &address.storage, sizeof six);
  if (!IN6_IS_ADDR_V4MAPPED(&six.sin6_addr)) return address;
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_port = six.sin6_port;
  std::memcpy(&four.sin_addr, &six.sin6_addr.s6_addr[12], sizeof four.sin_addr);
  sys::SocketAddress out;
  std::memcpy(&out.storage, &four, sizeof four);
  out.length = sizeof four;
  return out;
}

}  // namespace

std::string numeric_text(const sys::SocketAddress& address) {
  const sys::SocketAddress plain = unmapped(address);
  std::array<char, NI_MAXHOST> text{};
  if (::getnameinfo(reinterpret_cast<const sockaddr*>(&plain.storage), plain.length, text.data(), text.size(), nullptr,
                    0, NI_NUMERICHOST) != 0) {
    return {};
  }
  return text.data();
}

std::optional<std::string> normal_address(std::string_view text) {
  const auto address = sys::parse_address(text);
  if (!address) return {};
  std::string out = numeric_text(*address);
  if (out.empty()) return {};
  return out;
}

}  // namespace sallyport::client
