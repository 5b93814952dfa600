// What a person sees of predictions: the checklist of the prediction specification (section 10) that a screen and a
// clock decide. "early" is within 20 ms of the key.
#include <gtest/gtest.h>

#include <memory>

#include "tests/client/prediction_programs.h"

namespace sallyport::client::testing {
namespace {

constexpr Milliseconds kEarly{15};

struct Rig {
  explicit Rig(Milliseconds rtt, PredictionMode mode = PredictionMode::kAdaptive, bool overwrite = false,
               WindowSize size = {80, 24})
      : shell_owner(std::make_unique<Shell>()),
        shell(*shell_owner),
        world({.settings = {mode, overwrite}, .rtt = rtt, .size = size}, std::move(shell_owner)) {
    shell.overwrite = overwrite;
  }
  std::unique_ptr<Shell> shell_owner;
  Shell& shell;
  World world;

  /// Types one read and looks 15 ms later.
  std::string early(std::string_view keys) {
    world.type(keys);
    world.run_for(kEarly);
    return marked();
  }
  std::string settled(std::string_view keys) {
    world.type(keys);
    world.settle();
    return marked();
  }
  std::string marked() const { return world.marked(world.shown().cursor().row); }
  std::uint32_t column() const { return world.shown().cursor().column; }
};

TEST(PredictionChecklist, M01_TheFirstKeyAppearsWithTheServersEcho) {
  Rig rig(Milliseconds(200));
  EXPECT_EQ(rig.early("a"), "$");
  rig.world.run_for(Milliseconds(180));
  EXPECT_EQ(rig.marked(), "$");
  rig.world.run_for(Milliseconds(60));
  EXPECT_EQ(rig.marked(), "$ a");
}

TEST(PredictionChecklist, M02_TheKeyAfterAConfirmedOneIsEarlyAndUnderlinedUntilConfirmed) {
  Rig rig(Milliseconds(200));
  rig.settled("a");
  EXPECT_EQ(rig.early("b"), "$ aU(b)");
  EXPECT_EQ(rig.column(), 4U);
  rig.world.settle();
  EXPECT_EQ(rig.marked(), "$ ab");
}

TEST(PredictionChecklist, M03_ABurstIsEarlyAsAWhole) {
  Rig rig(Milliseconds(200));
  rig.settled("a");
  rig.settled("b");
  rig.world.type("c");
  rig.world.type("d");
  EXPECT_EQ(rig.early("e"), "$ abU(cde)");
}

TEST(PredictionChecklist, M04_AtSixtyToNinetyFiveMillisecondsTheKeyIsEarlyWithoutUnderline) {
  for (const int rtt : {62, 75, 95}) {
    Rig rig{Milliseconds(rtt)};
    rig.settled("a");
    EXPECT_EQ(rig.early("b"), "$ ab") << rtt;
    EXPECT_FALSE(rig.world.shows_server()) << rtt;
  }
}

TEST(PredictionChecklist, M05_OnAFastPathNothingIsEarlyUntilItIsCut) {
  Rig rig(Milliseconds(2));
  rig.settled("a");
  const auto server_only = [](const World& world) { EXPECT_TRUE(world.shows_server()); };
  rig.world.on_draw = server_only;
  rig.settled("b");
  rig.world.cut(true);
  rig.world.type("c");
  rig.world.run_for(Milliseconds(240));
  rig.world.on_draw = nullptr;
  rig.world.run_for(Milliseconds(110));
  EXPECT_EQ(rig.marked(), "$ abc");
}

TEST(PredictionChecklist, M06_AfterFiveSecondsOfSilenceTheKeyIsUnderlinedAndTheNextOneIsAtOnce) {
  Rig rig(Milliseconds(2));
  rig.settled("a");
  rig.world.cut(true);
  rig.world.type("c");
  rig.world.run_for(Milliseconds(4950));
  EXPECT_EQ(rig.marked(), "$ ac");
  rig.world.run_for(Milliseconds(150));
  EXPECT_EQ(rig.marked(), "$ aU(c)");
  EXPECT_EQ(rig.early("d"), "$ aU(cd)");
}

TEST(PredictionChecklist, M07_ShowingAndUnderliningEndAtTheirOwnRoundTrips) {
  Rig rig(Milliseconds(200));
  rig.settled("a");
  rig.world.set_rtt(Milliseconds(101));
  EXPECT_EQ(rig.early("b"), "$ aU(b)");
  rig.world.settle();
  rig.world.set_rtt(Milliseconds(100));
  EXPECT_EQ(rig.early("c"), "$ abc");
  rig.world.settle();
  rig.world.set_rtt(Milliseconds(45));
  EXPECT_EQ(rig.early("d"), "$ abcd");
  EXPECT_TRUE(rig.world.engine().shows());
  rig.world.set_rtt(Milliseconds(40));
  for (int i = 0; i < 12; ++i) rig.settled("e");  // at first the slow confirmations of before must be made good
  rig.world.set_rtt(Milliseconds(45));
  EXPECT_FALSE(rig.world.engine().shows());
  rig.world.set_rtt(Milliseconds(62));
  rig.early("f");
  rig.world.set_rtt(Milliseconds(40));
  rig.world.type("g");
  EXPECT_TRUE(rig.world.engine().shows()) << "a guess is pending";
  rig.world.settle();
  rig.world.type("");
  EXPECT_FALSE(rig.world.engine().shows());
}

TEST(PredictionChecklist, M08_BetweenFortyAndSixtyMillisecondsTheStartDecidesAndFortyEndsIt) {
  Rig rig(Milliseconds(50));
  rig.settled("a");
  rig.settled("b");
  rig.world.set_rtt(Milliseconds(40));
  rig.settled("c");
  EXPECT_FALSE(rig.world.engine().shows());
  rig.world.set_rtt(Milliseconds(60));
  rig.settled("d");
  EXPECT_FALSE(rig.world.engine().shows());
}

TEST(PredictionChecklist, M09_LeftMovesTheCursorEarlyAndInsertionShiftsWhatIsRightOfIt) {
  Rig rig(Milliseconds(200));
  rig.settled("a");
  rig.settled("bcde");
  rig.early("\x1b[D");
  rig.early("\x1b[D");
  EXPECT_EQ(rig.column(), 5U);
  EXPECT_EQ(rig.early("X"), "$ abcU(Xde)");
  rig.world.settle();
  EXPECT_EQ(rig.marked(), "$ abcXde");
}

TEST(PredictionChecklist, M10_BackspaceTakesTheLetterAwayEarly) {
  Rig rig(Milliseconds(200));
  rig.settled("a");
  rig.settled("bcXde\x1b[D\x1b[D");
  EXPECT_EQ(rig.early("\x7f"), "$ abcU(de )");  // the last one is where the text ended, and is not blank yet
  EXPECT_EQ(rig.column(), 5U);
  rig.world.settle();
  EXPECT_EQ(rig.marked(), "$ abcde");
}

TEST(PredictionChecklist, M11_OverwritingReplacesOneCell) {
  Rig rig(Milliseconds(200), PredictionMode::kAdaptive, /*overwrite=*/true);
  rig.settled("a");
  rig.settled("bcde\x1b[D\x1b[D");
  EXPECT_EQ(rig.early("X"), "$ abcU(X)e");
  rig.world.settle();
  EXPECT_EQ(rig.marked(), "$ abcXe");
}

TEST(PredictionChecklist, M12_OverwritingBackspaceBlanksTheCellLeftOfTheCursor) {
  Rig rig(Milliseconds(200), PredictionMode::kAdaptive, /*overwrite=*/true);
  rig.settled("a");
  rig.settled("bcde\x1b[D\x1b[D");
  EXPECT_EQ(rig.early("\x7f"), "$ abU( )de");
  EXPECT_EQ(rig.column(), 4U);
}

TEST(PredictionChecklist, M13_EnterBeginsAnEpochThatMustEarnItsTrust) {
  Rig rig(Milliseconds(200));
  rig.settled("a");
  rig.settled("b");
  rig.early("\r");
  EXPECT_EQ(rig.world.shown().cursor(), (terminal::Position{0, 4}));
  rig.world.settle();
  EXPECT_EQ(rig.early("c"), "$");
  rig.world.settle();
  EXPECT_EQ(rig.early("d"), "$ cU(d)");
}

TEST(PredictionChecklist, M14_AfterAKeyThatCannotBePredictedTrustIsEarnedAnew) {
  for (const std::string_view key :
       {"\x1b[A", "\x1bOA", "\x1b[B", "\t", "\x01", "\x05", "\x1b[H",
        "\x1b"
        "b",
        "\x1bOP", "\x1b[1;5D", "\x1b[1;5C", "\x1b[<0;5;5M", "\x1b[200~", "\x1a", "\x18", "\x0c"}) {
    Rig rig(Milliseconds(200));
    rig.settled("a");
    rig.settled("b");
    rig.settled(key);
    rig.early("c");
    EXPECT_TRUE(rig.world.shows_server()) << ::testing::PrintToString(key);
    rig.world.settle();
    rig.early("d");
    EXPECT_FALSE(rig.world.shows_server()) << ::testing::PrintToString(key);
  }
}

TEST(PredictionChecklist, M15_LeftAndRightKeepTheEpoch) {
  Rig rig(Milliseconds(200));
  rig.settled("a");
  rig.settled("b");
  rig.settled("\x1b[D");
  EXPECT_EQ(rig.early("X"), "$ aU(Xb)");
  rig.world.settle();
  rig.settled("\x1b[1C");
  EXPECT_EQ(rig.early("Y"), "$ aXbU(Y)");
}

TEST(PredictionChecklist, M16_BothEncodingsOfACursorKeyAreTheSame) {
  for (const std::string_view key : {"\x1b[D", "\x1bOD", "\x1b[1D"}) {
    Rig rig(Milliseconds(200));
    rig.settled("a");
    rig.settled("bc");
    EXPECT_EQ(rig.early(key), "$ abc");
    EXPECT_EQ(rig.column(), 4U) << ::testing::PrintToString(key);
    EXPECT_EQ(rig.early("X"), "$ abU(Xc)") << ::testing::PrintToString(key);
  }
}

TEST(PredictionChecklist, M17_WithoutEchoNothingTypedIsEverShown) {
  Rig rig(Milliseconds(200));
  rig.shell.children = {{.name = "sudo", .prompts = {"[sudo] password for user: "}, .gap = Milliseconds(15)}};
  rig.settled("s");
  rig.settled("udo");
  rig.settled("\r");
  const auto server_only = [](const World& world) { EXPECT_TRUE(world.shows_server()); };
  rig.world.on_draw = server_only;
  for (const char* letter : {"h", "u", "n", "t", "e", "r", "2"}) {
    rig.world.type(letter);
    rig.world.run_for(Milliseconds(90));
  }
  rig.world.settle();
}

TEST(PredictionChecklist, M18_EchoTurnedOffWithoutAControlKeyCostsOneLetterForARoundTrip) {
  Rig rig(Milliseconds(200));
  rig.settled("a");
  rig.settled("b");
  rig.shell.echo_on = false;
  EXPECT_EQ(rig.early("c"), "$ abU(c)");
  rig.world.run_for(Milliseconds(200 + 50 + 100 + 20));  // a round trip, the echo time-out, one frame
  EXPECT_EQ(rig.marked(), "$ ab");
  EXPECT_TRUE(rig.world.shows_server());
  EXPECT_FALSE(rig.world.engine().has_active());
  rig.early("d");
  EXPECT_TRUE(rig.world.shows_server());
  rig.world.settle();
  rig.early("e");
  EXPECT_TRUE(rig.world.shows_server());
}

TEST(PredictionChecklist, M19_TheLastColumnAndTheRowAfterItMustEarnTrust) {
  Rig rig(Milliseconds(200), PredictionMode::kAdaptive, false, {20, 5});
  rig.settled("a");
  rig.settled("bcdefghijklmnop");
  EXPECT_EQ(rig.early("q"), "$ abcdefghijklmnopU(q)");
  rig.world.settle();
  EXPECT_EQ(rig.column(), 19U);
  rig.early("r");
  EXPECT_TRUE(rig.world.shows_server());
  rig.world.settle();
  rig.early("s");
  EXPECT_TRUE(rig.world.shows_server());
  rig.world.settle();
  EXPECT_EQ(rig.early("t"), "sU(t)");
}

TEST(PredictionChecklist, M20_EnterOnTheBottomRowScrollsNothingEarly) {
  Rig rig(Milliseconds(200), PredictionMode::kAdaptive, false, {20, 3});
  rig.settled("\r");
  rig.settled("\r");
  rig.settled("a");
  rig.settled("b");
  ASSERT_EQ(rig.world.shown().cursor().row, 2U);
  rig.early("\r");
  EXPECT_TRUE(rig.world.shows_server());
  rig.early("c");
  EXPECT_TRUE(rig.world.shows_server());
}

TEST(PredictionChecklist, M21_WhatWasThereAlreadyEarnsNoTrust) {
  Rig rig(Milliseconds(200), PredictionMode::kAdaptive, /*overwrite=*/true);
  rig.settled("aab");
  rig.settled("\x01");
  EXPECT_EQ(rig.settled("a"), "$ aab");
  rig.early("Y");
  EXPECT_TRUE(rig.world.shows_server()) << "the epoch is not trusted";
  rig.world.settle();
  EXPECT_EQ(rig.early("X"), "$ aYU(X)");
  rig.world.settle();
  rig.settled("\x1b[D");
  rig.early("X");  // what is there already, in a trusted epoch
  EXPECT_EQ(rig.marked(), "$ aYX");
  EXPECT_EQ(rig.column(), 5U);
}

TEST(PredictionChecklist, M22_ABlankEarnsNoTrust) {
  Rig rig(Milliseconds(200));
  rig.settled(" ");
  rig.early("b");
  EXPECT_TRUE(rig.world.shows_server());
}

TEST(PredictionChecklist, M23_ALetterOfTwoBytesIsOneCell) {
  Rig rig(Milliseconds(200));
  rig.settled("a");
  EXPECT_EQ(rig.early("\u00FC"), "$ aU(\u00FC)");
  EXPECT_EQ(rig.column(), 4U);
  rig.world.settle();
  rig.world.type("\xC3");
  rig.world.run_for(kEarly);
  EXPECT_EQ(rig.marked(), "$ a\u00FC") << "half a letter is not predicted";
  EXPECT_EQ(rig.early("\xA9"), "$ a\u00FCU(\u00E9)");
}

// 5.6 [P]: better than stock, which gives up at such a character.
TEST(PredictionChecklist, M24_AWideCharacterIsPredictedAsTwoCellsOnceTheEpochIsTrusted) {
  Rig rig(Milliseconds(200));
  rig.early("\u65E5");
  EXPECT_TRUE(rig.world.shows_server());
  rig.world.settle();
  EXPECT_EQ(rig.early("\u672C"), "$ \u65E5U(\u672C)");
  EXPECT_EQ(rig.column(), 6U);
  EXPECT_EQ(rig.early("z"), "$ \u65E5U(\u672Cz)");
  EXPECT_EQ(rig.early("\x7f\x7f"), "$ \u65E5");
  rig.world.settle();
  EXPECT_TRUE(rig.world.shows_server());
  EXPECT_EQ(rig.marked(), "$ \u65E5");
  EXPECT_EQ(rig.early("\x1b[D"), "$ \u65E5");
  EXPECT_EQ(rig.column(), 2U);
  EXPECT_EQ(rig.early("\u6708"), "$ U(\u6708\u65E5)");
  rig.world.settle();
  EXPECT_EQ(rig.marked(), "$ \u6708\u65E5");
  EXPECT_EQ(rig.world.engine().counters().resets, 0U);
}

TEST(PredictionChecklist, M24_AWideCharacterAtTheRightEdgeIsNotPredicted) {
  Rig rig(Milliseconds(200), PredictionMode::kAdaptive, false, {20, 5});
  rig.settled("a");
  rig.settled("bcdefghijklmnop");
  rig.early("\u65E5");
  EXPECT_TRUE(rig.world.shows_server());
}

TEST(PredictionChecklist, M25_ACombiningMarkJoinsTheLetterBeforeIt) {
  Rig rig(Milliseconds(200));
  rig.settled("a");
  rig.settled("e");
  EXPECT_EQ(rig.early("\u0301"), "$ aU(e\u0301)");
  EXPECT_EQ(rig.column(), 4U);
  EXPECT_EQ(rig.early("o\u0302"), "$ aU(e\u0301o\u0302)");
  rig.world.settle();
  EXPECT_EQ(rig.marked(), "$ ae\u0301o\u0302");
  Rig alone(Milliseconds(200));
  alone.settled("a");
  alone.settled(" ");
  alone.early("\u0301");
  alone.early("b");
  EXPECT_TRUE(alone.world.shows_server()) << "nothing to join: the next letter is tentative";
}

TEST(PredictionChecklist, M26_APasteDropsAllPredictionsAndMakesNone) {
  Rig rig(Milliseconds(200), PredictionMode::kAdaptive, false, {200, 24});
  rig.settled("a");
  EXPECT_EQ(rig.early("b"), "$ aU(b)");
  rig.early(std::string(150, 'x'));
  EXPECT_TRUE(rig.world.shows_server());
}

TEST(PredictionChecklist, M27_AHundredBytesArePredictedAndOneMoreAreNot) {
  for (const std::size_t count : {100U, 101U}) {
    Rig rig(Milliseconds(200), PredictionMode::kAdaptive, false, {200, 24});
    rig.settled("a");
    rig.early(std::string(count, 'x'));
    EXPECT_EQ(rig.world.shows_server(), count == 101) << count;
  }
}

TEST(PredictionChecklist, M28_AResizeDropsAllPredictions) {
  Rig rig(Milliseconds(200));
  rig.settled("a");
  EXPECT_EQ(rig.early("b"), "$ aU(b)");
  rig.world.resize({70, 20});
  EXPECT_TRUE(rig.world.shows_server());
  rig.world.settle();
  rig.early("c");
  EXPECT_TRUE(rig.world.shows_server());
  rig.world.settle();
  EXPECT_EQ(rig.early("d"), "$ abcU(d)");
}

TEST(PredictionChecklist, M29_ModeNeverShowsNothingEarly) {
  Rig rig(Milliseconds(200), PredictionMode::kNever);
  rig.world.on_draw = [](const World& world) { EXPECT_TRUE(world.shows_server()); };
  for (const char* key : {"a", "b", "c", "\x1b[D", "\x7f", "\r", "d", "e"}) rig.settled(key);
  rig.world.cut(true);
  rig.world.type("x");
  rig.world.run_for(Milliseconds(10000));
}

TEST(PredictionChecklist, M30_ModeAlwaysShowsTrustedLettersOnAFastPath) {
  Rig rig(Milliseconds(10), PredictionMode::kAlways);
  rig.world.type("a");
  EXPECT_EQ(rig.marked(), "$");
  rig.world.settle();
  rig.world.type("b");
  EXPECT_EQ(rig.marked(), "$ ab");
}

TEST(PredictionChecklist, M31_ModeExperimentalShowsAllAndTakesWrongOnesBackAlone) {
  Rig rig(Milliseconds(200), PredictionMode::kExperimental);
  EXPECT_EQ(rig.early("a"), "$ U(a)");
  rig.world.settle();
  rig.shell.star = "*";
  rig.world.type("b");
  rig.world.run_for(Milliseconds(120));
  rig.shell.star.clear();
  EXPECT_EQ(rig.early("c"), "$ aU(bc)");
  rig.world.run_for(Milliseconds(190));
  EXPECT_EQ(rig.marked(), "$ a*U(c)");
  rig.world.settle();
  EXPECT_EQ(rig.marked(), "$ a*c");
}

TEST(PredictionChecklist, M32_ASlowEchoTakesTheLetterAwayForAWhileAndLosesNothing) {
  Rig rig(Milliseconds(200));
  rig.settled("A");
  rig.settled("Bab");
  rig.shell.echo_delay = Milliseconds(300);
  const TimePoint typed = rig.world.now();
  rig.world.type("C");
  for (const int at : {50, 100, 180}) {
    rig.world.run_until(typed + Milliseconds(at));
    EXPECT_EQ(rig.marked(), "$ ABabU(C)") << at;
    EXPECT_EQ(rig.column(), 7U);
  }
  for (const int at : {270, 350, 410}) {
    rig.world.run_until(typed + Milliseconds(at));
    EXPECT_EQ(rig.marked(), "$ ABab") << at;
    EXPECT_EQ(rig.column(), 6U);
  }
  rig.world.run_until(typed + Milliseconds(620));
  EXPECT_EQ(rig.marked(), "$ ABabC");
  rig.shell.echo_delay = Milliseconds(2);
  EXPECT_EQ(rig.early("d"), "$ ABabC");
  rig.world.settle();
  EXPECT_EQ(rig.early("e"), "$ ABabCdU(e)");
}

TEST(PredictionChecklist, M32_AProgramThatIsAlwaysLateNeverEarnsTrust) {
  Rig rig(Milliseconds(200));
  rig.shell.echo_delay = Milliseconds(300);
  rig.world.on_draw = [](const World& world) { EXPECT_TRUE(world.shows_server()); };
  for (const char* key : {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}) {
    rig.world.type(key);
    rig.world.run_for(Milliseconds(170));
  }
  rig.world.settle();
  rig.world.settle();
  EXPECT_EQ(rig.marked(), "$ abcdefghij");
}

TEST(PredictionChecklist, M33_StarsReplaceOneLetterAndEndTheTrust) {
  Rig rig(Milliseconds(200));
  rig.settled("a");
  rig.settled("b");
  rig.shell.star = "*";
  EXPECT_EQ(rig.early("c"), "$ abU(c)");
  rig.world.run_for(Milliseconds(370));
  EXPECT_EQ(rig.marked(), "$ ab*");
  for (const char* key : {"d", "e", "*", "f"}) {
    rig.early(key);
    EXPECT_TRUE(rig.world.shows_server()) << key;
    rig.world.settle();
  }
}

TEST(PredictionOnTheWay, AfterAWrongGuessKeysTypedWithoutAPauseAreEarlyAgainWithTheNextEcho) {
  Rig rig(Milliseconds(2000));
  rig.settled("a");
  rig.settled("b");
  rig.shell.star = "*";
  EXPECT_EQ(rig.early("c"), "$ abU(c)");
  rig.world.after(Milliseconds(1100), [&rig] { rig.shell.star.clear(); });  // it has come by then
  rig.world.run_for(Milliseconds(1000));
  for (const char key : std::string_view("defghijklmnopqrstu")) {
    rig.world.run_for(Milliseconds(200));
    rig.world.type({&key, 1});
  }
  // The wrong one was judged in between, and then others were right: no pause was as long as the round trip.
  const std::string shown = rig.early("v");
  EXPECT_TRUE(shown.starts_with("$ ab*d") && shown.ends_with("lmnopqrstuv)")) << shown;
  rig.world.settle();
  EXPECT_EQ(rig.marked(), "$ ab*defghijklmnopqrstuv");
}

TEST(PredictionOnTheWay, WhatIsGuessedAnewIsAsTentativeAsAnyNewEpoch) {
  Rig rig(Milliseconds(2000));
  rig.settled("a");
  rig.settled("b");
  rig.shell.echo_on = false;
  rig.early("c");
  rig.world.run_for(Milliseconds(1000));
  for (const char key : std::string_view("secret")) {
    rig.world.run_for(Milliseconds(200));
    rig.world.type({&key, 1});
  }
  rig.world.run_for(Milliseconds(200));  // the first one was judged
  rig.world.on_draw = [](const World& world) { EXPECT_TRUE(world.shows_server()); };
  rig.world.settle();
  EXPECT_EQ(rig.marked(), "$ ab");
}

TEST(PredictionChecklist, M44_WhileThePathIsCutTypingGoesOnAndTheTruthComesAfterwards) {
  Rig rig(Milliseconds(200));
  rig.settled("a");
  rig.settled("b");
  rig.world.cut(true);
  EXPECT_EQ(rig.early("c"), "$ abU(c)");
  for (const char* key : {"d", "e", "f"}) {
    rig.world.run_for(Milliseconds(3000));
    rig.early(key);
  }
  EXPECT_EQ(rig.marked(), "$ abU(cdef)");
  rig.world.cut(false);
  rig.world.run_for(Milliseconds(2000));
  EXPECT_EQ(rig.marked(), "$ abcdef");
  EXPECT_TRUE(rig.world.shows_server());
}

TEST(PredictionChecklist, M50_NoGuessIsLeftOverAfterRandomKeysAgainstARandomProgram) {
  static constexpr std::string_view kKeys[] = {
      "a",      "b",      "x",    " ",    "\x7f",  "\r",    "\x1b[C", "\x1b[D", "\x1b[A", "\t",   "\u00FC",
      "\u65E5", "\u0301", "\x01", "\x1b", "\x1b]", "\x1bP", "\x1bOD", "\xFF",   "hello",  "\x15", "\n"};
  for (unsigned run = 0; run < 40; ++run) {
    SCOPED_TRACE(run);
    const auto mode = run % 3 == 0 ? PredictionMode::kAlways
                                   : (run % 3 == 1 ? PredictionMode::kAdaptive : PredictionMode::kExperimental);
    World world({.settings = {mode, run % 2 == 0}, .rtt = Milliseconds(13 * run % 501), .seed = run},
                std::make_unique<RandomProgram>(run));
    std::mt19937 random(run);
    for (int key = 0; key < 250; ++key) {
      world.type(kKeys[random() % std::size(kKeys)]);
      world.run_for(Milliseconds(random() % 3 == 0 ? random() % 700 : random() % 90));
    }
    world.run_for(Milliseconds(1000) + 2 * Milliseconds(13 * run % 501));
    EXPECT_TRUE(world.shows_server());
    EXPECT_FALSE(world.engine().has_active());
    EXPECT_EQ(world.engine().cursor_guesses(), 0U);
  }
}

TEST(PredictionChecklist, M51_OnAFastPathModeAlwaysUnderlinesNothing) {
  Rig rig(Milliseconds(10), PredictionMode::kAlways);
  rig.world.on_draw = [](const World& world) { EXPECT_EQ(world.marked(0).find("U("), std::string::npos); };
  EXPECT_EQ(rig.early(""), "$");
  rig.world.type("a");
  EXPECT_EQ(rig.marked(), "$");
  rig.world.settle();
  EXPECT_EQ(rig.marked(), "$ a");
  rig.settled("bcd");
}

}  // namespace
}  // namespace sallyport::client::testing
