#include "crypto/session_key.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "tests/crypto/hex.h"

namespace sallyport::crypto {
namespace {

constexpr std::string_view kText = "AAECAwQFBgcICQoLDA0ODw";

std::string printed(const SessionKey& key) {
  KeyText text;
  key.print(text);
  return std::string(text.view());
}

TEST(SessionKey, ReadsAndPrintsTheTextForm) {
  const auto key = SessionKey::parse(kText);
  ASSERT_TRUE(key.has_value());
  EXPECT_TRUE(std::ranges::equal(key->bytes(), from_hex("000102030405060708090a0b0c0d0e0f")));
  EXPECT_EQ(printed(*key), kText);
}

TEST(SessionKey, PrintsRandomBytesSoThatTheyParseToTheSameKeyAndWipesThem) {
  std::array<std::byte, kKeyBytes> random{};
  for (unsigned i = 0; i < 256; ++i) {
    for (std::size_t j = 0; j < random.size(); ++j) random[j] = static_cast<std::byte>(i * 7 + j * 31);
    const auto copy = random;
    const SessionKey key = SessionKey::from_random(random);
    EXPECT_TRUE(std::ranges::all_of(random, [](std::byte b) { return b == std::byte{0}; }));
    EXPECT_TRUE(std::ranges::equal(key.bytes(), copy));
    const auto again = SessionKey::parse(printed(key));
    ASSERT_TRUE(again.has_value());
    EXPECT_TRUE(again->equals(key));
  }
}

TEST(SessionKey, DiffersInEveryBit) {
  const auto key = SessionKey::parse(kText);
  for (std::size_t bit = 0; bit < 128; ++bit) {
    std::array<std::byte, kKeyBytes> other{};
    std::ranges::copy(key->bytes(), other.begin());
    other[bit / 8] ^= std::byte{1} << (bit % 8);
    EXPECT_FALSE(key->equals(SessionKey::from_random(other)));
  }
}

TEST(SessionKey, IsEmptyAfterAMove) {
  auto key = SessionKey::parse(kText);
  const SessionKey moved = std::move(*key);
  EXPECT_EQ(printed(moved), kText);
  EXPECT_DEATH((void)key->bytes(), "");
}

TEST(WireChecklist, Item01_RejectsKeysOfAnotherLength) {
  const std::string text(kText);
  for (std::size_t size = 0; size < 64; ++size) {
    std::string other = text.substr(0, std::min(size, text.size()));
    other.resize(size, 'A');
    const auto key = SessionKey::parse(other);
    EXPECT_EQ(key.has_value(), size == kKeyTextCharacters) << size;
    if (!key) {
      EXPECT_EQ(key.error(), KeyTextError::kWrongLength);
    }
  }
  EXPECT_EQ(SessionKey::parse(text + "==").error(), KeyTextError::kWrongLength);
  EXPECT_EQ(SessionKey::parse(text + "\n").error(), KeyTextError::kWrongLength);
}

TEST(WireChecklist, Item01_RejectsEveryCharacterOutsideTheAlphabetAtEveryPlace) {
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t place = 0; place + 1 < kKeyTextCharacters; ++place) {
    for (int c = 0; c < 256; ++c) {
      std::string text(kText);
      text[place] = static_cast<char>(c);
      const auto key = SessionKey::parse(text);
      const bool valid = alphabet.find(static_cast<char>(c)) != std::string::npos;
      ASSERT_EQ(key.has_value(), valid) << place << " " << c;
      if (!valid) {
        ASSERT_EQ(key.error(), KeyTextError::kWrongCharacter);
      }
      if (valid) {
        ASSERT_EQ(printed(*key), text);
      }
    }
  }
}

TEST(WireChecklist, Item01_RejectsALastCharacterWithMoreThanTwoBits) {
  std::set<char> accepted;
  for (int c = 0; c < 256; ++c) {
    std::string text(kText);
    text.back() = static_cast<char>(c);
    if (SessionKey::parse(text)) accepted.insert(static_cast<char>(c));
  }
  EXPECT_EQ(accepted, (std::set<char>{'A', 'Q', 'g', 'w'}));
  EXPECT_EQ(SessionKey::parse("AAECAwQFBgcICQoLDA0ODx").error(), KeyTextError::kNotCanonical);
}

}  // namespace
}  // namespace sallyport::crypto
