#include "client/bootstrap/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

CommandOptions parse(std::vector<std::string_view> words, std::optional<std::string_view> prediction = {}) {
  words.insert(words.begin(), "/usr/bin/sallyport");
  return parse_command_line(words, prediction);
}

/// Refused, with status 2 and this among what is said on standard error, and nothing on standard output.
void expect_refused(const std::vector<std::string_view>& words, const std::string& complaint) {
  SCOPED_TRACE(complaint);
  const CommandOptions options = parse(words);
  EXPECT_EQ(options.action, CommandOptions::Action::kExit);
  EXPECT_EQ(options.exit_status, kUsageError);
  EXPECT_THAT(options.errors, HasSubstr(complaint));
  EXPECT_THAT(options.out, IsEmpty());
}

TEST(CommandOptions, DefaultsAreThoseOfTheStockWrapper) {
  const CommandOptions options = parse({"host"});
  EXPECT_EQ(options.action, CommandOptions::Action::kConnect);
  EXPECT_EQ(options.host, "host");
  EXPECT_FALSE(options.client || options.server || options.port || options.overwrite || options.local ||
               options.verbose);
  EXPECT_TRUE(options.ssh_pty && options.term_init);
  EXPECT_EQ(options.predict, "adaptive");
  EXPECT_EQ(options.family, FamilyChoice::kPreferInet);
  EXPECT_EQ(options.source, AddressSource::kProxy);
  EXPECT_EQ(options.bind_server, "ssh");
  EXPECT_THAT(options.ssh, ElementsAre("ssh"));
  EXPECT_THAT(options.command, IsEmpty());
  EXPECT_THAT(options.errors, IsEmpty());
}

TEST(CommandOptions, EveryOptionInEverySpelling) {
  using O = CommandOptions;
  struct Case {
    std::vector<std::string_view> words;
    std::function<bool(const O&)> holds;
  };
  const std::vector<Case> cases = {
      {{"--client=/c"}, [](const O& o) { return o.client == "/c"; }},
      {{"--client", "/c"}, [](const O& o) { return o.client == "/c"; }},
      {{"-client=/c"}, [](const O& o) { return o.client == "/c"; }},
      {{"--CLI=/c"}, [](const O& o) { return o.client == "/c"; }},
      {{"--c", "/c"}, [](const O& o) { return o.client == "/c"; }},
      {{"--server=env A=1 mosh-server"}, [](const O& o) { return o.server == "env A=1 mosh-server"; }},
      {{"--server", "--odd"}, [](const O& o) { return o.server == "--odd"; }},
      {{"--se=x"}, [](const O& o) { return o.server == "x"; }},
      {{"--predict=never"}, [](const O& o) { return o.predict == "never"; }},
      {{"-a"}, [](const O& o) { return o.predict == "always"; }},
      {{"-n"}, [](const O& o) { return o.predict == "never"; }},
      {{"-a", "--predict=experimental"}, [](const O& o) { return o.predict == "experimental"; }},
      {{"-o"}, [](const O& o) { return o.overwrite; }},
      {{"--predict-o"}, [](const O& o) { return o.overwrite; }},
      {{"-o", "--no-predict-overwrite"}, [](const O& o) { return !o.overwrite; }},
      {{"-o", "--no-o"}, [](const O& o) { return !o.overwrite; }},
      {{"--family=INET6"}, [](const O& o) { return o.family == FamilyChoice::kInet6; }},
      {{"--fam", "all"}, [](const O& o) { return o.family == FamilyChoice::kAll; }},
      {{"--family=auto"}, [](const O& o) { return o.family == FamilyChoice::kAuto; }},
      {{"--family=prefer-inet6"}, [](const O& o) { return o.family == FamilyChoice::kPreferInet6; }},
      {{"-4"}, [](const O& o) { return o.family == FamilyChoice::kInet; }},
      {{"-6"}, [](const O& o) { return o.family == FamilyChoice::kInet6; }},
      {{"-6", "-4"}, [](const O& o) { return o.family == FamilyChoice::kInet; }},
      {{"-p", "60001"}, [](const O& o) { return o.port == "60001"; }},
      {{"-p=60001:60010"}, [](const O& o) { return o.port == "60001:60010"; }},
      {{"--port=0"}, [](const O& o) { return o.port == "0"; }},
      {{"--bind-server=ANY"}, [](const O& o) { return o.bind_server == "any"; }},
      {{"--bind", "192.0.2.1"}, [](const O& o) { return o.bind_server == "192.0.2.1"; }},
      {{"--bind-server=::1"}, [](const O& o) { return o.bind_server == "::1"; }},
      {{"--no-ssh-pty"}, [](const O& o) { return !o.ssh_pty; }},
      {{"--nossh-pty"}, [](const O& o) { return !o.ssh_pty; }},
      {{"--no-ssh", "--ssh-pty"}, [](const O& o) { return o.ssh_pty; }},
      {{"--no-init"}, [](const O& o) { return !o.term_init; }},
      {{"--noinit", "--init"}, [](const O& o) { return o.term_init; }},
      {{"--local"}, [](const O& o) { return o.local; }},
      {{"-l"}, [](const O& o) { return o.local; }},
      {{"--experimental-remote-ip=remote"}, [](const O& o) { return o.source == AddressSource::kRemote; }},
      {{"--exp", "local"}, [](const O& o) { return o.source == AddressSource::kLocal; }},
      {{"--verbose"}, [](const O& o) { return o.verbose; }},
      {{"--verb"}, [](const O& o) { return o.verbose; }},
  };
  for (const Case& c : cases) {
    std::vector<std::string_view> words = c.words;
    words.push_back("host");
    const O options = parse(words);
    EXPECT_EQ(options.action, O::Action::kConnect) << c.words.front() << ": " << options.errors;
    EXPECT_TRUE(c.holds(options)) << c.words.front();
    EXPECT_EQ(options.host, "host") << c.words.front();
  }
}

