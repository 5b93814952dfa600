// What ssh is given: the destination, the words, the one word for the far side's shell.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/bootstrap/client_program.h"
#include "client/bootstrap/destination.h"
#include "client/bootstrap/shell_words.h"
#include "client/bootstrap/ssh_config.h"
#include "client/bootstrap/ssh_words.h"
#include "client/bootstrap/visible_text.h"

namespace sallyport::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kProxy = "ProxyCommand='/opt/bin/sallyport' '--family=prefer-inet' --fake-proxy -- %h %p";

CommandOptions with_server(std::string server = "mosh-server") {
  CommandOptions options;
  options.host = "user@host";
  options.server = std::move(server);
  return options;
}

std::vector<std::string> words_of(const CommandOptions& options, Connection connection) {
  return ssh_words(options, connection, "user@host", "/opt/bin/sallyport", "REMOTE");
}

TEST(CommandLineChecklist, Item48_SshGetsExactlyTheWordsOfTheSpecification) {
  CommandOptions options = with_server();
  EXPECT_THAT(words_of(options, Connection::kFakeProxy),
              ElementsAre("ssh", "-n", "-tt", "-S", "none", "-o", kProxy, "user@host", "--", "REMOTE"));
  options.ssh_pty = false;
  options.ssh = {"ssh", "-p", "2222"};
  EXPECT_THAT(words_of(options, Connection::kFakeProxy),
              ElementsAre("ssh", "-p", "2222", "-n", "-S", "none", "-o", kProxy, "user@host", "--", "REMOTE"));
  options.family = FamilyChoice::kInet6;
  EXPECT_THAT(words_of(options, Connection::kSshsFamily),
              ElementsAre("ssh", "-p", "2222", "-n", "-6", "user@host", "--", "REMOTE"));
  EXPECT_THAT(words_of(options, Connection::kSshsOwn),
              ElementsAre("ssh", "-p", "2222", "-n", "user@host", "--", "REMOTE"));
  options.family = FamilyChoice::kPreferInet6;
  EXPECT_THAT(words_of(options, Connection::kSshsFamily),
              ElementsAre("ssh", "-p", "2222", "-n", "user@host", "--", "REMOTE"));
}

TEST(CommandLineChecklist, Item48_TheRemoteCommandIsExactlyThatOfTheSpecification) {
  const Environment environment({"LC_ALL=", "PATH=/bin", "LANG=C.UTF-8", "LC_TIME=it's"});
  CommandOptions options = with_server("env A=1 mosh-server");
  EXPECT_EQ(remote_command(options, "256", environment),
            R"(env A=1 mosh-server 'new' '-c' '256' '-s' '-l' 'LANG=C.UTF-8' '-l' 'LC_TIME=it'\''s' '-l' 'LC_ALL=')");
  options.bind_server = "192.0.2.1";
  options.port = "60001:60010";
  options.command = {"ls", "-l", "a b", ""};
  EXPECT_EQ(remote_command(options, "8", Environment()),
            "env A=1 mosh-server 'new' '-c' '8' '-i' '192.0.2.1' '-p' '60001:60010' '--' 'ls' '-l' 'a b' ''");
  options.bind_server = "any";
  options.source = AddressSource::kRemote;
  const std::string told = remote_command(options, "8", Environment());
  EXPECT_THAT(told, testing::StartsWith("sh -c '"));
  EXPECT_THAT(told,
              testing::EndsWith(" ; env A=1 mosh-server 'new' '-c' '8' '-p' '60001:60010' '--' 'ls' '-l' 'a b' ''"));
}

TEST(SshWords, WithoutAServerOptionOneShellWordLooksForBoth) {
  CommandOptions options;
  options.host = "host";
  const std::string command = remote_command(options, "256", Environment());
  const auto words = split_words(command);
  ASSERT_TRUE(words);
  ASSERT_GE(words->size(), 8U);
  EXPECT_THAT(std::vector(words->begin() + 3, words->end()), ElementsAre("sh", "new", "-c", "256", "-s"));
  EXPECT_EQ(words->at(0), "sh");
  EXPECT_EQ(words->at(1), "-c");
  EXPECT_EQ(words->at(2).find_first_of("'!\n"), std::string::npos) << "csh and fish would read these differently";
  EXPECT_LT(words->at(2).find("sallyport-server"), words->at(2).find("mosh-server;"));
}

TEST(SshWords, LocalModeBindsToTheAddressThatWasGiven) {  // section 3.7
  CommandOptions options;
  options.local = true;
  options.host = "127.0.0.1";
  EXPECT_EQ(local_command(options, "256", Environment(), "'/x y/sallyport-server'"),
            "'/x y/sallyport-server' 'new' '-c' '256' '-i' '127.0.0.1'");
  options.server = "mosh-server";
  options.bind_server = "any";
  EXPECT_EQ(local_command(options, "256", Environment(), "unused"), "mosh-server 'new' '-c' '256'");
}

