// What bench/floor and its client agree on.
#pragma once

#include <arpa/inet.h>

#include <cstddef>
#include <cstdint>

namespace sallyport::bench {

inline constexpr char kFloorKeys = 'k';                ///< before typed keys; a datagram without it is dropped
inline constexpr std::size_t kFloorFrameBytes = 1000;  ///< the end of the output so far, at most so much
inline constexpr const char* kFloorName = "FLOOR";     ///< in place of a key

[[nodiscard]] inline sockaddr_in floor_address(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace sallyport::bench
