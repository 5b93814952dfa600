#include "privsep/net_rules.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/bytes.h"

namespace sallyport::privsep {
namespace {

struct Cell {
  const char* name;
  NetToMonitor message;
  bool announced, ready, running, over;
};

/// Every (phase, message) cell, written out.
std::vector<Cell> cells() {
  return {
      {"Ready", Ready{}, true, false, false, false},
      {"FirstContact", FirstContact{}, false, true, false, false},
      {"PeerMoved", PeerMoved{}, false, false, true, false},
      {"Input", Input{StateNumber(1), true, {}}, false, false, true, false},
      {"Resize", NetResize{StateNumber(1), {80, 24}}, false, false, true, false},
      {"Silent", Silent{}, false, false, true, false},
      {"Heard", Heard{}, false, false, true, false},
      {"Goodbye", Goodbye{}, true, true, true, false},
      {"Log", Log{}, true, true, true, false},
  };
}

NetConduct in_phase(NetPhase phase) {
  if (phase != NetPhase::kOver) return NetConduct(phase);
  NetConduct conduct(NetPhase::kRunning);
  EXPECT_EQ(conduct.judge(Goodbye{}), std::nullopt);
  return conduct;
}

TEST(NetRules, EveryPhaseAndMessageCellIsAsWritten) {
  ASSERT_EQ(cells().size(), kFromNet.size());
  for (const Cell& cell : cells()) {
    const bool permitted[] = {cell.announced, cell.ready, cell.running, cell.over};
    for (std::size_t phase = 0; phase < kNetPhases; ++phase) {
      NetConduct conduct = in_phase(static_cast<NetPhase>(phase));
      EXPECT_EQ(conduct.judge(cell.message) == std::nullopt, permitted[phase]) << cell.name << " in phase " << phase;
    }
  }
}

TEST(NetRules, OnceOnlyMessagesAreRefusedTheSecondTime) {
  NetConduct conduct(NetPhase::kAnnounced);
  EXPECT_EQ(conduct.judge(Ready{}), std::nullopt);
  EXPECT_EQ(conduct.judge(FirstContact{}), std::nullopt);
  EXPECT_EQ(NetConduct(conduct).judge(FirstContact{}), Violation::kOutOfPhase);
  EXPECT_EQ(NetConduct(conduct).judge(Ready{}), Violation::kOutOfPhase);
}

TEST(NetRules, InputBeyondItsCreditIsAViolation) {
  NetConduct conduct(NetPhase::kRunning);
  const std::vector<std::byte> piece(kMaxInputPieceBytes);
  for (std::size_t sent = 0; sent < kInputCreditBytes; sent += piece.size()) {
    EXPECT_EQ(conduct.judge(Input{StateNumber(1), false, piece}), std::nullopt);
  }
  EXPECT_EQ(conduct.credit(), 0U);
  EXPECT_EQ(NetConduct(conduct).judge(Input{StateNumber(1), false, bytes_of("x")}), Violation::kOverCredit);
  conduct.give_back(1);
  EXPECT_EQ(conduct.judge(Input{StateNumber(1), false, bytes_of("x")}), std::nullopt);
}

TEST(NetRules, StateNumbersNeverDecreaseWithinAKind) {
  NetConduct conduct(NetPhase::kRunning);
  EXPECT_EQ(conduct.judge(Input{StateNumber(5), true, {}}), std::nullopt);
  EXPECT_EQ(conduct.judge(NetResize{StateNumber(5), {80, 24}}), std::nullopt);
  EXPECT_EQ(NetConduct(conduct).judge(NetResize{StateNumber(4), {80, 24}}), Violation::kOutOfRange);
  // A resize overtakes input that waits for credit.
  EXPECT_EQ(conduct.judge(NetResize{StateNumber(9), {90, 24}}), std::nullopt);
  EXPECT_EQ(conduct.judge(Input{StateNumber(6), true, {}}), std::nullopt);
  EXPECT_EQ(NetConduct(conduct).judge(Input{StateNumber(4), true, {}}), Violation::kOutOfRange);
}

}  // namespace
}  // namespace sallyport::privsep
