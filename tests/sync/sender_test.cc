// The sender's decisions (wire 5.3 to 5.6, 5.8) against a provider that answers when the test says so.
#include "sync/sender.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/bytes.h"

namespace sallyport::sync {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Sent {
  std::uint64_t from, to, ack, throwaway;
  std::string diff;
  TimePoint at;
};

class Sink final : public InstructionSink {
 public:
  std::size_t transmit(const proto::TransportInstruction& i, TimePoint now) override {
    sent.push_back({i.old_num.value(), i.new_num.value(), i.ack_num.value(), i.throwaway_num.value(),
                    std::string(text_of(i.diff)), now});
    EXPECT_LE(i.throwaway_num, i.old_num);
    EXPECT_LE(i.old_num, i.new_num);
    return 60 + i.diff.size();
  }
  std::vector<Sent> sent;
};

class Provider final : public StateProvider {
 public:
  void request_frame(const FrameRequest& request, TimePoint) override {
    EXPECT_LE(request.acknowledged, request.assumed);
    EXPECT_LT(request.assumed, request.snapshot);
    requests.push_back(request);
  }
  void forget(SnapshotId oldest_kept) override { forgotten = oldest_kept; }
  std::vector<FrameRequest> requests;
  SnapshotId forgotten;
};

class SenderTest : public ::testing::Test {
 protected:
  SenderTest() {
    rtt.sample(40);
    sender.set_attached(true);
    heard(1, /*diff=*/false);
    sender.tick(now);  // the first chance to send is used at once
    sink.sent.clear();
  }
  void heard(std::uint64_t num, bool diff = true) { sender.on_peer_state(StateNumber(num), diff, now); }
  /// Answers the newest request with content `version`; from the acknowledged base unless told otherwise.
  FrameVerdict answer(std::uint64_t version, std::string_view diff, bool from_assumed = false) {
    const FrameRequest& request = provider.requests.back();
    return sender.on_frame({from_assumed ? request.assumed : request.acknowledged, request.snapshot,
                            ContentVersion(version), bytes_of(diff)}, now);
  }
  /// Runs the timers for `duration` as a poll loop would; `reply`: answer each request at once with this diff and
  /// version.
  void run(Duration duration, std::string_view reply = {}, std::uint64_t version = 0) {
    const TimePoint end = now + duration;
    std::size_t answered = provider.requests.size();
    for (int steps = 0; steps < 100000; ++steps) {
      sender.tick(now);
      if (!reply.empty() && provider.requests.size() > answered) {
        EXPECT_EQ(answer(version, reply), FrameVerdict::kAccepted);
      }
      answered = provider.requests.size();
      const TimePoint next = std::max(sender.next_timer(now), now);
      if (next >= end) break;
      ASSERT_LT(steps, 99999) << "busy loop";
      now = next == now ? now + Duration(1) : next;
    }
    now = end;
  }
  /// A frame of version `version` goes out now.
  void send_frame(std::uint64_t version, std::string_view diff) {
    sender.on_dirty(now);
    run(milliseconds(60), diff, version);
    ASSERT_EQ(sender.sent().last().version, ContentVersion(version));
  }
  void acknowledge_all() { sender.on_acknowledgment(sender.sent().last().num, now); }

