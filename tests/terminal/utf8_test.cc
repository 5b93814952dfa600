#include "terminal/utf8.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace sallyport::terminal {
namespace {

std::vector<char32_t> decoded(std::string_view bytes) {
  Utf8Decoder decoder;
  std::vector<char32_t> result;
  for (std::size_t at = 0; at < bytes.size();) {
    const Utf8Decoder::Step step = decoder.feed(static_cast<std::uint8_t>(bytes[at]));
    if (step.has_code_point) result.push_back(step.code_point);
    if (!step.again) ++at;
  }
  return result;
}

using CodePoints = std::vector<char32_t>;

TEST(Utf8Decoder, ReplacesEachMaximalSubpartOnce) {
  constexpr char32_t kBad = kReplacement;
  EXPECT_EQ(decoded("\xE3\x81\x41"), (CodePoints{kBad, 'A'}));
  EXPECT_EQ(decoded("\xF0\x90\x80\x41"), (CodePoints{kBad, 'A'}));
  EXPECT_EQ(decoded("\xC0\x80"), (CodePoints{kBad, kBad}));
  EXPECT_EQ(decoded("\xE0\x80\x80"), (CodePoints{kBad, kBad, kBad}));
  EXPECT_EQ(decoded("\xF0\x80\x80\x80"), (CodePoints{kBad, kBad, kBad, kBad}));
  EXPECT_EQ(decoded("\xF4\x90\x80\x80"), (CodePoints{kBad, kBad, kBad, kBad}));
  EXPECT_EQ(decoded("\xF5\x80"), (CodePoints{kBad, kBad}));
  EXPECT_EQ(decoded("\xFF"), (CodePoints{kBad}));
  EXPECT_EQ(decoded("\x80"), (CodePoints{kBad}));
  EXPECT_EQ(decoded("\xE6\xBC\xE6\xBC\xA2"), (CodePoints{kBad, 0x6F22}));
}

TEST(Utf8Decoder, ReplacesASurrogateOnce) { EXPECT_EQ(decoded("\xED\xA0\x80x"), (CodePoints{kReplacement, 'x'})); }

TEST(Utf8Decoder, IsIdleOnlyBetweenCharacters) {
  Utf8Decoder decoder;
  EXPECT_TRUE(decoder.idle());
  (void)decoder.feed(0xE6);
  EXPECT_FALSE(decoder.idle());
  EXPECT_TRUE(decoder.feed(0x1B).again);
  EXPECT_TRUE(decoder.idle());
}

TEST(Utf8, EveryScalarValueSurvivesTheRoundTrip) {
  for (char32_t code_point = 0; code_point < 0x110000; ++code_point) {
    if (code_point >= 0xD800 && code_point <= 0xDFFF) continue;
    std::string bytes;
    append_utf8(bytes, code_point);
    ASSERT_EQ(decoded(bytes), CodePoints{code_point});
  }
}

}  // namespace
}  // namespace sallyport::terminal
