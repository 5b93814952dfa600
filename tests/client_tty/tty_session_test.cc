// The tty compartment on a real pseudoterminal, guard, net and screen being the test.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/client_tty/tty_session_testing.h"

namespace sallyport::client {
namespace {

using namespace client::testing;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

const std::string kRestored = std::string(kRestoreString) + std::string(kLeave);

TEST(TtySession, TerminalIsNotTouchedBeforeStart) {
  Rig rig;
  EXPECT_TRUE(rig.settle());
  EXPECT_EQ(rig.shown(), "");
  EXPECT_EQ(rig.mode(), rig.before);
  EXPECT_THAT(rig.to_net(), IsEmpty());
  EXPECT_THAT(rig.to_screen(), IsEmpty());
}

TEST(TtySession, StartTakesTheTerminalAndTellsItsSizeFirst) {
  Rig rig({100, 30});
  rig.tell(rig.guard, Start{});
  EXPECT_TRUE(rig.settle());
  EXPECT_EQ(rig.shown(), std::string(kEnter) + std::string(kEnterString));
  EXPECT_NE(rig.mode(), rig.before);
  EXPECT_THAT(rig.to_net(), ElementsAre("resized:100x30"));
  EXPECT_THAT(rig.to_screen(), ElementsAre("window:100x30"));
}

TEST(CommandLineChecklist, Item44_NoTermInitLeavesSmcupAndRmcupOut) {
  Rig rig({80, 24}, {.escape_key = 0x1E, .clipboard = true, .enter = "", .leave = ""});
  rig.tell(rig.guard, Start{});
  rig.settle();
  EXPECT_EQ(rig.shown(), kEnterString);
  rig.guard.close();
  EXPECT_FALSE(rig.settle());
  EXPECT_EQ(rig.shown(), kRestoreString);
}

TEST(CommandLineChecklist, Item47_WindowOfNoSizeCountsAs80x24) {
  Rig rig({0, 0});
  rig.tell(rig.guard, Start{});
  rig.settle();
  EXPECT_THAT(rig.to_net(), ElementsAre("resized:80x24"));
}

TEST(CommandLineChecklist, Item45_NewSizeGoesToNetAndScreenAtOnce) {
  Rig rig;
  rig.begin();
  rig.set_size({132, 50});
  rig.tell(rig.guard, Signal{Signal::Kind::kResized});
  rig.settle();
  EXPECT_THAT(rig.to_net(), ElementsAre("resized:132x50"));
  EXPECT_THAT(rig.to_screen(), ElementsAre("window:132x50"));
}

TEST(TtySession, TypingReachesNetReadByRead) {
  Rig rig;
  rig.begin();
  rig.type("a");
  rig.type("bc\r");
  EXPECT_THAT(rig.to_net(), ElementsAre("typed:a", "typed:bc\r"));
}

TEST(CommandLineChecklist, Item46_ControlLIsSentAndRepaints) {
  Rig rig;
  rig.begin();
  rig.type("\x0C");
  EXPECT_THAT(rig.to_net(), ElementsAre("typed:\x0C"));
  EXPECT_THAT(rig.to_screen(), ElementsAre("repaint"));
}

TEST(TtySession, MenuIsShownWhileACommandIsAwaited) {
  Rig rig;
  rig.begin();
  rig.type("\x1E");
  EXPECT_THAT(rig.to_screen(), ElementsAre("menu"));
  EXPECT_THAT(rig.to_net(), IsEmpty());
  rig.type("^");
  EXPECT_THAT(rig.to_screen(), ElementsAre("no menu"));
  EXPECT_THAT(rig.to_net(), ElementsAre("typed:\x1E"));
}

TEST(TtySession, NetIsNeverSentMoreThanItsCredit) {
  Rig rig;
  rig.begin();
  const std::string paste(4000, 'x');
  std::size_t typed = 0;
  const auto count = [&] {
    for (const std::string& message : rig.to_net()) typed += message.size() - std::string("typed:").size();
  };
  for (int i = 0; i < 80; ++i) {  // 320,000 bytes
    rig.type(paste);
    count();
  }
  EXPECT_GT(typed, kTypedCreditBytes - 2 * paste.size());
  EXPECT_LE(typed, kTypedCreditBytes);
  rig.tell(rig.net, Taken{static_cast<std::uint32_t>(typed)});
  rig.settle();
  count();
  EXPECT_EQ(typed, 80 * paste.size());
}

TEST(TtySession, MoreCreditThanWasUsedIsAViolation) {
  Rig rig;
  rig.begin();
  rig.type("ab");
  rig.tell(rig.net, Taken{3});
  rig.settle();
  EXPECT_FALSE(rig.after(milliseconds(250)));
  EXPECT_THAT(rig.to_guard(), ElementsAre("done:1:0"));
}

TEST(TtySession, FrameIsWrittenAndScreenToldSo) {
  Rig rig;
  rig.begin();
  rig.frame("\033[2;3Hhello");
  EXPECT_EQ(rig.shown(), "\033[2;3Hhello");
  EXPECT_THAT(rig.to_screen(), ElementsAre("shown"));
}

TEST(TtySession, OfAFrameOutsideTheLanguageNothingIsWritten) {
  Rig rig;
  rig.begin();
  rig.tell(rig.screen, Output{.last = false, .bytes = bytes_of("innocent text")});
  rig.settle();
  EXPECT_EQ(rig.shown(), "") << "before the whole frame is checked";
  rig.frame("\033]52;c;?\a");
  EXPECT_FALSE(rig.after(milliseconds(250)));
  EXPECT_EQ(rig.shown(), kRestored);
  EXPECT_THAT(rig.to_guard(), ElementsAre("done:2:0"));
  EXPECT_EQ(rig.mode(), rig.before);
}

TEST(TtySession, FrameBeforeTheLastIsShownIsAViolation) {
  Rig rig;
  rig.begin();
  rig.frame(std::string(40000, 'x'));  // more than a pseudoterminal holds: it is not shown yet
  ASSERT_THAT(rig.to_screen(), Not(Contains("shown")));
  rig.frame("too early");
  (void)rig.shown();
  EXPECT_FALSE(rig.after(milliseconds(250)));
  EXPECT_THAT(rig.to_guard(), ElementsAre("done:2:0"));
}

TEST(TtySession, FrameThatEndsInsideASequenceIsAViolation) {
  Rig inside;
  inside.begin();
  inside.frame("text\033[3");
  EXPECT_FALSE(inside.after(milliseconds(250)));
  EXPECT_THAT(inside.to_guard(), ElementsAre("done:2:0"));
}

TEST(TtySession, WhileTheTerminalTakesNothingKeysGoOnAndFramesWait) {
  Rig rig;
  rig.begin();
  rig.frame(std::string(40000, 'x'));  // more than a pseudoterminal holds: the rest waits
  EXPECT_THAT(rig.to_screen(), Not(Contains("shown")));
  rig.type("typed");
  EXPECT_THAT(rig.to_net(), ElementsAre("typed:typed"));
  rig.tell(rig.guard, Signal{Signal::Kind::kResized});
  rig.settle();
  EXPECT_EQ(rig.shown(), std::string(40000, 'x'));
  EXPECT_THAT(rig.to_screen(), ElementsAre("shown"));
}

TEST(TtySession, TerminalThatMayBlockIsWrittenLittleByLittleAndNeverWaitedFor) {
  Rig rig({80, 24}, Rig::default_arguments(), TerminalWrites::kBlocking);
  rig.begin();
  const std::string frame(40000, 'x');  // more than a pseudoterminal holds
  rig.tell(rig.screen, Output{.last = true, .bytes = bytes_of(frame)});
  std::string shown;
  const auto turn_and_look = [&] {
    (void)rig.session->turn(Duration::zero());
    std::array<std::byte, 4096> buffer{};
    const auto count = sys::read(rig.pty_, buffer);
    if (count) shown += text_of(std::span(buffer).first(*count));
    return count.value_or(0);
  };
  for (int i = 0; i < 20; ++i) EXPECT_LE(turn_and_look(), 128U) << "in one turn";
  for (int i = 0; i < 1000; ++i) (void)rig.session->turn(Duration::zero());  // nobody reads: it fills, and no turn waits
  rig.type("typed");
  EXPECT_THAT(rig.to_net(), ElementsAre("typed:typed"));
  for (int i = 0; i < 2000 && shown.size() < frame.size(); ++i) (void)turn_and_look();
  EXPECT_EQ(shown, frame);
  rig.type("\x1E.");
  rig.tell(rig.net, Ended{Ended::Reason::kAcknowledged});
  (void)rig.settle();
  rig.screen.close();
  (void)rig.settle();
  EXPECT_FALSE(rig.after(milliseconds(250)));
  EXPECT_EQ(rig.shown(), kRestored);
  EXPECT_EQ(rig.mode(), rig.before);
}

TEST(CommandLineChecklist, Item36_QuittingEndsCleanlyAndRestoresEverything) {
  Rig rig;
  rig.begin();
  rig.type("\x1E.");
  EXPECT_THAT(rig.to_net(), ElementsAre("quit"));
  EXPECT_THAT(rig.to_screen(), ElementsAre("farewell:0"));
  rig.tell(rig.net, Ended{Ended::Reason::kAcknowledged});
  EXPECT_TRUE(rig.settle());
  EXPECT_THAT(rig.to_screen(), ElementsAre("finish"));
  rig.frame("last frame");
  rig.screen.close();
  EXPECT_FALSE(rig.settle());
  EXPECT_EQ(rig.shown(), "last frame" + kRestored);
  EXPECT_EQ(rig.mode(), rig.before);
  EXPECT_THAT(rig.to_guard(), ElementsAre("done:0:0"));
}

TEST(TtySession, TypedWhileClosingIsThrownAway) {
  Rig rig;
  rig.begin();
  rig.type("\x1E.");
  (void)rig.to_net();
  rig.type("rm -rf /\r");
  EXPECT_THAT(rig.to_net(), IsEmpty());
}

TEST(TtySession, HungNetDoesNotKeepTheUserASecond) {
  Rig rig;
  rig.begin();
  rig.type("\x1E.");
  EXPECT_TRUE(rig.after(milliseconds(400)));  // net never reads
  (void)rig.to_screen();
  (void)rig.after(milliseconds(150));
  EXPECT_THAT(rig.to_screen(), ElementsAre("finish"));
  (void)rig.after(milliseconds(210));  // nor screen
  EXPECT_FALSE(rig.after(milliseconds(210)));
  EXPECT_EQ(rig.shown(), kRestored);
  EXPECT_THAT(rig.to_guard(), ElementsAre("done:4:0"));
}

TEST(TtySession, SilentServerIsWaitedForUntilTheUserAsksAgain) {
  Rig rig;
  rig.begin();
  rig.type("\x1E.");
  EXPECT_THAT(rig.to_net(), ElementsAre("quit"));  // net reads
  EXPECT_TRUE(rig.after(seconds(4)));
  rig.type("\x1E.");
  rig.screen.close();
  EXPECT_FALSE(rig.settle());
  EXPECT_THAT(rig.to_guard(), ElementsAre("done:4:0"));
}

TEST(TtySession, SilentServerIsNotWaitedForForEver) {
  Rig rig;
  rig.begin();
  rig.type("\x1E.");
  (void)rig.to_net();
  EXPECT_TRUE(rig.after(milliseconds(501)));
  EXPECT_TRUE(rig.after(milliseconds(4400)));
  rig.screen.close();
  (void)rig.after(milliseconds(200));
  EXPECT_FALSE(rig.after(milliseconds(500)));
}

TEST(TtySession, TerminalThatTakesNothingDoesNotKeepTheUserASecond) {
  Rig rig;
  rig.begin();
  rig.frame(std::string(200000, 'x').substr(0, 60000));
  rig.type("\x1E.");
  rig.tell(rig.net, Ended{Ended::Reason::kAcknowledged});
  (void)rig.settle();
  (void)rig.after(milliseconds(210));
  EXPECT_FALSE(rig.after(milliseconds(210)));
  EXPECT_EQ(rig.mode(), rig.before);
  EXPECT_THAT(rig.to_guard(), ElementsAre("done:0:0"));
}

TEST(TtySession, SecondSignalIsAnotherWishOnlyAfterAWhile) {
  Rig rig;
  rig.begin();
  rig.tell(rig.guard, Signal{Signal::Kind::kEnd});
  EXPECT_TRUE(rig.settle());
  EXPECT_THAT(rig.to_net(), ElementsAre("quit"));
  EXPECT_THAT(rig.to_screen(), ElementsAre("farewell:2"));
  rig.tell(rig.guard, Signal{Signal::Kind::kEnd});
  EXPECT_TRUE(rig.settle());
  EXPECT_THAT(rig.to_screen(), IsEmpty()) << "TERM and HUP come together";
  rig.clock.advance(seconds(1));
  rig.tell(rig.guard, Signal{Signal::Kind::kEnd});
  (void)rig.settle();
  EXPECT_THAT(rig.to_screen(), ElementsAre("finish"));
}

TEST(CommandLineChecklist, Item37_SuspensionRestoresTheTerminalAndResumingRepaintsAll) {
  Rig rig;
  rig.begin();
  rig.frame("\033[?1000h");
  (void)rig.shown();
  (void)rig.to_screen();
  rig.type("\x1E\x1A");
  EXPECT_EQ(rig.shown(), kRestored + "\r\n\033[37;44m[mosh is suspended.]\033[m\r\n");
  EXPECT_EQ(rig.mode(), rig.before);
  EXPECT_THAT(rig.to_guard(), ElementsAre("suspend"));
  rig.frame("drawn meanwhile");
  EXPECT_EQ(rig.shown(), "") << "the terminal is the shell's";
  (void)rig.to_screen();
  rig.set_size({90, 20});
  rig.tell(rig.guard, Signal{Signal::Kind::kContinued});
  EXPECT_TRUE(rig.settle());
  EXPECT_EQ(rig.shown(), std::string(kEnter) + std::string(kEnterString));
  EXPECT_NE(rig.mode(), rig.before);
  EXPECT_THAT(rig.to_screen(), ElementsAre("window:90x20", "repaint", "shown"));
}

TEST(TtySession, SuspensionSignalDoesTheSame) {
  Rig rig;
  rig.begin();
  rig.tell(rig.guard, Signal{Signal::Kind::kStop});
  EXPECT_TRUE(rig.settle());
  EXPECT_THAT(rig.to_guard(), ElementsAre("suspend"));
  EXPECT_EQ(rig.mode(), rig.before);
}

TEST(TtySession, EndDuringASuspensionWritesNothing) {
  Rig rig;
  rig.begin();
  rig.type("\x1E\x1A");
  (void)rig.shown();
  (void)rig.to_guard();
  rig.tell(rig.net, Ended{Ended::Reason::kServerEnded});
  EXPECT_FALSE(rig.settle());
  EXPECT_EQ(rig.shown(), "");
  EXPECT_THAT(rig.to_guard(), ElementsAre("done:0:1"));
}

TEST(TtySession, GuardsEndRestoresTheTerminal) {
  Rig rig;
  rig.begin();
  rig.guard.close();
  EXPECT_FALSE(rig.settle());
  EXPECT_EQ(rig.shown(), kRestored);
  EXPECT_EQ(rig.mode(), rig.before);
}

TEST(TtySession, NetsEndWithoutAWordRestoresTheTerminal) {
  Rig rig;
  rig.begin();
  rig.net.close();
  (void)rig.settle();
  rig.screen.close();
  EXPECT_FALSE(rig.settle());
  EXPECT_EQ(rig.shown(), kRestored);
  EXPECT_THAT(rig.to_guard(), ElementsAre("done:1:0"));
}

TEST(TtySession, ScreensEndRestoresTheTerminalAndEndsTheSession) {
  Rig rig;
  rig.begin();
  rig.screen.close();
  EXPECT_FALSE(rig.settle());
  EXPECT_EQ(rig.shown(), kRestored);
  EXPECT_THAT(rig.to_net(), ElementsAre("quit"));
  EXPECT_THAT(rig.to_guard(), ElementsAre("done:2:0"));
}

TEST(TtySession, TerminalsEndEndsTheSessionInGoodOrder) {
  Rig rig;
  rig.begin();
  rig.pty_.reset();
  EXPECT_TRUE(rig.settle());
  EXPECT_THAT(rig.to_net(), ElementsAre("quit"));
  EXPECT_THAT(rig.to_screen(), ElementsAre("farewell:1"));
  rig.tell(rig.net, Ended{Ended::Reason::kAcknowledged});
  (void)rig.settle();
  EXPECT_FALSE(rig.after(milliseconds(250)));
  EXPECT_THAT(rig.to_guard(), ElementsAre("done:0:0"));
}

TEST(TtySession, PasteBeyondTheQueueStillLetsTheUserQuit) {
  Rig rig;
  rig.begin();
  // The credit and the queue; then nothing is read any more, and the pseudoterminal fills.
  const std::string paste(4000, 'x');
  std::size_t taken = 0;
  for (int i = 0; i < 1200; ++i) {
    const auto count = sys::write(rig.pty_, bytes_of(paste));
    if (!count) break;
    taken += *count;
    for (int turns = 0; turns < 3; ++turns) ASSERT_TRUE(rig.session->turn(Duration::zero()));
  }
  EXPECT_GT(taken, kMaxQueuedBytes);
  EXPECT_TRUE(rig.after(seconds(2)));  // the server takes nothing: the rest is only looked through
  rig.type("\x1E.");
  rig.clock.advance(milliseconds(501));
  (void)rig.settle();
  const auto messages = rig.to_screen();
  EXPECT_THAT(messages, Contains("farewell:0"));
}

TEST(TtySession, CreditTooSmallForTheNextKeysDoesNotKeepTheUserFromQuitting) {
  Rig rig;
  rig.begin();
  const std::string paste(4000, 'x');
  for (int i = 0; i < 1200; ++i) {
    if (!sys::write(rig.pty_, bytes_of(paste))) break;
    for (int turns = 0; turns < 3; ++turns) ASSERT_TRUE(rig.session->turn(Duration::zero()));
  }
  rig.tell(rig.net, Taken{1});  // the queue stays full, and net takes nothing more
  EXPECT_TRUE(rig.settle());
  EXPECT_TRUE(rig.after(seconds(2)));
  rig.type("\x1E.");
  (void)rig.settle();
  EXPECT_THAT(rig.to_screen(), Contains("farewell:0"));
}

}  // namespace
}  // namespace sallyport::client
