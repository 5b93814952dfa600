// Puts every BoringSSL allocation into protected memory: BoringSSL calls OPENSSL_memory_alloc, OPENSSL_memory_free
// and OPENSSL_memory_get_size instead of malloc where a program defines them. With hidden visibility the override of
// a shared libcrypto silently does nothing, hence the attribute here, the link option in CMakeLists.txt, and the
// counter that a test reads.
//
// The hooks take no context argument, so their state must be global: the single mutable global of the tree. It is
// never destroyed, since BoringSSL may free as late as in a thread's or the process's exit. One thread.
#include "crypto/boringssl_memory.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace sallyport::crypto {
namespace {

struct ProcessMemory {
  ProtectedArena<kProtectedUnits> pages;
  ProtectedArena<kFallbackUnits> fallback;
  Protection protection = Protection::kNone;
  std::uint64_t boringssl_allocations = 0;
};

alignas(kArenaUnitBytes) constinit std::array<std::byte, kFallbackBytes> g_fallback_bytes{};
constinit ProcessMemory g_memory{.pages = ProtectedArena<kProtectedUnits>(),
                                 .fallback = ProtectedArena<kFallbackUnits>(g_fallback_bytes)};

}  // namespace

Result<Protection, SystemError> protect_process_memory() {
  if (g_memory.protection == Protection::kNone) {
    ProtectedPage page = TRY(ProtectedPage::map(kProtectedBytes));
    g_memory.protection = page.protection();
    g_memory.pages = ProtectedArena<kProtectedUnits>(std::move(page).release());
  }
  return g_memory.protection;
}

ProtectedMemoryReport protected_memory_report() {
  return {.protection = g_memory.protection,
          .boringssl_allocations = g_memory.boringssl_allocations,
          .used_bytes = g_memory.pages.used_bytes(),
          .fallback_used_bytes = g_memory.fallback.used_bytes()};
}

bool is_protected(const void* address) { return g_memory.pages.contains(address); }

void* allocate_protected(std::size_t size) {
  // Never falls back once the pages exist: a full arena must not put a secret elsewhere.
  return g_memory.protection == Protection::kNone ? g_memory.fallback.allocate(size) : g_memory.pages.allocate(size);
}

void release_protected(void* memory) {
  CHECK(memory == nullptr || g_memory.pages.release(memory) || g_memory.fallback.release(memory));
}

}  // namespace sallyport::crypto

#define SALLYPORT_EXPORTED extern "C" __attribute__((visibility("default"), used))

// Declared here because BoringSSL's headers declare none of the three.
SALLYPORT_EXPORTED void* OPENSSL_memory_alloc(std::size_t size);
SALLYPORT_EXPORTED void OPENSSL_memory_free(void* memory);
SALLYPORT_EXPORTED std::size_t OPENSSL_memory_get_size(void* memory);

void* OPENSSL_memory_alloc(std::size_t size) {
  sallyport::crypto::g_memory.boringssl_allocations++;
  return sallyport::crypto::allocate_protected(size);
}

void OPENSSL_memory_free(void* memory) { sallyport::crypto::release_protected(memory); }

std::size_t OPENSSL_memory_get_size(void* memory) {
  using sallyport::crypto::g_memory;
  const std::size_t size = g_memory.pages.size_of(memory);
  return size != 0 ? size : g_memory.fallback.size_of(memory);
}
