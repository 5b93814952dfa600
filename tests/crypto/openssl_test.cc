#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "base/bytes.h"
#include "crypto/ocb.h"
#include "tests/crypto/ocb_inputs.h"

namespace sallyport::crypto {
namespace {

#ifdef SALLYPORT_SANITIZED
constexpr std::uint64_t kInputs = 50'000;
#else
constexpr std::uint64_t kInputs = 1'000'000;
#endif

TEST(Ocb, AgreesWithOpenSslOnRandomInputs) {
  constexpr std::uint64_t kSeed = 20260707;
  const std::string command = std::string(OPENSSL_OCB) + " " + std::to_string(kSeed) + " " + std::to_string(kInputs);
  FILE* const theirs = popen(command.c_str(), "r");
  ASSERT_NE(theirs, nullptr);
  OcbInputs inputs(kSeed);
  OcbInput input;
  std::vector<std::byte> sealed, expected, opened;
  for (std::uint64_t i = 0; i < kInputs; ++i) {
    inputs.next(input);
    const auto plaintext = bytes_of(input.plaintext.data(), input.plaintext.size());
    Ocb ocb(std::as_bytes(std::span(input.key)));
    Nonce nonce;
    std::copy_n(std::as_bytes(std::span(input.nonce)).begin(), nonce.size(), nonce.begin());
    sealed.resize(plaintext.size() + kTagBytes);
    expected.resize(sealed.size());
    opened.resize(plaintext.size());
    ocb.seal(nonce, plaintext, sealed);
    ASSERT_EQ(std::fread(expected.data(), 1, expected.size(), theirs), expected.size()) << "input " << i;
    ASSERT_EQ(sealed, expected) << "input " << i << ", " << plaintext.size() << " bytes";
    ASSERT_TRUE(ocb.open(nonce, expected, opened)) << "input " << i;
    ASSERT_TRUE(std::ranges::equal(opened, plaintext)) << "input " << i;
  }
  EXPECT_EQ(pclose(theirs), 0);
}

}  // namespace
}  // namespace sallyport::crypto
