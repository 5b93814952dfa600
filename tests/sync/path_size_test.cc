// Paths that drop long datagrams without a word: neither direction stalls where our end is the sender.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "sync/datagram_size.h"
#include "tests/sync/simulator.h"

namespace sallyport::sync::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

std::string text_of_size(Random& random, std::size_t size) {
  std::string text(size, ' ');
  for (char& c : text) c = static_cast<char>('!' + random.below(90));
  return text;
}

enum class Typing { kIdle, kBusy };

/// How long the client needs to see a screen of 3000 bytes that does not compress.
Duration until_seen(Session& session, Typing typing) {
  const TimePoint begin = session.now();
  session.terminal.replace(text_of_size(session.random, 3000), begin);
  for (int i = 0; i < 600; ++i) {
    if (typing == Typing::kBusy && i % 3 == 0) session.type("x");
    session.run_for(milliseconds(100));
    if (session.client->screen().text == session.terminal.live().text) return session.now() - begin;
  }
  return Duration::max();
}

Session& started(Session& session) {
  session.monitor.echo = false;
  session.type("x");
  session.run_for(seconds(3));
  return session;
}

Settings settings_for(std::uint64_t seed, bool stock_client) {
  Settings settings{.seed = seed, .to_server = {.delay = milliseconds(30)}, .to_client = {.delay = milliseconds(30)}};
  settings.stock_client = stock_client;
  return settings;
}

class PathSize : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(OurAndStockClient, PathSize, ::testing::Bool());

TEST_P(PathSize, AScreenComesThroughWhereLongDatagramsVanish) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    for (const std::size_t largest : {1251U, 1000U, 500U}) {
      Settings settings = settings_for(seed, GetParam());
      settings.to_client.largest = largest;
      Session session(settings);
      EXPECT_LT(until_seen(started(session), Typing::kBusy), seconds(2)) << seed << ", " << largest;
      EXPECT_LT(until_seen(session, Typing::kBusy), milliseconds(400)) << "once it is known";
      EXPECT_EQ(session.faults(), "");
    }
  }
}

TEST_P(PathSize, AScreenComesThroughToAClientThatOnlyWatches) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Settings settings = settings_for(seed, GetParam());
    settings.to_client.largest = 1000;
    Session session(settings);
    EXPECT_LT(until_seen(started(session), Typing::kIdle), seconds(6)) << seed;  // it says something every 3 s
    EXPECT_EQ(session.faults(), "");
  }
}

TEST_P(PathSize, APathThatShrinksDuringASessionIsNoticed) {
  Session session(settings_for(3, GetParam()));
  for (int i = 0; i < 5; ++i) EXPECT_LT(until_seen(started(session), Typing::kBusy), milliseconds(400));
  session.network.link(End::kClient).largest = 1000;
  EXPECT_LT(until_seen(session, Typing::kBusy), seconds(4));
  EXPECT_EQ(session.faults(), "");
}

TEST(PathSizeOfTheClient, APasteComesThroughWhereLongDatagramsVanish) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Settings settings = settings_for(seed, false);
    settings.to_server.largest = 1000;
    Session session(settings);
    started(session).monitor.echo = true;
    session.type(text_of_size(session.random, 6000));
    session.run_for(seconds(6));
    EXPECT_EQ(session.monitor.typed().size(), session.typed.size()) << seed;
    EXPECT_TRUE(session.converged());
    EXPECT_EQ(session.faults(), "");
  }
}

TEST_P(PathSize, LossAloneSeldomMakesDatagramsShort) {
  std::uint64_t bytes = 0;
  std::uint64_t datagrams = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Settings settings = settings_for(seed, GetParam());
    settings.to_client.loss = settings.to_server.loss = 0.29;
    Session session(settings);
    started(session);
    session.network.on_path = [&](const Network::Datagram& datagram) {
      if (datagram.to == End::kClient && datagram.bytes.size() >= 400) {
        bytes += datagram.bytes.size();
        ++datagrams;
      }
      return true;
    };
    for (int i = 0; i < 20; ++i) {
      session.terminal.replace(text_of_size(session.random, 1000), session.now());
      session.type("x");
      session.run_for(seconds(1));
    }
  }
  EXPECT_GT(bytes / datagrams, 750U) << "short ones have 500";
}

TEST_P(PathSize, LongDatagramsAreTriedAgainWhenThePathIsWholeAgain) {
  Settings settings = settings_for(5, GetParam());
  settings.to_client.largest = 1000;
  Session session(settings);
  (void)until_seen(started(session), Typing::kBusy);
  session.network.link(End::kClient).largest = SIZE_MAX;
  std::size_t longest = 0;
  session.network.on_path = [&](const Network::Datagram& datagram) {
    if (datagram.to == End::kClient) longest = std::max(longest, datagram.bytes.size());
    return true;
  };
  (void)until_seen(session, Typing::kBusy);
  EXPECT_LE(longest, net::kFallbackDatagramBytes);
  session.run_for(kFirstTrial);
  EXPECT_LT(until_seen(session, Typing::kBusy), milliseconds(400));
  EXPECT_EQ(longest, net::kIpv4DatagramBytes);
}

