#include "server/login_record_text.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <variant>

namespace sallyport::server {

std::string address_text(const privsep::PeerAddress& peer) {
  constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  const bool ipv6 = peer.family == privsep::PeerAddress::Family::kIpv6;
  const bool mapped = ipv6 && std::equal(kMapped.begin(), kMapped.end(), peer.address.begin());
  const auto* address = peer.address.data() + (mapped ? kMapped.size() : 0);
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(ipv6 && !mapped ? AF_INET6 : AF_INET, address, text.data(), text.size());
  return text.data();
}

std::string login_record_text(pid_t monitor) { return "mosh [" + std::to_string(monitor) + "]"; }

std::string login_record_text(pid_t monitor, const privsep::LoginRecordMessage& message) {
  const auto* connected = std::get_if<privsep::LoginConnected>(&message);
  const std::string own = login_record_text(monitor);
  return connected == nullptr ? own : address_text(connected->peer) + " via " + own;
}

}  // namespace sallyport::server
