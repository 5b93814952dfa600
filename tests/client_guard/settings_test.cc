#include "client/guard/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/common/locale.h"
#include "client/guard/terminal_facts.h"

namespace sallyport::client {
namespace {

using ::testing::HasSubstr;

Result<Settings, std::string> from(std::vector<std::string> assignments) {
  return settings_from(Environment(std::move(assignments)));
}

TEST(ClientSettings, DefaultsAreThoseOfTheSpecification) {
  const auto settings = from({});
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->prediction, PredictionMode::kAdaptive);
  EXPECT_FALSE(settings->overwrite);
  EXPECT_TRUE(settings->title_prefix && settings->terminal_init && settings->clipboard);
  EXPECT_EQ(settings->escape_key, 0x1E);
}

TEST(ClientSettings, VariablesAreReadAsTheSpecificationSays) {
  const auto settings =
      from({"MOSH_PREDICTION_DISPLAY=experimental", "MOSH_PREDICTION_OVERWRITE=yes",
            "MOSH_TITLE_NOPREFIX=", "MOSH_NO_TERM_INIT=", "SALLYPORT_CLIPBOARD=no", "MOSH_ESCAPE_KEY=~", "TERM=xterm"});
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->prediction, PredictionMode::kExperimental);
  EXPECT_TRUE(settings->overwrite);
  EXPECT_FALSE(settings->title_prefix || settings->terminal_init || settings->clipboard);
  EXPECT_EQ(settings->escape_key, '~');
  EXPECT_EQ(settings->terminal_type, "xterm");
  EXPECT_FALSE(from({"MOSH_PREDICTION_OVERWRITE=YES"})->overwrite) << "exactly yes";
}

TEST(ClientSettings, UnknownPredictionModeIsRefusedAndShownWithoutControls) {
  for (const char* mode : {"", "Always", "sometimes", "always "}) {
    const auto settings = from({std::string("MOSH_PREDICTION_DISPLAY=") + mode});
    ASSERT_FALSE(settings) << mode;
    EXPECT_EQ(settings.error(), std::string("Unknown prediction mode ") + mode + ".\n");
  }
  EXPECT_EQ(from({"MOSH_PREDICTION_DISPLAY=\033[2J"}).error(), "Unknown prediction mode ?[2J.\n");
}

TEST(ClientSettings, EscapeKeysThatCannotBeOneGiveTheDefault) {
  EXPECT_EQ(escape_key_from(std::nullopt), 0x1E);
  EXPECT_EQ(escape_key_from(""), std::nullopt);
  EXPECT_EQ(escape_key_from("\x02"), 0x02);
  EXPECT_EQ(escape_key_from("\x7F"), 0x7F);
  for (const char* bad : {"ab", "\x80", "\xFF", "\x03", "\x04", "\n", "\x0C", "\r"})
    EXPECT_EQ(escape_key_from(bad), 0x1E);
}

TEST(ClientSettings, CharsetIsJudgedByTheVariableThatCounts) {
  const auto fine = [](std::vector<std::string> assignments) {
    return !locale_complaint(Environment(std::move(assignments)), "sallyport");
  };
  EXPECT_TRUE(fine({"LANG=C.UTF-8"}));
  EXPECT_TRUE(fine({"LANG=xx_YY.utf8"})) << "need not be installed here";
  EXPECT_TRUE(fine({"LC_CTYPE=en_US.UTF-8@euro", "LANG=C"}));
  EXPECT_TRUE(fine({"LC_ALL=", "LANG=C.UTF-8"})) << "empty is unset";
  EXPECT_FALSE(fine({"LC_ALL=C", "LANG=C.UTF-8"}));
  EXPECT_FALSE(fine({"LC_CTYPE=POSIX", "LANG=C.UTF-8"}));
  EXPECT_FALSE(fine({"LANG=de_DE.ISO-8859-1"}));
  EXPECT_FALSE(fine({}));
}

TEST(ClientSettings, CharsetMessageNamesTheLocaleAndTheCure) {
  const auto by_lang = locale_complaint(Environment({"LANG=de_DE.ISO-8859-1"}), "sallyport");
  EXPECT_EQ(by_lang.value_or(""),
            "Your terminal's locale is de_DE.ISO-8859-1. Set LANG to a UTF-8 locale, e.g. LANG=C.UTF-8 sallyport ...");
  const auto by_all = locale_complaint(Environment({"LC_ALL=C\x1b", "LANG=C.UTF-8"}), "mosh");
  EXPECT_EQ(by_all.value_or(""),
            "Your terminal's locale is C?. Set LANG to a UTF-8 locale, e.g. LANG=C.UTF-8 mosh ...\n"
            "Unset LC_ALL, which counts before LANG.");
}

TEST(CommandLineChecklist, Item31_ColorsAreTerminfosNumber) {
  EXPECT_EQ(terminal_facts("xterm-256color")->colors, 256);
  EXPECT_EQ(terminal_facts("vt100")->colors, -1);
}

TEST(TerminalFacts, TellWhatTheTerminalCan) {
  const auto xterm = terminal_facts("xterm");
  ASSERT_TRUE(xterm);
  EXPECT_TRUE(xterm->has_ech && xterm->has_bce && xterm->has_title);
  EXPECT_THAT(xterm->enter, HasSubstr("\033[?1049h"));
  EXPECT_THAT(xterm->leave, HasSubstr("\033[?1049l"));
  const auto vt100 = terminal_facts("vt100");
  ASSERT_TRUE(vt100);
  EXPECT_FALSE(vt100->has_ech || vt100->has_bce || vt100->has_title);
  EXPECT_EQ(vt100->enter, "");
}

TEST(TerminalFacts, UnknownTypesAreNamed) {
  EXPECT_EQ(terminal_facts("no-such-terminal").error(),
            "Terminal type no-such-terminal is not in the local terminfo database.");
  EXPECT_THAT(terminal_facts("").error(), HasSubstr("TERM is not set"));
}

}  // namespace
}  // namespace sallyport::client