  TimePoint now{std::chrono::hours(1)};
  net::RttEstimator rtt;
  Sink sink;
  Provider provider;
  Sender sender{provider, sink, rtt, PacingRule(), now};
};
class WireChecklistSender : public SenderTest {};

TEST_F(SenderTest, AsksOnceAndSendsTheAnswer) {
  sender.on_dirty(now);
  run(milliseconds(10));
  ASSERT_EQ(provider.requests.size(), 1U);
  EXPECT_TRUE(sink.sent.empty());
  EXPECT_EQ(answer(1, "frame"), FrameVerdict::kAccepted);
  ASSERT_EQ(sink.sent.size(), 1U);
  EXPECT_EQ(sink.sent[0].diff, "frame");
  EXPECT_EQ(sink.sent[0].from, 0U);
  EXPECT_EQ(sink.sent[0].to, 2U);  // 1 was the empty ack
}

TEST_F(SenderTest, NeverHasTwoRequestsOutstanding) {
  sender.on_dirty(now);
  run(milliseconds(10));
  for (int i = 0; i < 20; ++i) {
    sender.on_dirty(now);
    run(milliseconds(500));
  }
  EXPECT_EQ(provider.requests.size(), 1U);
}

TEST_F(SenderTest, AnAnswerThatFitsNoRequestIsAMismatch) {
  const EncodedFrame unasked{SnapshotId(0), SnapshotId(1), ContentVersion(1), bytes_of(std::string_view("x"))};
  EXPECT_EQ(sender.on_frame(unasked, now), FrameVerdict::kMismatch);
  send_frame(5, "frame");
  sender.on_dirty(now);
  run(milliseconds(60));
  const FrameRequest request = provider.requests.back();
  const auto diff = bytes_of(std::string_view("y"));
  EXPECT_EQ(sender.on_frame({SnapshotId(77), request.snapshot, ContentVersion(6), diff}, now), FrameVerdict::kMismatch);
  const SnapshotId base = request.acknowledged;
  EXPECT_EQ(sender.on_frame({base, SnapshotId(77), ContentVersion(6), diff}, now), FrameVerdict::kMismatch);
  EXPECT_EQ(sender.on_frame({base, request.snapshot, ContentVersion(4), diff}, now), FrameVerdict::kMismatch);
  const std::string huge(proto::kMaxDiffBytes + 1, 'h');
  EXPECT_EQ(sender.on_frame({request.acknowledged, request.snapshot, ContentVersion(6), bytes_of(huge)}, now),
            FrameVerdict::kMismatch);
  EXPECT_EQ(answer(6, "z"), FrameVerdict::kAccepted);
  EXPECT_EQ(answer(6, "z"), FrameVerdict::kMismatch);
}

TEST_F(WireChecklistSender, Item25_AcksOutsideTheSentListAreIgnored) {
  send_frame(1, "frame");
  sender.on_acknowledgment(StateNumber(99), now);
  sender.on_acknowledgment(kShutdownState, now);
  EXPECT_EQ(sender.sent().first().num, StateNumber(0));
  sender.on_acknowledgment(StateNumber(2), now);
  EXPECT_EQ(sender.sent().first().num, StateNumber(2));
  sender.on_acknowledgment(StateNumber(1), now);  // older than the first
  EXPECT_EQ(sender.sent().first().num, StateNumber(2));
}

TEST_F(WireChecklistSender, Item30_ThrowawayIsTheNewestAcknowledgedState) {
  send_frame(1, "one");
  acknowledge_all();
  send_frame(2, "two");
  EXPECT_EQ(sink.sent.back().throwaway, sink.sent.front().to);
  EXPECT_EQ(sink.sent.back().from, sink.sent.front().to);
  EXPECT_GT(provider.forgotten, SnapshotId(0));
}

TEST_F(WireChecklistSender, Item30_ThrowawayIsFrozenWhileAFrameIsOutstanding) {
  send_frame(1, "one");
  acknowledge_all();
  const std::uint64_t base = sender.sent().last().num.value();
  send_frame(2, "two");
  sender.on_dirty(now);
  run(milliseconds(30));
  ASSERT_TRUE(sender.frame_outstanding());
  acknowledge_all();   // while the frame is being made from `base`
  heard(2);
  run(milliseconds(200));
  EXPECT_EQ(sink.sent.back().diff, "");
  EXPECT_EQ(sink.sent.back().throwaway, base);  // the ack that did not wait
  EXPECT_EQ(answer(3, "three"), FrameVerdict::kAccepted);
  EXPECT_EQ(sink.sent.back().from, base);
  EXPECT_EQ(sink.sent.back().throwaway, base);
}

TEST_F(WireChecklistSender, Item31_AnEmptyAckIsANewStateEvery3Seconds) {
  run(milliseconds(9500));
  ASSERT_EQ(sink.sent.size(), 3U);
  EXPECT_EQ(sink.sent[2].at - sink.sent[1].at, kHeartbeat);
  EXPECT_EQ(sink.sent[1].to, sink.sent[0].to + 1);
  EXPECT_EQ(sink.sent[2].diff, "");
  EXPECT_TRUE(provider.requests.empty());  // nobody was woken
}

TEST_F(WireChecklistSender, Item32_ANonEmptyDiffIsAcknowledgedWithin100Ms) {
  const TimePoint arrived = now;
  heard(2);
  run(seconds(1));
  ASSERT_EQ(sink.sent.size(), 1U);
  EXPECT_EQ(sink.sent[0].ack, 2U);
  EXPECT_EQ(sink.sent[0].at - arrived, kDelayedAck);
}

TEST_F(WireChecklistSender, Item32_AnAckOfAnAckIsNotSentEarly) {
  heard(2, /*diff=*/false);
  run(seconds(1));
  EXPECT_TRUE(sink.sent.empty());
}

TEST_F(WireChecklistSender, Item32_AnAckDoesNotWaitForAHungProvider) {
  heard(2);
  sender.on_dirty(now);
  run(seconds(1));
  ASSERT_EQ(sink.sent.size(), 1U);
  EXPECT_EQ(sink.sent[0].diff, "");
  EXPECT_LE(sink.sent[0].at - (now - seconds(1)), kDelayedAck + kFramePatience);
  run(seconds(7));
  EXPECT_EQ(sink.sent.size(), 3U);  // and heartbeats go on
}

TEST_F(SenderTest, ARepeatedDiffIsAcknowledgedAgain) {
  heard(2);
  run(milliseconds(150));
  sender.on_repeated_diff(now);
  run(milliseconds(150));
  EXPECT_EQ(sink.sent.size(), 2U);
}

// Ours: architecture 7 instead of the item's 8 ms and send_interval.
TEST_F(WireChecklistSender, Item33_TheFirstFrameLeavesAtOnceAndSustainedOnesKeepHalfTheRoundTrip) {
  const TimePoint start = now;
  sender.on_dirty(now);
  run(milliseconds(5), "f", 1);
  ASSERT_EQ(sink.sent.size(), 1U);
  EXPECT_LE(sink.sent[0].at - start, milliseconds(1));
  const std::size_t before = sink.sent.size();
  std::uint64_t version = 1;
  for (int i = 0; i < 200; ++i) {  // a change every 5 ms for a second
    sender.on_dirty(now);
    run(milliseconds(5), "f", ++version);
    acknowledge_all();
  }
  const std::size_t frames = sink.sent.size() - before;  // half of 40 ms: 50 a second, and the bucket's 4
  EXPECT_GE(frames, 45U);
  EXPECT_LE(frames, 56U);
}

TEST_F(WireChecklistSender, Item34_RepeatsUnacknowledgedDataFor10SecondsThenWithTheHeartbeat) {
  send_frame(1, "frame");
  const TimePoint sent = sink.sent.back().at;
  const TimePoint heard_at = now - milliseconds(60);
  sink.sent.clear();
  run(seconds(30), "frame", 1);
  ASSERT_GT(sink.sent.size(), 100U);
  EXPECT_GE(sink.sent[0].at - sent, rtt.rto() + kDelayedAck);
  for (const Sent& s : sink.sent) {
    EXPECT_EQ(s.to, 2U);  // one number for one content
    EXPECT_EQ(s.diff, "frame");
  }
  EXPECT_GE(sink.sent[2].at - sink.sent[1].at, milliseconds(20));
  std::size_t late = 0;
  for (const Sent& s : sink.sent) late += s.at > heard_at + seconds(10) + milliseconds(100) ? 1U : 0U;
  EXPECT_GE(late, 6U);
  EXPECT_LE(late, 7U);
}

TEST_F(SenderTest, ARetransmissionFromTheSameBaseWakesNobody) {
  send_frame(1, "frame");
  const std::size_t asked = provider.requests.size();
  run(seconds(2));
  EXPECT_GT(sink.sent.size(), 10U);
  EXPECT_EQ(provider.requests.size(), asked);
}

TEST_F(SenderTest, NothingIsRepeatedOnceItIsAcknowledged) {
  send_frame(1, "frame");
  acknowledge_all();
  sink.sent.clear();
  run(milliseconds(2800));
  EXPECT_TRUE(sink.sent.empty());
}

TEST_F(SenderTest, AChangeThatNoDiffShowsSendsNothing) {
  send_frame(1, "frame");
  acknowledge_all();
  sink.sent.clear();
  sender.on_dirty(now);
  run(milliseconds(50));
  EXPECT_EQ(answer(2, ""), FrameVerdict::kAccepted);
  run(milliseconds(2800));
  EXPECT_TRUE(sink.sent.empty());
  EXPECT_EQ(sender.sent().last().version, ContentVersion(2));
}

TEST_F(SenderTest, AReturnToTheAcknowledgedContentIsAStateWithAnEmptyDiff) {
  send_frame(1, "there");
  sender.on_dirty(now);
  run(milliseconds(50));
  EXPECT_EQ(answer(2, ""), FrameVerdict::kAccepted);  // back again: nothing differs from state 0
  EXPECT_EQ(sink.sent.back().from, 0U);
  EXPECT_EQ(sink.sent.back().to, 3U);
  EXPECT_EQ(sink.sent.back().diff, "");
}

TEST_F(WireChecklistSender, Item35_TheSentListHolds32AndKeepsFirstLastAndBase) {
  for (std::uint64_t version = 1; version <= 200; ++version) {
    sender.on_dirty(now);
    run(milliseconds(25));
    ASSERT_TRUE(sender.frame_outstanding());
    const FrameRequest request = provider.requests.back();
    EXPECT_EQ(request.acknowledged, SnapshotId(0));
    EXPECT_EQ(answer(version, "f", /*from_assumed=*/version % 2 == 0), FrameVerdict::kAccepted);
    EXPECT_LE(sender.sent().size(), kMaxSentStates);
    EXPECT_EQ(sender.sent().first().num, StateNumber(0));
    EXPECT_EQ(sender.sent().last().num, StateNumber(version + 1));
  }
}

TEST(SentStates, CullingNeverTakesTheBase) {
  for (std::uint64_t base = 0; base < 40; ++base) {
    SentStates states{TimePoint()};
    for (std::uint64_t num = 1; num <= 60; ++num) {
      states.add({StateNumber(num), {}, {}, {}, 0}, StateNumber(base));
      EXPECT_LE(states.size(), kMaxSentStates);
      EXPECT_EQ(states.last().num, StateNumber(num));
    }
    bool held = false;
    for (const SentState& state : states.all()) held = held || state.num == StateNumber(base);
    EXPECT_TRUE(held) << base;
  }
}

TEST_F(SenderTest, DetachedItIsSilentAndForgetsNothing) {
  sender.set_attached(false);
  sender.on_dirty(now);
  heard(2);
  EXPECT_EQ(sender.next_timer(now), kNever);
  run(seconds(60), "frame", 1);
  EXPECT_TRUE(sink.sent.empty());
  sender.set_attached(true);
  run(milliseconds(10), "frame", 1);
  EXPECT_EQ(sink.sent.size(), 1U);
}

TEST_F(SenderTest, AFrameThatArrivesDetachedIsAskedForAgain) {
  sender.on_dirty(now);
  run(milliseconds(10));
  sender.set_attached(false);
  EXPECT_EQ(answer(1, "frame"), FrameVerdict::kAccepted);
  EXPECT_TRUE(sink.sent.empty());
  sender.set_attached(true);
  run(milliseconds(10), "frame", 1);
  ASSERT_EQ(sink.sent.size(), 1U);
  EXPECT_EQ(sink.sent[0].diff, "frame");
}

// ---- the closing handshake ----

TEST_F(WireChecklistSender, Item36_TheInitiatorRepeatsWithBackOffForTenSeconds) {
  send_frame(1, "frame");
  acknowledge_all();
  sink.sent.clear();
  const TimePoint start = now;
  sender.start_shutdown(now);
  run(seconds(10), "last", 2);
  ASSERT_GE(sink.sent.size(), 12U);
  for (const Sent& s : sink.sent) {
    EXPECT_EQ(s.to, UINT64_MAX);
    EXPECT_EQ(s.diff, "last");
    EXPECT_EQ(s.from, 2U);
  }
  EXPECT_LE(sink.sent[0].at - start, milliseconds(20));
  EXPECT_EQ(sink.sent.back().at - sink.sent[sink.sent.size() - 2].at, PacingRule().slowest_shutdown_repeat);
  EXPECT_FALSE(sender.closed());
  EXPECT_EQ(sender.initiator().deadline(start), start + kShutdownPatience);
  EXPECT_EQ(sender.initiator().deadline(start - seconds(61)), start + kShutdownPatienceForSilent);
  EXPECT_EQ(sender.initiator().deadline({}), start + kShutdownPatienceForSilent);
}

TEST_F(WireChecklistSender, Item36_AnAcknowledgedShutdownEndsTheRepetition) {
  sender.start_shutdown(now);
  run(milliseconds(100), "last", 2);
  sender.on_acknowledgment(kShutdownState, now);
  EXPECT_TRUE(sender.closed());
  sink.sent.clear();
  run(seconds(5));
  EXPECT_TRUE(sink.sent.empty());
}

TEST_F(SenderTest, AShutdownWaitsForTheFrameWithTheProgramsLastOutput) {
  sender.start_shutdown(now);
  run(seconds(1));
  for (const Sent& s : sink.sent) EXPECT_NE(s.to, UINT64_MAX);
  EXPECT_EQ(answer(2, "last words"), FrameVerdict::kAccepted);
  ASSERT_FALSE(sink.sent.empty());
  EXPECT_EQ(sink.sent.back().to, UINT64_MAX);
  EXPECT_EQ(sink.sent.back().diff, "last words");
}

TEST_F(SenderTest, AShutdownDoesNotWaitForAHungProviderForEver) {
  sender.start_shutdown(now);
  run(seconds(3));
  ASSERT_FALSE(sink.sent.empty());
  EXPECT_EQ(sink.sent.back().to, UINT64_MAX);
  EXPECT_EQ(sink.sent.back().diff, "");
  EXPECT_EQ(answer(2, "late"), FrameVerdict::kAccepted);
  EXPECT_EQ(sink.sent.back().diff, "late");
}

TEST_F(SenderTest, AFrameAskedForBeforeTheShutdownIsReplacedByTheLastOne) {
  sender.on_dirty(now);
  run(milliseconds(10));
  sender.start_shutdown(now);
  EXPECT_EQ(answer(1, "early"), FrameVerdict::kAccepted);
  EXPECT_TRUE(sink.sent.empty());
  run(milliseconds(100), "last", 2);
  ASSERT_FALSE(sink.sent.empty());
  EXPECT_EQ(sink.sent[0].diff, "last");
  EXPECT_EQ(sink.sent[0].to, UINT64_MAX);
}

TEST_F(WireChecklistSender, Item37_TheResponderAnswersAtOnceAndLingers) {
  send_frame(1, "frame");
  sink.sent.clear();
  const TimePoint asked = now;
  heard(UINT64_MAX, /*diff=*/false);
  run(milliseconds(900));
  ASSERT_EQ(sink.sent.size(), 1U);
  EXPECT_EQ(sink.sent[0].ack, UINT64_MAX);
  EXPECT_NE(sink.sent[0].to, UINT64_MAX);
  EXPECT_LE(sink.sent[0].at - asked, milliseconds(20));
  sender.on_repeated_shutdown(now);
  run(milliseconds(50));
  EXPECT_EQ(sink.sent.size(), 2U);
  EXPECT_GE(sender.responder().done(), asked + milliseconds(1900));
  EXPECT_LE(sender.responder().done(), asked + milliseconds(2100));
}

TEST_F(WireChecklistSender, Item37_BothSidesMayStartAtOnce) {
  sender.start_shutdown(now);
  run(milliseconds(50), "last", 2);
  heard(UINT64_MAX, /*diff=*/false);
  sink.sent.clear();
  run(milliseconds(100));
  ASSERT_FALSE(sink.sent.empty());
  EXPECT_EQ(sink.sent[0].ack, UINT64_MAX);
  EXPECT_EQ(sink.sent[0].to, UINT64_MAX);
  EXPECT_NE(sender.responder().done(), kNever);
}

TEST_F(SenderTest, AProbeIsANewStateWithTheNewestContent) {
  send_frame(1, "frame");
  acknowledge_all();
  const std::uint64_t newest = sender.sent().last().num.value();
  EXPECT_TRUE(sender.probe(bytes_of(std::string_view("echo")), now));
  EXPECT_EQ(sink.sent.back().from, newest);
  EXPECT_EQ(sink.sent.back().to, newest + 1);
  EXPECT_EQ(sink.sent.back().diff, "echo");
  sender.start_shutdown(now);
  EXPECT_FALSE(sender.probe({}, now));
}

}  // namespace
}  // namespace sallyport::sync
