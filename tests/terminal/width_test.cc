#include "terminal/width.h"

#include <gtest/gtest.h>

#include <clocale>
#include <cwchar>

namespace sallyport::terminal {
namespace {

std::uint32_t number(char32_t code_point) { return code_point; }

TEST(Width, StableWidthsAreTheCLibrarys) {
  if (std::setlocale(LC_CTYPE, "C.UTF-8") == nullptr) GTEST_SKIP() << "no C.UTF-8 locale here";
  int stable = 0;
  for (char32_t code_point = 0x20; code_point < 0x110000; ++code_point) {
    const CharacterWidth width = width_of(code_point);
    if (width.unstable) continue;
    ++stable;
    EXPECT_EQ(static_cast<int>(width.columns), wcwidth(static_cast<wchar_t>(code_point))) << number(code_point);
  }
  std::setlocale(LC_CTYPE, "C");
  EXPECT_GT(stable, 80000);
}

TEST(Width, CommonScriptsAreStable) {
  for (const char32_t code_point : U"Aé\u03B1\u0416漢かナ한─█\u0301\u28FF\uFF21\uFFFD") {
    EXPECT_FALSE(width_of(code_point == 0 ? 'A' : code_point).unstable) << number(code_point);
  }
}

TEST(Width, EmojiFormatsAndPrivateUseAreUnstable) {
  for (const char32_t code_point :
       U"\u00AD\u200B\u200D\uFE0F\uE0B0\u2764\u0378\U0001F600\U0001F1E9\U0001FAE8\U0010FFFD") {
    EXPECT_TRUE(width_of(code_point).unstable) << number(code_point);
  }
}

TEST(Width, FollowsTheTable) {
  const auto columns = [](char32_t code_point) { return static_cast<int>(width_of(code_point).columns); };
  EXPECT_EQ(columns('A'), 1);
  EXPECT_EQ(columns(0xAD), 1);
  EXPECT_EQ(columns(0x6F22), 2);
  EXPECT_EQ(columns(0x301), 0);
  EXPECT_EQ(columns(0x200D), 0);
  EXPECT_EQ(columns(0xFE0F), 0);
  EXPECT_EQ(columns(0x1161), 0);   // conjoining vowel
  EXPECT_EQ(columns(0xE0B0), 1);   // private use
  EXPECT_EQ(columns(0x1F1E9), 1);  // regional indicator
  EXPECT_EQ(columns(0x1F600), 2);
}

TEST(Width, UnassignedCodePointsAreShown) {
  EXPECT_EQ(width_of(0x378).columns, 1);
  EXPECT_FALSE(width_of(0x378).dropped);
  EXPECT_EQ(width_of(0x2FFF0).columns, 2);  // planes 2 and 3 are wide by default
}

TEST(Width, ControlsAreDropped) {
  for (const char32_t code_point : {0x00U, 0x1FU, 0x7FU, 0x80U, 0x9FU, 0x2028U, 0x2029U}) {
    EXPECT_TRUE(width_of(code_point).dropped) << number(code_point);
  }
}

TEST(WidthCache, AgreesWithTheProperties) {
  WidthCache cache;
  for (char32_t code_point = 0; code_point < 0x110000; ++code_point) {
    const CharacterWidth direct = width_of(code_point);
    const CharacterWidth cached = cache(code_point);
    ASSERT_EQ(direct.columns, cached.columns);
    ASSERT_EQ(direct.dropped, cached.dropped);
    ASSERT_EQ(direct.unstable, cached.unstable);
  }
}

}  // namespace
}  // namespace sallyport::terminal
