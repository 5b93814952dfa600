// What the sender does where datagrams are lost: it notices, repeats in time, and repeats so that pieces complete each other.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "sync/instruction_link.h"
#include "sync/loss_estimate.h"
#include "sync/sender.h"
#include "tests/sync/simulator.h"

namespace sallyport::sync {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// ---- how much is lost ----

TEST(LossEstimate, OneLossAmongFewIsNoLossyPath) {
  LossEstimate loss;
  EXPECT_EQ(loss.worthwhile_copies(), 1);
  for (int i = 0; i < 100; ++i) loss.on_arrived(1);
  loss.on_lost(1);
  EXPECT_EQ(loss.worthwhile_copies(), 1);
}

TEST(LossEstimate, FindsTheShareAlsoOfWhatIsRepeated) {
  sim::Random random(3);
  for (const double share : {0.2, 0.29, 0.5}) {
    for (const int copies : {1, 2, 3}) {
      LossEstimate loss;
      double sum = 0;
      for (int i = 0; i < 4000; ++i) {
        int arrived = 0;
        for (int k = 0; k < copies; ++k) arrived += random.chance(share) ? 0 : 1;
        arrived > 0 ? loss.on_arrived(copies) : loss.on_lost(copies);
        if (i >= 1000) sum += loss.share() / 3000;
      }
      EXPECT_NEAR(sum, share, 0.35 * share) << share << ", copies " << copies;
    }
  }
}

TEST(LossEstimate, MoreLossIsWorthMoreCopiesUpToABound) {
  LossEstimate loss;
  int before = 1;
  for (int i = 0; i < 500; ++i) {
    loss.on_lost(1);
    EXPECT_GE(loss.worthwhile_copies(), before);
    before = loss.worthwhile_copies();
  }
  EXPECT_EQ(before, 6);
}

// ---- when it is sent again ----

class Sink final : public InstructionSink {
 public:
  std::size_t transmit(const proto::TransportInstruction& instruction, TimePoint now) override {
    sent.emplace_back(instruction.new_num, now);
    return 60 + instruction.diff.size();
  }
  std::vector<std::pair<StateNumber, TimePoint>> sent;
};

/// Answers at once: the object is its version.
class Provider final : public StateProvider {
 public:
  void request_frame(const FrameRequest& request, TimePoint now) override {
    const std::vector<std::byte> diff(bytes);
    EXPECT_EQ(sender->on_frame({request.acknowledged, request.snapshot, ContentVersion(version), diff}, now),
              FrameVerdict::kAccepted);
  }
  void forget(SnapshotId) override {}
  Sender* sender = nullptr;
  std::uint64_t version = 0;
  std::size_t bytes = 20;
};

class LossySender : public ::testing::Test {
 protected:
  LossySender() {
    for (int i = 0; i < 40; ++i) rtt.sample(100);
    provider.sender = &sender;
    sender.set_attached(true);
    hear();
    sender.tick(now);
  }
  void hear() { sender.on_peer_state(StateNumber(++heard), /*carried_diff=*/false, now); }
  void run(Duration duration) {
    for (const TimePoint end = now + duration; now < end; now += milliseconds(1)) sender.tick(now);
  }
  /// The object changes; what goes out is counted from here.
  void change() {
    ++provider.version;
    sender.on_dirty(now);
    sink.sent.clear();
    sender.tick(now);
    ASSERT_EQ(sink.sent.size(), 1U);
  }
  /// A packet of the peer, the newest, that acknowledges `num`.
  void word(StateNumber num) {
    sender.on_acknowledgment(num, now);
    hear();
    sender.on_newest_word(num, now);
    sender.tick(now);
  }
  /// A path that loses one change in three, however often it is sent.
  void make_lossy() {
    for (int i = 0; i < 60; ++i) {
      const StateNumber held = sender.sent().first().num;
      change();
      run(milliseconds(260));
      word(i % 3 == 0 ? held : sender.sent().last_said().num);
      run(milliseconds(20));
      word(sender.sent().last_said().num);
    }
  }

