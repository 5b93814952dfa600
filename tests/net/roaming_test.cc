#include "net/roaming.h"

#include <gtest/gtest.h>

#include <vector>

namespace sallyport::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Address address(std::uint8_t host, std::uint16_t port = 60001) {
  return {.family = Family::kIpv4, .bytes = {192, 0, 2, host}, .port = port};
}
const Address kHome = address(1), kTrain = address(2), kElsewhere = address(3);
const TimePoint kStart = TimePoint(seconds(1000));

std::vector<Address> list(const Targets& targets) { return {targets.begin(), targets.end()}; }

/// A policy whose client sits at kHome.
PeerPolicy attached() {
  PeerPolicy policy;
  EXPECT_EQ(policy.on_authentic(kHome, 70, Order::kInOrder, kStart), PeerChange::kFirstContact);
  return policy;
}

TEST(WireChecklist, Item14_SendsNothingBeforeTheFirstAuthenticPacket) {
  PeerPolicy policy;
  EXPECT_FALSE(policy.attached());
  EXPECT_TRUE(policy.targets(100, kStart).empty());
  EXPECT_EQ(policy.on_authentic(kHome, 70, Order::kLate, kStart), PeerChange::kNone);
  EXPECT_TRUE(policy.targets(100, kStart).empty());
  EXPECT_EQ(policy.on_authentic(kHome, 70, Order::kInOrder, kStart), PeerChange::kFirstContact);
  EXPECT_EQ(list(policy.targets(100000, kStart)), std::vector{kHome}) << "the first address is not limited";
}

TEST(WireChecklist, Item13_RetargetsAtOnceToANewAddressWithinThreeTimesItsBytes) {
  PeerPolicy policy = attached();
  EXPECT_EQ(policy.on_authentic(kTrain, 70, Order::kInOrder, kStart), PeerChange::kCandidate);
  EXPECT_EQ(policy.candidate(), kTrain);
  EXPECT_EQ(policy.candidate_allowance(), 210U);
  EXPECT_EQ(list(policy.targets(150, kStart)), (std::vector{kTrain, kHome}));
  EXPECT_EQ(list(policy.targets(61, kStart)), std::vector{kHome}) << "60 bytes are left";
  EXPECT_EQ(list(policy.targets(60, kStart)), (std::vector{kTrain, kHome}));
  EXPECT_EQ(policy.on_authentic(kTrain, 100, Order::kInOrder, kStart), PeerChange::kNone);
  EXPECT_EQ(policy.candidate_allowance(), 300U);
}

TEST(WireChecklist, Item13_DoesNotRetargetOnALatePacket) {
  PeerPolicy policy = attached();
  EXPECT_EQ(policy.on_authentic(kTrain, 70, Order::kLate, kStart), PeerChange::kNone);
  EXPECT_EQ(list(policy.targets(50, kStart)), std::vector{kHome});
  (void)policy.on_authentic(kTrain, 70, Order::kInOrder, kStart);
  (void)policy.on_authentic(kTrain, 1000, Order::kLate, kStart);
  EXPECT_EQ(policy.candidate_allowance(), 160U + 50U) << "late packets buy nothing";
}

TEST(Roaming, ACandidateThatAnswersIsTheOnlyTargetAndUnlimited) {
  PeerPolicy policy = attached();
  (void)policy.on_authentic(kTrain, 70, Order::kInOrder, kStart);
  EXPECT_FALSE(policy.on_peer_answered(kHome));
  EXPECT_FALSE(policy.on_peer_answered(kElsewhere));
  EXPECT_TRUE(policy.on_peer_answered(kTrain));
  EXPECT_FALSE(policy.on_peer_answered(kTrain));
  EXPECT_EQ(policy.validated(), kTrain);
  EXPECT_EQ(list(policy.targets(100000, kStart)), std::vector{kTrain});
  EXPECT_EQ(policy.next_deadline(), kNever);
}

TEST(Roaming, ACandidateIsBelievedAfterOneSecond) {
  PeerPolicy policy = attached();
  EXPECT_FALSE(policy.on_time(kStart + seconds(5)));
  (void)policy.on_authentic(kTrain, 70, Order::kInOrder, kStart);
  EXPECT_EQ(policy.next_deadline(), kStart + seconds(1));
  EXPECT_FALSE(policy.on_time(kStart + milliseconds(999)));
  EXPECT_EQ(policy.targets(10, kStart + milliseconds(999)).size(), 2U);
  EXPECT_TRUE(policy.on_time(kStart + seconds(1)));
  EXPECT_EQ(list(policy.targets(100000, kStart + seconds(1))), std::vector{kTrain});
}

