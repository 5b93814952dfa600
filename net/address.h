// A UDP address as a value: family, bytes, port. Linked by net and the client worker. Needs base alone.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace sallyport::net {

enum class Family : std::uint8_t { kIpv4 = 4, kIpv6 = 6 };

/// IPv4 uses the first 4 bytes, the rest are zero. An IPv4 peer on an IPv6 socket is a mapped IPv6 address
/// (::ffff:a.b.c.d) and stays one, since that socket must be given it back; unmapped() is for people and logs.
struct Address {
  Family family = Family::kIpv4;
  std::array<std::uint8_t, 16> bytes{};
  std::uint16_t port = 0;   ///< host order
  std::uint32_t scope = 0;  ///< IPv6 link-local interface index, else 0
  bool operator==(const Address&) const = default;

  [[nodiscard]] bool is_mapped() const;
  /// The IPv4 address inside a mapped one; any other address unchanged.
  [[nodiscard]] Address unmapped() const;
};

}  // namespace sallyport::net