  TimePoint now{std::chrono::hours(1)};
  std::uint64_t heard = 0;
  net::RttEstimator rtt;
  Sink sink;
  Provider provider;
  Sender sender{provider, sink, rtt, PacingRule(), now};
};

TEST_F(LossySender, WhatThePeerShouldHaveByNowAndDoesNotIsSentAtOnce) {
  const StateNumber held = sender.sent().first().num;
  change();
  run(milliseconds(112));
  EXPECT_EQ(sink.sent.size(), 1U);
  word(held);
  EXPECT_EQ(sink.sent.size(), 2U);  // stock waits for the end of RTO + 100
  EXPECT_EQ(sink.sent[1].first, sink.sent[0].first);
}

TEST_F(LossySender, AWordFromBeforeItCouldArriveSaysNothing) {
  const StateNumber held = sender.sent().first().num;
  change();
  run(milliseconds(95));
  word(held);
  run(milliseconds(50));
  EXPECT_EQ(sink.sent.size(), 1U);
  EXPECT_EQ(sender.loss().share(), 0);
}

TEST_F(LossySender, ACleanPathCarriesEverythingOnce) {
  for (int i = 0; i < 20; ++i) {
    change();
    run(milliseconds(150));
    EXPECT_EQ(sink.sent.size(), 1U);
    word(sender.sent().last_said().num);
  }
}

TEST_F(LossySender, ALossyPathGetsSmallDiffsAgainWithoutWaiting) {
  make_lossy();
  EXPECT_GE(sender.loss().share(), 0.2);
  change();
  run(milliseconds(99));  // the earliest word takes longer
  EXPECT_GE(sink.sent.size(), 3U);
  EXPECT_LE(sink.sent.size(), 4U);
  for (std::size_t i = 1; i < sink.sent.size(); ++i) {
    EXPECT_EQ(sink.sent[i].first, sink.sent[0].first);
    EXPECT_GE(sink.sent[i].second - sink.sent[i - 1].second, sender.retransmission_interval() / 2);
  }
}

TEST_F(LossySender, ARepetitionThatIsAcknowledgedIsTheLast) {
  make_lossy();
  change();
  word(sender.sent().last_said().num);
  run(milliseconds(500));
  EXPECT_EQ(sink.sent.size(), 1U);
}

TEST_F(LossySender, WhatNeedsSeveralDatagramsWaitsForWord) {
  make_lossy();
  provider.bytes = 1300;
  change();
  run(milliseconds(99));
  EXPECT_EQ(sink.sent.size(), 1U);
}

// ---- pieces ----

class Pieces : public ::testing::Test {
 protected:
  static crypto::SessionKey key() {
    auto parsed = crypto::SessionKey::parse("AAECAwQFBgcICQoLDA0ODw");
    if (!parsed) __builtin_trap();
    return std::move(*parsed);
  }
  Pieces() {
    sim::Random random(1);
    for (std::byte& byte : diff) byte = static_cast<std::byte>(random.next());
  }
  /// Sends; the receiver gets the datagrams whose numbers are in `arrive`. True: it got a whole instruction.
  bool send(const proto::TransportInstruction& instruction, std::initializer_list<int> arrive) {
    int number = 0;
    bool whole = false;
    (void)sender.send(instruction, now, [&](std::span<const std::byte> datagram) {
      if (std::find(arrive.begin(), arrive.end(), number++) == arrive.end()) return;
      std::vector<std::byte> copy(datagram.begin(), datagram.end());
      const auto opened = receiver.open(copy, net::Ecn::kNotCongested, now);
      ASSERT_TRUE(opened);
      if (!opened->instruction) return;
      whole = true;
      EXPECT_TRUE(std::ranges::equal(opened->instruction->diff, diff));
    });
    EXPECT_EQ(number, 3);
    EXPECT_EQ(receiver.drops().fragments, 0U);  // a conflicting piece makes stock abort
    return whole;
  }
  [[nodiscard]] proto::TransportInstruction instruction(std::uint64_t ack = 7) const {
    return {StateNumber(1), StateNumber(2), StateNumber(ack), StateNumber(1), diff, {}};
  }

