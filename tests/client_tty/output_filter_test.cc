#include "client/tty/output_filter.h"

#include <gtest/gtest.h>

#include <string>

#include "base/bytes.h"

namespace sallyport::client {
namespace {

bool accepted(std::string_view frame, Clipboard clipboard = Clipboard::kAllowed) {
  OutputFilter filter(clipboard);
  return filter.take(bytes_of(frame)) && filter.between();
}

TEST(OutputFilter, WhatTheScreenWriterWritesIsAccepted) {
  for (const char* frame : {"",
                            "plain text",
                            "\r\n\b\a",
                            "\303\251\342\202\254\360\237\230\200",
                            "\033[H",
                            "\033[12H",
                            "\033[;7H",
                            "\033[12;7H",
                            "\033[4096;4096H",
                            "\033[A",
                            "\033[3B",
                            "\033[C",
                            "\033[40D",
                            "\033[80G",
                            "\033[24d",
                            "\033[12X",
                            "\033[S",
                            "\033[3T",
                            "\033[r",
                            "\033[2;20r",
                            "\033[;20r",
                            "\033[5r",
                            "\033[J",
                            "\033[2J",
                            "\033[K",
                            "\033[m",
                            "\033[0m",
                            "\033[0;1;3;4;5;7;8;38;2;255;0;9;48;2;1;2;3m",
                            "\033[22;24;27;28;39;49m",
                            "\033[38;5;255m",
                            "\033[48;5;0;1m",
                            "\033[?25h",
                            "\033[?25l",
                            "\033[?5h",
                            "\033[?9l",
                            "\033[?1003h",
                            "\033[?1006h",
                            "\033[?1015l",
                            "\033[?2004h",
                            "\033[?1004l",
                            "\033[?2026h",
                            "\033]0;title\a",
                            "\033]1;\a",
                            "\033]2;\303\251\a",
                            "\033]52;c;aGVsbG8=\a",
                            "\033]52;c;\a"}) {
    EXPECT_TRUE(accepted(frame)) << frame + 0;
  }
}

TEST(OutputFilter, EverythingElseIsRefused) {
  for (const char* frame :
       {"\t",           "\v",           "\f",         "\016",     "\017",        "\005",        "\177",
        "\033",         "\033[",        "\033[3",     "\033[?25", "\033c",       "\0337",       "\0338",
        "\033(0",       "\033=",        "\033>",      "\033M",    "\033#8",      "\033P",       "\033Pq\033\\",
        "\033_x\033\\", "\033^x\033\\", "\033X",      "\033\\",   "\033[6n",     "\033[c",      "\033[>c",
        "\033[5n",      "\033[?6n",     "\033[0q",    "\033[ q",  "\033[!p",     "\033[4h",     "\033[20h",
        "\033[i",       "\033[5i",      "\033[t",     "\033[21t", "\033[8;1;1t", "\033[L",      "\033[2M",
        "\033[@",       "\033[P",       "\033[1J",    "\033[3J",  "\033[1K",     "\033[2K",     "\033[g",
        "\033[s",       "\033[u",       "\033[E",     "\033[f",   "\033[1;1f",   "\033[b",      "\033[?1049h",
        "\033[?47h",    "\033[?3h",     "\033[?1h",   "\033[?6h", "\033[?7l",    "\033[?25;5h", "\033[?h",
        "\033[??25h",   "\033[?25H",    "\033[1?25h", "\033[>4m", "\033[=1m",    "\033[<1m",    "\033[0:1m",
        "\033[1\"q"}) {
    EXPECT_FALSE(accepted(frame)) << frame + 1;
  }
}

TEST(OutputFilter, NumbersAreBoundedAndCanonical) {
  for (const char* frame : {"\033[4097H",
                            "\033[0H",
                            "\033[01H",
                            "\033[1;0H",
                            "\033[1;2;3H",
                            "\033[65536X",
                            "\033[99999999999999999999X",
                            "\033[0X",
                            "\033[1;1X",
                            "\033[1;2A",
                            "\033[1;2;3r",
                            "\033[0r",
                            "\033[256m",
                            "\033[10m",
                            "\033[20m",
                            "\033[30;m",
                            "\033[;m",
                            "\033[38m",
                            "\033[38;5m",
                            "\033[38;5;256m",
                            "\033[38;2;1;2m",
                            "\033[38;2;1;2;256m",
                            "\033[38;3;1m",
                            "\033[50m",
                            "\033[53m",
                            "\033[108m",
                            "\033[89m",
                            "\033[1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1m"}) {
    EXPECT_FALSE(accepted(frame)) << frame + 1;
  }
}

TEST(OutputFilter, OnlyWellFormedTextWithoutC1ControlsIsAccepted) {
  for (const char* text : {"\200", "\302\200", "\302\237", "\300\200", "\301\277", "\340\200\200", "\355\240\200",
                           "\355\277\277", "\360\200\200\200", "\364\220\200\200", "\365\200\200\200", "\377", "\303",
                           "\303x", "\342\202", "\303\033[H"}) {
    EXPECT_FALSE(accepted(text));
    EXPECT_FALSE(accepted(std::string("\033]2;") + text + "\a"));
  }
  EXPECT_TRUE(accepted("\302\240\355\237\277\356\200\200\360\220\200\200\364\217\277\277"));
}

TEST(OutputFilter, WhatTurnsTheDirectionOfWritingIsRefusedInTextAndInTitles) {
  for (const std::string turning : {"\u202A", "\u202E", "\u2066", "\u2069", "\u206F"}) {
    EXPECT_FALSE(accepted("a" + turning));
    EXPECT_FALSE(accepted("\033]2;a" + turning + "\a"));
  }
  for (const std::string mark : {"\u2029", "\u202F", "\u2065", "\u2070", "\u061C", "\u200F", "\uFFFF", "\U0001202A"}) {
    EXPECT_TRUE(accepted("a" + mark));
    EXPECT_TRUE(accepted("\033]2;a" + mark + "\a"));
  }
}

TEST(OutputFilter, StringsAreBoundedAndHoldNoControls) {
  for (const char* frame :
       {"\033]2;a\033\\", "\033]2;a\nb\a", "\033]2;a\177\a", "\033]3;a\a", "\033]4;1;red\a", "\033]8;;http://x\a",
        "\033]10;?\a", "\033]12;a\a", "\033];a\a", "\033]2a\a", "\033]52;c;?\a", "\033]52;c;a b\a", "\033]52;p;aa\a",
        "\033]52;;aa\a", "\033]52;c;aa\033\\", "\033]5;c;aa\a", "\033]777;notify;a;b\a", "\033]2;never ended"}) {
    EXPECT_FALSE(accepted(frame)) << frame + 1;
  }
  EXPECT_TRUE(accepted("\033]2;" + std::string(kMaxTitleBytes, 'x') + "\a"));
  EXPECT_FALSE(accepted("\033]2;" + std::string(kMaxTitleBytes + 1, 'x') + "\a"));
  EXPECT_TRUE(accepted("\033]52;c;" + std::string(kMaxClipboardBytes, 'x') + "\a"));
  EXPECT_FALSE(accepted("\033]52;c;" + std::string(kMaxClipboardBytes + 1, 'x') + "\a"));
}

TEST(OutputFilter, ClipboardIsRefusedWhereTheUserRefusedIt) {
  EXPECT_FALSE(accepted("\033]52;c;aGVsbG8=\a", Clipboard::kRefused));
  EXPECT_TRUE(accepted("\033]2;title\a", Clipboard::kRefused));
}

TEST(OutputFilter, ViolationIsForGoodAndSplitsDoNotMatter) {
  OutputFilter filter(Clipboard::kAllowed);
  EXPECT_FALSE(filter.take(bytes_of("\033c")));
  EXPECT_FALSE(filter.take(bytes_of("fine")));
  EXPECT_FALSE(filter.between());
  const std::string_view frame = "a\033[38;2;1;2;3mb\033]2;\303\251\a\033]52;c;YQ==\a\342\202\254\033[?2026l";
  for (std::size_t at = 0; at <= frame.size(); ++at) {
    OutputFilter split(Clipboard::kAllowed);
    EXPECT_TRUE(split.take(bytes_of(frame.substr(0, at))) && split.take(bytes_of(frame.substr(at))) && split.between())
        << at;
  }
}

}  // namespace
}  // namespace sallyport::client