TEST(Roaming, AClientThatNeverMovedEndsAForgedCandidacyByItsNextPacket) {
  PeerPolicy policy = attached();
  (void)policy.on_authentic(kElsewhere, 70, Order::kInOrder, kStart);  // its packet, forwarded from elsewhere
  EXPECT_EQ(policy.on_authentic(kHome, 70, Order::kInOrder, kStart + milliseconds(20)), PeerChange::kReturned);
  EXPECT_FALSE(policy.candidate().has_value());
  EXPECT_FALSE(policy.on_peer_answered(kElsewhere));
  EXPECT_FALSE(policy.on_time(kStart + seconds(2)));
  EXPECT_EQ(list(policy.targets(50, kStart + seconds(2))), std::vector{kHome});
}

TEST(Roaming, ANewerCandidateReplacesTheFormerOne) {
  PeerPolicy policy = attached();
  (void)policy.on_authentic(kElsewhere, 500, Order::kInOrder, kStart);
  EXPECT_EQ(policy.on_authentic(kTrain, 70, Order::kInOrder, kStart + milliseconds(500)), PeerChange::kCandidate);
  EXPECT_EQ(policy.candidate_allowance(), 210U);
  EXPECT_EQ(policy.candidate_since(), kStart + milliseconds(500));
  EXPECT_FALSE(policy.on_peer_answered(kElsewhere));
  EXPECT_FALSE(policy.on_time(kStart + seconds(1))) << "its own second has not passed";
  EXPECT_EQ(list(policy.targets(50, kStart + seconds(1))), (std::vector{kTrain, kHome}));
}

TEST(Roaming, AnotherPortIsAnotherAddress) {
  PeerPolicy policy = attached();
  EXPECT_EQ(policy.on_authentic(address(1, 60002), 70, Order::kInOrder, kStart), PeerChange::kCandidate);
}

TEST(WireChecklist, Item15_StopsSendingAfter40SecondsCheckedAfterASend) {
  PeerPolicy policy = attached();
  EXPECT_EQ(policy.targets(50, kStart + seconds(40)).size(), 1U);
  EXPECT_TRUE(policy.attached()) << "exactly 40 s is not yet too long";
  EXPECT_EQ(policy.targets(50, kStart + seconds(42)).size(), 1U) << "the send that notices still goes out";
  EXPECT_FALSE(policy.attached());
  EXPECT_TRUE(policy.targets(50, kStart + seconds(43)).empty());
  EXPECT_EQ(policy.on_authentic(kHome, 70, Order::kLate, kStart + seconds(50)), PeerChange::kNone);
  EXPECT_TRUE(policy.targets(50, kStart + seconds(50)).empty());
  EXPECT_EQ(policy.on_authentic(kHome, 70, Order::kInOrder, kStart + seconds(60)), PeerChange::kReattached);
  EXPECT_EQ(list(policy.targets(100000, kStart + seconds(60))), std::vector{kHome});
}

TEST(WireChecklist, Item15_ResumesAtANewAddressWithoutServingTheOldOne) {
  PeerPolicy policy = attached();
  (void)policy.targets(50, kStart + seconds(41));
  EXPECT_EQ(policy.on_authentic(kTrain, 70, Order::kInOrder, kStart + seconds(600)), PeerChange::kCandidate);
  EXPECT_EQ(list(policy.targets(200, kStart + seconds(600))), std::vector{kTrain});
  EXPECT_TRUE(policy.targets(200, kStart + seconds(600)).empty()) << "ten bytes are left";
  EXPECT_TRUE(policy.on_peer_answered(kTrain));
  EXPECT_EQ(list(policy.targets(100000, kStart + seconds(600))), std::vector{kTrain});
}

TEST(Roaming, ATimeoutDuringATrialForgetsTheCandidate) {
  PeerPolicy policy = attached();
  (void)policy.on_authentic(kTrain, 70, Order::kInOrder, kStart);
  (void)policy.targets(50, kStart + seconds(41));
  EXPECT_FALSE(policy.attached());
  EXPECT_FALSE(policy.on_time(kStart + seconds(42)));
  EXPECT_EQ(policy.validated(), kHome);
}

}  // namespace
}  // namespace sallyport::net