  TimePoint now{std::chrono::hours(1)};
  std::array<std::byte, 3000> diff{};
  std::array<std::byte, 32> seed{};
  ChaffSource chaff{seed};
  net::PacketLayer to_client{key(), crypto::Direction::kToClient};
  net::PacketLayer to_server{key(), crypto::Direction::kToServer};
  InstructionLink sender{to_client, chaff, net::kIpv4DatagramBytes};
  InstructionLink receiver{to_server, chaff, net::kIpv4DatagramBytes};
};

TEST_F(Pieces, OfTheSameInstructionCompleteEachOther) {
  EXPECT_FALSE(send(instruction(), {0, 2}));
  EXPECT_TRUE(send(instruction(), {1}));
}

TEST_F(Pieces, OfAnotherAcknowledgmentOrDiffNeverMeet) {
  EXPECT_FALSE(send(instruction(), {0, 2}));
  EXPECT_FALSE(send(instruction(8), {1}));
  EXPECT_FALSE(send(instruction(8), {0}));
  diff[5] ^= std::byte{1};
  EXPECT_FALSE(send(instruction(8), {2}));
}

TEST_F(Pieces, OfAnotherLengthNeverMeet) {
  EXPECT_FALSE(send(instruction(), {0, 2}));
  sender.size().on_path_change(net::kIpv6DatagramBytes);
  EXPECT_FALSE(send(instruction(), {1}));
}

TEST_F(Pieces, AreForgottenOnceTheyHaveArrived) {
  EXPECT_FALSE(send(instruction(), {0, 2}));
  sender.forget_up_to(StateNumber(2));
  EXPECT_FALSE(send(instruction(), {1}));
}

// ---- what loss must not be taken for ----

TEST(LossyLink, LossIsNotTakenForALimitOfLength) {
  const auto shortened = [](double loss) {
    DatagramSize size(1252);
    TimePoint now{std::chrono::hours(1)};
    for (std::uint64_t num = 1; num <= 8; ++num, now += seconds(1)) {
      size.on_sent(StateNumber(num), 1252, now, 3);
      if (size.on_acknowledgment(StateNumber(0), now + milliseconds(900), milliseconds(200), loss)) return true;
    }
    return false;
  };
  EXPECT_TRUE(shortened(0));
  EXPECT_TRUE(shortened(0.05));
  EXPECT_FALSE(shortened(0.4));
}

TEST(LossyLink, ALostLargeFrameDoesNotMakeTheLinkLookThin) {
  constexpr TimePoint kStart{seconds(1000)};
  Pacer pacer{PacingRule{}};
  pacer.on_round_trip(50, kStart);
  pacer.on_sent(kStart, 2500, milliseconds(25));
  EXPECT_GE(pacer.drained() - kStart, milliseconds(300));
  pacer.on_round_trip(50, kStart + milliseconds(60));  // may be of a datagram before the frame
  EXPECT_GE(pacer.drained() - kStart, milliseconds(300));
  pacer.on_round_trip(50, kStart + milliseconds(70));
  EXPECT_LE(pacer.drained() - kStart, milliseconds(70));
}

TEST(LossyLink, AThinOneIsNotTakenForAFastOne) {
  constexpr TimePoint kStart{seconds(1000)};
  Pacer pacer{PacingRule{}};
  pacer.on_round_trip(50, kStart);
  pacer.on_sent(kStart, 2500, milliseconds(25));
  pacer.on_round_trip(206, kStart + milliseconds(260));  // at 8 kB/s the first piece alone takes 156 ms
  pacer.on_round_trip(362, kStart + milliseconds(420));
  pacer.on_sent(kStart + milliseconds(500), 2500, milliseconds(25));
  EXPECT_GE(pacer.drained() - kStart, milliseconds(750));
}

}  // namespace
}  // namespace sallyport::sync
