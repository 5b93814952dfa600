// Which address and which port, when the server is silent (net/server_paths.h), as a rule and on real sockets.
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cerrno>
#include <set>

#include "net/server_paths.h"
#include "tests/client_net/server_words.h"

namespace sallyport::client {
namespace {

using privsep::client::Notice;
using std::chrono::milliseconds;
using std::chrono::seconds;

// ---- the rule ----

net::Address address(net::Family family, std::uint8_t host) {
  net::Address made;
  made.family = family;
  made.bytes = {10, 0, 0, host};
  made.port = 60001;
  return made;
}
const net::Address kSix = address(net::Family::kIpv6, 1);
const net::Address kFour = address(net::Family::kIpv4, 2);

class ServerPathsRule : public ::testing::Test {
 protected:
  net::ServerPaths::Step at(Duration since_start) {
    now = start + since_start;
    return paths.step(now, facts);
  }
  void hear(const net::Address& from) {
    left = paths.on_heard(from, now);
    facts.last_roundtrip = now;
  }
  TimePoint start{std::chrono::hours(1)};
  TimePoint now = start;
  net::ServerPaths::Facts facts{start, {}, milliseconds(100)};
  net::ServerPaths paths{{kSix, kFour}};
  std::optional<net::Family> left;
};

TEST_F(ServerPathsRule, TheOtherFamilyIsTriedAQuarterOfASecondLater) {
  paths.start(start);
  EXPECT_EQ(paths.current(), kSix);
  EXPECT_FALSE(at(milliseconds(249)).move);
  EXPECT_TRUE(at(milliseconds(250)).move);
  EXPECT_EQ(paths.current(), kFour);
  EXPECT_TRUE(at(milliseconds(500)).move);
  EXPECT_EQ(paths.current(), kSix);
  EXPECT_FALSE(at(milliseconds(999)).move);
  EXPECT_TRUE(at(milliseconds(1000)).move);
  EXPECT_EQ(paths.current(), kFour);
  hear(kFour);
  EXPECT_EQ(paths.current(), kFour);
  EXPECT_EQ(left, net::Family::kIpv6);
}

TEST_F(ServerPathsRule, AnAnswerThatComesLateStillDecides) {
  paths.start(start);
  EXPECT_TRUE(at(milliseconds(250)).move);
  hear(kSix);
  EXPECT_EQ(paths.current(), kSix);
  EXPECT_FALSE(left.has_value());
  hear(kFour);  // the server's answer to the other one
  EXPECT_EQ(paths.current(), kSix) << "what answers stays in use";
}

TEST_F(ServerPathsRule, WhatAnswersStaysInUseUntilItFallsSilent) {
  paths.start(start);
  hear(kSix);
  for (int i = 1; i <= 100; ++i) {
    const auto step = at(i * seconds(3));
    EXPECT_FALSE(step.move || step.new_port);
    hear(kSix);
  }
  const Duration last = 100 * seconds(3);
  EXPECT_FALSE(at(last + net::kSilence - milliseconds(1)).move);
  auto step = at(last + net::kSilence);
  EXPECT_TRUE(step.move && step.new_port);
  EXPECT_EQ(paths.current(), kSix) << "by another port first";
  step = at(last + net::kSilence + net::kProbeInterval);
  EXPECT_TRUE(step.move && step.new_port) << "our own address of that family may be another by now";
  EXPECT_EQ(paths.current(), kFour);
  hear(kFour);
  EXPECT_EQ(left, net::Family::kIpv6);
  EXPECT_FALSE(at(last + net::kSilence + 2 * net::kProbeInterval).move);
}

TEST_F(ServerPathsRule, WhereThereIsNoWayTheOtherAddressGetsItsTurnAtOnce) {
  paths.start(start);
  hear(kSix);
  now = start + seconds(1);
  paths.on_no_way(now);
  EXPECT_TRUE(at(seconds(1)).move);
  EXPECT_EQ(paths.current(), kFour);
  int turns = 0;
  for (int ms = 1000; ms < 61000; ms += 20) {  // no way there either, for a minute
    paths.on_no_way(start + milliseconds(ms));
    if (at(milliseconds(ms)).move) ++turns;
  }
  EXPECT_LT(turns, 40);
  EXPECT_GT(turns, 15);
}

TEST_F(ServerPathsRule, UnansweredInputTellsSooner) {
  paths.start(start);
  hear(kSix);
  now = start + seconds(1);
  facts.input_since = now;
  EXPECT_FALSE(at(seconds(3)).move);
  EXPECT_TRUE(at(milliseconds(3200)).new_port);
}

TEST_F(ServerPathsRule, InputThatAServerWhoIsHeardRefusesTellsNothing) {
  paths.start(start);
  hear(kSix);
  facts.input_since = start;
  now = start + seconds(1);
  (void)paths.on_heard(kSix, now);
  facts.last_roundtrip = now;
  EXPECT_FALSE(at(seconds(4)).move);
}

TEST_F(ServerPathsRule, OneAddressTakesNewPortsAlone) {
  net::ServerPaths alone({kFour});
  alone.start(start);
  (void)alone.on_heard(kFour, start);
  int ports = 0;
  for (int second = 1; second <= 60; ++second) {
    if (alone.step(start + seconds(second), facts).new_port) ++ports;
    EXPECT_EQ(alone.current(), kFour);
  }
  EXPECT_EQ(ports, 5) << "at 7 s, and then when more than 10 s have passed";
}

// ---- on sockets ----

TEST(WireChecklist, Item16_TakesANewPortEveryTenSecondsWhileNothingIsConfirmed) {
  Connected session;
  session.say(0, 1, host_bytes("x"));
  EXPECT_TRUE(session.run_for(seconds(1)));
  session.say(1, 2, host_bytes("y"));
  session.world.cut(0, true);
  EXPECT_EQ(session.world.ports().size(), 1U);
  EXPECT_TRUE(session.run_for(seconds(60)));
  EXPECT_GE(session.world.ports().size(), 6U);
  EXPECT_LE(session.world.ports().size(), 7U);
}

TEST(WireChecklist, Item16_ThePortThatWasLeftIsListenedTo) {
  Connected session;
  session.say(0, 1, host_bytes("x"));
  session.world.cut(0, true);
  const std::uint16_t old_port = session.world.client_port();
  EXPECT_TRUE(session.run_for(seconds(8)));
  session.say(1, 2, host_bytes("to the old port"));
  EXPECT_EQ(session.world.client_port(), old_port);
  EXPECT_EQ(session.world.states().back().bytes, "to the old port");
}

TEST(ClientPaths, AClosedPortIsSaid) {
  Connected session;
  session.world.close_server();
  session.type("x");
  EXPECT_TRUE(session.run_for(seconds(1)));
  ASSERT_FALSE(session.world.notices().empty());
  EXPECT_EQ(session.world.notices().front().kind, Notice::Kind::kReceiveFailed);
  EXPECT_EQ(session.world.notices().front().number, static_cast<std::uint32_t>(ECONNREFUSED));
  EXPECT_LE(session.world.notices().size(), 3U);
}

bool has_ipv6() { return sys::open_client_udp(AF_INET6) && fuzz::can_bind("::1"); }

TEST(ClientPaths, AServerThatListensOnOneFamilyIsReached) {
  if (!has_ipv6()) GTEST_SKIP() << "skipped: no IPv6 on loopback";
  Connected session({"::1", "127.0.0.1"});
  session.world.cut(0, true);
  EXPECT_TRUE(session.run_for(milliseconds(400)));
  EXPECT_EQ(session.world.datagrams_at(1), 1U);
  session.say(0, 1, host_bytes("over IPv4"));
  ASSERT_FALSE(session.world.states().empty());
  EXPECT_EQ(session.world.states().back().bytes, "over IPv4");
  const std::size_t before = session.world.datagrams_at(0);
  session.type("x");
  EXPECT_TRUE(session.run_for(seconds(1)));
  EXPECT_EQ(session.world.datagrams_at(0), before) << "what answers stays in use";
  ASSERT_FALSE(session.world.notices().empty());
  EXPECT_EQ(session.world.notices().front().kind, Notice::Kind::kUnanswered);
  EXPECT_EQ(session.world.notices().front().number, 6U);
}

TEST(ClientPaths, ASessionMovesToTheOtherFamilyWhenOneFallsSilent) {
  if (!has_ipv6()) GTEST_SKIP() << "skipped: no IPv6 on loopback";
  Connected session({"::1", "127.0.0.1"});
  session.say(0, 1, host_bytes("over IPv6"));
  EXPECT_TRUE(session.run_for(milliseconds(200)));
  EXPECT_EQ(session.world.datagrams_at(1), 0U);
  session.world.cut(0, true);
  session.type("x");
  EXPECT_TRUE(session.run_for(seconds(8)));
  EXPECT_GT(session.world.datagrams_at(1), 0U);
  session.say(1, 2, host_bytes("over IPv4"));
  EXPECT_EQ(session.world.states().back().bytes, "over IPv4");
  const std::size_t silent = session.world.datagrams_at(0);
  EXPECT_TRUE(session.run_answered(seconds(5)));
  EXPECT_EQ(session.world.datagrams_at(0), silent);
}

}  // namespace
}  // namespace sallyport::client