TEST(SshWords, APathThatSshOrTheShellWouldReadOtherwiseIsQuoted) {
  const auto words = ssh_words(with_server(), Connection::kFakeProxy, "h", "/50%/it's", "REMOTE");
  EXPECT_THAT(words.at(6), testing::StartsWith("ProxyCommand='/50%%/it'\\''s' '--family"));
}

TEST(SshWords, TheQuestionToSshEndsWithTheDestination) {
  CommandOptions options;
  options.ssh = {"ssh", "-F", "x"};
  EXPECT_THAT(ssh_query_words(options, "u@h"), ElementsAre("ssh", "-F", "x", "-G", "--", "u@h"));
}

TEST(CommandLineChecklist, Item49_SshCommandIsSplitAsAShellWould) {
  EXPECT_THAT(split_words("ssh -p 2222 -o 'A B'"), testing::Optional(ElementsAre("ssh", "-p", "2222", "-o", "A B")));
}

TEST(ShellWords, QuotingOfThePosixShellWithoutExpansion) {
  const std::vector<std::pair<std::string_view, std::vector<std::string>>> cases = {
      {"", {}},
      {" \t\n", {}},
      {"a  b\tc\nd", {"a", "b", "c", "d"}},
      {"''", {""}},
      {"a'b c'd", {"ab cd"}},
      {R"("a \" \\ \$ \x b")", {R"(a " \ $ \x b)"}},
      {R"(a\ b \'c)", {"a b", "'c"}},
      {"a\\\nb", {"ab"}},
      {"\"a\\\nb\"", {"ab"}},
      {"$HOME `x` *", {"$HOME", "`x`", "*"}},
      {"'\\'", {"\\"}},
  };
  for (const auto& [text, words] : cases) EXPECT_EQ(split_words(text), words) << text;
}

TEST(ShellWords, WhatIsNotClosedIsRefused) {
  for (const std::string_view text : {"'", "\"", "a'b", "a \"b", "\\", "'a' \"\\\""})
    EXPECT_FALSE(split_words(text)) << text;
}

TEST(CommandLineChecklist, Item56_TheCommandReachesTheServerWordForWord) {
  CommandOptions options = with_server();
  const std::vector<std::string> command = {"sh", "-c",  "echo \"$HOME\"", "",  "it's", "a\nb",
                                            "\\", "`x`", "$(y)",           "!", "*"};
  options.command = command;
  const auto words = split_words(remote_command(options, "256", Environment()));
  ASSERT_TRUE(words);
  EXPECT_EQ(std::vector(words->begin() + 6, words->end()), command);
  EXPECT_EQ(words->at(5), "--");
}

TEST(Destination, UserAndHostAreToldApart) {
  const auto found = parse_destination("me@corp@host.example");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->text, "me@corp@host.example");
  EXPECT_EQ(found->user, "me@corp@");
  EXPECT_EQ(found->host, "host.example");
  for (const std::string_view good : {"host", "192.0.2.1", "::1", "fe80::1%eth0",
                                      "b\xC3\xBC"
                                      "cher.example",
                                      "h_1", "ssh://u@h:22", "CORP\\me@h", "pc$@h"}) {
    EXPECT_TRUE(parse_destination(good)) << good;
  }
}

TEST(Destination, WhatWouldBeAnOptionOrACommandIsRefused) {
  for (const std::string_view bad : {"-oProxyCommand=x",
                                     "-",
                                     "u@-h",
                                     "-u@h",
                                     "",
                                     "u@",
                                     "a b",
                                     "a\tb",
                                     "a\nb",
                                     "a\x7f",
                                     "\x1b[2Jh",
                                     "u\x01@h",
                                     "h\xC2\x9B"
                                     "31mst",
                                     "u\xC2\x85@h",
                                     "u;x@h",
                                     "`x`@h",
                                     "$(x)@h",
                                     "u|x@h",
                                     "h\xE2\x80\xAEx",
                                     "h\x9Bx",
                                     "h\xC3",
                                     "h;x",
                                     "h&x",
                                     "h|x",
                                     "$(x)",
                                     "`x`",
                                     "h>x",
                                     "h<x",
                                     "h(x",
                                     "h'x",
                                     "h\"x",
                                     "h\\x",
                                     "h*",
                                     "h?",
                                     "h!",
                                     "h#",
                                     "h{",
                                     "~",
                                     "^",
                                     "h%h;x"}) {
    EXPECT_FALSE(parse_destination(bad)) << bad;
  }
  EXPECT_FALSE(parse_destination(std::string(2000, 'a')));
  EXPECT_FALSE(parse_destination(std::string_view("h\0x", 3)));
}

TEST(Destination, TheComplaintShowsNothingThatATerminalActsOn) {
  const auto refused = parse_destination("\x1b]0;x\x07");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().find_first_of("\x1b\x07"), std::string::npos);
}

