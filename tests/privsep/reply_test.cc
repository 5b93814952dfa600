#include <gtest/gtest.h>

#include <array>
#include <string>

#include "base/bytes.h"
#include "privsep/reply_credit.h"
#include "privsep/reply_text.h"

namespace sallyport::privsep {
namespace {

std::string printed(ReplyKind kind, std::uint32_t a = 0, std::uint32_t b = 0) {
  std::array<std::byte, kMaxReplyBytes> buffer{};
  return std::string(text_of(print_reply(Reply{kind, a, b}, {100, 30}, {120, 40}, buffer)));
}

TEST(ReplyText, PrintsTheClosedList) {
  EXPECT_EQ(printed(ReplyKind::kPrimaryAttributes), "\x1b[?62;22c");
  EXPECT_EQ(printed(ReplyKind::kSecondaryAttributes), "\x1b[>1;10;0c");
  EXPECT_EQ(printed(ReplyKind::kStatusOk), "\x1b[0n");
  EXPECT_EQ(printed(ReplyKind::kCursorPosition, 3, 7), "\x1b[3;7R");
  EXPECT_EQ(printed(ReplyKind::kPrivateMode, 2026, 2), "\x1b[?2026;2$y");
  EXPECT_EQ(printed(ReplyKind::kAnsiMode, 4, 1), "\x1b[4;1$y");
  EXPECT_EQ(printed(ReplyKind::kWindowSize), "\x1b[8;30;100t");
  EXPECT_EQ(printed(ReplyKind::kVersion), "\x1bP>|sallyport " SALLYPORT_VERSION "\x1b\\");
  EXPECT_EQ(printed(ReplyKind::kRefusedStatusString), "\x1bP0$r\x1b\\");
  EXPECT_EQ(printed(ReplyKind::kRefusedTermcap), "\x1bP0+r\x1b\\");
}

TEST(ReplyText, BoundsTheCursorByTheLargestSizeTheSessionHad) {
  EXPECT_EQ(printed(ReplyKind::kCursorPosition, 40, 120), "\x1b[40;120R");
  EXPECT_EQ(printed(ReplyKind::kCursorPosition, 41, 120), "");
  EXPECT_EQ(printed(ReplyKind::kCursorPosition, 40, 121), "");
  EXPECT_EQ(printed(ReplyKind::kCursorPosition, 0, 1), "");
}

TEST(ReplyText, TheLongestReplyFits) {
  EXPECT_LE(printed(ReplyKind::kPrivateMode, 65535, 4).size(), kMaxReplyBytes);
  EXPECT_LE(printed(ReplyKind::kVersion).size(), kMaxReplyBytes);
}

TEST(ReplyCredit, IsOnePerIntroducerThatWentBy) {
  ReplyCredit credit;
  const TimePoint now{std::chrono::seconds(10)};
  EXPECT_FALSE(credit.take(now));
  credit.passed(bytes_of("\x1b[6n text \x1b[c"), now);
  EXPECT_TRUE(credit.take(now));
  EXPECT_TRUE(credit.take(now));
  EXPECT_FALSE(credit.take(now));
}

TEST(ReplyCredit, IsAtMost32) {
  ReplyCredit credit;
  const TimePoint now{std::chrono::seconds(10)};
  credit.passed(bytes_of(std::string(1000, '\x1b')), now);
  for (int i = 0; i < 32; ++i) EXPECT_TRUE(credit.take(now));
  EXPECT_FALSE(credit.take(now));
}

TEST(ReplyCredit, IsForgottenAfterASecond) {
  ReplyCredit credit;
  const TimePoint now{std::chrono::seconds(10)};
  credit.passed(bytes_of("\x1b\x1b\x1b"), now);
  EXPECT_FALSE(credit.take(now + std::chrono::milliseconds(1001)));
  credit.passed(bytes_of("\x1b"), now + std::chrono::milliseconds(1500));
  EXPECT_TRUE(credit.take(now + std::chrono::milliseconds(1500)));
  EXPECT_FALSE(credit.take(now + std::chrono::milliseconds(1500)));
}

}  // namespace
}  // namespace sallyport::privsep
