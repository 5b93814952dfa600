#include "net/address.h"

#include <algorithm>

namespace sallyport::net {
namespace {
constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0,    0,
                                                        0, 0, 0, 0, 0xFF, 0xFF};  // RFC 4291 2.5.5.2
}  // namespace

bool Address::is_mapped() const {
  return family == Family::kIpv6 && std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin());
}

Address Address::unmapped() const {
  if (!is_mapped()) return *this;
  Address inner{.family = Family::kIpv4, .port = port};
  std::copy(bytes.begin() + kMappedPrefix.size(), bytes.end(), inner.bytes.begin());
  return inner;
}

}  // namespace sallyport::net
