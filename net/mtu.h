// How large a datagram may be, and how much of it is left for one slice. Linked by net and the client worker.
// Wire 3.5, 4.4.
#pragma once

#include <cstddef>

#include "crypto/datagram_cipher.h"
#include "net/address.h"
#include "net/fragment.h"
#include "net/packet.h"

namespace sallyport::net {

/// 1280 assumed - 20 IPv4 header - 8 UDP header (spec: wire 3.5).
inline constexpr std::size_t kIpv4DatagramBytes = 1280 - 20 - 8;
/// 1280 assumed - 40 IPv6 header - 16 for two extension headers - 8 UDP header (spec: wire 3.5).
inline constexpr std::size_t kIpv6DatagramBytes = 1280 - 40 - 16 - 8;
/// After EMSGSIZE, for the rest of the session (spec: wire 3.5).
inline constexpr std::size_t kFallbackDatagramBytes = 500;

/// Largest UDP payload to build. `bound`: family of the bound address, not of the peer: a socket on :: uses IPv6's
/// size towards mapped peers too.
[[nodiscard]] constexpr std::size_t max_datagram_bytes(Family bound) {
  return bound == Family::kIpv4 ? kIpv4DatagramBytes : kIpv6DatagramBytes;
}

/// Nonce and tag 24, timestamps 4, fragment header 10.
inline constexpr std::size_t kSliceOverheadBytes =
    crypto::kSealOverheadBytes + kPacketHeaderBytes + kFragmentHeaderBytes;
static_assert(kSliceOverheadBytes == 38);

/// Slice limit for the Fragmenter. `datagram_bytes` is one of the three sizes above.
[[nodiscard]] constexpr std::size_t slice_limit(std::size_t datagram_bytes) {
  return datagram_bytes - kSliceOverheadBytes;
}

}  // namespace sallyport::net
