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

/// Where a datagram of that size goes, the candidate first.
std::vector<Address> targets(PeerPolicy& policy, std::size_t bytes, TimePoint now) {
  const auto aside = policy.candidate_target(bytes, now);
  const auto main = policy.target(now);
  std::vector<Address> all;
  if (aside) all.push_back(*aside);
  if (main) all.push_back(*main);
  return all;
}

/// A policy whose client sits at kHome.
PeerPolicy attached() {
  PeerPolicy policy;
  EXPECT_EQ(policy.on_authentic(kHome, 70, Order::kInOrder, kStart), PeerChange::kFirstContact);
  return policy;
}

TEST(WireChecklist, Item14_SendsNothingBeforeTheFirstAuthenticPacket) {
  PeerPolicy policy;
  EXPECT_FALSE(policy.attached());
  EXPECT_TRUE(targets(policy, 100, kStart).empty());
  EXPECT_EQ(policy.on_authentic(kHome, 70, Order::kLate, kStart), PeerChange::kNone);
  EXPECT_TRUE(targets(policy, 100, kStart).empty());
  EXPECT_EQ(policy.on_authentic(kHome, 70, Order::kInOrder, kStart), PeerChange::kFirstContact);
  EXPECT_EQ(targets(policy, 100000, kStart), std::vector{kHome}) << "the first address is not limited";
}

TEST(WireChecklist, Item13_RetargetsAtOnceToANewAddressWithinThreeTimesItsBytes) {
  PeerPolicy policy = attached();
  EXPECT_EQ(policy.on_authentic(kTrain, 70, Order::kInOrder, kStart), PeerChange::kCandidate);
  EXPECT_EQ(policy.candidate(), kTrain);
  EXPECT_EQ(policy.candidate_allowance(), 210U);
  EXPECT_EQ(targets(policy, 150, kStart), (std::vector{kTrain, kHome}));
  EXPECT_EQ(targets(policy, 61, kStart), std::vector{kHome}) << "60 bytes are left";
  EXPECT_EQ(targets(policy, 60, kStart), (std::vector{kTrain, kHome}));
  EXPECT_EQ(policy.on_authentic(kTrain, 100, Order::kInOrder, kStart), PeerChange::kOnTrial);
  EXPECT_EQ(policy.candidate_allowance(), 300U);
}

TEST(PeerPolicy, LeavesOfTheAllowanceWhatIsToBeKept) {
  PeerPolicy policy = attached();
  (void)policy.on_authentic(kTrain, 70, Order::kInOrder, kStart);
  EXPECT_EQ(policy.candidate_target(120, kStart, 100), std::nullopt);
  EXPECT_EQ(policy.candidate_target(110, kStart, 100), kTrain);
  EXPECT_EQ(policy.candidate_allowance(), 100U);
}

TEST(PeerPolicy, ForgetsAClientThatCameBackFromElsewhereAndWentSilentWithItsAllowanceUsedUp) {
  PeerPolicy policy = attached();
  (void)policy.target(kStart + seconds(41));
  ASSERT_FALSE(policy.attached());
  (void)policy.on_authentic(kTrain, 70, Order::kInOrder, kStart + seconds(50));
  EXPECT_EQ(targets(policy, 210, kStart + seconds(50)), std::vector{kTrain});
  EXPECT_TRUE(targets(policy, 210, kStart + seconds(89)).empty());
  EXPECT_TRUE(policy.attached());
  EXPECT_TRUE(targets(policy, 210, kStart + seconds(91)).empty());
  EXPECT_FALSE(policy.attached());
}

TEST(WireChecklist, Item13_DoesNotRetargetOnALatePacket) {
  PeerPolicy policy = attached();
  EXPECT_EQ(policy.on_authentic(kTrain, 70, Order::kLate, kStart), PeerChange::kNone);
  EXPECT_EQ(targets(policy, 50, kStart), std::vector{kHome});
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
  EXPECT_EQ(targets(policy, 100000, kStart), std::vector{kTrain});
}

