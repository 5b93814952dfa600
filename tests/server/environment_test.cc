#include "server/environment.h"

#include <gtest/gtest.h>

#include "server/compartment_arguments.h"
#include "server/locale_environment.h"

namespace sallyport::server {
namespace {

/// A host on which only these locales are installed.
CharsetLookup host_with(std::vector<std::string> utf8, std::vector<std::string> latin = {}) {
  return [utf8, latin](const std::string& name) -> std::optional<std::string> {
    if (name.empty() || name == "C" || name == "POSIX") return "ANSI_X3.4-1968";
    for (const std::string& known : utf8) {
      if (known == name) return "UTF-8";
    }
    for (const std::string& known : latin) {
      if (known == name) return "ISO-8859-1";
    }
    return {};
  };
}

TEST(Environment, SetReplacesEveryAssignmentOfTheName) {
  Environment environment({"A=1", "B=2", "A=3", "AB=4", "junk"});
  EXPECT_EQ(environment.get("A"), "1");
  environment.set("A", "x=y");
  EXPECT_EQ(environment.assignments(), (std::vector<std::string>{"B=2", "AB=4", "junk", "A=x=y"}));
  environment.set("A", *environment.get("A"));
  EXPECT_EQ(environment.get("A"), "x=y");
  environment.unset("AB");
  EXPECT_EQ(environment.get("AB"), std::nullopt);
}

TEST(CommandLineChecklist, Item16_TermFollowsTheColoursAlone) {
  for (const auto& [colours, term] : std::vector<std::pair<long, const char*>>{
           {256, "xterm-256color"}, {8, "xterm"}, {0, "xterm"}, {16777216, "xterm"}, {-1, "xterm"}}) {
    Environment environment({"TERM=vt100"});
    make_session_environment(environment, colours, "/home/u");
    EXPECT_EQ(environment.get("TERM"), term) << colours;
  }
}

TEST(CommandLineChecklist, Item17_SessionEnvironment) {
  Environment environment({"STY=1.tty", "PWD=/old", "SSH_CONNECTION=a b c d", "MOSH_SERVER_NETWORK_TMOUT=5", "COLORTERM=x",
                           "LISTEN_FDS=1", "LISTEN_PID=7"});
  make_session_environment(environment, 256, "/home/u");
  EXPECT_EQ(environment.assignments(),
            (std::vector<std::string>{"SSH_CONNECTION=a b c d", "MOSH_SERVER_NETWORK_TMOUT=5", "COLORTERM=x",
                                      "TERM=xterm-256color", "NCURSES_NO_UTF8_ACS=1", "PWD=/home/u"}));
}

TEST(CommandLineChecklist, Item18_LoginShellIsMarkedByItsName) {
  const Account account{"u", "/home/u", "/bin/zsh"};
  EXPECT_EQ(session_program({}, Environment({"SHELL=/usr/bin/fish"}), account).arguments, std::vector<std::string>{"-fish"});
  EXPECT_EQ(session_program({}, Environment(), account).path, "/bin/zsh");
  EXPECT_EQ(session_program({}, Environment(), Account()).arguments, std::vector<std::string>{"-sh"});
  EXPECT_EQ(session_program({}, Environment({"SHELL="}), account).path, "/bin/sh");
  EXPECT_EQ(session_program({}, Environment({"SHELL=odd"}), account).arguments, std::vector<std::string>{"-odd"});
  const SessionProgram command = session_program({"ls", "-l"}, Environment({"SHELL=/bin/sh"}), account);
  EXPECT_FALSE(command.login_shell);
  EXPECT_EQ(command.arguments, (std::vector<std::string>{"ls", "-l"}));
}

TEST(Environment, HomeWinsOverTheUserDatabase) {
  EXPECT_EQ(home_directory(Environment({"HOME=/h"}), Account{"u", "/home/u", ""}), "/h");
  EXPECT_EQ(home_directory(Environment(), Account{"u", "/home/u", ""}), "/home/u");
}

TEST(Environment, TimeoutsWithTrailingJunkOrSignAreIgnored) {
  const auto read = [](const char* value, std::string& messages) {
    return timeout_seconds(Environment({std::string("MOSH_SERVER_NETWORK_TMOUT=") + value}), "MOSH_SERVER_NETWORK_TMOUT", messages);
  };
  std::string none;
  EXPECT_EQ(read("604800", none), 604800U);
  EXPECT_EQ(read("", none), 0U);
  EXPECT_EQ(read("0", none), 0U);
  EXPECT_EQ(read("99999999999", none), kMaxTimeoutSeconds);
  EXPECT_EQ(timeout_seconds(Environment(), "MOSH_SERVER_NETWORK_TMOUT", none), 0U);
  EXPECT_EQ(none, "");
  for (const char* bad : {"5x", "x", "5 ", "1e3", "99999999999999999999"}) {
    std::string messages;
    EXPECT_EQ(read(bad, messages), 0U);
    EXPECT_EQ(messages, "MOSH_SERVER_NETWORK_TMOUT not a valid integer, ignoring\n") << bad;
  }
  std::string messages;
  EXPECT_EQ(read("-3", messages), 0U);
  EXPECT_EQ(messages, "MOSH_SERVER_NETWORK_TMOUT is negative, ignoring\n");
}

TEST(CommandLineChecklist, Item14_LocaleOfTheClientReplacesAllLocaleVariables) {
  Environment environment({"LANG=C", "LC_TIME=de_DE", "LC_ALL=", "PATH=/bin"});
  const auto outcome = settle_locale(environment, {"LANG=C.UTF-8", "PATH=/evil", "LD_PRELOAD=x", "LC_PAPER", "=", ""}, host_with({"C.UTF-8"}));
  EXPECT_TRUE(outcome.usable);
  EXPECT_EQ(outcome.messages, "");
  EXPECT_EQ(environment.assignments(), (std::vector<std::string>{"PATH=/bin", "LANG=C.UTF-8"}));
}

TEST(CommandLineChecklist, Item14_WithoutAnyUtf8LocaleGivenStartsInOneThatExists) {
  for (const char* exists : {"C.UTF-8", "C.utf8", "en_US.UTF-8"}) {
    Environment environment({"LANG=C", "LC_TIME=de_DE"});
    const auto outcome = settle_locale(environment, {"LANG=xx_XX.UTF-8"}, host_with({exists}));
    EXPECT_TRUE(outcome.usable);
    EXPECT_EQ(environment.assignments(), std::vector<std::string>{std::string("LANG=") + exists});
    EXPECT_NE(outcome.messages.find("The locale requested by LANG=xx_XX.UTF-8 isn't available here.\n"), std::string::npos);
    EXPECT_NE(outcome.messages.find("The server has no UTF-8 locale (LANG=C; from the client: LANG=xx_XX.UTF-8). Starting with " +
                                    std::string(exists) + " instead.\n"),
              std::string::npos)
        << outcome.messages;
  }
}

TEST(CommandLineChecklist, Item14_WithoutAnyUtf8LocaleOnTheHostSaysWhatToDo) {
  Environment environment({"LC_CTYPE=de_DE", "LANG=C"});
  const auto outcome = settle_locale(environment, {}, host_with({}, {"de_DE"}));
  EXPECT_FALSE(outcome.usable);
  EXPECT_TRUE(outcome.messages.starts_with("mosh-server needs a UTF-8 native locale to run.\n")) << outcome.messages;
  for (const char* part : {"(LC_CTYPE=de_DE)", "\"ISO-8859-1\"", "([no charset variables])", "\"US-ASCII\"", "Generate"}) {
    EXPECT_NE(outcome.messages.find(part), std::string::npos) << part;
  }
}

TEST(CommandLineChecklist, Item15_OwnUtf8LocaleIsLeftAlone) {
  const std::vector<std::string> before = {"LANG=C", "LC_ALL=en_US.UTF-8", "LC_TIME=de_DE"};
  Environment environment(before);
  const auto outcome = settle_locale(environment, {"LANG=xx", "LC_ALL=yy"}, host_with({"en_US.UTF-8"}));
  EXPECT_TRUE(outcome.usable);
  EXPECT_EQ(outcome.messages, "");
  EXPECT_EQ(environment.assignments(), before);
}

TEST(LocaleEnvironment, SystemKnowsItsOwnLocales) {
  EXPECT_EQ(system_charset(""), "ANSI_X3.4-1968");
  EXPECT_EQ(system_charset("C.UTF-8"), "UTF-8");
  EXPECT_EQ(system_charset("no_SUCH.locale"), std::nullopt);
}

}  // namespace
}  // namespace sallyport::server
