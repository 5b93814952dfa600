// The server's screens that the client keeps, and what no honest net says of them.
#include "client/screen/held_states.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <random>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "tests/terminal/emulator_testing.h"

namespace sallyport::client {
namespace {

using privsep::client::Diff;
using privsep::client::max_held_states;
using terminal::row_text;

constexpr WindowSize kWindow{80, 24};

Diff diff(std::uint64_t base, std::uint64_t state, std::uint64_t oldest_kept = 0) {
  return {StateNumber(base), StateNumber(state), StateNumber(oldest_kept)};
}

bool add(HeldStates& states, const Diff& which, std::string_view host_bytes) {
  return states.begin(which) && (host_bytes.empty() || states.write(bytes_of(host_bytes))) && states.end();
}

TEST(HeldStates, StateZeroIsBlankAndAsLargeAsTheWindow) {
  const HeldStates states({133, 41});
  EXPECT_EQ(states.newest_number(), StateNumber(0));
  EXPECT_EQ(states.newest().screen.size(), (WindowSize{133, 41}));
  EXPECT_EQ(row_text(states.newest().screen, 0), "");
}

TEST(HeldStates, ADifferenceIsAppliedToItsBaseAndNotToTheNewest) {
  HeldStates states(kWindow);
  ASSERT_TRUE(add(states, diff(0, 1), "one"));
  ASSERT_TRUE(add(states, diff(1, 2), " two"));
  ASSERT_TRUE(add(states, diff(1, 3), " three"));
  EXPECT_EQ(row_text(states.newest().screen, 0), "one three");
}

TEST(HeldStates, AStateThatComesLateIsHeldButDoesNotBecomeTheNewest) {
  HeldStates states(kWindow);
  ASSERT_TRUE(add(states, diff(0, 5), "five"));
  ASSERT_TRUE(add(states, diff(0, 3), "three"));
  EXPECT_EQ(states.newest_number(), StateNumber(5));
  EXPECT_EQ(row_text(states.newest().screen, 0), "five");
  ASSERT_TRUE(add(states, diff(3, 6), " and six"));
  EXPECT_EQ(row_text(states.newest().screen, 0), "three and six");
}

/// One state for each row of the table in wire 7.8, each from the last.
TEST(WireChecklist, Item49_InterpretsTheWholeVocabulary) {
  HeldStates states(kWindow);
  std::uint64_t state = 0;
  const auto screen = [&](std::string_view host_bytes) -> const terminal::Framebuffer& {
    EXPECT_TRUE(add(states, diff(state, state + 1), host_bytes));
    ++state;
    return states.newest().screen;
  };
  EXPECT_EQ(row_text(screen("e\u0301\u65e5x\r\n\a.\by"), 0), "e\u0301\u65e5x");
  EXPECT_EQ(row_text(states.newest().screen, 1), "y");
  EXPECT_EQ(states.newest().screen.bell_count(), 1U);
  EXPECT_EQ(row_text(screen("\x1b[2;3r\x1b[3;1Hlow\n\x1b[r"), 1), "low");  // scrolled within the region
  EXPECT_EQ(row_text(screen("\x1b[H\x1b[2J\x1b[2;5Hgone\x1b[2;7H\x1b[Kabc\x1b[2;5H\x1b[2X"), 1), "      abc");
  const terminal::Framebuffer& coloured = screen("\x1b[0;1;4;31;48:2:1:2:3mred");
  const auto pen = coloured.store().rendition(coloured.row(1)[6].style());
  EXPECT_TRUE(pen.has(terminal::kBold));
  EXPECT_EQ(pen.foreground, terminal::Color::palette(1));
  EXPECT_EQ(pen.background, terminal::Color::rgb(1, 2, 3));
  terminal::Modes wanted{.cursor_visible = false,
                         .reverse_video = true,
                         .bracketed_paste = true,
                         .focus_events = true,
                         .mouse = terminal::MouseReporting::kAny,
                         .encoding = terminal::MouseEncoding::kSgr};
  EXPECT_EQ(screen("\x1b[?5h\x1b[?25l\x1b[?2004h\x1b[?1004h\x1b[?1003h\x1b[?1006h").modes(), wanted);
  // As stock switches them off: all of a kind (terminal 6.3).
  EXPECT_EQ(screen("\x1b[?5l\x1b[?25h\x1b[?2004l\x1b[?1004l\x1b[?1003l\x1b[?1002l\x1b[?1001l\x1b[?1000l"
                   "\x1b[?1015l\x1b[?1006l\x1b[?1005l")
                .modes(),
            terminal::Modes());
  const terminal::Framebuffer& named = screen("\x1b]0;both\a\x1b]2;title\a\x1b]52;c;Y2xpcA==\a\x1b]8;;x:y\x1b\\L");
  EXPECT_EQ(named.strings().icon_name, "both");
  EXPECT_EQ(named.strings().window_title, "title");
  EXPECT_EQ(named.strings().clipboard, "Y2xpcA==");
  EXPECT_EQ(row_text(named, 1), "    redLc");
}

TEST(HeldStates, APieceOfHostBytesMayEndInsideASequence) {
  HeldStates states(kWindow);
  ASSERT_TRUE(states.begin(diff(0, 1)));
  for (const char byte : std::string("\xe6\xbc\xa2\x1b[5;7Hx")) {
    ASSERT_TRUE(states.write(bytes_of(std::string_view(&byte, 1))));
  }
  ASSERT_TRUE(states.end());
  EXPECT_EQ(row_text(states.newest().screen, 0), "漢");
  EXPECT_EQ(row_text(states.newest().screen, 4), "      x");
}

TEST(HeldStates, TheEchoAckBelongsToItsState) {
  HeldStates states(kWindow);
  ASSERT_TRUE(states.begin(diff(0, 1)) && states.echo_ack(StateNumber(7)) && states.end());
  ASSERT_TRUE(add(states, diff(1, 2), "x"));
  EXPECT_EQ(states.newest().echo_ack, StateNumber(7));
  ASSERT_TRUE(add(states, diff(0, 3), "x"));
  EXPECT_EQ(states.newest().echo_ack, StateNumber(0));
}

TEST(HeldStates, ASizeIsTheStatesOwn) {
  HeldStates states(kWindow);
  ASSERT_TRUE(states.begin(diff(0, 1)) && states.resize({40, 10}) && states.write(bytes_of("\x1b[10;40Hx")) &&
              states.end());
  EXPECT_EQ(states.newest().screen.size(), (WindowSize{40, 10}));
  ASSERT_TRUE(add(states, diff(0, 2), ""));
  EXPECT_EQ(states.newest().screen.size(), kWindow);
}

// Terminal 6.2: what host bytes may rely on at their start, whatever the ones before them left behind.
TEST(HeldStates, WhatTurnsTheDirectionOfWritingIsNoPartOfAScreen) {
  HeldStates states(kWindow);
  ASSERT_TRUE(add(states, diff(0, 1), "a\u202Eb\u0301\u2066\u2069c\u206F\u200Fd"));
  EXPECT_EQ(row_text(states.newest().screen, 0), "ab\u0301c\u200Fd");
}

TEST(HeldStates, EveryDifferenceBeginsInTheBaseline) {
  constexpr std::array kDirt = {"\x1b[3;5r",
                                "\x1b[?6h",
                                "\x1b[4h",
                                "\x1b[?7l",
                                "\x1b(0",
                                "\x0e\x1b)0",
                                "\x1b[?1049h",
                                "\x1b[3g",
                                "\x1b]0;half",
                                "\x1b[12;",
                                "\xe6\xbc",
                                "\x1bP+q",
                                "\x1b[?2026h",
                                "\x1b[5;5H\x1b"
                                "7",
                                "\x1b[22;0t",
                                "\x1b[?1h"};
  for (const char* const dirt : kDirt) {
    HeldStates states(kWindow);
    ASSERT_TRUE(add(states, diff(0, 1), dirt));
    ASSERT_TRUE(add(states, diff(1, 2), "\x1b[0m\x1b[H\x1b[2J\x1b[2Htop\x1b[24;79Hqxy\x1b[H\nA"));
    const terminal::Framebuffer& screen = states.newest().screen;
    EXPECT_EQ(row_text(screen, 0), "top") << dirt;
    EXPECT_EQ(row_text(screen, 22), std::string(78, ' ') + "qx") << dirt;  // y wrapped and scrolled
    EXPECT_EQ(row_text(screen, 23), "y") << dirt;
    EXPECT_EQ(row_text(screen, 1), "A") << dirt;
    EXPECT_EQ(screen.cursor(), (terminal::Position{1, 1})) << dirt;
  }
}

TEST(HeldStates, WhatOneDifferenceBeganTheNextDoesNotGoOnWith) {
  constexpr std::array kBegun = {"\x1b[12;", "\xe6\xbc", "\x1b]0;half", "\x1bP+q", "\x1b", "\x1b(", "\x1b_", "\x1b[?"};
  for (const char* const begun : kBegun) {
    HeldStates states(kWindow);
    ASSERT_TRUE(add(states, diff(0, 1), begun));
    ASSERT_TRUE(add(states, diff(1, 2), "Hello"));
    EXPECT_EQ(row_text(states.newest().screen, 0), "Hello") << begun;
    EXPECT_FALSE(states.newest().screen.title_was_set());
  }
}

// The screen that is shown is the main one again, and there is no other.
TEST(HeldStates, LeavingTheAlternateScreenInTheNextDifferenceIsNothing) {
  HeldStates states(kWindow);
  ASSERT_TRUE(add(states, diff(0, 1), "main\x1b[?1049hother"));
  ASSERT_TRUE(add(states, diff(1, 2), "\x1b[?47l!"));
  EXPECT_EQ(row_text(states.newest().screen, 0), "    other!");
}

TEST(HeldStates, PenModesTitleAndBellAreTheBases) {
  HeldStates states(kWindow);
  ASSERT_TRUE(add(states, diff(0, 1), "\x1b[1;31m\x1b[?2004h\x1b[?1002h\x1b[?25l\x1b]0;hello\a\a"));
  ASSERT_TRUE(add(states, diff(0, 2), "plain"));
  ASSERT_TRUE(add(states, diff(1, 3), "x"));
  const terminal::Framebuffer& screen = states.newest().screen;
  EXPECT_TRUE(terminal::rendition_at(screen, 0, 0).has(terminal::kBold));
  EXPECT_TRUE(screen.modes().bracketed_paste);
  EXPECT_FALSE(screen.modes().cursor_visible);
  EXPECT_EQ(screen.modes().mouse, terminal::MouseReporting::kButton);
  EXPECT_EQ(screen.strings().window_title, "hello");
  EXPECT_EQ(screen.bell_count(), 1U);
}

TEST(HeldStates, WhatIsOlderThanTheOldestKeptIsForgotten) {
  HeldStates states(kWindow);
  for (std::uint64_t state = 1; state <= 9; ++state) ASSERT_TRUE(add(states, diff(state - 1, state), "x"));
  EXPECT_EQ(states.size(), 10U);
  ASSERT_TRUE(add(states, diff(9, 10, 8), "x"));
  EXPECT_EQ(states.size(), 3U);
  EXPECT_FALSE(states.begin(diff(7, 11, 7)));
}

struct Wrong {
  const char* name;
  std::function<bool(HeldStates&)> act;
};

TEST(HeldStates, WhatNoHonestNetSaysIsRefused) {
  const std::array kWrong = {
      Wrong{"a base that is not held", [](HeldStates& s) { return s.begin(diff(4, 9)); }},
      Wrong{"a base that was forgotten",
            [](HeldStates& s) { return add(s, diff(3, 4, 3), "") && s.begin(diff(2, 5)); }},
      Wrong{"a state that is held", [](HeldStates& s) { return s.begin(diff(1, 3)); }},
      Wrong{"a difference within a difference",
            [](HeldStates& s) { return s.begin(diff(3, 4)) && s.begin(diff(3, 5)); }},
      Wrong{"an end without a beginning", [](HeldStates& s) { return s.end(); }},
      Wrong{"two ends", [](HeldStates& s) { return add(s, diff(3, 4), "x") && s.end(); }},
      Wrong{"bytes outside", [](HeldStates& s) { return s.write(bytes_of("x")); }},
      Wrong{"a size outside", [](HeldStates& s) { return s.resize({80, 24}); }},
      Wrong{"an echo ack outside", [](HeldStates& s) { return s.echo_ack(StateNumber(1)); }},
  };
  for (const Wrong& wrong : kWrong) {
    HeldStates states(kWindow);
    for (std::uint64_t state = 1; state <= 3; ++state) ASSERT_TRUE(add(states, diff(state - 1, state), "x"));
    EXPECT_FALSE(wrong.act(states)) << wrong.name;
  }
}

TEST(HeldStates, AsManyStatesAreHeldAsNetMaySend) {
  HeldStates states({200, 60});
  const std::size_t most = max_held_states(std::size_t{200} * 60);
  for (std::uint64_t state = 1; state <= most; ++state) ASSERT_TRUE(add(states, diff(0, state), "x")) << state;
  EXPECT_FALSE(add(states, diff(0, most + 1), "x"));
}

TEST(HeldStates, FewerAreHeldOnceAStateWasLarger) {
  HeldStates states(kWindow);
  const auto add_large = [&states](const Diff& which) {
    return states.begin(which) && states.resize({400, 120}) && states.end();
  };
  for (std::uint64_t state = 1; state <= 300; ++state) ASSERT_TRUE(add(states, diff(0, state), "x"));
  EXPECT_TRUE(add_large(diff(300, 301, 300)));
  const std::size_t most = max_held_states(std::size_t{400} * 120);
  for (std::uint64_t state = 302; state < 300 + most; ++state) ASSERT_TRUE(add(states, diff(300, state), "x"));
  ASSERT_TRUE(add(states, diff(300, 300 + most, 300), "x"));
  EXPECT_FALSE(add(states, diff(300, 301 + most), "x"));
}

TEST(HeldStates, ALargeStateBesideManySmallOnesIsRefused) {
  HeldStates states(kWindow);
  for (std::uint64_t state = 1; state <= 300; ++state) ASSERT_TRUE(add(states, diff(0, state), "x"));
  EXPECT_FALSE(states.begin(diff(300, 301)) && states.resize({400, 120}) && states.end());
}

/// Everything that takes room: every cell in a style of its own, many in a cluster and a link, titles and a clipboard.
std::string everything(std::uint32_t cells, std::uint64_t seed) {
  std::string bytes = "\x1b]0;" + std::string(255, 'T') + "\a\x1b]52;c;" + std::string(16000, 'A') + "\a\x1b[H";
  std::minstd_rand random(static_cast<unsigned>(seed));
  for (std::uint32_t i = 0; i < cells; ++i) {
    const auto part = [&random] { return std::to_string(random() & 0xFFU); };
    if (i % 256 == 0) bytes += "\x1b]8;;http://" + part() + part() + part() + std::string(1900, 'u') + '\a';
    bytes += "\x1b[38;2;" + part() + ';' + part() + ';' + part() + ";48;2;" + part() + ';' + part() + ";7me";
    if (i % 4 != 0) continue;
    for (int mark = 0; mark < 4; ++mark) terminal::append_utf8(bytes, static_cast<char32_t>(0x300 + random() % 64));
  }
  return bytes;
}

TEST(HeldStates, AHostileServerGetsNoMoreThanFortyMegabytesForAWindowOf200Times60) {
  constexpr WindowSize kLarge{200, 60};
  constexpr std::uint32_t kCells = 200 * 60;
  HeldStates states(kLarge);
  const std::size_t most = max_held_states(kCells);
  std::size_t strings = 0;
  for (std::uint64_t state = 1; state <= most; ++state) {
    ASSERT_TRUE(add(states, diff(0, state), everything(kCells, state)));  // from state 0: nothing is shared
    const terminal::Strings& held = states.newest().screen.strings();
    strings += held.clipboard.capacity() + held.window_title.capacity() + held.icon_name.capacity();
  }
  EXPECT_LE(states.bytes_in_use() + strings, std::size_t{40} << 20U);
}

TEST(HeldStates, SizesGivenOverAndOverCostNoMoreThanAFew) {
  HeldStates states(kWindow);
  ASSERT_TRUE(states.begin(diff(0, 1)));
  for (std::uint32_t i = 0; i < 100000; ++i) {
    ASSERT_TRUE(states.resize({1 + i % 80, 1 + i % 24}));
  }
  ASSERT_TRUE(states.end());
  EXPECT_EQ(states.newest().screen.size(), (WindowSize{static_cast<std::uint32_t>(HeldStates::kMaxSizesPerDiff),
                                                       static_cast<std::uint32_t>(HeldStates::kMaxSizesPerDiff)}));
}

// Stock: 17 s of CPU time for the like of this (issue 4; terminal 7.1).
TEST(HeldStates, AMegabyteOfGreatCountsIsAppliedWithinTenSeconds) {
  HeldStates states({200, 60});
  const std::string piece = terminal::times("\x1b[65535@\x1b[65535P\x1b[65535L\x1b[65535b", 2000);
  SystemClock clock;
  const TimePoint begin = clock.now();
  ASSERT_TRUE(states.begin(diff(0, 1)));
  for (int i = 0; i < 17; ++i) ASSERT_TRUE(states.write(bytes_of(piece)));
  ASSERT_TRUE(states.end());
  EXPECT_LT(clock.now() - begin, std::chrono::seconds(10));  // measured: some hundredths of one
}

}  // namespace
}  // namespace sallyport::client