TEST(Roaming, NoCandidateIsEverBelievedForWantOfContradiction) {
  PeerPolicy policy = attached();
  (void)policy.on_authentic(kTrain, 70, Order::kInOrder, kStart);
  for (int second = 0; second < 39; ++second) {
    const TimePoint now = kStart + seconds(second);
    EXPECT_LE(targets(policy, 211, now).size(), 1U) << second;
    EXPECT_EQ(policy.candidate(), kTrain) << second;
    EXPECT_EQ(policy.validated(), kHome) << second;
  }
  EXPECT_EQ(targets(policy, 210, kStart + seconds(39)), (std::vector{kTrain, kHome}));
}

TEST(Roaming, AClientThatNeverMovedEndsAForgedCandidacyByItsNextPacket) {
  PeerPolicy policy = attached();
  (void)policy.on_authentic(kElsewhere, 70, Order::kInOrder, kStart);  // its packet, forwarded from elsewhere
  EXPECT_EQ(policy.on_authentic(kHome, 70, Order::kInOrder, kStart + milliseconds(20)), PeerChange::kReturned);
  EXPECT_FALSE(policy.candidate().has_value());
  EXPECT_FALSE(policy.on_peer_answered(kElsewhere));
  EXPECT_EQ(targets(policy, 50, kStart + seconds(2)), std::vector{kHome});
}

TEST(Roaming, ANewerCandidateReplacesTheFormerOne) {
  PeerPolicy policy = attached();
  (void)policy.on_authentic(kElsewhere, 500, Order::kInOrder, kStart);
  EXPECT_EQ(policy.on_authentic(kTrain, 70, Order::kInOrder, kStart + milliseconds(500)), PeerChange::kCandidate);
  EXPECT_EQ(policy.candidate_allowance(), 210U);
  EXPECT_FALSE(policy.on_peer_answered(kElsewhere));
  EXPECT_EQ(targets(policy, 50, kStart + seconds(1)), (std::vector{kTrain, kHome}));
}

TEST(Roaming, AnotherPortIsAnotherAddress) {
  PeerPolicy policy = attached();
  EXPECT_EQ(policy.on_authentic(address(1, 60002), 70, Order::kInOrder, kStart), PeerChange::kCandidate);
}

TEST(WireChecklist, Item15_StopsSendingAfter40SecondsCheckedAfterASend) {
  PeerPolicy policy = attached();
  EXPECT_EQ(targets(policy, 50, kStart + seconds(40)).size(), 1U);
  EXPECT_TRUE(policy.attached()) << "exactly 40 s is not yet too long";
  EXPECT_EQ(targets(policy, 50, kStart + seconds(42)).size(), 1U) << "the send that notices still goes out";
  EXPECT_FALSE(policy.attached());
  EXPECT_TRUE(targets(policy, 50, kStart + seconds(43)).empty());
  EXPECT_EQ(policy.on_authentic(kHome, 70, Order::kLate, kStart + seconds(50)), PeerChange::kNone);
  EXPECT_TRUE(targets(policy, 50, kStart + seconds(50)).empty());
  EXPECT_EQ(policy.on_authentic(kHome, 70, Order::kInOrder, kStart + seconds(60)), PeerChange::kReattached);
  EXPECT_EQ(targets(policy, 100000, kStart + seconds(60)), std::vector{kHome});
}

TEST(WireChecklist, Item15_ResumesAtANewAddressWithoutServingTheOldOne) {
  PeerPolicy policy = attached();
  (void)targets(policy, 50, kStart + seconds(41));
  EXPECT_EQ(policy.on_authentic(kTrain, 70, Order::kInOrder, kStart + seconds(600)), PeerChange::kCandidate);
  EXPECT_EQ(targets(policy, 200, kStart + seconds(600)), std::vector{kTrain});
  EXPECT_TRUE(targets(policy, 200, kStart + seconds(600)).empty()) << "ten bytes are left";
  EXPECT_TRUE(policy.on_peer_answered(kTrain));
  EXPECT_EQ(targets(policy, 100000, kStart + seconds(600)), std::vector{kTrain});
}

TEST(Roaming, ATimeoutDuringATrialForgetsTheCandidate) {
  PeerPolicy policy = attached();
  (void)policy.on_authentic(kTrain, 70, Order::kInOrder, kStart);
  (void)targets(policy, 50, kStart + seconds(41));
  EXPECT_FALSE(policy.attached());
  EXPECT_EQ(policy.validated(), kHome);
}

}  // namespace
}  // namespace sallyport::net