TEST(SshConfig, ReadsWhatSshSaysOfAHost) {
  const auto plain = parse_ssh_config("user me\nhostname host.example\nport 2222\naddressfamily any\n");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host_name, "host.example");
  EXPECT_EQ(plain->port, "2222");
  EXPECT_FALSE(plain->proxied);
  EXPECT_FALSE(parse_ssh_config("hostname h\nproxycommand none\nproxyjump none\n")->proxied);
  EXPECT_TRUE(parse_ssh_config("hostname h\nproxyjump bastion")->proxied);
  EXPECT_TRUE(parse_ssh_config("proxycommand nc %h %p\nhostname h\n")->proxied);
}

TEST(SshConfig, WithoutAHostThatMayBeUsedThereIsNothing) {
  for (const std::string_view text : {"", "\n\n", "port 22\n", "hostname\n", "hostname \n", "hostname -x\n",
                                      "hostname a b\n", "Hostname h\n", "hostname h;x\n", "usage: ssh\n"}) {
    EXPECT_FALSE(parse_ssh_config(text)) << text;
  }
  EXPECT_EQ(parse_ssh_config("hostname h\nport x\n")->port, "");
}

TEST(VisibleText, ControlCharactersAreShownAndNeverPassedOn) {
  EXPECT_EQ(visible("a\x1b[31mb\x07\x7f\r"), "a^[[31mb^G^?");
  EXPECT_EQ(visible("a\tb\nc"), "a\tb^Jc");
  EXPECT_EQ(visible("gr\xC3\xBC\xC3\x9F"), "gr\xC3\xBC\xC3\x9F");
  EXPECT_EQ(visible("\xC2\x9B"
                    "31m"),
            "?31m");  // CSI in one character
  EXPECT_EQ(visible("\x9B"
                    "31m"),
            "?31m");  // and in one byte
  EXPECT_EQ(visible("a\xE2\x80\xAE"
                    "b"),
            "a?b");  // turns the direction of writing
  EXPECT_EQ(visible("\xC3(\xFF"), "?(?");
}

TEST(VisibleText, ACharacterSplitBetweenPiecesIsPutTogether) {
  VisibleText filter;
  std::string out;
  filter.append("\xC3", out);
  filter.append("\xBC", out);
  EXPECT_EQ(out, "\xC3\xBC");
}

TEST(ClientWords, OursGetsAllAddressesAndADescriptor) {
  const ClientProgram client{"/usr/bin/sallyport-client", true};
  const SessionPlace place{{"192.0.2.1", "2001:db8::1"}, "60001", "KEYKEYKEYKEYKEYKEYKEYK", "-4 host"};
  EXPECT_THAT(client_words(client, place, BorrowedFd(5)),
              ElementsAre("/usr/bin/sallyport-client", "--key-fd=5", "-# -4 host |", "192.0.2.1,2001:db8::1", "60001"));
}

TEST(ClientWords, AnothersClientGetsOneAddressAndTheStockWords) {
  const SessionPlace place{{"192.0.2.1", "2001:db8::1"}, "60001", "KEYKEYKEYKEYKEYKEYKEYK", "host"};
  EXPECT_THAT(client_words({"mosh-client", false}, place, {}),
              ElementsAre("mosh-client", "-# host |", "192.0.2.1", "60001"));
}

TEST(CommandLineChecklist, Item57_TheKeyIsInNoWord) {
  const SessionPlace place{{"192.0.2.1"}, "60001", "KEYKEYKEYKEYKEYKEYKEYK", "host"};
  for (const bool ours : {true, false}) {
    for (const std::string& word :
         client_words({"c", ours}, place, ours ? std::optional(BorrowedFd(3)) : std::nullopt)) {
      EXPECT_THAT(word, testing::Not(HasSubstr(place.key)));
    }
  }
}

TEST(ClientProgram, OursIsKnownByItsName) {
  CommandOptions options;
  EXPECT_TRUE(find_client(options, "/nonexistent").ours);
  EXPECT_EQ(find_client(options, "/nonexistent").path, "sallyport-client");
  for (const auto& [path, ours] : std::vector<std::pair<const char*, bool>>{{"sallyport-client", true},
                                                                            {"/x/sallyport-client", true},
                                                                            {"mosh-client", false},
                                                                            {"/x/sallyport-client/y", false}}) {
    options.client = path;
    EXPECT_EQ(find_client(options, "/").ours, ours) << path;
    EXPECT_EQ(find_client(options, "/").path, path);
  }
}

TEST(ClientProgram, TheEnvironmentSaysHowToPredictAndDraw) {
  CommandOptions options;
  Environment environment({"MOSH_PREDICTION_DISPLAY=x"});
  set_client_environment(environment, options);
  EXPECT_EQ(environment.assignments(), std::vector<std::string>{"MOSH_PREDICTION_DISPLAY=adaptive"});
  options.predict = "never";
  options.overwrite = true;
  options.term_init = false;
  set_client_environment(environment, options);
  EXPECT_THAT(environment.assignments(),
              testing::UnorderedElementsAre("MOSH_PREDICTION_DISPLAY=never", "MOSH_PREDICTION_OVERWRITE=yes",
                                            "MOSH_NO_TERM_INIT=1"));
}

}  // namespace
}  // namespace sallyport::client
