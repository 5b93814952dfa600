// The emulator vectors of terminal.md 9.1, as 9.12 amends them: each from RIS on 80x24.
#include <gtest/gtest.h>

#include "tests/terminal/emulator_testing.h"

namespace sallyport::terminal {
namespace {

using namespace std::literals;

const std::string kA80 = times("A", 80);
const std::string kA79 = times("A", 79);

std::string spaces(std::size_t count) { return times(" ", count); }

TEST(TerminalChecklist, Item001_PrintsText) { expect_screen("ABC", {{1, "ABC"}}, {1, 4}); }
TEST(TerminalChecklist, Item002_WaitsInTheLastColumn) { expect_screen(kA80, {{1, kA80}}, {1, 80}); }
TEST(TerminalChecklist, Item003_WrapsWithTheNextCharacter) { expect_screen(kA80 + "B", {{1, kA80}, {2, "B"}}, {2, 2}); }
TEST(TerminalChecklist, Item004_CarriageReturnEndsPendingWrap) {
  expect_screen(kA80 + "\r\nB", {{1, kA80}, {2, "B"}}, {2, 2});
}
TEST(TerminalChecklist, Item005_BackspaceLeavesTheLastColumn) {
  expect_screen(kA80 + "\bB", {{1, times("A", 78) + "BA"}}, {1, 80});
}
TEST(TerminalChecklist, Item006_OverwritesLastColumnWithoutAutowrap) {
  expect_screen("\033[?7l" + kA79 + "XY", {{1, kA79 + "Y"}}, {1, 80});
}
TEST(TerminalChecklist, Item007_WrapAtTheBottomScrolls) {
  expect_screen("\033[24;80HAB", {{23, spaces(79) + "A"}, {24, "B"}}, {24, 2});
}
TEST(TerminalChecklist, Item008_RenditionKeepsPendingWrap) {
  expect_screen(kA80 + "\033[1mB", {{1, kA80}, {2, "B"}}, {2, 2});
}
TEST(TerminalChecklist, Item009_TabAtTheMarginKeepsPendingWrap) {
  expect_screen(kA80 + "\tB", {{1, kA80}, {2, "B"}}, {2, 2});
}
TEST(TerminalChecklist, Item010_PrivateModeKeepsPendingWrap) {
  expect_screen(kA80 + "\033[?25hB", {{1, kA80}, {2, "B"}}, {2, 2});
}
TEST(TerminalChecklist, Item011_TitleWithBellKeepsPendingWrap) {
  expect_screen(kA80 + "\033]2;t\007B", {{1, kA80}, {2, "B"}}, {2, 2});
}
TEST(TerminalChecklist, Item012_DeleteIsNothing) { expect_screen(kA80 + "\177B", {{1, kA80}, {2, "B"}}, {2, 2}); }
TEST(TerminalChecklist, Item013_CharsetKeepsPendingWrap) {
  expect_screen(kA80 + "\033(BB", {{1, kA80}, {2, "B"}}, {2, 2});
}
TEST(TerminalChecklist, Item014_NulKeepsPendingWrap) { expect_screen(kA80 + "\0B"s, {{1, kA80}, {2, "B"}}, {2, 2}); }
TEST(TerminalChecklist, Item015_TitleWithTerminatorKeepsPendingWrap) {
  expect_screen(kA80 + "\033]2;t\033\\B", {{1, kA80}, {2, "B"}}, {2, 2});
}
TEST(TerminalChecklist, Item016_SavedCursorKeepsPendingWrap) {
  expect_screen(kA80 + "\0337\033[H\0338B", {{1, kA80}, {2, "B"}}, {2, 2});
}
TEST(TerminalChecklist, Item017_EraseEndsPendingWrap) { expect_screen(kA80 + "\033[KB", {{1, kA79 + "B"}}, {1, 80}); }
TEST(TerminalChecklist, Item018_WideCharacterThatDoesNotFitGoesToTheNextRow) {
  expect_screen(kA79 + "漢", {{1, kA79}, {2, "漢"}}, {2, 3});
}
TEST(TerminalChecklist, Item019_WideCharacterWithoutRoomOrWrapIsNotPrinted) {
  expect_screen("\033[?7l\033[80G漢", {}, {1, 80});
}
TEST(TerminalChecklist, Item020_OverwritingARightHalfBlanksTheLeft) {
  expect_screen("漢\033[2Gx", {{1, " x"}}, {1, 3});
}
TEST(TerminalChecklist, Item021_OverwritingALeftHalfBlanksTheRight) { expect_screen("漢\033[1Gx", {{1, "x"}}, {1, 2}); }
TEST(TerminalChecklist, Item022_DeletingARightHalfBlanksTheLeft) {
  expect_screen("漢字\033[2G\033[P", {{1, " 字"}}, {1, 2});
}
TEST(TerminalChecklist, Item023_MarkJoinsItsBase) { expect_screen("e\u0301x", {{1, "e\u0301x"}}, {1, 3}); }
TEST(TerminalChecklist, Item024_CellKeepsSixteenMarks) {
  expect_screen("e" + times("\u0301", 40) + "x", {{1, "e" + times("\u0301", 16) + "x"}}, {1, 3});
}
// 9.12: real terminals drop a mark on an empty cell.
TEST(TerminalChecklist, Item025_MarkOnAnEmptyCellIsDropped) { expect_screen("0\033[1J\u0334", {}, {1, 2}); }
TEST(TerminalChecklist, Item026_MarkJoinsTheCellUnderTheCursor) {
  expect_screen("e\033[H\u0301", {{1, "e\u0301"}}, {1, 1});
}
TEST(TerminalChecklist, Item027_InsertModeShifts) { expect_screen("abc\033[H\033[4hx", {{1, "xabc"}}, {1, 2}); }
TEST(TerminalChecklist, Item028_IncompleteCharacterIsReplaced) {
  expect_screen("\xE3\x81\x41", {{1, "\uFFFDA"}}, {1, 3});
}
TEST(TerminalChecklist, Item029_OverlongFormIsReplacedByteByByte) {
  expect_screen("\xC0\x80\x41", {{1, "\uFFFD\uFFFDA"}}, {1, 4});
}
TEST(TerminalChecklist, Item030_OverlongThreeByteFormGivesThree) {
  expect_screen("\xE0\x80\x80\x41", {{1, "\uFFFD\uFFFD\uFFFDA"}}, {1, 5});
}
TEST(TerminalChecklist, Item031_EscapeEndsAnIncompleteCharacter) {
  expect_screen("\xC2\033[5Gx", {{1, "\uFFFD" + spaces(3) + "x"}}, {1, 6});
}
TEST(TerminalChecklist, Item032_C1CodePointsAreIgnored) { expect_screen("\u009B5;5Hx", {{1, "5;5Hx"}}, {1, 6}); }
TEST(TerminalChecklist, Item033_PositionsTheCursor) { expect_screen("\033[5;10Hx", {{5, spaces(9) + "x"}}, {5, 11}); }
TEST(TerminalChecklist, Item034_ClampsThePosition) { expect_screen("\033[999;999H", {}, {24, 80}); }
TEST(TerminalChecklist, Item035_ZeroPositionIsHome) { expect_screen("\033[5;5H\033[0;0H", {}, {1, 1}); }
TEST(TerminalChecklist, Item036_AbsentRowIsOne) { expect_screen("\033[;5H", {}, {1, 5}); }
TEST(TerminalChecklist, Item037_AbsentColumnIsOne) { expect_screen("\033[5H", {}, {5, 1}); }
TEST(TerminalChecklist, Item038_HvpPositions) { expect_screen("\033[3;4fx", {{3, spaces(3) + "x"}}, {3, 5}); }
TEST(TerminalChecklist, Item039_MovesUp) { expect_screen("\033[10;10H\033[3A", {}, {7, 10}); }
TEST(TerminalChecklist, Item040_ZeroMeansOneDown) { expect_screen("\033[10;10H\033[0B", {}, {11, 10}); }
TEST(TerminalChecklist, Item041_RightStopsAtTheEdge) { expect_screen("\033[10;10H\033[99C", {}, {10, 80}); }
TEST(TerminalChecklist, Item042_LeftStopsAtTheEdge) { expect_screen("\033[10;10H\033[99D", {}, {10, 1}); }
TEST(TerminalChecklist, Item043_TooLargeNumberIsAbsent) { expect_screen("\033[10;10H\033[70000B", {}, {11, 10}); }
TEST(TerminalChecklist, Item044_LargestNumberCounts) { expect_screen("\033[10;10H\033[65535B", {}, {24, 10}); }
TEST(TerminalChecklist, Item045_VpaAndHpa) { expect_screen("\033[10;10H\033[4d\033[6`", {}, {4, 6}); }
TEST(TerminalChecklist, Item046_Cha) { expect_screen("\033[10;10H\033[4G", {}, {10, 4}); }
TEST(TerminalChecklist, Item047_Cnl) { expect_screen("\033[10;10H\033[2E", {}, {12, 1}); }
TEST(TerminalChecklist, Item048_Cpl) { expect_screen("\033[10;10H\033[2F", {}, {8, 1}); }
TEST(TerminalChecklist, Item049_HprAndVpr) { expect_screen("\033[10;10H\033[2a\033[2e", {}, {12, 12}); }
TEST(TerminalChecklist, Item050_CsiSAndU) { expect_screen("\033[5;5H\033[s\033[H\033[u", {}, {5, 5}); }
TEST(TerminalChecklist, Item051_DecscAndDecrc) { expect_screen("\033[5;5H\0337\033[H\0338", {}, {5, 5}); }
TEST(TerminalChecklist, Item052_RestoreWithoutSaveIsHome) { expect_screen("\033[5;5H\0338", {}, {1, 1}); }
TEST(TerminalChecklist, Item053_ControlInsideASequenceIsExecuted) {
  expect_screen("\033[5\n;5Hx", {{5, spaces(4) + "x"}}, {5, 6});
}
TEST(TerminalChecklist, Item054_TabGoesToTheNextStop) { expect_screen("\tx", {{1, spaces(8) + "x"}}, {1, 10}); }
TEST(TerminalChecklist, Item055_TabWithoutStopsGoesToTheEdge) {
  expect_screen("\033[3g\tx", {{1, spaces(79) + "x"}}, {1, 80});
}
TEST(TerminalChecklist, Item056_SetsATabStop) { expect_screen("\033[5G\033H\r\tx", {{1, spaces(4) + "x"}}, {1, 6}); }
TEST(TerminalChecklist, Item057_ClearsATabStop) {
  expect_screen("\033[9G\033[g\r\tx", {{1, spaces(16) + "x"}}, {1, 18});
}
TEST(TerminalChecklist, Item058_BackTab) { expect_screen("hello, wurld\033[Zo", {{1, "hello, world"}}, {1, 10}); }
TEST(TerminalChecklist, Item059_TabsForwardAndBack) {
  expect_screen("\033[2Ix\033[99Zy", {{1, "y" + spaces(15) + "x"}}, {1, 2});
}
TEST(TerminalChecklist, Item060_LineFeedAtTheBottomScrolls) { expect_screen("a\033[24;1H\nb", {{24, "b"}}, {24, 2}); }
TEST(TerminalChecklist, Item061_LineFeedScrollsTheRegion) {
  expect_screen("\033[2;4r\033[4;1Ha\nb", {{3, "a"}, {4, " b"}}, {4, 3});
}
TEST(TerminalChecklist, Item062_SettingARegionHomes) { expect_screen("\033[3;3H\033[5;10r", {}, {1, 1}); }
TEST(TerminalChecklist, Item063_InvalidRegionIsIgnored) { expect_screen("\033[3;3H\033[10;5r", {}, {3, 3}); }
TEST(TerminalChecklist, Item064_OriginModeHomesToTheRegion) { expect_screen("\033[5;10r\033[?6hx", {{5, "x"}}, {}); }
TEST(TerminalChecklist, Item065_OriginModeCountsFromTheRegion) {
  expect_screen("\033[5;10r\033[?6h\033[3;3Hx", {{7, "  x"}}, {});
}
TEST(TerminalChecklist, Item066_OriginModeClampsToTheRegion) {
  expect_screen("\033[5;10r\033[?6h\033[99;1Hx", {{10, "x"}}, {});
}
TEST(TerminalChecklist, Item067_LineFeedBelowTheRegionMoves) {
  expect_screen("\033[5;10r\033[20;1H\nx", {{21, "x"}}, {21, 2});
}
TEST(TerminalChecklist, Item068_LineFeedAtTheBottomOutsideTheRegionStays) {
  expect_screen("\033[1;10r\033[24;1Ha\r\nx", {{24, "x"}}, {24, 2});
}
TEST(TerminalChecklist, Item069_ReverseIndexAtTheTopScrolls) {
  expect_screen("a\r\033Mb", {{1, "b"}, {2, "a"}}, {1, 2});
}
TEST(TerminalChecklist, Item070_ReverseIndexScrollsTheRegion) {
  expect_screen("\033[2;4r\033[2;1Ha\r\033Mb", {{2, "b"}, {3, "a"}}, {2, 2});
}
TEST(TerminalChecklist, Item071_IndexAndNextLine) {
  expect_screen("ab\033Dc\033Ed", {{1, "ab"}, {2, "  c"}, {3, "d"}}, {3, 2});
}
TEST(TerminalChecklist, Item072_ScrollsUp) { expect_screen("a\r\nb\033[S", {{1, "b"}}, {2, 2}); }
TEST(TerminalChecklist, Item073_ScrollsDown) { expect_screen("a\r\nb\033[T", {{2, "a"}, {3, "b"}}, {2, 2}); }
TEST(TerminalChecklist, Item074_InsertsLines) { expect_screen("a\r\nb\033[1;1H\033[2L", {{3, "a"}, {4, "b"}}, {1, 1}); }
TEST(TerminalChecklist, Item075_DeletesALine) {
  expect_screen("a\r\nb\r\nc\033[1;5H\033[M", {{1, "b"}, {2, "c"}}, {1, 1});
}
TEST(TerminalChecklist, Item076_InsertLineOutsideTheRegionOnlyReturns) {
  expect_screen("a\r\nb\033[2;10r\033[1;5H\033[L", {{1, "a"}, {2, "b"}}, {1, 1});
}
TEST(TerminalChecklist, Item077_DeletesAllLines) { expect_screen("a\r\nb\033[1;5H\033[65535M", {}, {1, 1}); }
TEST(TerminalChecklist, Item078_ErasesToTheEndOfTheLine) { expect_screen("abcdef\033[3G\033[K", {{1, "ab"}}, {1, 3}); }
TEST(TerminalChecklist, Item079_ErasesToTheStartOfTheLine) {
  expect_screen("abcdef\033[3G\033[1K", {{1, "   def"}}, {1, 3});
}
TEST(TerminalChecklist, Item080_ErasesTheLine) { expect_screen("abcdef\033[3G\033[2K", {}, {1, 3}); }
TEST(TerminalChecklist, Item081_ErasesCells) { expect_screen("abcdef\033[3G\033[2X", {{1, "ab  ef"}}, {1, 3}); }
TEST(TerminalChecklist, Item082_ErasesNoMoreThanTheLine) {
  expect_screen("abcdef\033[3G\033[65535X", {{1, "ab"}}, {1, 3});
}
TEST(TerminalChecklist, Item083_DeletesCells) { expect_screen("abcdef\033[3G\033[2P", {{1, "abef"}}, {1, 3}); }
TEST(TerminalChecklist, Item084_InsertsCells) { expect_screen("abcdef\033[3G\033[2@", {{1, "ab  cdef"}}, {1, 3}); }
TEST(TerminalChecklist, Item085_ErasesToTheEndOfTheScreen) {
  expect_screen("a\r\nb\r\nc\033[2;1H\033[J", {{1, "a"}}, {2, 1});
}
TEST(TerminalChecklist, Item086_ErasesToTheStartOfTheScreen) {
  expect_screen("a\r\nb\r\nc\033[2;1H\033[1J", {{3, "c"}}, {2, 1});
}
TEST(TerminalChecklist, Item087_ErasesTheScreen) { expect_screen("a\r\nb\033[2J", {}, {2, 2}); }
TEST(TerminalChecklist, Item088_EraseScrollbackIsNothing) { expect_screen("ab\033[3J", {{1, "ab"}}, {1, 3}); }
TEST(TerminalChecklist, Item089_AlignmentPatternFillsTheScreen) {
  ExpectedRows rows;
  for (std::uint32_t row = 1; row <= 24; ++row) rows[row] = times("E", 80);
  expect_screen("\033[7;7H\033#8", rows, {1, 1});  // 9.12: homes the cursor
}
TEST(TerminalChecklist, Item090_ResetBlanksTheScreen) { expect_screen("abc\033c", {}, {1, 1}); }
TEST(TerminalChecklist, Item091_SoftResetEndsOriginAndInsertMode) {
  expect_screen("\033[5;10r\033[?6h\033[4h\033[!p\033[Hxy\033[Hz", {{1, "zy"}}, {1, 2});
}
// 9.12: without leave for 132 columns the mode does nothing.
TEST(TerminalChecklist, Item092_ColumnModeIsNothing) { expect_screen("abc\033[?3h", {{1, "abc"}}, {1, 4}); }
TEST(TerminalChecklist, Item093_RepeatsTheLastCharacter) { expect_screen("A\033[3b", {{1, "AAAA"}}, {1, 5}); }
TEST(TerminalChecklist, Item094_AlternateScreenComesAndGoes) {
  expect_screen("main\033[?1049hx\033[?1049l", {{1, "main"}}, {1, 5});
}
TEST(TerminalChecklist, Item095_DecGraphicsBecomeUnicode) { expect_screen("\033(0lqk\033(Bq", {{1, "┌─┐q"}}, {1, 5}); }
TEST(TerminalChecklist, Item096_BellDoesNotEndADeviceControlString) {
  expect_screen("\033Pqabc\007def\033\\x", {{1, "x"}}, {1, 2});
}
TEST(TerminalChecklist, Item097_BellDoesNotEndAnApplicationString) {
  expect_screen("\033_abc\007\033\\x", {{1, "x"}}, {1, 2});
}
TEST(TerminalChecklist, Item098_ScreenTitleIsDiscarded) { expect_screen("\033ktitle\033\\x", {{1, "x"}}, {1, 2}); }
TEST(TerminalChecklist, Item099_ColonRenditionIsNotPrinted) { expect_screen("\033[4:3mx", {{1, "x"}}, {1, 2}); }
TEST(TerminalChecklist, Item100_KeyModifierSequenceIsNotPrinted) { expect_screen("\033[>4;2mx", {{1, "x"}}, {1, 2}); }
TEST(TerminalChecklist, Item101_QueriesAreNotPrinted) {
  expect_screen("\033[?2026$p\033[>q\033[?ux", {{1, "x"}}, {1, 2});
}
TEST(TerminalChecklist, Item102_CancelEndsASequence) { expect_screen("\033[1;2\030Hx", {{1, "Hx"}}, {1, 3}); }

}  // namespace
}  // namespace sallyport::terminal
