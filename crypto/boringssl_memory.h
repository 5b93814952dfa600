// Sizes of the two arenas behind protected_memory.h and the BoringSSL hooks. Inner part of this room.
#pragma once

#include <cstddef>

#include "crypto/protected_arena.h"
#include "crypto/protected_memory.h"

namespace sallyport::crypto {

inline constexpr std::size_t kProtectedUnits = kProtectedBytes / kArenaUnitBytes;
/// Ours: what libraries may take before the protected pages exist. No key of ours is ever here.
inline constexpr std::size_t kFallbackBytes = std::size_t{8} << 10U;
inline constexpr std::size_t kFallbackUnits = kFallbackBytes / kArenaUnitBytes;

}  // namespace sallyport::crypto