TEST(CommandOptions, OurNamesDoNotMakeStockAbbreviationsAmbiguous) {
  for (const std::string_view word : {"-v", "--v", "--ver", "--VERSION"}) {
    EXPECT_THAT(parse({word}).out, HasSubstr("Sallyport")) << word;
  }
}

TEST(CommandOptions, OptionsAreReadAfterTheHostUntilTwoDashes) {
  const CommandOptions options = parse({"host", "-4", "ls", "--", "-6", "--", "x y", ""});
  EXPECT_EQ(options.family, FamilyChoice::kInet);
  EXPECT_THAT(options.command, ElementsAre("ls", "-6", "--", "x y", ""));
  EXPECT_THAT(parse({"-4", "--", "host", "-6"}).command, ElementsAre("-6"));
  EXPECT_EQ(parse({"-", "x"}).host, "-");
}

TEST(CommandOptions, AnOptionReadAfterTheHostIsSaid) {  // section 5, row 27
  EXPECT_THAT(parse({"host", "ls", "-l"}).errors,
              HasSubstr("Option -l was read by sallyport. Put -- before the remote command."));
  EXPECT_THAT(parse({"host", "ls", "-Z"}).errors, HasSubstr("Put -- before the remote command."));
  EXPECT_THAT(parse({"-l", "host", "--", "ls", "-l"}).errors, IsEmpty());
}

