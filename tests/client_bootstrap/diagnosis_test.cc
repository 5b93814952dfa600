// The messages of command line section 5, by what the far side and ssh print.
#include "client/bootstrap/diagnosis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"

namespace sallyport::client {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string explained(std::string_view text, const CommandOptions& options = {}, int status = 1,
                      bool address_known = true, std::string port = "22") {
  BootstrapOutput output(BootstrapOutput::Address::kAwaited);
  std::string shown;
  (void)output.feed(bytes_of(text), shown);
  (void)output.finish(shown);
  return explain_start_failure(
      {options, output, "host", std::move(port), address_known, sys::ExitStatus{false, status}});
}

CommandOptions with_server() {
  CommandOptions options;
  options.server = "mosh-server";
  return options;
}

CommandOptions with_port(std::string port) {
  CommandOptions options;
  options.port = std::move(port);
  return options;
}

TEST(Diagnosis, Row3And5_ALocaleThatTheServerDoesNotHave) {
  const std::string words = explained(
      "The locale requested by LANG=xx_XX.UTF-8 isn't available here.\n"
      "mosh-server needs a UTF-8 native locale to run.\n");
  EXPECT_THAT(words, HasSubstr("has no UTF-8 locale"));
  EXPECT_THAT(words, HasSubstr("LANG=xx_XX.UTF-8 isn't available here."));
}

TEST(Diagnosis, Row6And7_NoServerThere) {
  EXPECT_THAT(
      explained("SALLYPORT SERVER none\n", {}, 127),
      HasSubstr(
          "Neither sallyport-server nor mosh-server was found on host. Install one there, or give --server=PATH."));
  const std::string words = explained("bash: line 1: mosh-server: command not found\n", with_server(), 127);
  EXPECT_THAT(
      words,
      HasSubstr("mosh-server was not found on host (remote shell said: bash: line 1: mosh-server: command not found)"));
  EXPECT_THAT(words, HasSubstr("/opt/homebrew/bin"));
  EXPECT_THAT(explained("", with_server(), 127), HasSubstr("mosh-server was not found on host"));
}

TEST(Diagnosis, Row8_ThePortOfSsh) {
  EXPECT_THAT(explained("sallyport: Could not connect to host, last tried 192.0.2.1: Connection refused\n"
                        "kex_exchange_identification: Connection closed by remote host\n",
                        {}, 255, false, "2222"),
              HasSubstr("ssh could not reach host port 2222: Connection refused."));
  EXPECT_THAT(explained("ssh: connect to host h port 22: No route to host\n", {}, 255), HasSubstr("No route to host"));
}

TEST(Diagnosis, Row9_APortOfSshGivenAsThePortOfTheSession) {
  const std::string words = explained("Error binding to any interface: bind: Permission denied\n", with_port("22"));
  EXPECT_THAT(words, HasSubstr("-p is the UDP port of the session. For the ssh port use --ssh=\"ssh -p 22\"."));
}

TEST(Diagnosis, Row10_UnknownHost) {
  EXPECT_EQ(explained("sallyport: could not get canonical name for host: Name or service not known\n", {}, 255, false),
            "Cannot find host host.");
  EXPECT_EQ(explained("ssh: Could not resolve hostname h: Name or service not known\n", {}, 255),
            "Cannot find host host.");
}

TEST(Diagnosis, Row11_LoginRefused) {
  EXPECT_EQ(explained("me@host: Permission denied (publickey,password).\n", {}, 255),
            "ssh could not log in to host (see above).");
}

TEST(Diagnosis, AHostThatGivesNoPseudoterminal) {
  EXPECT_EQ(explained("PTY allocation request failed on channel 0\n", {}, 255),
            "host gives ssh no pseudoterminal. Use --no-ssh-pty.");
}

TEST(Diagnosis, AHostKeyThatSshRefuses) {
  EXPECT_EQ(explained("Host key verification failed.\n", {}, 255),
            "ssh does not accept the host key of host (see above).");
}

TEST(Diagnosis, Row14_TheShellNeverCameToTheServer) {
  const std::string words = explained("hello\n", with_server(), 0);
  EXPECT_THAT(words, HasSubstr("Did not find mosh server startup message."));
  EXPECT_THAT(words, HasSubstr("start-up file"));
  EXPECT_THAT(words, HasSubstr("The last line was: hello"));
}

TEST(Diagnosis, Row15And16_PortsInUse) {
  const std::string_view busy = "Error binding to any interface: bind: Address already in use\n";
  EXPECT_THAT(explained(busy), HasSubstr("All UDP ports 60001-60999 on host are in use"));
  EXPECT_THAT(explained(busy, with_port("61000:61001")), HasSubstr("All UDP ports 61000-61001 on host are in use"));
  EXPECT_THAT(explained(busy, with_port("61000")),
              HasSubstr("UDP port 61000 is in use on host; every session needs its own port."));
}

TEST(Diagnosis, Row20_NoAnswerOverIpv6) {
  EXPECT_THAT(explained("x: Could not connect to host, last tried 2001:db8::1: Connection timed out\n", {}, 255, false),
              HasSubstr("No answer over IPv6; retry with -4."));
  EXPECT_THAT(explained("x: Could not connect to host, last tried 192.0.2.1: Connection timed out\n", {}, 255, false),
              Not(HasSubstr("IPv6")));
}

TEST(Diagnosis, AServerThatKnowsNoPortRanges) {
  EXPECT_EQ(explained("new: Bad UDP port (61000:61001)\n", with_port("61000:61001")),
            "Server does not support UDP port range option.");
  EXPECT_THAT(explained("new: Bad UDP port\n", with_port("61000")), Not(HasSubstr("range option")));
}

TEST(Diagnosis, WithoutAnAddressTheLastWordsAreRepeated) {
  EXPECT_EQ(explained("", {}, 0, false), "Did not find remote IP address (is SSH ProxyCommand disabled?).");
  EXPECT_EQ(explained("odd\n", {}, 0, false),
            "Did not find remote IP address (is SSH ProxyCommand disabled?).\nThe last line was: odd");
  EXPECT_THAT(explained("ssh: no such identity\n", {}, 255, false),
              HasSubstr("The last line was: ssh: no such identity"));
}

TEST(Diagnosis, AServerOfOursThatSaidWhyIsNotTalkedOver) {
  EXPECT_EQ(
      explained("SALLYPORT SERVER sallyport-server\nsallyport-server: net cannot be confined on this host\n", {}, 70),
      "The server on host did not start (see above).");
}

}  // namespace
}  // namespace sallyport::client
