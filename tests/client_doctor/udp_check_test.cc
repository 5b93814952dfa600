#include "client/doctor/udp_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>

namespace sallyport::client {
namespace {

using ::testing::HasSubstr;

UdpResult unanswered(ProbeDone::Reason reason, std::uint32_t error = 0) {
  UdpResult result;
  result.done = ProbeDone{.reason = reason, .error = error, .closed = false};
  return result;
}

std::string words(const UdpResult& result, ServerSaw saw) {
  const auto findings = explain(result, saw, "192.0.2.1", 60001, "60001:60999");
  EXPECT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings.front().verdict, Verdict::kFailed);
  return as_lines(findings.front());
}

TEST(DoctorUdp, SilenceIsToldByWhatTheServerSaw) {
  const UdpResult silence = unanswered(ProbeDone::Reason::kNoAnswer);
  EXPECT_THAT(words(silence, ServerSaw::kNothing), HasSubstr("datagrams do not arrive there"));
  EXPECT_THAT(words(silence, ServerSaw::kNothing), HasSubstr("ufw allow 60001:60999/udp"));
  EXPECT_THAT(words(silence, ServerSaw::kNothing), HasSubstr("udp dport 60001-60999 accept"));
  EXPECT_THAT(words(silence, ServerSaw::kUs), HasSubstr("its answers do not come back"));
  EXPECT_THAT(words(silence, ServerSaw::kUnknown), ::testing::Not(HasSubstr("arrive")));
}

TEST(DoctorUdp, AClosedPortAForgerAndNoRouteAreToldApart) {
  EXPECT_THAT(words(unanswered(ProbeDone::Reason::kRefused), ServerSaw::kNothing), HasSubstr("closed (ICMP)"));
  EXPECT_THAT(words(unanswered(ProbeDone::Reason::kForged), ServerSaw::kNothing), HasSubstr("does not have the key"));
  EXPECT_THAT(words(unanswered(ProbeDone::Reason::kNotSent, ENETUNREACH), ServerSaw::kNothing),
              HasSubstr("unreachable"));
}

TEST(DoctorUdp, MuchLossAndLostSizesAreWarningsAndAnIncompleteScreenIsAFailure) {
  UdpResult result;
  result.answered = ProbeAnswered{};
  result.round_trips = ProbeRoundTrips{.sent = 50,
                                       .lost_upward = 6,
                                       .expected_back = 50,
                                       .lost_downward = 0,
                                       .least_us = 900,
                                       .median_us = 20000,
                                       .most_us = 30000};
  result.upward = ProbeUpward{.largest_passed = 1000, .smallest_lost = 1216, .fragments_pass = false};
  result.downward = ProbeDownward{.largest = 900, .whole = false};
  result.done = ProbeDone{.reason = ProbeDone::Reason::kMeasured, .error = 0, .closed = true};
  const auto findings = explain(result, ServerSaw::kUs, "192.0.2.1", 60001, "60001");
  ASSERT_EQ(findings.size(), 4U);
  EXPECT_EQ(findings[0].verdict, Verdict::kOk);
  EXPECT_EQ(findings[1].verdict, Verdict::kWarning);
  EXPECT_THAT(findings[1].words,
              HasSubstr("20 ms (least 0.9 ms, most 30 ms); lost to the server 6 of 50, from it 0 of 50"));
  EXPECT_EQ(findings[2].verdict, Verdict::kWarning);
  EXPECT_EQ(findings[3].verdict, Verdict::kFailed);
  result.round_trips->lost_upward = 5;
  result.upward->largest_passed = 1252;
  result.downward->largest = 1000;
  result.downward->whole = true;
  for (const Finding& finding : explain(result, ServerSaw::kUs, "192.0.2.1", 60001, "60001"))
    EXPECT_EQ(finding.verdict, Verdict::kOk) << finding.check;
  // What a server sends that has fallen back, which is now and then a few bytes more than it aims at.
  for (const auto largest : std::to_array<std::uint16_t>({500, 503, 999})) {
    result.downward->largest = largest;
    EXPECT_EQ(explain(result, ServerSaw::kUs, "192.0.2.1", 60001, "60001")[3].verdict, Verdict::kWarning) << largest;
  }
}

TEST(DoctorUdp, AMeasurementThatBrokeOffIsNoGoodNews) {
  UdpResult result;
  result.answered = ProbeAnswered{};
  result.failure = "the probe ended without a word";
  const auto findings = explain(result, ServerSaw::kUs, "192.0.2.1", 60001, "60001");
  EXPECT_EQ(worst(findings), Verdict::kFailed);
  EXPECT_THAT(as_lines(findings.back()), HasSubstr("broke off: the probe ended without a word"));
}

TEST(DoctorUdp, WhereNothingIsAcknowledgedThereIsNoRoundTrip) {
  UdpResult result;
  result.answered = ProbeAnswered{};
  result.round_trips = ProbeRoundTrips{.sent = 6, .lost_upward = 6};
  const auto findings = explain(result, ServerSaw::kUs, "192.0.2.1", 60001, "60001");
  EXPECT_EQ(findings[1].verdict, Verdict::kFailed);
  EXPECT_THAT(findings[1].words, ::testing::Not(HasSubstr("0.0 ms")));
}

}  // namespace
}  // namespace sallyport::client