TEST(CommandOptions, WhatIsWrongIsRefusedWithStatus2) {
  expect_refused({}, "Usage:");
  expect_refused({"--"}, "Usage:");
  expect_refused({"--zzz", "host"}, "Unknown option: zzz");
  expect_refused({"-p60001", "host"}, "Unknown option: p60001");
  expect_refused({"-ao", "host"}, "Unknown option: ao");
  expect_refused({"--s", "host"}, "Option s is ambiguous (server, ssh, ssh-pty)");
  expect_refused({"--pr=never", "host"}, "Option pr is ambiguous (predict, predict-overwrite)");
  expect_refused({"--local=1", "host"}, "Option local does not take an argument");
  expect_refused({"--server=", "host"}, "Option server requires an argument");
  expect_refused({"host", "--client"}, "Option client requires an argument");
  expect_refused({"--no-local", "host"}, "Unknown option: no-local");
  expect_refused({"--family=foo", "host"}, "Unknown address family \"foo\"");
  expect_refused({"--experimental-remote-ip=Remote", "host"}, "Unknown parameter Remote");
  expect_refused({"--bind-server=name.example", "host"}, "is not ssh, any or a numeric address");
  expect_refused({"--ssh=ssh 'x", "host"}, "is not a list of shell words");
  expect_refused({"--ssh=  ", "host"}, "is not a list of shell words");
  expect_refused({"--fake-proxy", "--", "host"}, "Usage:");
}

TEST(CommandOptions, HelpAndVersionGoToStandardOutput) {
  for (const std::string_view word : {"--help", "-h", "--HELP"}) {
    const CommandOptions options = parse({"host", word});
    EXPECT_EQ(options.exit_status, 0);
    EXPECT_THAT(options.out, HasSubstr("--experimental-remote-ip"));
  }
}

TEST(CommandOptions, PredictionComesFromTheOptionElseFromTheEnvironment) {
  EXPECT_EQ(parse({"host"}, "never").predict, "never");
  EXPECT_EQ(parse({"-a", "host"}, "nonsense").predict, "always");
  expect_refused({"--predict=foo", "host"}, "Unknown mode \"foo\".\n\nUsage:");
  const CommandOptions bad = parse({"host"}, "foo");
  EXPECT_EQ(bad.exit_status, kUsageError);
  EXPECT_THAT(bad.errors, HasSubstr("Unknown mode \"foo\" (MOSH_PREDICTION_DISPLAY in environment)."));
}

TEST(CommandOptions, FakeProxyTakesHostAndPort) {
  const CommandOptions options = parse({"--family=inet6", "--fake-proxy", "--", "host", "22"}, "nonsense");
  EXPECT_EQ(options.action, CommandOptions::Action::kFakeProxy);
  EXPECT_EQ(options.family, FamilyChoice::kInet6);
  EXPECT_EQ(options.host, "host");
  EXPECT_THAT(options.command, ElementsAre("22"));
}

TEST(CommandLineChecklist, Item54_PortsAreCheckedBeforeSshIsStarted) {
  for (const std::string_view good : {"0", "1", "65535", "60001:60999", "5:5", "022"}) {
    EXPECT_EQ(parse({"-p", good, "host"}).action, CommandOptions::Action::kConnect) << good;
  }
  expect_refused({"-p", "0:5", "host"}, "Server-side port ranges may not be used with starting port 0 (0:5).");
  expect_refused({"-p", "x", "host"}, "Server-side port or range (x) is not valid.");
  for (const std::string_view bad : {"1:", ":1", "1:2:3", "-1", "+1", " 1", "1 ", "0x10", "1:b", "--"}) {
    expect_refused({"-p", bad, "host"}, "is not valid.");
  }
  expect_refused({"-p", "65536", "host"}, "Server-side (low) port (65536) must be within valid range [0..65535].");
  expect_refused({"-p", "99999999999999999999", "host"},
                 "(99999999999999999999) must be within valid range [0..65535].");
  expect_refused({"-p", "1:0", "host"}, "Server-side high port (0) must be within valid range [1..65535].");
  expect_refused({"-p", "1:65536", "host"}, "Server-side high port (65536) must be within valid range [1..65535].");
  expect_refused({"-p", "5:4", "host"}, "Server-side port range (5:4): low port greater than high port.");
}

}  // namespace
}  // namespace sallyport::client
