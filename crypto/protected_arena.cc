#include "crypto/protected_arena.h"

#include <algorithm>
#include <functional>

#include "base/wipe.h"
#include "crypto/boringssl_memory.h"

namespace sallyport::crypto {

template <std::size_t kMaxUnits>
std::size_t ProtectedArena<kMaxUnits>::units() const {
  return std::min(bytes_.size() / kArenaUnitBytes, kMaxUnits);
}

template <std::size_t kMaxUnits>
bool ProtectedArena<kMaxUnits>::contains(const void* memory) const {
  const std::less<const void*> below;  // a total order, also for pointers into different objects
  return !bytes_.empty() && !below(memory, bytes_.data()) && below(memory, bytes_.data() + bytes_.size());
}

template <std::size_t kMaxUnits>
std::size_t ProtectedArena<kMaxUnits>::block_at(const void* memory) const {
  if (!contains(memory)) return units();
  const auto offset = static_cast<std::size_t>(static_cast<const std::byte*>(memory) - bytes_.data());
  const std::size_t index = offset / kArenaUnitBytes;
  if (offset % kArenaUnitBytes != 0 || index >= units()) return units();
  return lengths_[index] == 0 || lengths_[index] == kInside ? units() : index;
}

template <std::size_t kMaxUnits>
void* ProtectedArena<kMaxUnits>::allocate(std::size_t size) {
  if (size == 0 || size > bytes_.size()) return nullptr;
  const std::size_t wanted = (size + kArenaUnitBytes - 1) / kArenaUnitBytes;
  std::size_t run = 0;
  for (std::size_t i = 0; i < units(); ++i) {
    run = lengths_[i] == 0 ? run + 1 : 0;
    if (run < wanted) continue;
    const std::size_t first = i + 1 - wanted;
    std::fill_n(lengths_.begin() + static_cast<std::ptrdiff_t>(first), wanted, kInside);
    lengths_[first] = static_cast<std::uint16_t>(wanted);
    used_units_ += wanted;
    return bytes_.data() + first * kArenaUnitBytes;
  }
  return nullptr;
}

template <std::size_t kMaxUnits>
bool ProtectedArena<kMaxUnits>::release(const void* memory) {
  const std::size_t first = block_at(memory);
  if (first == units()) return false;
  const std::size_t length = lengths_[first];
  wipe(bytes_.subspan(first * kArenaUnitBytes, length * kArenaUnitBytes));
  std::fill_n(lengths_.begin() + static_cast<std::ptrdiff_t>(first), length, std::uint16_t{0});
  used_units_ -= length;
  return true;
}

template <std::size_t kMaxUnits>
std::size_t ProtectedArena<kMaxUnits>::size_of(const void* memory) const {
  const std::size_t first = block_at(memory);
  return first == units() ? 0 : lengths_[first] * kArenaUnitBytes;
}

template class ProtectedArena<kProtectedUnits>;
template class ProtectedArena<kFallbackUnits>;

}  // namespace sallyport::crypto
