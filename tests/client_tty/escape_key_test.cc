#include "client/tty/escape_key.h"

#include <gtest/gtest.h>

#include <string>

#include "base/bytes.h"

namespace sallyport::client {
namespace {

constexpr std::uint8_t kControlCaret = 0x1E;

/// What the session gets; "<quit>" and "<suspend>" stand where the commands were.
std::string typed(EscapeKey& key, std::string_view text) {
  std::string out;
  for (const std::byte byte : bytes_of(text)) {
    const KeyStep step = key.take(byte);
    out += text_of(step.typed());
    if (step.command == KeyStep::Command::kQuit) out += "<quit>";
    if (step.command == KeyStep::Command::kSuspend) out += "<suspend>";
  }
  return out;
}
std::string typed(std::optional<std::uint8_t> escape, std::string_view text) {
  EscapeKey key(escape);
  return typed(key, text);
}

TEST(EscapeKey, ControlKeyCommandsAtAnyTime) {
  EXPECT_EQ(typed(kControlCaret, "ab\x1E.c"), "ab<quit>c");
  EXPECT_EQ(typed(kControlCaret, "\x1E\x1A"), "<suspend>");
}

TEST(EscapeKey, NothingIsSentUntilTheCommandIsKnown) {
  EscapeKey key(kControlCaret);
  EXPECT_EQ(typed(key, "\x1E"), "");
  EXPECT_TRUE(key.awaits_command());
  EXPECT_EQ(typed(key, "x"), "\x1Ex");
  EXPECT_FALSE(key.awaits_command());
}

TEST(CommandLineChecklist, Item38_PassKeySendsTheEscapeKeyAndAnythingElseBoth) {
  EXPECT_EQ(typed(kControlCaret, "\x1E^"), "\x1E");
  EXPECT_EQ(typed(kControlCaret, "\x1Ex"), "\x1Ex");
  EXPECT_EQ(typed(kControlCaret, "\x1E\x1E"), "\x1E\x1E");
  EXPECT_EQ(typed(kControlCaret, "\x1E\x1E."), "\x1E\x1E.");
}

TEST(EscapeKey, PassKeyOfAControlLetterIsThatLetterInEitherCase) {
  EXPECT_EQ(typed(0x02,
                  "\x02"
                  "B"),
            "\x02");
  EXPECT_EQ(typed(0x02,
                  "\x02"
                  "b"),
            "\x02");
  EXPECT_EQ(typed(0x02,
                  "\x02"
                  "c"),
            "\x02"
            "c");
}

TEST(CommandLineChecklist, Item39_PrintableKeyCountsOnlyAfterALine) {
  EXPECT_EQ(typed('~', "a~"), "a~");
  EXPECT_EQ(typed('~', "~."), "~.") << "not at the very start";
  EXPECT_EQ(typed('~', "\r~."), "\r<quit>");
  EXPECT_EQ(typed('~', "\n~."), "\n<quit>");
  EXPECT_EQ(typed('~', "\r~~"), "\r~");
  EXPECT_EQ(typed('~', "\r~x~."), "\r~x~.");
  EXPECT_EQ(typed('~', "\r~\r~."), "\r~\r<quit>") << "a line ended by the byte after the escape key counts";
}

TEST(EscapeKey, PrintableUpperCaseKeyIsPassedByBothCasesAndLowerCaseByItself) {
  EXPECT_EQ(typed('A', "\rAa"), "\rA");
  EXPECT_EQ(typed('A', "\rAA"), "\rA");
  EXPECT_EQ(typed('a', "\raA"), "\raA");
  EXPECT_EQ(typed('a', "\raa"), "\ra");
}

TEST(CommandLineChecklist, Item40_WithoutAnEscapeKeyEveryByteIsTheSessions) {
  std::string all;
  for (int byte = 1; byte < 256; ++byte) all += std::string("\r") + static_cast<char>(byte) + ".";
  EXPECT_EQ(typed(std::nullopt, all), all);
  EXPECT_EQ(typed(std::nullopt, "\x1E."), "\x1E.");
}

}  // namespace
}  // namespace sallyport::client