TEST_P(PathSize, ATrialInVainCostsLittleAndComesSeldomer) {
  Settings settings = settings_for(6, GetParam());
  settings.to_client.largest = 1000;
  Session session(settings);
  (void)until_seen(started(session), Typing::kBusy);
  int slow = 0;
  for (int i = 0; i < 64; ++i) {  // 32 minutes: trials after 1, 2, 4, 8, 16 of them
    session.run_for(seconds(30));
    const Duration took = until_seen(session, Typing::kBusy);
    EXPECT_LT(took, seconds(2));
    if (took > milliseconds(400)) ++slow;
  }
  EXPECT_LE(slow, 6);
  EXPECT_GE(slow, 3);
}

// ---- the rule alone ----

class DatagramSizeRule : public ::testing::Test {
 protected:
  void send(std::uint64_t num) { size.on_sent(StateNumber(num), size.bytes(now), now); }
  bool acknowledge(std::uint64_t num) { return size.on_acknowledgment(StateNumber(num), now, patience); }
  bool is_short() { return size.bytes(now) == net::kFallbackDatagramBytes; }
  TimePoint now{std::chrono::hours(1)};
  Duration patience = milliseconds(150);
  DatagramSize size{net::kIpv4DatagramBytes};
};

TEST_F(DatagramSizeRule, WithoutAWordFromThePeerNothingIsConcluded) {
  for (int i = 1; i <= 1000; ++i) send(7);
  now += seconds(60);
  EXPECT_FALSE(is_short());
}

TEST_F(DatagramSizeRule, WhatWasSentAMomentAgoIsNotInVain) {
  for (int i = 1; i <= 1000; ++i) send(7);
  EXPECT_FALSE(acknowledge(3));
  EXPECT_FALSE(is_short());
}

TEST_F(DatagramSizeRule, ShortInstructionsDecideNothing) {
  for (int i = 1; i <= 1000; ++i) size.on_sent(StateNumber(7), net::kFallbackDatagramBytes - 1, now);
  now += seconds(1);
  EXPECT_FALSE(acknowledge(3));
}

TEST_F(DatagramSizeRule, APathThatHasCarriedLongOnesIsDoubtedLater) {
  send(1);
  EXPECT_FALSE(acknowledge(1));
  for (int i = 0; i < kVainUntilShortIfProved - 1; ++i) send(2);
  now += seconds(1);
  EXPECT_FALSE(acknowledge(1));
  send(2);
  now += seconds(1);
  EXPECT_TRUE(acknowledge(1));
  EXPECT_TRUE(is_short());
}

TEST_F(DatagramSizeRule, WhereShortOnesFareNoBetterItWasNotTheLength) {
  for (int i = 0; i < kVainUntilShort; ++i) send(2);
  now += seconds(1);
  EXPECT_TRUE(acknowledge(1));
  for (int i = 0; i < kVainUntilLongAgain; ++i) send(2);
  now += seconds(1);
  EXPECT_TRUE(acknowledge(1));
  EXPECT_FALSE(is_short());
}

TEST_F(DatagramSizeRule, AMistakeThatATrialCorrectedCostsNoMoreTheNextTime) {
  std::uint64_t num = 1;
  for (int mistake = 0; mistake < 8; ++mistake) {
    ++num;
    for (int i = 0; i < kVainUntilShortIfProved; ++i) send(num);
    now += seconds(1);
    EXPECT_TRUE(acknowledge(num - 1));
    EXPECT_TRUE(is_short());
    now += kFirstTrial;
    EXPECT_FALSE(is_short()) << "after mistake " << mistake;
    send(++num);
    EXPECT_FALSE(acknowledge(num));
  }
}

TEST_F(DatagramSizeRule, WhileTrialsFailTheyBecomeRare) {
  for (int i = 0; i < kVainUntilShort; ++i) send(2);
  now += seconds(1);
  EXPECT_TRUE(acknowledge(1));
  for (Duration pause = kFirstTrial; pause < kLastTrial; pause *= 2) {
    now += pause - std::chrono::milliseconds(1);
    EXPECT_TRUE(is_short());
    now += std::chrono::milliseconds(1);
    EXPECT_FALSE(is_short());
    for (int i = 0; i < kVainOnTrial; ++i) send(2);
    now += seconds(1);
    EXPECT_TRUE(acknowledge(1));
  }
}

TEST_F(DatagramSizeRule, ARefusedSendIsBelievedForGood) {
  size.on_too_big();
  EXPECT_TRUE(is_short());
  size.on_path_change(net::kIpv6DatagramBytes);
  now += std::chrono::hours(5);
  EXPECT_TRUE(is_short());
}

TEST_F(DatagramSizeRule, AnotherPathBeginsWithLongOnes) {
  for (int i = 0; i < kVainUntilShort; ++i) send(2);
  now += seconds(1);
  EXPECT_TRUE(acknowledge(1));
  size.on_path_change(net::kIpv6DatagramBytes);
  EXPECT_EQ(size.bytes(now), net::kIpv6DatagramBytes);
}

}  // namespace
}  // namespace sallyport::sync::sim
