#include "client/doctor/findings.h"

#include <gtest/gtest.h>

namespace sallyport::client {
namespace {

const Finding kGood{"UDP", Verdict::kOk, "both ways open", {}};
const Finding kBad{"host \"x\"", Verdict::kFailed, "a\\b", {"do this", "or\tthat"}};

TEST(DoctorFindings, ALineSaysVerdictCheckAndWordsWithTheRemediesBelow) {
  EXPECT_EQ(as_lines(kGood), "ok       UDP: both ways open\n");
  EXPECT_EQ(as_lines(kBad), "failed   host \"x\": a\\b\n           do this\n           or\tthat\n");
}

TEST(DoctorFindings, JsonIsOneLineAndEscapesWhatItQuotes) {
  EXPECT_EQ(as_json("h\"", {kGood, kBad}, 1.25),
            "{\"host\":\"h\\\"\",\"verdict\":\"failed\",\"seconds\":1.2,\"checks\":["
            "{\"check\":\"UDP\",\"verdict\":\"ok\",\"words\":\"both ways open\",\"remedies\":[]},"
            "{\"check\":\"host \\\"x\\\"\",\"verdict\":\"failed\",\"words\":\"a\\\\b\",\"remedies\":[\"do "
            "this\",\"or\\u0009that\"]}]}\n");
}

TEST(DoctorFindings, TheWorstCountsAndWhatWasNotTriedDoesNot) {
  EXPECT_EQ(worst({}), Verdict::kOk);
  EXPECT_EQ(worst({{"a", Verdict::kNotTried, "", {}}, kGood}), Verdict::kOk);
  EXPECT_EQ(worst({kGood, {"a", Verdict::kWarning, "", {}}}), Verdict::kWarning);
  EXPECT_EQ(worst({kGood, kBad, {"a", Verdict::kWarning, "", {}}}), Verdict::kFailed);
}

}  // namespace
}  // namespace sallyport::client
