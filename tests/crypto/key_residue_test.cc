// What making and announcing a key leaves on the stack: nothing. In a whole session later calls overwrite much of it, so that
// a forgotten wipe would not show there; here the dead stack is looked at directly after.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "crypto/session_key.h"
#include "server/announce.h"

namespace sallyport::server {
namespace {

constexpr std::size_t kGapBytes = 4096;    ///< between the looker's frame and those looked at
constexpr std::size_t kDeadBytes = 16384;  ///< looked at

/// Keeps what it calls away from its caller's frame, so that copying does not overwrite what is to be copied.
template <typename Work>
[[gnu::noinline]] void far_below(Work work) {
  std::array<volatile char, kGapBytes> gap;
  gap[0] = 1;
  work();
  gap[1] = gap[0];
}

/// The stack below `frame`, which no living function owns.
[[gnu::noinline]] void copy_dead_stack(std::uintptr_t frame, std::span<std::byte> out) {
  const auto* from = reinterpret_cast<const volatile std::byte*>(frame - out.size());
  for (std::byte& byte : out) byte = *from++;
}

bool contains(std::span<const std::byte> where, std::span<const std::byte> what) {
  return std::ranges::search(where, what).begin() != where.end();
}

struct Announced {
  std::vector<std::byte> dead = std::vector<std::byte>(kDeadBytes);
  std::array<char, 128> line{};
  std::string_view text;
};

/// `also` runs in the same place after the announcement.
template <typename Also>
[[gnu::noinline]] void announce_and_look(Announced& result, Also also) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const UniqueFd reader(ends[0]);
  const UniqueFd writer(ends[1]);
  far_below([&] {
    auto key = make_session_key();
    ASSERT_TRUE(key && announce(writer, 60001, *key));
    also(*key);
  });
  copy_dead_stack(reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)) - kGapBytes, result.dead);
  const ssize_t size = ::read(reader.borrow().number(), result.line.data(), result.line.size());
  ASSERT_GT(size, 40);
  result.text = std::string_view(result.line.data(), static_cast<std::size_t>(size)).substr(19, crypto::kKeyTextCharacters);
}

TEST(KeyResidue, MakingAndAnnouncingAKeyLeavesNothingOfItOnTheStack) {
#ifdef SALLYPORT_SANITIZED
  GTEST_SKIP() << "a sanitizer keeps its own stack";
#endif
  Announced clean;
  announce_and_look(clean, [](const crypto::SessionKey&) {});
  const auto key = crypto::SessionKey::parse(clean.text);
  ASSERT_TRUE(key.has_value()) << "no key in the line";
  for (std::size_t at = 0; at + 8 <= crypto::kKeyTextCharacters; ++at) {
    EXPECT_FALSE(contains(clean.dead, std::as_bytes(std::span(clean.text.substr(at, 8))))) << "text of the key, from " << at;
  }
  for (const std::size_t half : {0U, 8U}) {
    EXPECT_FALSE(contains(clean.dead, key->bytes().subspan(half, 8))) << "bytes of the key, from " << half;
  }

  // And the search finds what is left behind there on purpose.
  Announced careless;
  announce_and_look(careless, [](const crypto::SessionKey& made) {
    std::array<std::byte, crypto::kKeyBytes> copy;
    std::ranges::copy(made.bytes(), copy.begin());
    asm volatile("" ::"r"(copy.data()) : "memory");
  });
  const auto other = crypto::SessionKey::parse(careless.text);
  ASSERT_TRUE(other.has_value());
  EXPECT_TRUE(contains(careless.dead, other->bytes()));
}

}  // namespace
}  // namespace sallyport::server
