// What is typed may be a password: nothing of it stays in screen's memory.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>

#include "base/wipe.h"
#include "tests/client_screen/screen_rig.h"

namespace sallyport::client::testing {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kHeapElsewhere = true;
#elif defined(__has_feature)
constexpr bool kHeapElsewhere = __has_feature(address_sanitizer) != 0;
#else
constexpr bool kHeapElsewhere = false;
#endif

constexpr std::size_t kSecretBytes = 24;
// Which letters, kept so that the text itself stands nowhere: neither in the program nor in what looks for it.
constexpr std::uint8_t kMask = 0x15;
constexpr std::array<std::uint8_t, kSecretBytes> kMasked = {0x5f, 0x62, 0x7e, 0x54, 0x7d, 0x43, 0x70, 0x5a,
                                                            0x44, 0x66, 0x61, 0x4d, 0x79, 0x47, 0x63, 0x41,
                                                            0x7b, 0x5d, 0x6f, 0x4c, 0x74, 0x52, 0x68, 0x57};

bool is_secret(const unsigned char* bytes) {
  for (std::size_t i = 0; i < kSecretBytes; ++i) {
    if (bytes[i] != (kMasked[i] ^ kMask)) return false;
  }
  return true;
}

/// How often the secret stands in the heap.
int copies_in_heap() {
  int found = 0;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    unsigned long first = 0;
    unsigned long last = 0;
    if (line.find("[heap]") == std::string::npos) continue;
    if (std::sscanf(line.c_str(), "%lx-%lx", &first, &last) != 2) continue;
    const auto* const bytes = reinterpret_cast<const unsigned char*>(first);
    for (std::size_t at = 0; at + kSecretBytes <= last - first; ++at) found += is_secret(bytes + at) ? 1 : 0;
  }
  return found;
}

/// What the rig keeps of a message is the rig's.
void type_secret(ScreenRig& rig, std::uint32_t read_bytes) {
  std::array<std::byte, kSecretBytes> secret{};
  for (std::size_t i = 0; i < kSecretBytes; ++i) secret[i] = static_cast<std::byte>(kMasked[i] ^ kMask);
  rig.net_says(Keys{.sent = StateNumber(1), .read_bytes = read_bytes, .bytes = secret});
  rig.wipe_buffer();
  wipe(secret);
}

TEST(ScreenSecrets, WhatWasTypedIsNowhereOnceItWasUsed) {
  if (kHeapElsewhere) GTEST_SKIP() << "skipped: the sanitizer's heap is elsewhere";
  for (const auto mode : {PredictionMode::kNever, PredictionMode::kAdaptive}) {
    for (const std::uint32_t read_bytes : {static_cast<std::uint32_t>(kSecretBytes), std::uint32_t{200}}) {
      ScreenArguments arguments = usual_arguments();
      arguments.mode = mode;
      ScreenRig rig(arguments);
      rig.link_is_well();
      rig.state(0, 1, "Password: ");
      ASSERT_TRUE(rig.settle());
      type_secret(rig, read_bytes);
      ASSERT_TRUE(rig.settle());
      EXPECT_EQ(copies_in_heap(), 0);
    }
  }
}

TEST(ScreenSecrets, Control_ACopyWouldBeFound) {
  if (kHeapElsewhere) GTEST_SKIP() << "skipped: the sanitizer's heap is elsewhere";
  std::string copy;
  for (const std::uint8_t byte : kMasked) copy += static_cast<char>(byte ^ kMask);
  EXPECT_GE(copies_in_heap(), 1);
  wipe(std::as_writable_bytes(std::span(copy)));
}

}  // namespace
}  // namespace sallyport::client::testing
