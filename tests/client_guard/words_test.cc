#include "client/guard/words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/net/key_text.h"

namespace sallyport::client {
namespace {

using privsep::client::Done;
using privsep::client::Ended;
using ::testing::HasSubstr;
using ::testing::Not;

Ending ending(Done::Reason reason, Ended::Reason ended = Ended::Reason::kAcknowledged) {
  return {.done = {reason, ended}, .address = "192.0.2.1", .port = 60001, .has_ipv4 = true};
}

TEST(LastWords, AcknowledgedEndIsStatus0AndNothingOnStandardError) {
  for (const auto ended : {Ended::Reason::kAcknowledged, Ended::Reason::kServerEnded}) {
    const LastWords words = last_words(ending(Done::Reason::kSession, ended));
    EXPECT_EQ(words.exit_status, 0);
    EXPECT_EQ(words.errors.view(), "");
  }
}

TEST(LastWords, EveryOtherEndIsStatus1AndSaysWhy) {
  for (const auto ended : {Ended::Reason::kUnanswered, Ended::Reason::kNeverConnected, Ended::Reason::kUsageLimit,
                           Ended::Reason::kScreenFailed}) {
    const LastWords words = last_words(ending(Done::Reason::kSession, ended));
    EXPECT_EQ(words.exit_status, 1);
    EXPECT_FALSE(words.errors.view().empty());
  }
  for (const auto reason : {Done::Reason::kNetFailed, Done::Reason::kScreenFailed, Done::Reason::kTerminalFailed,
                            Done::Reason::kUserGaveUp}) {
    const LastWords words = last_words(ending(reason));
    EXPECT_EQ(words.exit_status, 1);
    EXPECT_FALSE(words.errors.view().empty());
  }
}

TEST(LastWords, NeverConnectedNamesAddressPortAndFirewall) {
  const LastWords words = last_words(ending(Done::Reason::kSession, Ended::Reason::kNeverConnected));
  for (const char* part : {"192.0.2.1", "60001", "firewall", "60000-61000", "-p", "loginctl enable-linger"}) {
    EXPECT_THAT(std::string(words.errors.view()), HasSubstr(part));
  }
  EXPECT_THAT(std::string(words.errors.view()), Not(HasSubstr("IPv6")));
}

TEST(LastWords, SilentIpv6ProposesIpv4) {
  Ending silent = ending(Done::Reason::kSession, Ended::Reason::kNeverConnected);
  silent.has_ipv4 = false;
  silent.has_ipv6 = true;
  EXPECT_THAT(std::string(last_words(silent).errors.view()), HasSubstr("No answer over IPv6; retry with -4."));
}

TEST(LastWords, BrokenCompartmentIsNamedWithItsSignal) {
  Ending broken = ending(Done::Reason::kNetFailed);
  broken.broken = Compartment::kNet;
  broken.status = sys::ExitStatus{true, 31};
  EXPECT_THAT(std::string(last_words(broken).errors.view()),
              HasSubstr("net, which owns the connection, ended unexpectedly (killed by signal 31)"));
  broken.broken = Compartment::kTty;
  EXPECT_THAT(std::string(last_words(broken).errors.view()), HasSubstr("tty, which owns the terminal"));
  broken.hung = true;
  EXPECT_THAT(std::string(last_words(broken).errors.view()), HasSubstr("did not answer any more"));
}

TEST(LastWords, WrongKeysAreToldApart) {
  EXPECT_THAT(exit_words(static_cast<int>(KeyFailure::kWrongLength)), HasSubstr("22 characters"));
  EXPECT_THAT(exit_words(static_cast<int>(KeyFailure::kWrongCharacter)), HasSubstr("letters, digits, + and /"));
  EXPECT_EQ(exit_words(1), nullptr);
  EXPECT_EQ(exit_words(0), nullptr);
}

TEST(FixedText, WhatDoesNotFitIsCut) {
  FixedText text;
  for (int i = 0; i < 1000; ++i) text.text("0123456789").number(42);
  EXPECT_EQ(text.view().size(), 2048U);
}

}  // namespace
}  // namespace sallyport::client
