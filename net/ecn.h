// The IP header's ECN field, as far as it matters. Wire protocol 3.4.
#pragma once

#include <cstdint>

namespace sallyport::net {

enum class Ecn : std::uint8_t { kNotCongested = 0, kCongestionExperienced = 1 };

}  // namespace sallyport::net
