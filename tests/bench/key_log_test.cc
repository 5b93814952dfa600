// What bench/paper calls shown, at once, guessed, wrong and withdrawn.
#include "bench/paper/key_log.h"

#include <gtest/gtest.h>

#include <string>

#include "base/bytes.h"
#include "terminal/emulator.h"

namespace sallyport::bench {
namespace {

using std::chrono::milliseconds;

constexpr TimePoint kStart{std::chrono::hours(1)};

/// A screen of 10 columns with `text` in row 1, the cursor behind it, and so many keys answered.
Picture screen(const std::string& text, std::uint64_t answered) {
  terminal::Emulator emulator({.columns = 10, .rows = 4});
  emulator.write(bytes_of("\r\n" + text + "\033]2;[mosh] " + std::to_string(answered) + "\007"));
  return picture_of(emulator.framebuffer());
}

/// The keys a, b, c, typed 10 ms apart from kStart on as the log is told.
KeyLog abc() { return KeyLog({screen("", 0), screen("a", 1), screen("ab", 2), screen("abc", 3)}); }

TimePoint at(int ms) { return kStart + milliseconds(ms); }

TEST(Picture, ReadsTheNumberFromTheEndOfTheTitleWhateverStandsBefore) {
  EXPECT_EQ(screen("", 42).answered, 42U);
  terminal::Emulator emulator({.columns = 10, .rows = 4});
  EXPECT_EQ(picture_of(emulator.framebuffer()).answered, 0U);
  emulator.write(bytes_of("\033]2;7\007"));
  EXPECT_EQ(picture_of(emulator.framebuffer()).answered, 7U);
}

TEST(Picture, ANoticeInTheUppermostRowAndUnderlinesMakeNoDifference) {
  terminal::Emulator emulator({.columns = 10, .rows = 4});
  emulator.write(bytes_of("mosh: 7 s\r\n\033[4mab\033[m"));
  EXPECT_TRUE(picture_of(emulator.framebuffer()).same_as(screen("ab", 0)));
  EXPECT_FALSE(picture_of(emulator.framebuffer()).same_as(screen("ac", 0)));
  EXPECT_FALSE(picture_of(emulator.framebuffer()).same_as(screen("ab ", 0))) << "the cursor is compared";
}

TEST(KeyLog, AKeyShownByTheServerAloneCountsFromThen) {
  KeyLog log = abc();
  log.typed(at(0));
  EXPECT_FALSE(log.all_finished());
  log.seen(at(200), screen("a", 1));
  EXPECT_TRUE(log.all_finished());
  EXPECT_EQ(log.record(1).shown, at(200));
  EXPECT_FALSE(log.record(1).guessed);
}

TEST(KeyLog, AGuessCountsFromWhenItWasShownAndFinishesWhenConfirmed) {
  KeyLog log = abc();
  log.typed(at(0));
  log.seen(at(1), screen("a", 0));
  EXPECT_FALSE(log.all_finished());
  log.seen(at(200), screen("a", 1));
  EXPECT_TRUE(log.all_finished());
  EXPECT_EQ(log.record(1).shown, at(1));
  EXPECT_TRUE(log.record(1).guessed);
  EXPECT_FALSE(log.record(1).wrong);
  EXPECT_FALSE(log.record(1).withdrawn);
}

TEST(KeyLog, AGuessThatWasRemovedCountsFromWhenItCameBack) {
  KeyLog log = abc();
  log.typed(at(0));
  log.seen(at(1), screen("a", 0));
  log.seen(at(260), screen("", 0));
  log.seen(at(500), screen("a", 1));
  EXPECT_EQ(log.record(1).shown, at(500));
  EXPECT_TRUE(log.record(1).withdrawn);
  EXPECT_FALSE(log.record(1).wrong);
}

TEST(KeyLog, AnEffectThatIsNotTheRightOneIsWrong) {
  KeyLog log({screen("", 0), screen("*", 1)});
  log.typed(at(0));
  log.seen(at(1), screen("a", 0));
  log.seen(at(200), screen("*", 1));
  EXPECT_TRUE(log.record(1).wrong);
  EXPECT_FALSE(log.record(1).guessed);
  EXPECT_EQ(log.record(1).shown, at(200));
}

TEST(KeyLog, OnlyTheKeyWhoseGuessIsNotRightIsBlamed) {
  KeyLog log({screen("", 0), screen("a", 1), screen("a*", 2)});
  log.typed(at(0));
  log.seen(at(1), screen("a", 0));
  log.typed(at(10));
  log.seen(at(11), screen("ab", 0));
  EXPECT_FALSE(log.record(1).wrong);
  EXPECT_FALSE(log.record(1).withdrawn);
  EXPECT_TRUE(log.record(2).wrong);
}

TEST(KeyLog, AWrongGuessThatAScreenOfTheServerUncoversIsBlamedOnItsKey) {
  KeyLog log({screen("", 0), screen("a", 1), screen("a*", 2)});
  log.typed(at(0));
  log.typed(at(10));
  log.seen(at(200), screen("ab", 1));
  EXPECT_FALSE(log.record(1).wrong);
  EXPECT_TRUE(log.record(2).wrong);
}

TEST(KeyLog, NothingDrawnIsNotWrong) {
  KeyLog log = abc();
  log.typed(at(0));
  log.typed(at(10));
  log.seen(at(100), screen("", 0));
  log.seen(at(200), screen("ab", 2));
  EXPECT_TRUE(log.all_finished());
  EXPECT_FALSE(log.record(1).wrong);
  EXPECT_FALSE(log.record(2).wrong);
}

TEST(KeyLog, AScreenThatSkipsOneShowsBothKeys) {
  KeyLog log = abc();
  for (int i = 0; i < 3; ++i) log.typed(at(10 * i));
  log.seen(at(200), screen("abc", 3));
  EXPECT_TRUE(log.all_finished());
  for (std::size_t key = 1; key <= 3; ++key) EXPECT_EQ(log.record(key).shown, at(200)) << key;
}

TEST(KeyLog, ALetterThatWasErasedIsNotShownByTheScreenBeforeIt) {
  KeyLog log({screen("", 0), screen("a", 1), screen("", 2)});
  log.typed(at(0));
  log.typed(at(10));
  log.seen(at(50), screen("", 0));
  EXPECT_FALSE(log.record(1).shown.has_value());
  log.seen(at(200), screen("a", 1));
  log.seen(at(210), screen("", 2));
  EXPECT_EQ(log.record(1).shown, at(200));
  EXPECT_EQ(log.record(2).shown, at(210));
}

TEST(KeyLog, ALetterThatWasShownAndThenErasedWasNotWithdrawn) {
  KeyLog log({screen("", 0), screen("a", 1), screen("", 2)});
  log.typed(at(0));
  log.seen(at(1), screen("a", 0));
  log.typed(at(10));
  log.seen(at(11), screen("", 0));
  log.seen(at(200), screen("", 1));
  log.seen(at(210), screen("", 2));
  EXPECT_TRUE(log.all_finished());
  EXPECT_EQ(log.record(1).shown, at(1));
  EXPECT_FALSE(log.record(1).withdrawn);
  EXPECT_EQ(log.record(2).shown, at(11));
}

TEST(KeyLog, AKeyThatMovesTheCursorAloneIsShownByTheCursor) {
  KeyLog log({screen("ab", 0), screen("ab\b", 1)});
  log.typed(at(0));
  log.seen(at(5), screen("ab", 0));
  EXPECT_FALSE(log.record(1).shown.has_value());
  log.seen(at(200), screen("ab\b", 1));
  EXPECT_EQ(log.record(1).shown, at(200));
}

TEST(KeyLog, AKeyWithoutEffectCountsFromItsConfirmation) {
  KeyLog log({screen("ab", 0), screen("ab", 1)});
  log.typed(at(0));
  log.seen(at(200), screen("ab", 1));
  EXPECT_TRUE(log.all_finished());
}

}  // namespace
}  // namespace sallyport::bench
