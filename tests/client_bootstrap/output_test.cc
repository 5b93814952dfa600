#include "client/bootstrap/output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"

namespace sallyport::client {
namespace {

using Address = BootstrapOutput::Address;
using State = BootstrapOutput::State;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kKey = "AAAAAAAAAAAAAAAAAAAA/+";

/// An output that was read to its end.
struct Read {
  explicit Read(std::string_view text, Address address = Address::kAwaited) : output(address) {
    (void)output.feed(bytes_of(text), shown);
    (void)output.finish(shown);
  }
  BootstrapOutput output;
  std::string shown;
};

std::string connect(std::string_view rest) { return "MOSH CONNECT " + std::string(rest) + "\n"; }
std::string good() { return connect("60001 " + std::string(kKey)); }

TEST(BootstrapOutput, FindsPortAndKey) {
  const Read read(good());
  EXPECT_EQ(read.output.state(), State::kConnected);
  EXPECT_EQ(read.output.port(), 60001);
  EXPECT_EQ(read.output.key(), kKey);
  EXPECT_THAT(read.shown, IsEmpty()) << "the key's line is never shown";
}

TEST(CommandLineChecklist, Item50_NoiseBeforeTheLineIsShownAndWhatFollowsIsNotNeeded) {
  const Read read("Welcome\n\nto a host\n" + good() + "MOSH CONNECT x\nmore");
  EXPECT_EQ(read.output.state(), State::kConnected);
  EXPECT_EQ(read.shown, "Welcome\n\nto a host\n");
}

TEST(CommandLineChecklist, Item51_ASecondAddressIsFatal) {
  const Read read("MOSH IP 192.0.2.1\nMOSH IP 192.0.2.1\n" + good());
  EXPECT_EQ(read.output.state(), State::kFailed);
  EXPECT_EQ(read.output.failure(), "detected attempt to redefine MOSH IP");
}

TEST(BootstrapOutput, NoLineMayNameAnAddressThatIsKnownAlready) {
  EXPECT_EQ(Read("MOSH IP 192.0.2.1\n", Address::kKnown).output.failure(), "detected attempt to redefine MOSH IP");
}

TEST(CommandLineChecklist, Item52_ALineThatIsNotExactlyRightIsFatal) {
  const std::string key(kKey);
  for (const std::string& rest : std::vector<std::string>{
           "60001 short", "60001 " + key + "A", "60001  " + key, "60001", "", " 60001 " + key, "x " + key, "0 " + key,
           "65536 " + key, "99999999999 " + key, "060001 " + key, "-1 " + key, "+1 " + key, "60001\t" + key,
           "60001 " + key + " x", "60001 AAAAAAAAAAAAAAAAAAAA=+", "60001 AAAAAAAAAAAAAAAAAAAA_-", key + " 60001",
           "60001 AAAAAAAAAAAAAAAAAAAA\xC3\xBC"}) {
    const Read read(connect(rest));
    EXPECT_EQ(read.output.state(), State::kFailed) << rest;
    EXPECT_THAT(read.output.failure(), HasSubstr("Bad MOSH CONNECT string")) << rest;
    EXPECT_THAT(read.output.failure() + read.shown, testing::Not(HasSubstr(key))) << "what may be a key is not shown";
  }
}

TEST(CommandLineChecklist, Item53_CarriageReturnsAtLineEndsAreAccepted) {
  const Read read("noise\r\nMOSH IP 192.0.2.1\r\nMOSH CONNECT 60001 " + std::string(kKey) + "\r\n");
  EXPECT_EQ(read.output.state(), State::kConnected);
  EXPECT_EQ(read.output.address(), "192.0.2.1");
  EXPECT_EQ(read.shown, "noise\n");
}

TEST(BootstrapOutput, TrailingBlanksAndAMissingNewlineAreAccepted) {
  EXPECT_EQ(Read("MOSH CONNECT 1 " + std::string(kKey) + " \t ").output.state(), State::kConnected);
  EXPECT_EQ(Read("MOSH IP ::1 \t").output.address(), "::1");
}

TEST(BootstrapOutput, OnlyTheStartOfALineCounts) {
  for (const std::string_view prefix : {" ", "x", "mosh ", "\x1b[m", "MOSH "}) {
    EXPECT_EQ(Read(std::string(prefix) + good()).output.state(), State::kReading) << prefix;
  }
  for (const std::string_view line :
       {"MOSH\n", "MOSH \n", "MOSH I\n", "MOSH IPX 1\n", "MOSH CONNECTED 1 2\n", "mosh connect 1 2\n"}) {
    EXPECT_EQ(Read(line).shown, line);
  }
}

TEST(BootstrapOutput, AnAddressMustBeNumeric) {
  EXPECT_EQ(Read("MOSH IP ::ffff:192.0.2.1\n").output.address(), "192.0.2.1");
  EXPECT_EQ(Read("MOSH IP 2001:DB8::1\n").output.address(), "2001:db8::1");
  for (const std::string_view bad :
       {"host", "192.0.2.1 x", "", "192.0.2.1:22", "[::1]", "192.0.2.1,192.0.2.2", "\x1b[m"}) {
    const Read read("MOSH IP " + std::string(bad) + "\n");
    EXPECT_THAT(read.output.failure(), HasSubstr("Bad MOSH IP string")) << bad;
    EXPECT_THAT(read.output.failure(), testing::Not(HasSubstr("\x1b")));
  }
}

TEST(BootstrapOutput, TheServersWordForItsAddressIsTheFifthOfSix) {
  EXPECT_EQ(Read("MOSH SSH_CONNECTION 10.0.0.1 4000 10.0.0.2 22\r\n").output.remote_address(), "10.0.0.2");
  EXPECT_EQ(Read("MOSH SSH_CONNECTION ::1 4000 ::ffff:10.0.0.2 22\n").output.remote_address(), "10.0.0.2");
  for (const std::string_view bad :
       {"10.0.0.1 4000 10.0.0.2", "10.0.0.1 4000 10.0.0.2 22 x", "", "10.0.0.1 4000 host 22"}) {
    EXPECT_EQ(Read("MOSH SSH_CONNECTION " + std::string(bad) + "\n").output.failure(), "Bad MOSH SSH_CONNECTION string")
        << bad;
  }
}

TEST(BootstrapOutput, SaysWhichServerWasFound) {
  EXPECT_EQ(Read("x\n").output.server(), ServerFound::kUnsaid);
  EXPECT_EQ(Read("SALLYPORT SERVER sallyport-server\r\n").output.server(), ServerFound::kSallyport);
  EXPECT_EQ(Read("SALLYPORT SERVER mosh-server\n").output.server(), ServerFound::kMosh);
  EXPECT_EQ(Read("SALLYPORT SERVER none\n").output.server(), ServerFound::kNone);
  EXPECT_EQ(Read("SALLYPORT SERVER other\n").output.state(), State::kFailed);
}

TEST(BootstrapOutput, WhatIsShownIsNeverAControlSequence) {
  const Read read(
      "\x1b]52;c;eA==\x07\x9b"
      "31m\xC2\x9b text\x7f\n");
  EXPECT_EQ(read.shown, "^[]52;c;eA==^G?31m? text^?\n");
}

TEST(BootstrapOutput, WhatMeansNothingIsShownBeforeItsLineEnds) {
  BootstrapOutput output(Address::kAwaited);
  std::string shown;
  (void)output.feed(bytes_of("MOS"), shown);
  EXPECT_EQ(shown, "");
  (void)output.feed(bytes_of("T? "), shown);
  EXPECT_EQ(shown, "MOST? ");
}

TEST(BootstrapOutput, IsBoundedInLineAndInWhole) {
  EXPECT_EQ(Read("MOSH CONNECT " + std::string(5000, 'A')).output.state(), State::kFailed);
  EXPECT_EQ(Read(std::string(kMaxOutputBytes, 'x')).output.state(), State::kReading);
  const Read read(std::string(kMaxOutputBytes + 1, 'x'));
  EXPECT_EQ(read.output.state(), State::kFailed);
  EXPECT_THAT(read.output.failure(), HasSubstr("1 MiB"));
}

TEST(BootstrapOutput, RemembersTheLastLinesForAPlainWord) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "line " + std::to_string(i) + "\n\r\n";
  const Read read(text + std::string(1000, 'y'));
  EXPECT_EQ(read.output.lines().size(), kMaxRememberedLines);
  EXPECT_EQ(read.output.lines()[kMaxRememberedLines - 2], "line 99");
  EXPECT_EQ(read.output.lines().back().size(), kMaxRememberedLineBytes);
}

TEST(BootstrapOutput, AnyDivisionOfTheOutputReadsTheSame) {
  const std::string text = "a\xC3\xBC\r\nMOSH IP 192.0.2.1\r\nMOSH \nb" + good();
  const Read whole(text);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    BootstrapOutput output(Address::kAwaited);
    std::string shown;
    (void)output.feed(bytes_of(text).first(cut), shown);
    (void)output.feed(bytes_of(text).subspan(cut), shown);
    (void)output.finish(shown);
    EXPECT_EQ(shown, whole.shown) << cut;
    EXPECT_EQ(output.state(), whole.output.state()) << cut;
    EXPECT_EQ(output.address(), whole.output.address()) << cut;
  }
}

}  // namespace
}  // namespace sallyport::client
