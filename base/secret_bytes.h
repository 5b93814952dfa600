// Growable bytes that are wiped wherever their storage is released: at the end of their life, on growth and on
// shrinking to fit. For typed input on its way through net and the client. Linked by whoever handles what a person
// types.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "base/wipe.h"

namespace sallyport {

/// std::allocator that wipes what it gives back. Stateless.
template <typename T>
struct WipingAllocator : std::allocator<T> {
  using value_type = T;
  template <typename U>
  struct rebind {
    using other = WipingAllocator<U>;
  };
  WipingAllocator() = default;
  template <typename U>
  explicit WipingAllocator(const WipingAllocator<U>&) {}
  void deallocate(T* place, std::size_t count) {
    wipe(std::as_writable_bytes(std::span(place, count)));
    std::allocator<T>::deallocate(place, count);
  }
};

/// Bytes beyond size() but within capacity() are wiped at release too; clear() alone does not wipe.
using SecretBytes = std::vector<std::byte, WipingAllocator<std::byte>>;

/// Appends `bytes`, which are not `out`'s own. As insert() at the end, which with an allocator of one's own goes byte
/// by byte.
inline void append(SecretBytes& out, std::span<const std::byte> bytes) {
  const std::size_t size = out.size();
  out.resize(size + bytes.size());
  if (!bytes.empty()) std::memcpy(out.data() + size, bytes.data(), bytes.size());
}

}  // namespace sallyport
