// What bench/floor and its client agree on.
#pragma once

#include <cstddef>

namespace sallyport::bench {

inline constexpr char kFloorKeys = 'k';                ///< before typed keys; a datagram without it is dropped
inline constexpr std::size_t kFloorFrameBytes = 1000;  ///< the end of the output so far, at most so much
inline constexpr const char* kFloorName = "FLOOR";     ///< in place of a key

}  // namespace sallyport::bench
