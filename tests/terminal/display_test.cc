// The exact bytes of differences: modes, titles, repaint, scrolls, erasing, wrap pairs, moves (terminal 6, 9.5, 9.8).
#include "terminal/display.h"

#include <gtest/gtest.h>

#include "tests/terminal/diff_testing.h"

namespace sallyport::terminal {
namespace {

// A session whose differences are looked at one after the other.
class Session {
 public:
  explicit Session(WindowSize size = {80, 24}, DisplayOptions options = {})
      : emulator(size), base(emulator.framebuffer()), options_(options) {}
  /// What the program printed, as sent.
  std::string operator()(std::string_view output) {
    emulator.write(bytes_of(output));
    return next();
  }
  std::string next() {
    std::string bytes = testing::difference(base, emulator.framebuffer(), options_);
    base = emulator.framebuffer();
    return bytes;
  }

  Emulator emulator;
  Framebuffer base;

 private:
  DisplayOptions options_;
};

std::string lines(int first, int last) {
  std::string text;
  for (int i = first; i <= last; ++i) {
    text += "\r\nline number " + std::to_string(i) + " with some text to see";
  }
  return text;
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

TEST(TerminalChecklist, Item261_MouseModesAreSwitchedAsStockDoes) {
  Session session;
  EXPECT_EQ(session("\033[?1000h\033[?1006h"), "\033[?1000h\033[?1006h");
  EXPECT_EQ(session("\033[?1003h"), "\033[?1000l\033[?1003h");
  EXPECT_EQ(session("\033[?1003l"), "\033[?1003l\033[?1002l\033[?1001l\033[?1000l");
  EXPECT_EQ(session("\033[?1006l"), "\033[?1015l\033[?1006l\033[?1005l");
  EXPECT_EQ(session("\033[?9h"), "\033[?9h");
  EXPECT_EQ(session("\033[?9l"), "\033[?9l\033[?1003l\033[?1002l\033[?1001l\033[?1000l");
}

TEST(TerminalChecklist, Item262_OtherModesAreSentOnceWhenTheyChange) {
  for (const std::string mode : {"2004", "1004", "25", "5"}) {
    Session session;
    const char first = mode == "25" ? 'l' : 'h';
    const char second = mode == "25" ? 'h' : 'l';
    EXPECT_EQ(session("\033[?" + mode + first), "\033[?" + mode + first);
    EXPECT_EQ(session("\033[?" + mode + first), "");
    EXPECT_EQ(session("\033[?" + mode + second), "\033[?" + mode + second);
    EXPECT_EQ(session(""), "");
  }
}

TEST(TerminalChecklist, Item263_ModesOfTheServerAloneAreNeverSent) {
  Session session;
  EXPECT_EQ(session("\033[?1h\033[?7l\033[4h\033[?1007h\033[3 q\033[?2027h"), "");
  EXPECT_EQ(session("\033[?1l\033[?7h\033[4l"), "");
  const std::string bytes = session("\033[5;10r\033[?6hx");
  EXPECT_EQ(bytes, "\033[5Hx");
}

TEST(TerminalChecklist, Item264_TitlesAreSentTogetherIfTheyAreEqual) {
  Session session;
  EXPECT_EQ(session("\033]0;a\a"), "\033]0;a\a");
  EXPECT_EQ(session("\033]2;b\a"), "\033]1;a\a\033]2;b\a");
  EXPECT_EQ(session("\033]1;b\033\\"), "\033]0;b\a");
  EXPECT_EQ(session("\033]2;b\a"), "");
}

TEST(TerminalChecklist, Item264_LongTitlesKeepWithinTheLimit) {
  Session session;
  std::string title;
  for (int i = 0; i < 300; ++i) {
    title += "\u00E9";
  }
  const std::string bytes = session("\033];" + title + "\a");
  EXPECT_EQ(bytes.size(), 4U + 254 * 2 + 1);
  EXPECT_EQ(bytes.back(), '\a');
}

TEST(TerminalChecklist, Item265_NoTitleIsSentBeforeTheProgramSetOne) {
  Session session;
  const Framebuffer blank = session.base;
  session("hello");
  EXPECT_EQ(count(testing::difference(blank, session.base, {}, Receiver::kUnknown), "\033]"), 0U);
  session("\033]2;t\a");
  EXPECT_EQ(count(testing::difference(blank, session.base, {}, Receiver::kUnknown), "\033]2;t\a"), 1U);
}

TEST(TerminalChecklist, Item266_ClipboardIsSentInOneForm) {
  Session session;
  EXPECT_EQ(session("\033]52;c;aGk=\a"), "\033]52;c;aGk=\a");
  EXPECT_EQ(session("\033]52;;aGo=\a"), "\033]52;c;aGo=\a");
  EXPECT_EQ(session(""), "");
  EXPECT_EQ(session("\033]52;c;aGo=\a"), "\033]52;c;aGo=\a");  // the same text copied again
}

TEST(TerminalChecklist, Item267_ClipboardQueryIsNeitherStoredNorSent) {
  Session session;
  EXPECT_EQ(session("\033]52;c;?\a"), "");
  EXPECT_EQ(session.emulator.framebuffer().strings().clipboard, "");
}

TEST(TerminalChecklist, Item268_SeveralBellsAreOne) {
  Session session;
  EXPECT_EQ(session("\a\a\a"), "\a");
  EXPECT_EQ(session(""), "");
}

TEST(TerminalChecklist, Item285_SizeChangeRepaints) {
  Session session;
  session("\033[1;31mhello\033[m\a\033[?2004h");
  session.emulator.resize({40, 10});
  const std::string bytes = session.next();
  EXPECT_TRUE(bytes.starts_with("\033[?5l\033[r\033[0m\033[H\033[2J")) << bytes.substr(0, 30);
  testing::StockReplica replica(40, 10, testing::our_width);
  replica.apply(bytes_of(bytes));
  EXPECT_EQ(replica.faults() + testing::mismatch(replica, session.base), "");
}

TEST(TerminalChecklist, Item225_WhatStockLacksIsLeftOut) {
  Session session;
  EXPECT_EQ(session("\033[31;2;9;53mD\033[m"), "\033[31mD\033[m");
  EXPECT_EQ(session("\033[4:3mu\033[m"), "\033[4mu\033[m");
  EXPECT_EQ(session("\033]8;;http://x/\033\\L\033]8;;\033\\"), "L");
}

TEST(TerminalChecklist, Item221_PaletteColoursAreCanonical) {
  Session session;
  EXPECT_EQ(session("\033[91mA"), "\033[38;5;9mA");
  EXPECT_EQ(session("\033[38;5;3mB"), "\033[33mB");
  EXPECT_EQ(session("\033[48;2;1;2;3;1mC"), "\033[1;48;2;1;2;3mC");
  EXPECT_EQ(session("\033[22mD"), "\033[22mD");
  EXPECT_EQ(session("\033[0;4mE"), "\033[0;4mE");
  EXPECT_EQ(session("\033[m"), "\033[m");
}

TEST(TerminalChecklist, Item326_CursorInTheLastColumnIsPlacedNotBackspaced) {
  Session session;
  const std::string bytes = session("\033[24H" + std::string(80, 'X'));
  EXPECT_EQ(bytes, "\033[24H" + std::string(80, 'X') + "\033[24;80H");
  EXPECT_EQ(session("\033[1m\033[m\033[?25l"), "\033[?25l");
}

TEST(TerminalChecklist, Item327_AutoWrappedRowIsSentAsAWrapPair) {
  Session session;
  EXPECT_EQ(session("\033[8H" + std::string(79, 'W')), "\033[8H" + std::string(79, 'W'));
  EXPECT_EQ(session("Wyy"), "\033[8;80HWyy");
  // The pair goes over a change of rendition, and what follows it is not moved to.
  Session colours;
  EXPECT_EQ(colours(std::string(80, 'a') + "\033[1mb"), std::string(79, 'a') + "\033[;80Ha\033[1mb");
  // A row whose cells do not change, but whose wrap mark does.
  Session late;
  late(std::string(80, 'a') + "\r\nb");
  EXPECT_EQ(late("\033[;80Ha\b\033[;80Hab"), "\033[;80Hab");
}

TEST(TerminalChecklist, Item327_TheWrapMarkOfAWideLastCharacterIsSentToo) {
  Session session({10, 4});
  session("12345678\u6F22\r\nb");
  EXPECT_EQ(session("\033[;9H\u6F22b"), "\033[;9H\u6F22b");
  EXPECT_EQ(session("\033[;9H\u6F22"), "\033[;9H\u6F22\033[;10H");  // the mark is gone again
}

TEST(TerminalChecklist, Item327_NoPairWithUnstableWidths) {
  Session session({10, 4});
  const std::string bytes = session("abcdefghi\uE0B0x");
  EXPECT_EQ(bytes, "abcdefghi\uE0B0\033[2Hx");
}

TEST(TerminalChecklist, Item328_WideCharactersNeverStartInTheLastColumn) {
  // StockReplica faults if one does; random programs in Item321 print many at the margin. Here the plain case.
  Session session({9, 4});
  const std::string bytes = session("\u6F22\u6F22\u6F22\u6F22\u6F22\u6F22");
  EXPECT_EQ(bytes, "\u6F22\u6F22\u6F22\u6F22\r\n\u6F22\u6F22");
}

TEST(TerminalChecklist, Item329_ScrollsCostWhatTheNewLinesCost) {
  Session session;
  session("first" + lines(2, 24));
  EXPECT_EQ(session("\r\nnew25"), "\n\rnew25");
  EXPECT_EQ(session("\r\na\r\nb\r\nc"), "\n\n\n\033[22Ha\r\nb\r\nc");
  // A block inside the screen, upwards and downwards.
  EXPECT_EQ(session("\033[5;20r\033[20H\n\033[rREGION\033[H"), "\033[5;20r\033[S\033[rREGION\r");  // CSI r goes home
  EXPECT_EQ(session("\033[5H\033[2L\033[Hx"), "\033[5r\033[2T\033[rx");
  EXPECT_EQ(session("\033[24H\033[H\033M"), "\033[T\r");
}

TEST(TerminalChecklist, Item329_BlankRowsAtTheBottomScrollAlong) {
  Session session;
  session("first" + lines(2, 23) + "\r\n");
  EXPECT_EQ(session("new24\r\n"), "\n\033[Anew24\r\n") << "as a program prints line by line: no margins";
  session("\033[24Hstatus");
  EXPECT_EQ(session("\033[2;23r\033[23H\nnew23\033[r"), "\033[2;23r\033[S\033[r\033[23Hnew23\033[H")
      << "something lies below";
  session("\033[20H\033[J");
  EXPECT_EQ(session("\033[3H\033[M\033[18;3H"), "\033[3r\033[S\033[r\033[18;3H") << "from the middle on";
}

TEST(TerminalChecklist, Item329_TwoBlocksAtOnceAndAStatusLine) {
  Session session;
  session("top" + lines(2, 23) + "\033[24Hstatus 1");
  const std::string bytes = session("\033[;10r\033[10H\n\033[12;22r\033[22H\n\033[r\033[24Hstatus 2");
  EXPECT_LT(bytes.size(), 60U) << bytes;
  EXPECT_EQ(count(bytes, "\033[S"), 2U);
  EXPECT_EQ(count(bytes, "\033[r"), 1U);
}

TEST(TerminalChecklist, Item329_RowsThatDidNotMoveAreNotDisturbed) {
  // Two equal short lines swapped: writing them is cheaper than any scroll.
  Session session;
  session("a\r\nb");
  EXPECT_EQ(session("\033[H\033[L\033[3H\033[M\033[Hb\r\na"), "\033[Hb\r\na");
}

TEST(TerminalChecklist, Item330_BlanksAreErased) {
  Session session;
  session("abcdefghijklmnopqrstuvwxyz");
  EXPECT_EQ(session("\033[3G     "), "\033[3G\033[5X\033[8G");
  EXPECT_EQ(session("\033[10G    "), "hi    ");
  EXPECT_EQ(session("\033[16G\033[K"), "no\033[K");
  EXPECT_EQ(session("\033[3;3H\033[44m      "), "\033[3;3H\033[44m\033[6X\033[9G");
  Session plain({80, 24}, {.has_bce = false});
  plain("\033[44mx\033[m\033[H");
  EXPECT_EQ(plain("\033[44m\033[K\033[m"), "\033[44m" + std::string(80, ' ') + "\r\033[m");
}

TEST(TerminalChecklist, Item330_AClearedScreenIsOneSequence) {
  Session session;
  session("first" + lines(2, 24));
  EXPECT_EQ(session("\033[H\033[J"), "\033[H\033[J");
  session("first" + lines(2, 24));
  EXPECT_EQ(session("\033[5H\033[44m\033[J\033[m"), "\033[5H\033[44m\033[J\033[m");
}

TEST(TerminalChecklist, Item331_WithoutEchSpacesAreSent) {
  Session session({80, 24}, {.has_ech = false});
  session("abcdefghijklmnop");
  EXPECT_EQ(session("\033[3G      \033[3G"), "\033[3G      \033[3G");
  Session untitled({80, 24}, {.has_title = false});
  EXPECT_EQ(untitled("\033]0;a\a\033]1;b\a\033]2;c\a"), "");
}

TEST(TerminalChecklist, Item332_AfterAnUnstableCellTheNextMoveIsAbsolute) {
  Session session;
  EXPECT_EQ(session("\U0001F600ab"), "\U0001F600\033[;3Hab");
  EXPECT_EQ(session("\r\n"), "\r\n");
  // Written over something: that is blanked before, and what is right of it is written again.
  Session over;
  over("abcdef\r");
  EXPECT_EQ(over("\U0001F600"), "\033[2X\U0001F600\033[;3Hc\b");
}

TEST(Display, TypingCostsNoMoreThanTheCharacters) {
  Session session;
  session("first" + lines(2, 23) + "\r\n$ ");
  EXPECT_EQ(session("l"), "l");
  EXPECT_EQ(session("s"), "s");
  EXPECT_EQ(session("\b \b"), "\b\033[K");
  EXPECT_EQ(session("s -l"), "s -l");
  EXPECT_EQ(session("\r\n$ "), "\n\r$ ");
}

TEST(Display, BlanksBetweenWordsAreNotMovedOver) {
  Session session;
  EXPECT_EQ(session("\033[31mred\033[m plain"), "\033[31mred\033[m plain") << "the next word's style is the blank's";
  EXPECT_EQ(session("\r\n\033[31mred\033[m \033[32mgreen\033[m"), "\r\n\033[31mred\033[C\033[32mgreen\033[m")
      << "neither's is";
}

TEST(Display, ShortMovesArePreferred) {
  Session session;
  session("\033[10;20H");
  EXPECT_EQ(session("\b\b"), "\b\b");
  EXPECT_EQ(session("\033[C"), " ");  // printing the blank again is shorter than moving over it
  EXPECT_EQ(session("\033[10C"), "\033[29G");
  EXPECT_EQ(session("\n\n"), "\n\n");
  EXPECT_EQ(session("\r"), "\r");
  EXPECT_EQ(session("\033[A"), "\033[A");
  EXPECT_EQ(session("\033[20d"), "\033[9B");
  EXPECT_EQ(session("\033[H"), "\033[H");
  EXPECT_EQ(session("\033[40G"), "\033[40G");
}

TEST(Display, UnknownReceiverIsToldEverything) {
  Session session;
  const Framebuffer blank = session.base;
  EXPECT_EQ(testing::difference(blank, blank, {}, Receiver::kUnknown),
            "\033[?5l\033[r\033[0m\033[H\033[2J\033[?25h\033[?2004l\033[?1003l\033[?1002l\033[?1001l\033[?1000l"
            "\033[?1004l\033[?1015l\033[?1006l\033[?1005l");
}

TEST(Display, OutputOverTheBudgetStopsAtARowAndSaysSo) {
  Emulator emulator({400, 400});
  const Framebuffer base = emulator.framebuffer();
  std::string program;
  for (int i = 0; i < 160000; ++i) {
    program += "\033[38;2;" + std::to_string(i % 256) + ";1;" + std::to_string(i / 256 % 256) + "mx";
  }
  emulator.write(bytes_of(program));
  Display display;
  DiffBuffer out;
  constexpr std::size_t kBudget = std::size_t{1} << 20U;
  const DiffExtent extent = display.write(base, emulator.framebuffer(), Receiver::kShowsBase, out, kBudget);
  EXPECT_LE(out.size(), kBudget);
  EXPECT_GT(out.size(), kBudget - 400 * 100);
  EXPECT_GT(extent.rows, 0U);
  EXPECT_LT(extent.rows, 400U);
  testing::StockReplica replica = testing::replica_of(base);
  replica.apply(out.bytes());
  EXPECT_EQ(replica.faults(), "");
  Framebuffer shown = emulator.framebuffer();
  shown.take_rows(extent.rows, 400, base);
  EXPECT_EQ(testing::mismatch(replica, shown), "");
}

TEST(Display, RowsInAnyOrderAreSearchedInBoundedTime) {
  // Every row moved, none next to its neighbour: the worst case of the scroll search (terminal 7.3, 28).
  Emulator emulator({8, 1024});
  for (int i = 1; i <= 1024; ++i) {
    emulator.write(bytes_of("\033[" + std::to_string(i) + "Hrow" + std::to_string(i)));
  }
  const Framebuffer base = emulator.framebuffer();
  for (int i = 0; i < 1024; ++i) {  // reverse the order by moving the last row up
    emulator.write(
        bytes_of("\033[" + std::to_string(i + 1) + ";1024r\033[" + std::to_string(i + 1) + "H\033M\033[r"));
  }
  testing::StockReplica replica = testing::replica_of(base);
  replica.apply(bytes_of(testing::difference(base, emulator.framebuffer())));
  EXPECT_EQ(replica.faults() + testing::mismatch(replica, emulator.framebuffer()), "");
}

}  // namespace
}  // namespace sallyport::terminal
