#include "client/guard/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::client {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Action = Options::Action;

Options parse(std::vector<std::string_view> words) {
  words.insert(words.begin(), "sallyport-client");
  return parse_options(words, "1.2");
}

TEST(ClientOptions, AddressAndPortBeginASession) {
  const Options options = parse({"192.0.2.1", "60001"});
  EXPECT_EQ(options.action, Action::kSession);
  ASSERT_EQ(options.addresses.size(), 1U);
  EXPECT_EQ(options.addresses[0], (ServerAddress{.bytes = {192, 0, 2, 1}}));
  EXPECT_EQ(options.port, 60001);
  EXPECT_FALSE(options.key_fd);
  EXPECT_TRUE(options.clipboard);
}

TEST(CommandLineChecklist, Item32_TheWrappersWordsAreAccepted) {
  for (const auto& words : std::vector<std::vector<std::string_view>>{{"-# host ls |", "127.0.0.1", "60001"},
                                                                      {"-#", "host |", "127.0.0.1", "60001"},
                                                                      {"127.0.0.1", "-v", "60001"},
                                                                      {"-v", "--", "127.0.0.1", "60001"}}) {
    const Options options = parse(words);
    EXPECT_EQ(options.action, Action::kSession);
    EXPECT_EQ(options.port, 60001);
  }
}

TEST(ClientOptions, SeveralAddressesKeepTheirOrderAndLoseRepeats) {
  const Options options = parse({"2001:db8::1,192.0.2.1,2001:db8::1", "1"});
  ASSERT_EQ(options.addresses.size(), 2U);
  EXPECT_TRUE(options.addresses[0].ipv6);
  EXPECT_FALSE(options.addresses[1].ipv6);
}

TEST(ClientOptions, ScopesAndMappedAddressesAreUnderstood) {
  const auto scoped = parse_server_address("fe80::1%lo");
  ASSERT_TRUE(scoped);
  EXPECT_GT(scoped->scope, 0U);
  EXPECT_EQ(parse_server_address("::ffff:192.0.2.1"), parse_server_address("192.0.2.1"));
  for (const char* bad : {"", "localhost", "192.0.2.256", "fe80::1%nosuchinterface", "::1 ", "[::1]"}) {
    EXPECT_FALSE(parse_server_address(bad)) << bad;
  }
}

TEST(ClientOptions, NamesAreRefusedAsStockRefusesThem) {
  for (const char* bad : {"localhost", "192.0.2.1,", ",192.0.2.1", "192.0.2.1,localhost"}) {
    const Options options = parse({bad, "60001"});
    EXPECT_EQ(options.action, Action::kExit) << bad;
    EXPECT_EQ(options.exit_status, 1);
    EXPECT_THAT(options.errors, StartsWith("Network exception: Bad IP address ("));
  }
  EXPECT_EQ(parse({"10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4,10.0.0.5,10.0.0.6,10.0.0.7,10.0.0.8,10.0.0.9", "1"}).action,
            Action::kExit);
}

TEST(ClientOptions, PortsThatAreNoneAreRefusedWithUsage) {
  for (const char* bad : {"0", "65536", "6000x", "-1x", "+5", " 5", "", "60001:60002"}) {
    const Options options = parse({"--", "127.0.0.1", bad});
    EXPECT_EQ(options.action, Action::kExit) << bad;
    EXPECT_EQ(options.exit_status, 1);
    EXPECT_THAT(options.errors, StartsWith("sallyport-client: Bad UDP port (" + std::string(bad) + ")\n\n"));
    EXPECT_THAT(options.errors, HasSubstr("Usage: "));
  }
}

TEST(ClientOptions, WrongWordsGetVersionAndUsageOnStandardError) {
  for (const auto& words : std::vector<std::vector<std::string_view>>{{},
                                                                      {"127.0.0.1"},
                                                                      {"127.0.0.1", "1", "2"},
                                                                      {"-x", "127.0.0.1", "1"},
                                                                      {"--nosuch", "127.0.0.1", "1"},
                                                                      {"127.0.0.1", "1", "-#"}}) {
    const Options options = parse(words);
    EXPECT_EQ(options.action, Action::kExit);
    EXPECT_EQ(options.exit_status, 1);
    EXPECT_EQ(options.out, "");
    EXPECT_THAT(options.errors, HasSubstr("Usage: sallyport-client "));
    EXPECT_THAT(options.errors, HasSubstr("Sallyport 1.2"));
  }
}

TEST(ClientOptions, WeakerConfinementCannotBeMistyped) {
  EXPECT_EQ(parse({"--require-sandbox=full", "::1", "1"}).sandbox, sandbox::Requirement::kFull);
  EXPECT_EQ(parse({"--require-sandbox=available", "::1", "1"}).sandbox, sandbox::Requirement::kMandatory);
  for (const char* bad :
       {"--require-sandbox", "--require-sandbox=", "--require-sandbox=ful", "--require-sandbox=FULL"}) {
    EXPECT_EQ(parse({bad, "::1", "1"}).action, Action::kExit) << bad;
  }
}

TEST(ClientOptions, KeyComesFromADescriptorAboveStandardError) {
  EXPECT_EQ(parse({"--key-fd=3", "::1", "1"}).key_fd, 3);
  for (const char* bad :
       {"--key-fd=0", "--key-fd=2", "--key-fd=", "--key-fd=-1", "--key-fd=03", "--key-fd=3x", "--key-fd=99999999999"}) {
    EXPECT_EQ(parse({bad, "::1", "1"}).action, Action::kExit) << bad;
  }
}

TEST(ClientOptions, HelpAndVersionAnywhereGoToStandardOutput) {
  for (const auto& words :
       std::vector<std::vector<std::string_view>>{{"--help"}, {"-x", "--help"}, {"127.0.0.1", "1", "--help"}}) {
    const Options options = parse(words);
    EXPECT_EQ(options.exit_status, 0);
    EXPECT_THAT(options.out, StartsWith("Usage: "));
    EXPECT_EQ(options.errors, "");
  }
  EXPECT_THAT(parse({"--version"}).out, StartsWith("sallyport-client (Sallyport 1.2)"));
}

TEST(ClientOptions, ColorsAndReportAreActionsOfTheirOwn) {
  EXPECT_EQ(parse({"-c"}).action, Action::kColors);
  EXPECT_EQ(parse({"sandbox-report"}).action, Action::kSandboxReport);
  EXPECT_TRUE(parse({"sandbox-report", "--json"}).report_as_json);
  EXPECT_FALSE(parse({"--no-clipboard", "::1", "1"}).clipboard);
}

}  // namespace
}  // namespace sallyport::client
