// What the emulator does beyond the checklist's entries: terminal.md 2.6 to 2.11, 4 and 9.12.
#include "terminal/emulator.h"

#include <gtest/gtest.h>

#include "tests/terminal/emulator_testing.h"

namespace sallyport::terminal {
namespace {

TEST(AlternateScreen, ResizedScreensKeepTheCursorsLineOfBoth) {
  After after("\033[20;1Hmain\033[?1049h\033[22;1Hother");
  after.emulator.resize({80, 10});
  EXPECT_EQ(after.row(9), "other");
  feed(after.emulator, "\033[?1049l");
  EXPECT_EQ(after.row(9), "main");
  EXPECT_EQ(after.frame().cursor(), (Position{9, 4}));
}

TEST(AlternateScreen, ModesDifferInWhatTheySaveAndClear) {
  EXPECT_EQ(After("\033[?47hold\033[?47l\033[?47h").row(0), "old");
  EXPECT_EQ(After("\033[?1047hold\033[?1047l\033[?1047h").row(0), "");
  EXPECT_EQ(After("\033[?1049hold\033[?1049l\033[?1049h").row(0), "");
  EXPECT_EQ(After("\033[3;3H\033[?1048h\033[H\033[?1048l").frame().cursor(), (Position{2, 2}));
  EXPECT_EQ(After("a\033[?1049hb\033c").row(0), "");
  EXPECT_EQ(After("a\033[?1049h\033cx\033[?1049l").row(0), "x");
}

TEST(Titles, StackRestoresWhatWasSelected) {
  EXPECT_EQ(After("\033]0;a\007\033[22;0t\033]0;b\007\033[23;0t").frame().strings(), (Strings{"a", "a", ""}));
  EXPECT_EQ(After("\033]0;a\007\033[22;0t\033]0;b\007\033[23;1t").frame().strings(), (Strings{"a", "b", ""}));
  EXPECT_EQ(After("\033]0;a\007\033[22;2t\033]0;b\007\033[23;2t").frame().strings(), (Strings{"b", "a", ""}));
  EXPECT_EQ(After("\033]0;b\007\033[23;0t").frame().strings(), (Strings{"b", "b", ""}));
  EXPECT_EQ(After("\033];both\007").frame().strings(), (Strings{"both", "both", ""}));
  EXPECT_EQ(After("\033]1;icon\007\033]2;window\007\033]02;no\007\033]l;no\007").frame().strings(),
            (Strings{"icon", "window", ""}));
}

TEST(Margins, StopTheCursorInsideThem) {
  expect_screen("\033[5;10r\033[7;3H\033[99A", {}, {5, 3});
  expect_screen("\033[5;10r\033[7;3H\033[99B", {}, {10, 3});
  expect_screen("\033[5;10r\033[7;3H\033[99E", {}, {10, 1});
  expect_screen("\033[5;10r\033[7;3H\033[99F", {}, {5, 1});
  expect_screen("\033[5;10r\033[3;3H\033[99A", {}, {1, 3});
  expect_screen("\033[5;10r\033[12;3H\033[99B", {}, {24, 3});
  expect_screen("\033[5;10r\033[2;1Habc\r\033[@\033[3;1Hdef\r\033[P", {{2, "abc"}, {3, "ef"}}, {3, 1});
}

TEST(PendingWrap, IsKeptByWhatDoesNotMoveTheCursor) {
  for (const std::string_view input :
       {"\007",           "\016\017",   "\033=",      "\033>",        "\033[2 q",
        "\033[5n",        "\033[c",     "\033[22;0t", "\033_x\033\\", "\033]8;;http://a\033\\",
        "\033(B",         "\0337",      "\033H",      "\033[g",       "\033[?2004h",
        "\033[4h\033[4l", "\033[?3h",   "\033[3J",    "\033[2I",      "\033[>4;2m",
        "\033[4:3m",      "\033[?2026h"}) {
    After after(times("A", 80) + std::string(input) + "B");
    EXPECT_EQ(after.row(1), "B") << input.substr(1);
    EXPECT_TRUE(after.frame().row(0).wraps()) << input.substr(1);
  }
}

TEST(Links, BelongToTheCellsPrintedUnderThem) {
  const After after("\033]8;id=1;http://a\007x\033[0my\033]8;;\007z\033[H\033]8;;http://b\007\033[2;1H\033[2X");
  const Framebuffer& frame = after.frame();
  EXPECT_EQ(frame.store().link(after.at(0, 0).link), (Link{"id=1", "http://a"}));
  EXPECT_EQ(after.at(0, 1).link, after.at(0, 0).link);
  EXPECT_EQ(after.at(0, 2).link, 0);
  EXPECT_EQ(after.at(1, 0).link, 0);
  EXPECT_EQ(frame.pen().link, 0);
  EXPECT_EQ(After("\033]8;;" + times("u", 2049) + "\007x").at(0, 0).link, 0);
  EXPECT_EQ(After("\033]8;;http://\xC3\xA9\007x").at(0, 0).link, 0);
}

TEST(Charsets, AreSavedWithTheCursorAndSwitched) {
  expect_screen("\033)0a\016q\0337\017q\0338q", {{1, "a──"}}, {1, 4});
  expect_screen("\033(0\033[!pq\033(0\033cq", {{1, "q"}}, {1, 2});
  expect_screen("\033(0q\033[2b", {{1, "───"}}, {1, 4});
}

}  // namespace
}  // namespace sallyport::terminal
