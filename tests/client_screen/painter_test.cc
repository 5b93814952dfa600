// What the terminal is given: the language that tty lets through, by what the terminal can do.
#include "client/screen/painter.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

#include "tests/client_screen/screen_rig.h"
#include "tests/terminal/emulator_testing.h"

namespace sallyport::client {
namespace {

using terminal::After;
using terminal::Emulator;
using terminal::row_text;

// ---- fitted() ----

TEST(Fitted, LeavesAScreenOfTheWindowsSizeAlone) {
  After after("\x1b[5;5Hx");
  const auto fit = fitted(after.frame(), {80, 24});
  EXPECT_TRUE(fit.same_rows(after.frame()));
  EXPECT_EQ(fit.cursor(), after.frame().cursor());
}

TEST(Fitted, CutsBelowAndAtTheRightAndNeverHalfACharacter) {
  After after("abcd漢\r\n2\r\n3\x1b[1;7H");
  const auto fit = fitted(after.frame(), {5, 2});
  EXPECT_EQ(row_text(fit, 0), "abcd");
  EXPECT_EQ(row_text(fit, 1), "2");
  EXPECT_EQ(fit.cursor(), (terminal::Position{0, 4}));
  EXPECT_EQ(terminal::malformation(fit), "");
}

TEST(Fitted, KeepsTheRowOfTheCursorAsTheServerWill) {
  After after("1\r\n2\r\n3\r\n4\r\n5");
  const auto fit = fitted(after.frame(), {80, 3});
  EXPECT_EQ(row_text(fit, 0), "3");
  EXPECT_EQ(row_text(fit, 2), "5");
  EXPECT_EQ(fit.cursor(), (terminal::Position{2, 1}));
}

TEST(Fitted, FillsALargerWindowWithBlanks) {
  After after("\x1b[44m\x1b[2Jx", {10, 2});
  const auto fit = fitted(after.frame(), {14, 4});
  EXPECT_EQ(terminal::rendition_at(fit, 0, 9).background, terminal::Color::palette(4));
  EXPECT_EQ(terminal::rendition_at(fit, 0, 10), terminal::Rendition());
  EXPECT_EQ(terminal::rendition_at(fit, 3, 0), terminal::Rendition());
}

// ---- put_title_prefix() ----

TEST(TitlePrefix, GoesBeforeTheIconNameOnlyIfThatIsTheTitle) {
  for (const auto& [input, icon, window] :
       {std::array{"\x1b]0;both\a", "[mosh] both", "[mosh] both"},
        std::array{"\x1b]1;icon\a\x1b]2;window\a", "icon", "[mosh] window"},
        std::array{"\x1b]2;window\a", "", "[mosh] window"}, std::array{"\x1b]0;\a", "[mosh] ", "[mosh] "}}) {
    After after(input);
    auto frame = after.frame();
    put_title_prefix(frame);
    EXPECT_EQ(frame.strings().icon_name, icon);
    EXPECT_EQ(frame.strings().window_title, window);
  }
}

TEST(TitlePrefix, IsNothingWithoutATitle) {
  After after("no title");
  auto frame = after.frame();
  put_title_prefix(frame);
  EXPECT_EQ(frame.strings().window_title, "");
}

TEST(Titles, LoseWhatIsNoText) {
  After after(
      "\x1b]1;i\x7f"
      "con\a\x1b]2;\x7f"
      "win\x7f"
      "dow\x7f\a");
  auto frame = after.frame();
  clean_titles(frame);
  EXPECT_EQ(frame.strings().icon_name, "icon");
  EXPECT_EQ(frame.strings().window_title, "window");
}

TEST(Titles, LoseWhatTurnsTheDirectionOfWriting) {
  After after("\x1b]2;a\u202Eb\u2066c\u206Fd\u200Fe\a");
  auto frame = after.frame();
  clean_titles(frame);
  EXPECT_EQ(frame.strings().window_title, "abcd\u200Fe");
}

// ---- paint() ----

std::string painted(Painter& painter, const terminal::Framebuffer& frame) {
  return std::string(text_of(painter.paint(frame)));
}

TEST(Painter, TheFirstFrameStatesEverything) {
  Emulator emulator({20, 3});
  Painter painter({}, emulator.blank_framebuffer({20, 3}));
  terminal::feed(emulator, "hello");
  EXPECT_EQ(painted(painter, emulator.framebuffer()),
            "\x1b[?5l\x1b[r\x1b[0m\x1b[H\x1b[2Jhello\x1b[?25h\x1b[?2004l\x1b[?1003l\x1b[?1002l\x1b[?1001l\x1b[?1000l"
            "\x1b[?1004l\x1b[?1015l\x1b[?1006l\x1b[?1005l");
  EXPECT_EQ(painted(painter, emulator.framebuffer()), "");
  terminal::feed(emulator, " you");
  EXPECT_EQ(painted(painter, emulator.framebuffer()), " you");
}

TEST(Painter, ARepaintStatesEveryModeThatIsOn) {
  Emulator emulator({20, 3});
  Painter painter({}, emulator.blank_framebuffer({20, 3}));
  terminal::feed(emulator, "\x1b[?5h\x1b[?25l\x1b[?2004h\x1b[?1002h\x1b[?1006h\x1b[?1004h\x1b]0;title\a\x1b[1m");
  (void)painted(painter, emulator.framebuffer());
  painter.forget();
  const std::string again = painted(painter, emulator.framebuffer());
  for (const char* const part : {"\x1b[?5h", "\x1b[?25l", "\x1b[?2004h", "\x1b[?1002h", "\x1b[?1006h", "\x1b[?1004h",
                                 "\x1b]0;title\a", "\x1b[1m", "\x1b[2J"}) {
    EXPECT_NE(again.find(part), std::string::npos) << part;
  }
}

TEST(Painter, ABellRingsOnceForAllThatRangSinceTheLastFrame) {
  Emulator emulator({20, 3});
  Painter painter({}, emulator.blank_framebuffer({20, 3}));
  (void)painted(painter, emulator.framebuffer());
  terminal::feed(emulator, "\a\a\a");
  EXPECT_EQ(painted(painter, emulator.framebuffer()), "\a");
  painter.forget();
  EXPECT_EQ(painted(painter, emulator.framebuffer()).find('\a'), std::string::npos);
}

TEST(Painter, TheClipboardIsSetOnceAndOnlyWhereItMay) {
  for (const bool may : {true, false}) {
    Emulator emulator({20, 3});
    Painter painter({.has_clipboard = may}, emulator.blank_framebuffer({20, 3}));
    terminal::feed(emulator, "\x1b]52;c;aGVsbG8=\a");
    EXPECT_EQ(painted(painter, emulator.framebuffer()).find("\x1b]52;c;aGVsbG8=\a") != std::string::npos, may);
    painter.forget();
    EXPECT_EQ(painted(painter, emulator.framebuffer()).find("\x1b]52"), std::string::npos);
  }
}

/// A screen whose every cell takes as many bytes as a cell can.
std::string expensive(std::uint32_t cells) {
  std::string bytes = "\x1b[H";
  std::minstd_rand random(7);
  for (std::uint32_t i = 0; i < cells; ++i) {
    const auto part = [&random] { return std::to_string(100 + random() % 156); };
    bytes += "\x1b[0;1;3;4;5;7;38;2;" + part() + ';' + part() + ';' + part() + ";48;2;" + part() + ';' + part() + ';' +
             part() + "me";
    for (int mark = 0; mark < 15; ++mark) terminal::append_utf8(bytes, static_cast<char32_t>(0x300 + random() % 64));
  }
  return bytes;
}

TEST(Painter, AFrameIsBoundedAndWhatDidNotFitComesWithTheNextOnes) {
  constexpr WindowSize kHuge{400, 150};
  Emulator emulator(kHuge);
  Painter painter({}, emulator.blank_framebuffer(kHuge));
  Emulator terminal(kHuge);
  terminal::feed(emulator, expensive(400 * 150));
  int frames = 0;
  do {
    const auto bytes = painter.paint(emulator.framebuffer());
    ASSERT_LE(bytes.size(), kFrameBudget);
    ASSERT_FALSE(bytes.empty());
    terminal.write(bytes);
    auto replica = terminal::testing::replica_of(terminal.framebuffer());
    ASSERT_EQ(terminal::testing::mismatch(replica, painter.shown()), "");
    ++frames;
  } while (!painter.complete());
  EXPECT_GT(frames, 1);
  auto replica = terminal::testing::replica_of(terminal.framebuffer());
  EXPECT_EQ(terminal::testing::mismatch(replica, emulator.framebuffer()), "");
}

// ---- terminal 9 ----

constexpr std::array kPictures = {
    "\x1b[44m\x1b[2J\x1b[H\x1b[0mleft\x1b[1;60Hright\x1b]0;title\a",
    "\x1b[10;10H\x1b[41m                    \x1b[0m\x1b[20Xend",
    "a\r\nb\r\nc\x1b[3;10r\x1b[S\x1b[46m\x1b[S\x1b[r\x1b[0m\x1b[24;1H\n\n",
    "\x1b[5;5H\x1b[7mstatus line\x1b[K\x1b[0m\x1b[6;1H\x1b[45m\x1b[J",
};

TEST(TerminalChecklist, Item331_WithoutEchNoCsiXAndWithoutTitlesNoOsc) {
  Emulator emulator(terminal::kUsual);
  Painter painter({.has_ech = false, .has_title = false}, emulator.blank_framebuffer(terminal::kUsual));
  for (const char* const picture : kPictures) {
    terminal::feed(emulator, picture);
    const std::string bytes = painted(painter, emulator.framebuffer());
    EXPECT_EQ(bytes.find('X'), std::string::npos);
    EXPECT_EQ(bytes.find("\x1b]"), std::string::npos);
  }
}

// A terminal that erases in the default colour whatever the pen is: whoever relied on BCE shows something else there.
TEST(TerminalChecklist, Item344_WithoutEchAndBceNothingReliesOnEither) {
  Emulator emulator(terminal::kUsual);
  Painter painter({.has_ech = false, .has_bce = false}, emulator.blank_framebuffer(terminal::kUsual));
  Emulator plain(terminal::kUsual);
  for (const char* const picture : kPictures) {
    terminal::feed(emulator, picture);
    const std::string bytes = painted(painter, emulator.framebuffer());
    EXPECT_EQ(bytes.find('X'), std::string::npos);
    // Erasing and scrolling with a coloured pen would be BCE: before each of them the background is the default one.
    bool coloured = false;
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      if (bytes.compare(at, 2, "\x1b[") != 0) {
        EXPECT_FALSE(bytes[at] == '\n' && coloured && plain.framebuffer().cursor().row == 23) << picture;
        terminal::feed(plain, bytes.substr(at, 1));
        continue;
      }
      const std::size_t end = bytes.find_first_of("ABCDGHJKSTXdhlmr", at);
      terminal::feed(plain, bytes.substr(at, end + 1 - at));
      const char final = bytes[end];
      EXPECT_FALSE(coloured && (final == 'J' || final == 'K' || final == 'S' || final == 'T')) << picture;
      coloured = !plain.framebuffer().pen().background.is_default();
      at = end;
    }
    auto replica = terminal::testing::replica_of(plain.framebuffer());
    EXPECT_EQ(terminal::testing::mismatch(replica, emulator.framebuffer()), "") << picture;
  }
}

TEST(TerminalChecklist, Item342_ThePrefixIsThereUnlessUnwantedAndGoneInTheLastFrame) {
  for (const bool wanted : {true, false}) {
    ScreenArguments arguments = testing::usual_arguments();
    arguments.title_prefix = wanted;
    testing::ScreenRig rig(arguments);
    rig.link_is_well();
    rig.state(0, 1, "\x1b]0;editor\a");
    ASSERT_TRUE(rig.settle());
    EXPECT_EQ(rig.seen().strings().window_title, wanted ? "[mosh] editor" : "editor");
    ASSERT_TRUE(rig.finish());
    EXPECT_EQ(rig.seen().strings().window_title, "editor");
    EXPECT_TRUE(rig.clean());
  }
}

TEST(TerminalChecklist, Item343_ARepaintDrawsEverythingAnew) {
  testing::ScreenRig rig;
  rig.link_is_well();
  rig.state(0, 1, "\x1b[3;3Hpicture\x1b[?1000h");
  ASSERT_TRUE(rig.settle());
  (void)rig.take_written();
  rig.tty_says(privsep::client::Repaint{});
  ASSERT_TRUE(rig.settle());
  const std::string again = rig.take_written();
  EXPECT_NE(again.find("\x1b[2J"), std::string::npos);
  EXPECT_NE(again.find("picture"), std::string::npos);
  EXPECT_NE(again.find("\x1b[?1000h"), std::string::npos);
}

TEST(TerminalChecklist, Item345_HostileHostBytesReachTheTerminalOnlyAsWhatWeWrite) {
  constexpr std::array kHostile = {
      "\xc2\x9b"
      "31mred\xc2\x9d"
      "0;t\xc2\x9c",  // C1 code points
      "\x9b"
      "31mraw\x85\x90q\x9c",       // C1 bytes
      "\x1b]0;one\x1b]2;two\a\a",  // an OSC within an OSC
      "\x1b]0;a\x1b[31mb\x07"
      "c\x1b]2;\x01\x02\x7f\xc2\x9b"
      "d\a",  // escapes and controls in titles
      "\x1b]52;c;not base64!\a\x1b]52;c;?\a\x1b]52;p;AAAA\x1b[c\a",
      "\x1bP+q544e\x1b\\\x1bP$qm\x1b\\\x1b_apc\x1b\\\x1b^pm\x1b\\\x1bXsos\x1b\\",
      "\x1b[c\x1b[>c\x1b[5n\x1b[6n\x1b[?2026$p\x1b[18t\x1b[21t\x1b[>q\x1bZ",
      "\x1b]4;1;rgb:ff/ff/ff\a\x1b]10;?\a\x1b]11;?\a\x1b]104\a\x1b]7;file:///"
      "\a\x1b]9;note\a\x1b]777;x\a\x1b]1337;File=:AAAA\a",
      "\x1b]8;;javascript:alert(1)\x1b\\link\x1b]8;;\x1b\\",
      "\x1b[?1049h\x1b[?3h\x1b[?47h\x1b[2 q\x1b[?1007h\x1b[4i\x1b[?5i\x1b[8;1;1t\x1b[3;0;0t",
      "\x1b"
      "c\x1b[!p\x1b#8\x1b#3\x1b(0lqqk\x0e\x0f\x05\x1b=\x1b>",
      "\xed\xa0\x80\xf4\x90\x80\x80\xc0\xaf\xff\xfe\xef\xbf\xbf",
      "\x18\x1a\x1b\x1b[\x1b[3\x18x\x00z",
  };
  for (const char* const bytes : kHostile) {
    testing::ScreenRig rig;
    rig.link_is_well();
    rig.state(0, 1, bytes);
    ASSERT_TRUE(rig.settle()) << bytes;
    EXPECT_TRUE(rig.clean()) << bytes;
    const std::string written = rig.take_written();
    EXPECT_EQ(written.find("\x1b]8"), std::string::npos);
    EXPECT_EQ(written.find("\x1bP"), std::string::npos);
    EXPECT_EQ(written.find("?1049"), std::string::npos);
  }
}

}  // namespace
}  // namespace sallyport::client
