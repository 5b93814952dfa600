#include "server/options.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sallyport::server {
namespace {

using Action = Options::Action;

Options parse(std::vector<std::string_view> words, std::optional<std::string_view> ssh_connection = {}) {
  words.insert(words.begin(), "mosh-server");
  return parse_options(words, ssh_connection, "9.9");
}

const char kUsage[] =
    "Usage: mosh-server new [-s] [-v] [-i LOCALADDR] [-p PORT[:PORT2]] [-c COLORS] [-l NAME=VALUE] [-- COMMAND...]\n";

TEST(Options, TakesAttachedAndDetachedValues) {
  const Options attached = parse({"new", "-p60007", "-i127.0.0.1", "-c256", "-lLANG=x", "-vv"});
  EXPECT_EQ(attached.ports, (PortRange{60007, 60007}));
  EXPECT_EQ(attached.bind_address, "127.0.0.1");
  EXPECT_EQ(attached.colours, 256);
  EXPECT_EQ(attached.locale_words, std::vector<std::string>{"LANG=x"});
  EXPECT_EQ(attached.verbosity, Verbosity::kDebug);
  EXPECT_EQ(attached.errors, "");
  const Options detached = parse({"new", "-p", "60007", "-i", "127.0.0.1", "-sv"}, "a b ::1 d");
  EXPECT_EQ(detached.ports, (PortRange{60007, 60007}));
  EXPECT_EQ(detached.bind_address, "::1");
  EXPECT_EQ(detached.verbosity, Verbosity::kVerbose);
}

TEST(Options, LastOfARepeatedOptionWinsAndLocaleWordsAccumulate) {
  const Options options = parse({"new", "-p", "x", "-l", "A=1", "-c", "8", "-p", "5", "-l", "B=2", "-c", "256", "word"});
  EXPECT_EQ(options.action, Action::kServe);
  EXPECT_EQ(options.ports, (PortRange{5, 5}));
  EXPECT_EQ(options.colours, 256);
  EXPECT_EQ(options.locale_words, (std::vector<std::string>{"A=1", "B=2"}));
}

TEST(Options, BadColoursEndTheProgramWithUsage) {
  const Options options = parse({"new", "-c", "abc"});
  EXPECT_EQ(options.action, Action::kExit);
  EXPECT_EQ(options.exit_status, 1);
  EXPECT_EQ(options.errors, std::string("mosh-server: Bad number of colors (abc)\n") + kUsage);
  EXPECT_EQ(options.out, "");
  EXPECT_EQ(parse({"new", "-c", ""}).action, Action::kServe);
}

TEST(Options, LegacyFormsTakeAddressAndPort) {
  EXPECT_EQ(parse({}).action, Action::kServe);
  EXPECT_EQ(parse({"10.0.0.1"}).bind_address, "10.0.0.1");
  EXPECT_EQ(parse({"10.0.0.1"}).ports, PortRange());
  EXPECT_EQ(parse({"10.0.0.1", "70:80"}).ports, (PortRange{70, 80}));
  const Options three = parse({"a", "1", "c"});
  EXPECT_EQ(three.exit_status, 1);
  EXPECT_EQ(three.errors, kUsage);
  EXPECT_EQ(parse({"10.0.0.1", "--", "ls", "-l"}).command, (std::vector<std::string>{"ls", "-l"}));
}

TEST(Options, EverythingAfterTheFirstDashesIsTheCommand) {
  const Options options = parse({"new", "-p", "7", "--", "", "--help", "--", "a b", "$x", "\n"});
  EXPECT_EQ(options.action, Action::kServe);
  EXPECT_EQ(options.command, (std::vector<std::string>{"", "--help", "--", "a b", "$x", "\n"}));
  EXPECT_TRUE(parse({"new", "--"}).command.empty());
}

TEST(Options, RequireSandboxIsNeverMistypedIntoLess) {
  EXPECT_EQ(parse({"new"}).sandbox, sandbox::Requirement::kMandatory);
  EXPECT_EQ(parse({"new", "--require-sandbox=full"}).sandbox, sandbox::Requirement::kFull);
  for (const auto word : {"--require-sandbox", "--require-sandbox=ful", "--require-sandbox=", "--require-sandboxfull"}) {
    EXPECT_EQ(parse({"new", word}).exit_status, 1) << word;
  }
}

TEST(Options, SandboxReportTakesJsonAlone) {
  EXPECT_EQ(parse({"sandbox-report"}).action, Action::kSandboxReport);
  EXPECT_TRUE(parse({"sandbox-report", "--json"}).report_as_json);
  EXPECT_EQ(parse({"sandbox-report", "--jason"}).exit_status, 1);
}

TEST(Options, MissingValueIsShownAndIgnored) {
  const Options options = parse({"new", "-p"});
  EXPECT_EQ(options.action, Action::kServe);
  EXPECT_EQ(options.ports, PortRange());
  EXPECT_EQ(options.errors, std::string("mosh-server: option requires an argument -- 'p'\n") + kUsage);
}

TEST(CommandLineChecklist, Item09_BadPortRangesEndTheProgramWithTheWordsThatWrappersParse) {
  const struct {
    const char* text;
    const char* line;
  } kCases[] = {{"5:4", "Low port 5 greater than high port 4"},
                {"70000", "(Low) port number 70000 outside valid range [0..65535]"},
                {"-1", "(Low) port number -1 outside valid range [0..65535]"},
                {"abc", "Invalid (low) port number (abc)"},
                {"99999999999999999999", "Invalid (low) port number (99999999999999999999)"},
                {"0:10", "Low port 0 incompatible with port ranges"},
                {":10", "Low port 0 incompatible with port ranges"},
                {"5:x", "Invalid high port number (x)"},
                {"5:6:7", "Invalid high port number (6:7)"},
                {"5:65536", "High port number 65536 outside valid range [0..65535]"}};
  for (const auto& [text, line] : kCases) {
    const Options options = parse({"new", "-p", text});
    EXPECT_EQ(options.action, Action::kExit) << text;
    EXPECT_EQ(options.exit_status, 1) << text;
    EXPECT_EQ(options.errors, std::string(line) + "\nmosh-server: Bad UDP port range (" + text + ")\n" + kUsage);
  }
}

TEST(Options, PortsAreReadAsStockReadsThem) {
  EXPECT_EQ(parse_port_range("0"), (PortRange{0, 0}));
  EXPECT_EQ(parse_port_range(""), (PortRange{0, 0}));
  EXPECT_EQ(parse_port_range(" +060112"), (PortRange{60112, 60112}));
  EXPECT_EQ(parse_port_range("1:65535"), (PortRange{1, 65535}));
  EXPECT_FALSE(parse_port_range("+-5"));
  EXPECT_FALSE(parse_port_range("60001x"));
}

TEST(CommandLineChecklist, Item11_MissingSshConnectionWarnsAndClearsAnEarlierAddress) {
  const Options missing = parse({"new", "-i", "10.0.0.1", "-s"});
  EXPECT_EQ(missing.action, Action::kServe);
  EXPECT_EQ(missing.bind_address, std::nullopt);
  EXPECT_EQ(missing.errors, "Warning: SSH_CONNECTION not found; binding to any interface.\n");
  const Options bad = parse({"new", "-s"}, "1.2.3.4  5 ");
  EXPECT_EQ(bad.errors, "Warning: Could not parse SSH_CONNECTION; binding to any interface.\n");
  EXPECT_EQ(parse({"new", "-s", "-i", "10.0.0.1"}).bind_address, "10.0.0.1");
}

TEST(CommandLineChecklist, Item12_MappedAddressInSshConnectionIsShortened) {
  EXPECT_EQ(server_address("::1 5 ::ffff:127.0.0.1 22"), "127.0.0.1");
  EXPECT_EQ(server_address("::1 5 ::FfFf:127.0.0.1"), "127.0.0.1");
  EXPECT_EQ(server_address("::1 5 ::ffff: 22"), "::ffff:");
  EXPECT_EQ(server_address("10.0.0.9 5 10.0.0.1 22"), "10.0.0.1");
  EXPECT_EQ(server_address(""), std::nullopt);
}

TEST(CommandLineChecklist, Item13_UnknownOptionsAreShownAndIgnored) {
  const Options options = parse({"new", "-Z", "-v", "-@", "new", "-c", "256", "--what"});
  EXPECT_EQ(options.action, Action::kServe);
  EXPECT_EQ(options.verbosity, Verbosity::kVerbose);
  EXPECT_EQ(options.colours, 256);
  EXPECT_EQ(options.errors, "mosh-server: invalid option -- 'Z'\n" + std::string(kUsage) +
                                "mosh-server: unrecognized option '--what'\n" + kUsage);
}

TEST(CommandLineChecklist, Item30_HelpIsCompleteWhereverItStands) {
  for (const std::vector<std::string_view>& words :
       {std::vector<std::string_view>{"--help"}, {"-h"}, {"new", "--help"}, {"new", "-p", "-h"}, {"x", "y", "z", "--help"}}) {
    const Options options = parse(words);
    EXPECT_EQ(options.action, Action::kExit);
    EXPECT_EQ(options.exit_status, 0);
    EXPECT_EQ(options.errors, "");
    EXPECT_TRUE(options.out.starts_with(kUsage));
    for (const char* part : {"-s ", "-i ", "-p ", "-c ", "-l ", "-v ", "-@ ", "--require-sandbox", "sandbox-report", "--json",
                             "MOSH_SERVER_NETWORK_TMOUT", "MOSH_SERVER_SIGNAL_TMOUT", "SSH_CONNECTION", "SHELL", "  70 ",
                             "Example:", "60001:60999"}) {
      EXPECT_NE(options.out.find(part), std::string::npos) << part;
    }
  }
  EXPECT_EQ(parse({"new", "--", "--help"}).action, Action::kServe);
}

TEST(Options, VersionGoesToStandardOutput) {
  const Options options = parse({"new", "-i", "--version"});
  EXPECT_EQ(options.exit_status, 0);
  EXPECT_TRUE(options.out.starts_with("mosh-server (Sallyport 9.9)\n"));
}

}  // namespace
}  // namespace sallyport::server
