// The emulator's part of terminal.md 9.2 to 9.6: parser and limits, renditions, replies, modes and names, resize and
// the alternate screen.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/terminal/emulator_testing.h"

namespace sallyport::terminal {
namespace {

using namespace std::literals;
using testing::ElementsAre;
using testing::IsEmpty;

// ---- 9.2 Parser and limits ----

TEST(TerminalChecklist, Item201_AnySplitGivesTheSameScreenAndReplies) {
  const std::string input =
      "\033[1;31mred \xE6\xBC\xA2\xE5\xAD\x97 "
      "e\xCC\x81\033[0m\033]2;t\xC3\xA9tle\033\\\033]52;c;aGk=\007\033[6n\033[5;5Hx\033P$qm\033\\"
      "\xC2\033[c\xFF\xE6\xBC\033(0qq\033(B\033[?2026$p\033[38:2::1:2:3mz\033]8;;http://a/"
      "\007link\033]8;;\007\033_x\xE6\033\\y";
  Emulator whole(kUsual);
  feed(whole, input);
  const std::vector<Reply> replies = take_replies(whole);
  for (std::size_t cut = 0; cut <= input.size(); ++cut) {
    Emulator split(kUsual);
    feed(split, std::string_view(input).substr(0, cut));
    feed(split, std::string_view(input).substr(cut));
    EXPECT_EQ(difference(whole.framebuffer(), split.framebuffer()), "") << "cut at " << cut;
    EXPECT_EQ(take_replies(split), replies) << "cut at " << cut;
  }
  Emulator bytewise(kUsual);
  feed_bytewise(bytewise, input);
  EXPECT_EQ(difference(whole.framebuffer(), bytewise.framebuffer()), "");
}

TEST(TerminalChecklist, Item202_CharacterSplitAcrossReadsIsOneCharacter) {
  Emulator emulator(kUsual);
  feed(emulator, "\xE6\xBC");
  EXPECT_EQ(row_text(emulator.framebuffer(), 0), "");
  feed(emulator, "\xA2");
  EXPECT_EQ(row_text(emulator.framebuffer(), 0), "漢");
}

TEST(TerminalChecklist, Item203_ManyParametersStillSetTheRendition) {
  const After after("\033[" + times("1;", 60) + "mA");
  EXPECT_TRUE(after.at(0, 0).has(kBold));
  EXPECT_EQ(after.frame().cursor(), (Position{0, 1}));
}

TEST(TerminalChecklist, Item204_OverlargeParametersAreAbsent) {
  expect_screen("\033[70000;99999999999999999999Hx", {{1, "x"}}, {1, 2});
}

TEST(TerminalChecklist, Item205_TooManyIntermediatesMeanNothing) {
  expect_screen("\033[" + times(" ", 9) + "qx", {{1, "x"}}, {1, 2});
}

TEST(TerminalChecklist, Item206_LongTitleIsCutAndMemoryBounded) {
  Emulator emulator(kUsual);
  const std::size_t before = emulator.bytes_in_use();
  feed(emulator, "\033]2;");
  for (int i = 0; i < 300; ++i) feed(emulator, times("é", 500));
  EXPECT_LT(emulator.bytes_in_use(), before + 128 * 1024);
  feed(emulator, "\007x");
  EXPECT_EQ(emulator.framebuffer().strings().window_title, times("é", 254));
  EXPECT_EQ(row_text(emulator.framebuffer(), 0), "x");
  EXPECT_LT(emulator.bytes_in_use(), before + 16 * 1024);
}

TEST(TerminalChecklist, Item207_CancelledTitleIsNotSet) {
  const After after("\033]2;old\007\033]2;new\030x");
  EXPECT_EQ(after.frame().strings().window_title, "old");
  EXPECT_EQ(after.row(0), "x");
}

TEST(TerminalChecklist, Item208_StringBodiesAreNotKept) {
  for (const std::string introducer : {"\033P", "\033_", "\033^", "\033X", "\033k"}) {
    Emulator emulator(kUsual);
    const std::size_t before = emulator.bytes_in_use();
    feed(emulator, introducer);
    const std::string piece = times("q\xE6\xBC\xA2", 25000);
    for (int i = 0; i < 100; ++i) feed(emulator, piece);
    EXPECT_EQ(emulator.bytes_in_use(), before);
    feed(emulator, "\033\\x");
    EXPECT_EQ(row_text(emulator.framebuffer(), 0), "x");
  }
}

TEST(TerminalChecklist, Item209_LetterAboveAsciiAbortsASequence) {
  expect_screen("\033[5éx", {{1, "x"}}, {1, 2});
  expect_screen("\033éx", {{1, "x"}}, {1, 2});
}

TEST(TerminalChecklist, Item210_EscapeRestartsEverySequence) {
  expect_screen("\033[1\033[5Gx", {{1, "    x"}}, {1, 6});
  for (const std::string begun : {"\033", "\033(", "\033[?", "\033[1 ", "\033[:", "\033P", "\033P1", "\033P1$",
                                  "\033P1$q", "\033]0;", "\033_a"}) {
    expect_screen(begun + "\033[5Gx", {{1, "    x"}}, {1, 6});
  }
}

// ---- 9.3 Renditions ----

TEST(TerminalChecklist, Item221_BrightColorIsPaletteNine) {
  EXPECT_EQ(After("\033[91mA").at(0, 0).foreground, Color::palette(9));
}

TEST(TerminalChecklist, Item222_PaletteThreeIsAnsiThree) {
  EXPECT_EQ(After("\033[38;5;3mB").at(0, 0), After("\033[33mB").at(0, 0));
}

TEST(TerminalChecklist, Item223_ColorsAndAttributesTogether) {
  Rendition expected{.foreground = Color::palette(196), .background = Color::rgb(1, 2, 3)};
  expected.set(kBold, true);
  EXPECT_EQ(After("\033[38;5;196;48;2;1;2;3;1mC").at(0, 0), expected);
}

TEST(TerminalChecklist, Item224_EachAttributeIsTakenBack) {
  const After set("\033[1;3;4;5;7;8mx");
  for (const Attribute attribute : {kBold, kItalic, kBlink, kInverse, kInvisible})
    EXPECT_TRUE(set.at(0, 0).has(attribute));
  EXPECT_EQ(set.at(0, 0).underline(), Underline::kSingle);
  EXPECT_EQ(After("\033[1;3;4;5;7;8m\033[22;23;24;25;27;28m").frame().pen(), Rendition());
}

TEST(TerminalChecklist, Item225_RarerAttributesAreKept) {
  const Rendition rendition = After("\033[31;2;9;53mD").at(0, 0);
  EXPECT_EQ(rendition.foreground, Color::palette(1));
  EXPECT_TRUE(rendition.has(kFaint) && rendition.has(kStrike) && rendition.has(kOverline));
  EXPECT_EQ(After("\033[31;6;10;20;26;50;73mD").at(0, 0), After("\033[31mD").at(0, 0));
}

TEST(TerminalChecklist, Item226_IncompleteColorSwallowsTheRest) {
  EXPECT_EQ(After("\033[38;5mE").at(0, 0), Rendition());
  EXPECT_EQ(After("\033[48;2;1;2mE").at(0, 0), Rendition());
}

TEST(TerminalChecklist, Item227_ComponentAbove255ChangesNothing) {
  EXPECT_EQ(After("\033[32m\033[38;2;300;0;0mF").at(0, 0).foreground, Color::palette(2));
  EXPECT_EQ(After("\033[32m\033[38;5;256mF").at(0, 0).foreground, Color::palette(2));
}

TEST(TerminalChecklist, Item228_ColonFormsAreUnderstood) {
  EXPECT_EQ(After("\033[4:3mG").at(0, 0).underline(), Underline::kCurly);
  EXPECT_EQ(After("\033[4:3m\033[4:0mG").at(0, 0), Rendition());
  EXPECT_EQ(After("\033[38:5:7mG").at(0, 0).foreground, Color::palette(7));
  EXPECT_EQ(After("\033[48:2::1:2:3mG").at(0, 0).background, Color::rgb(1, 2, 3));
  EXPECT_EQ(After("\033[48:2:1:2:3mG").at(0, 0).background, Color::rgb(1, 2, 3));
  expect_screen("\033[3:1Hx", {{1, "x"}}, {1, 2});  // only SGR has sub-parameters
}

TEST(TerminalChecklist, Item229_UnderlineColorSetsNothingElse) {
  EXPECT_EQ(After("\033[58;5;1mH").at(0, 0), Rendition());
  EXPECT_EQ(After("\033[58;2;1;2;3mH").at(0, 0), Rendition());
  EXPECT_EQ(After("\033[58:2::1:2:3mH").at(0, 0), Rendition());
  EXPECT_EQ(After("\033[58;5;1;1mH").at(0, 0).attributes, kBold);
}

TEST(TerminalChecklist, Item230_ErasingKeepsTheBackground) {
  const Rendition blue{.foreground = {}, .background = Color::palette(4)};
  const auto expect_blue = [&blue](std::string_view input, std::uint32_t row, std::uint32_t column) {
    const After after("\033[31;1;44m"s.append(input));
    EXPECT_TRUE(after.frame().row(row)[column].is_empty()) << input;
    EXPECT_EQ(after.at(row, column), blue) << input;
  };
  expect_blue("\033[2J", 0, 0);
  expect_blue("\033[2J", 23, 79);
  expect_blue("\033[5G\033[K", 0, 79);
  expect_blue("\033[2X", 0, 1);
  expect_blue("ab\033[H\033[@", 0, 0);
  expect_blue("ab\033[H\033[P", 0, 79);
  expect_blue("\033[L", 0, 40);
  expect_blue("\033[M", 23, 40);
  expect_blue("\033[S", 23, 0);
  expect_blue("\033[T", 0, 79);
  expect_blue("\033[24H\n", 23, 3);
  expect_blue("\033M", 0, 3);
  EXPECT_EQ(After("\033[44m\033[1;1H\n").at(5, 5), Rendition());
}

TEST(TerminalChecklist, Item231_ErasingIgnoresInverse) { EXPECT_EQ(After("\033[7m\033[K").at(0, 0), Rendition()); }

// ---- 9.4 Replies: kinds; the monitor prints the bytes ----

std::vector<Reply> replies_to(std::string_view input) {
  Emulator emulator(kUsual);
  feed(emulator, input);
  return take_replies(emulator);
}

constexpr Reply kAttributes{ReplyKind::kPrimaryAttributes};

TEST(TerminalChecklist, Item241_PrimaryAttributesWithAnyParameter) {
  for (const std::string_view input : {"\033[c", "\033[0c", "\033[5c", "\033Z"}) {
    EXPECT_THAT(replies_to(input), ElementsAre(kAttributes)) << input;
  }
}

TEST(TerminalChecklist, Item242_SecondaryAttributes) {
  EXPECT_THAT(replies_to("\033[>c"), ElementsAre(Reply{ReplyKind::kSecondaryAttributes}));
  EXPECT_THAT(replies_to("\033[>0c"), ElementsAre(Reply{ReplyKind::kSecondaryAttributes}));
}

TEST(TerminalChecklist, Item243_Status) {
  EXPECT_THAT(replies_to("\033[5n"), ElementsAre(Reply{ReplyKind::kStatusOk}));
}

TEST(TerminalChecklist, Item244_CursorPosition) {
  EXPECT_THAT(replies_to("\033[3;7H\033[6n"), ElementsAre(Reply{ReplyKind::kCursorPosition, 3, 7}));
  EXPECT_THAT(replies_to("\033[5;9r\033[?6h\033[2;3H\033[6n"), ElementsAre(Reply{ReplyKind::kCursorPosition, 2, 3}));
}

TEST(TerminalChecklist, Item245_ReportKeepsPendingWrap) {
  EXPECT_THAT(replies_to(times("A", 80) + "\033[6nB"), ElementsAre(Reply{ReplyKind::kCursorPosition, 1, 80}));
  expect_screen(times("A", 80) + "\033[6nB", {{1, times("A", 80)}, {2, "B"}}, {2, 2});
}

TEST(TerminalChecklist, Item246_ModesAreReported) {
  const auto state = [](std::string_view before, std::uint32_t mode) {
    return replies_to(std::string(before) + "\033[?" + std::to_string(mode) + "$p");
  };
  EXPECT_THAT(state("", 2026), ElementsAre(Reply{ReplyKind::kPrivateMode, 2026, 2}));
  EXPECT_THAT(state("\033[?2026h", 2026), ElementsAre(Reply{ReplyKind::kPrivateMode, 2026, 1}));
  for (const std::uint32_t unknown : {9999U, 1016U, 2027U, 69U, 0U}) {
    EXPECT_THAT(state("", unknown), ElementsAre(Reply{ReplyKind::kPrivateMode, unknown, 0}));
  }
  for (const std::uint32_t known :
       {1U, 5U, 6U, 9U, 47U, 1000U, 1002U, 1003U, 1004U, 1006U, 1015U, 1047U, 1049U, 2004U}) {
    EXPECT_THAT(state("", known), ElementsAre(Reply{ReplyKind::kPrivateMode, known, 2}));
    EXPECT_THAT(state("\033[?" + std::to_string(known) + "h", known),
                ElementsAre(Reply{ReplyKind::kPrivateMode, known, 1}));
  }
  EXPECT_THAT(state("", 7), ElementsAre(Reply{ReplyKind::kPrivateMode, 7, 1}));
  EXPECT_THAT(state("", 25), ElementsAre(Reply{ReplyKind::kPrivateMode, 25, 1}));
  EXPECT_THAT(replies_to("\033[4$p\033[4h\033[4$p\033[20$p"),
              ElementsAre(Reply{ReplyKind::kAnsiMode, 4, 2}, Reply{ReplyKind::kAnsiMode, 4, 1},
                          Reply{ReplyKind::kAnsiMode, 20, 0}));
}

TEST(TerminalChecklist, Item247_RepliesComeInOrder) {
  EXPECT_THAT(replies_to("\033[6n\033[c"), ElementsAre(Reply{ReplyKind::kCursorPosition, 1, 1}, kAttributes));
  EXPECT_THAT(replies_to("\033]11;?\007\033[c"), ElementsAre(kAttributes));
}

TEST(TerminalChecklist, Item248_QueriesThatAreNotAnswered) {
  for (const std::string_view input :
       {"\033[?6n", "\033[=c", "\033[20t", "\033[21t", "\005", "\033]52;c;?\007", "\033]11;?\007", "\033]4;1;?\007",
        "\033[?u", "\033[14t", "\033[?15n", "\033[7n", "\033[>1q", "\033[x"}) {
    EXPECT_THAT(replies_to(input), IsEmpty()) << input;
  }
}

// The emulator makes no bytes at all: a replica whose replies nobody takes shows what one that was asked nothing shows.
TEST(TerminalChecklist, Item249_ReplicaThatIsAskedStaysAsItWas) {
  After asked("x\033[c\033[>c\033[5n\033[3;7H\033[6n");
  EXPECT_EQ(difference(asked.frame(), After("x\033[3;7H").frame()), "");
  EXPECT_EQ(asked.emulator.replies().size(), 4U);
}

TEST(Replies, VersionSizeAndRefusals) {
  EXPECT_THAT(replies_to("\033[>q"), ElementsAre(Reply{ReplyKind::kVersion}));
  EXPECT_THAT(replies_to("\033[18t"), ElementsAre(Reply{ReplyKind::kWindowSize}));
  EXPECT_THAT(replies_to("\033P$qm\033\\"), ElementsAre(Reply{ReplyKind::kRefusedStatusString}));
  EXPECT_THAT(replies_to("\033P+q544e\033\\"), ElementsAre(Reply{ReplyKind::kRefusedTermcap}));
  EXPECT_THAT(replies_to("\033P+q544e\030"), IsEmpty());
}

// ---- 9.5 Modes, titles, clipboard, bell: the state ----

TEST(TerminalChecklist, Item265_TitleIsUnsetUntilAProgramSetsOne) {
  EXPECT_FALSE(After("\033[22;0t\033[23;0tabc").frame().title_was_set());
  EXPECT_TRUE(After("\033]2;\007").frame().title_was_set());
}

TEST(TerminalChecklist, Item266_EverySelectorIsTheClipboard) {
  EXPECT_EQ(After("\033]52;c;aGk=\007").frame().strings().clipboard, "aGk=");
  for (const std::string selector : {"", "p", "q", "s", "0", "7", "pc", "cs01"}) {
    const After after("\033]52;" + selector + ";aGo=\033\\");
    EXPECT_EQ(after.frame().strings().clipboard, "aGo=") << selector;
    EXPECT_EQ(after.frame().clipboard_sequence(), 1U);
  }
  EXPECT_EQ(After("\033]52;c;aGk=\007\033]52;c;aGk=\007").frame().clipboard_sequence(), 2U);
}

TEST(TerminalChecklist, Item267_ClipboardTakesOnlyBase64) {
  for (const std::string data : {"?", "a?", "aGk=\xC3\xA9", "aG k", "a===", "=a", "a-b", "a_b"}) {
    const After after("\033]52;c;aGk=\007\033]52;c;" + data + "\007");
    EXPECT_EQ(after.frame().strings().clipboard, "aGk=") << data;
    EXPECT_EQ(after.frame().clipboard_sequence(), 1U) << data;
  }
  for (const std::string selector : {"x", "8", "c;c"}) {
    EXPECT_EQ(After("\033]52;" + selector + ";aGk=\007").frame().clipboard_sequence(), 0U) << selector;
  }
  const std::string longest = times("A", 16379);
  EXPECT_EQ(After("\033]52;;" + longest + "\007").frame().strings().clipboard, longest);
  EXPECT_EQ(After("\033]52;;" + longest + "A\007").frame().clipboard_sequence(), 0U);
  EXPECT_EQ(After("\033]52;c;" + longest + "AAAA\007").frame().clipboard_sequence(), 0U);
}

TEST(TerminalChecklist, Item268_BellsAreCounted) { EXPECT_EQ(After("\007\007\007").frame().bell_count(), 3U); }

TEST(TerminalChecklist, Item269_ResetKeepsTheBellCounter) {
  const After after("\007\033]0;t\007\033]52;c;aGk=\007\033c");
  EXPECT_EQ(after.frame().bell_count(), 1U);
  EXPECT_EQ(after.frame().strings(), Strings());
  EXPECT_EQ(after.frame().clipboard_sequence(), 1U);
}

// ---- 9.6 Resize and alternate screen ----

TEST(TerminalChecklist, Item281_NarrowingCutsWithoutReflow) {
  After after(times("A", 85) + "\r\n\033[3;1H\t\t\t\t\t\tx");
  EXPECT_TRUE(after.frame().row(0).wraps());
  after.emulator.resize({40, 24});
  after.emulator.resize({80, 24});
  EXPECT_EQ(after.row(0), times("A", 40));
  EXPECT_EQ(after.row(1), "AAAAA");
  EXPECT_FALSE(after.frame().row(0).wraps());
  feed(after.emulator, "\033[5;1H\t\t\t\t\t\tx");
  EXPECT_EQ(after.row(4), times(" ", 48) + "x");
  feed(after.emulator, "\033[3g\033[5G\033H");
  after.emulator.resize({160, 24});
  feed(after.emulator, "\r\tx\t");
  EXPECT_EQ(after.frame().cursor().column, 159U);  // new columns get no stops once all were cleared
}

TEST(TerminalChecklist, Item282_CursorsLineStaysVisible) {
  After after("\033[20;1Hhere\033[1;1Htop\033[20;5H");
  after.emulator.resize({80, 10});
  EXPECT_EQ(after.frame().cursor(), (Position{9, 4}));
  EXPECT_EQ(after.row(9), "here");
  EXPECT_EQ(after.row(0), "");
  after.emulator.resize({80, 24});
  EXPECT_EQ(after.row(9), "here");
  EXPECT_EQ(malformation(after.frame()), "");

  After high("top\033[2;1H");
  high.emulator.resize({80, 10});
  EXPECT_EQ(high.row(0), "top");
}

TEST(TerminalChecklist, Item283_WideCharacterOnTheNewEdgeIsBlanked) {
  After after(times("A", 39) + "漢");
  after.emulator.resize({40, 24});
  EXPECT_EQ(after.row(0), times("A", 39));
  EXPECT_EQ(malformation(after.frame()), "");
}

TEST(TerminalChecklist, Item284_ResizeEndsTheRegion) {
  After after("\033[5;10r");
  after.emulator.resize({80, 20});
  feed(after.emulator, "\033[1;1Ha\033[2;1Hb\033[20;1H\n");
  EXPECT_EQ(after.row(0), "b");
}

TEST(TerminalChecklist, Item286_MainScreenComesBackAtTheNewSize) {
  After after("main\033[3;70Hx\033[?1049h\033[2J\033[24;1Hdrawn");
  after.emulator.resize({40, 20});
  EXPECT_EQ(after.row(19), "drawn");
  feed(after.emulator, "\033[?1049l");
  EXPECT_EQ(after.row(0), "main");
  EXPECT_EQ(after.frame().cursor(), (Position{2, 39}));
  EXPECT_EQ(malformation(after.frame()), "");
}

TEST(TerminalChecklist, Item287_AbsurdSizesAreClamped) {
  After after("x");
  for (const WindowSize size :
       {WindowSize{0, 0}, WindowSize{0xFFFFFFFF, 5}, WindowSize{1U << 31U, 1U << 31U}, WindowSize{80, 0}}) {
    after.emulator.resize(size);
    EXPECT_TRUE(within_limits(after.frame().size()));
    feed(after.emulator, "漢x\033[999;999H\n");
    EXPECT_EQ(malformation(after.frame()), "");
  }
}

}  // namespace
}  // namespace sallyport::terminal
