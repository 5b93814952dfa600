// The loop of the client's net with a server played by the test (fuzz/client_net_world.h checks every word that it says).
#include "client/net/net_session.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "tests/client_net/server_words.h"

namespace sallyport::client {
namespace {

using privsep::client::Ended;
using privsep::client::Notice;
using std::chrono::milliseconds;
using std::chrono::seconds;

const std::string kSize80x24 = "\x0a\x06\x1a\x04\x28\x50\x30\x18";

TEST(WireChecklist, Item39_TheFirstThingSaidIsTheWindowsSize) {
  fuzz::ClientNetWorld world;
  for (int i = 0; i < 10; ++i) {
    world.advance(seconds(1));
    EXPECT_TRUE(world.turn());
  }
  EXPECT_EQ(world.datagrams(), 0U) << "nothing before the size is known";
  world.tty_tells(privsep::client::Resized{{80, 24}});
  world.tty_tells(privsep::client::Typed{bytes_of("ls")});
  EXPECT_TRUE(world.turn());
  ASSERT_EQ(world.diffs().size(), 1U);
  EXPECT_EQ(world.diffs().front(), kSize80x24 + std::string("\x0a\x06\x12\x04\x22\x02ls"));
}

TEST(ClientNet, KeysGoToTheServerAndToScreenWithTheStateSentLast) {
  Connected session;
  session.type("a");
  session.type("bc");
  EXPECT_EQ(session.world.keys(), "abc");
  ASSERT_EQ(session.world.key_records().size(), 2U);
  EXPECT_EQ(session.world.key_records()[0].sent, StateNumber(1));
  EXPECT_EQ(session.world.key_records()[0].read_bytes, 1U);
  EXPECT_EQ(session.world.key_records()[1].read_bytes, 2U);
  EXPECT_TRUE(session.run_for(seconds(1)));
  EXPECT_NE(session.world.diffs().back().find("abc"), std::string::npos);
  EXPECT_EQ(session.world.taken(), 3U);
}

TEST(ClientNet, AStateReachesScreenWholeAndInOrder) {
  Connected session;
  const std::string large(200'000, 'x');
  session.say(0, 1, echo_ack(1) + size_of(80, 24) + host_bytes("one") + host_bytes("") + host_bytes("two"));
  session.say(1, 2, host_bytes(large), 1);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(session.world.turn());
  ASSERT_EQ(session.world.states().size(), 2U);
  EXPECT_EQ(session.world.states()[0].bytes, "onetwo");
  EXPECT_EQ(session.world.states()[0].echo_acks.size(), 1U);
  EXPECT_EQ(session.world.states()[1].bytes, large);
  EXPECT_EQ(session.world.reference().held(), (std::set{StateNumber(1), StateNumber(2)}));
}

TEST(ClientNet, AScreenThatDoesNotReadHoldsNothingUpAndCostsNoMore) {
  Connected session;
  session.say(0, 1, host_bytes("seen"));
  session.world.stall_screen(true);
  const std::string large(1 << 20, 'x');
  std::uint64_t newest = 1;
  for (std::uint64_t state = 2; state < 40; ++state) {
    session.say(1, state, host_bytes(large));
    session.world.advance(milliseconds(200));
    EXPECT_TRUE(session.world.turn());
    if (session.world.newest_ack() == StateNumber(state)) newest = state;
  }
  EXPECT_LT(newest, 12U) << "what is not taken is not acknowledged";
  session.type("typed meanwhile");
  EXPECT_TRUE(session.run_for(seconds(1)));
  EXPECT_NE(session.world.diffs().back().find("typed meanwhile"), std::string::npos);
  session.world.stall_screen(false);
  EXPECT_TRUE(session.run_for(seconds(1)));
  EXPECT_GE(session.world.states().size(), 2U);
  session.say(1, 100, host_bytes("works"));
  EXPECT_EQ(session.world.states().back().bytes, "works");
}

TEST(ClientNet, CreditIsHeldBackWhileMuchIsUnacknowledged) {
  Connected session;
  session.say(0, 1, host_bytes("x"));
  const std::string piece(privsep::client::kMaxTypedPieceBytes, 'p');
  std::size_t typed = 0;
  for (int i = 0; i < 1000 && typed - session.world.taken() + piece.size() <= privsep::client::kTypedCreditBytes; ++i) {
    session.type(piece);
    typed += piece.size();
    session.world.advance(milliseconds(1));
  }
  EXPECT_GE(session.world.taken(), kMaxUnacknowledged - piece.size());
  EXPECT_LE(session.world.taken(), kMaxUnacknowledged + piece.size());
  EXPECT_FALSE(session.world.ended());
  for (int i = 0; i < 200; ++i) {  // a server that takes it
    session.world.advance(milliseconds(50));
    session.say(1, 2 + static_cast<std::uint64_t>(i), host_bytes("y"), 1);
  }
  EXPECT_EQ(session.world.taken(), typed);
}

TEST(ClientNet, TypingBeyondTheCreditOrBeforeTheSizeIsNoHonestTtys) {
  fuzz::ClientNetWorld world;
  world.tty_tells(privsep::client::Typed{bytes_of("x")});
  EXPECT_FALSE(world.turn());
  EXPECT_FALSE(world.ended());
}

TEST(ClientNet, ItEndsWithItsGuard) {
  Connected session;
  session.world.guard_leaves();
  EXPECT_FALSE(session.world.turn());
}

TEST(ClientNet, AScreenThatSaysSomethingIsGivenUpAndTheServerTold) {
  Connected session;
  session.say(0, 1, host_bytes("x"));
  session.world.screen_says(bytes_of("hello"));
  EXPECT_FALSE(session.run_for(milliseconds(1600)));
  EXPECT_EQ(session.world.ended(), Ended::Reason::kScreenFailed);
}

// ---- ends ----

TEST(WireChecklist, Item55_GivesUpAfter15SecondsWithoutAServerState) {
  Connected session;
  EXPECT_TRUE(session.run_for(milliseconds(14900)));
  EXPECT_FALSE(session.world.reference().closing());
  EXPECT_FALSE(session.run_for(seconds(5)));
  EXPECT_EQ(session.world.ended(), Ended::Reason::kNeverConnected);
  EXPECT_TRUE(session.world.reference().closing());
  ASSERT_FALSE(session.world.notices().empty());
  EXPECT_EQ(session.world.notices().back().kind, Notice::Kind::kNeverConnected);
}

TEST(WireChecklist, Item55_AServerThatNeverSaysAScreenIsNoConnection) {
  Connected session;
  bool alive = true;
  TimePoint begin = session.world.now();
  for (int i = 0; alive && i < 3000; ++i) {
    session.world.advance(milliseconds(10));
    session.say(0, 1, "\xFF");
    alive = session.world.turn();
  }
  EXPECT_FALSE(alive);
  EXPECT_EQ(session.world.ended(), Ended::Reason::kNeverConnected);
  EXPECT_LE(session.world.now() - begin, seconds(20));
}

TEST(ClientNet, QuittingBeforeTheServerWasHeardTakesLessThanASecond) {
  Connected session;
  session.world.tty_tells(privsep::client::Quit{});
  EXPECT_FALSE(session.run_for(milliseconds(1000)));
  EXPECT_EQ(session.world.ended(), Ended::Reason::kNeverConnected);
}

TEST(ClientNet, QuittingAtTheVeryBeginningTakesNoTimeAtAll) {
  fuzz::ClientNetWorld world;
  world.tty_tells(privsep::client::Quit{});
  EXPECT_FALSE(world.turn());
  EXPECT_EQ(world.ended(), Ended::Reason::kNeverConnected);
  EXPECT_EQ(world.datagrams(), 0U);
}

TEST(ClientNet, QuittingIsAcknowledged) {
  Connected session;
  session.say(0, 1, host_bytes("x"));
  session.world.tty_tells(privsep::client::Quit{});
  session.world.tty_tells(privsep::client::Quit{});
  EXPECT_TRUE(session.run_for(milliseconds(300)));
  session.world.server_instruction({StateNumber(1), StateNumber(2), kShutdownState, StateNumber(1), {}, {}});
  EXPECT_FALSE(session.run_for(milliseconds(100)));
  EXPECT_EQ(session.world.ended(), Ended::Reason::kAcknowledged);
}

TEST(ClientNet, QuittingThatNobodyAcknowledgesEndsWithinASecond) {
  Connected session;
  session.say(0, 1, host_bytes("x"));
  session.world.tty_tells(privsep::client::Quit{});
  EXPECT_TRUE(session.run_for(milliseconds(600), milliseconds(5)));
  session.type("thrown away");
  EXPECT_FALSE(session.run_for(milliseconds(300), milliseconds(5)));
  EXPECT_EQ(session.world.ended(), Ended::Reason::kUnanswered);
  EXPECT_EQ(session.world.keys(), "");
  EXPECT_EQ(session.world.taken(), 11U);
}

TEST(ClientNet, TheServersEndIsAnsweredAtOnceAndItsLastScreenShown) {
  Connected session;
  session.say(0, 1, host_bytes("x"));
  session.say(1, UINT64_MAX, host_bytes("logout"));
  EXPECT_FALSE(session.run_for(milliseconds(400), milliseconds(5)));
  EXPECT_EQ(session.world.newest_ack(), kShutdownState);
  EXPECT_EQ(session.world.ended(), Ended::Reason::kServerEnded);
  EXPECT_EQ(session.world.states().back().bytes, "logout");
  EXPECT_TRUE(session.world.reference().closing());
}

TEST(ClientNet, AnEndDoesNotWaitForAScreenThatDoesNotRead) {
  Connected session;
  session.say(0, 1, host_bytes("x"));
  session.world.stall_screen(true);
  for (std::uint64_t state = 2; state < 8; ++state) session.say(1, state, host_bytes(std::string(1 << 20, 'x')));
  session.world.tty_tells(privsep::client::Quit{});
  EXPECT_TRUE(session.run_for(milliseconds(300)));
  session.world.server_instruction({StateNumber(1), StateNumber(100), kShutdownState, StateNumber(1), {}, {}});
  EXPECT_FALSE(session.run_for(milliseconds(700)));
  EXPECT_EQ(session.world.ended(), Ended::Reason::kAcknowledged);
}

// ---- time ----

TEST(ClientNet, AfterALongGapItSpeaksAtOnce) {
  Connected session;
  session.say(0, 1, host_bytes("x"));
  EXPECT_TRUE(session.run_for(seconds(1)));
  const std::size_t before = session.world.datagrams();
  session.world.advance(std::chrono::hours(8));
  EXPECT_TRUE(session.world.turn());
  EXPECT_GT(session.world.datagrams(), before);
  session.say(1, 2, host_bytes("awake"));
  EXPECT_EQ(session.world.states().back().bytes, "awake");
}

TEST(ClientNet, AnIdleSessionSaysLittle) {
  Connected session;
  session.say(0, 1, host_bytes("x"));
  EXPECT_TRUE(session.run_answered(seconds(5)));
  const std::size_t before = session.world.datagrams();
  EXPECT_TRUE(session.run_answered(seconds(60)));
  EXPECT_LE(session.world.datagrams() - before, 21U) << "a heartbeat every 3 s";
  EXPECT_GE(session.world.datagrams() - before, 19U);
}

TEST(ClientNet, TheLinkIsReported) {
  Connected session;
  ASSERT_TRUE(session.world.link().has_value());
  EXPECT_FALSE(session.world.link()->connected);
  EXPECT_EQ(session.world.link()->send_interval_ms, 250U);
  session.world.advance(milliseconds(40));
  session.say(0, 1, host_bytes("x"));
  EXPECT_TRUE(session.world.link()->connected);
  const auto now_ns = static_cast<std::uint64_t>(session.world.now().time_since_epoch().count()) * 1000;
  EXPECT_EQ(session.world.link()->heard_ns, now_ns);
  EXPECT_EQ(session.world.link()->acked_ns, now_ns - 40'000'000);
}

}  // namespace
}  // namespace sallyport::client
