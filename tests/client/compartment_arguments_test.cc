#include "client/common/compartment_arguments.h"

#include <gtest/gtest.h>

namespace sallyport::client {
namespace {

constexpr ServerAddress kV4{.ipv6 = false, .bytes = {192, 0, 2, 1}};
constexpr ServerAddress kLinkLocal{
    .ipv6 = true, .bytes = {0xFE, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, .scope = 2};

std::vector<const char*> pointers(const std::vector<std::string>& words) {
  std::vector<const char*> list;
  for (const auto& word : words) list.push_back(word.c_str());
  return list;
}

NetArguments net_arguments() {
  return {.addresses = {kV4, kLinkLocal}, .port = 60001, .sandbox = sandbox::Requirement::kFull};
}
ScreenArguments screen_arguments() {
  ScreenArguments arguments;
  arguments.mode = PredictionMode::kExperimental;
  arguments.overwrite = true;
  arguments.title_prefix = false;
  arguments.clipboard = false;
  arguments.has_bce = true;
  arguments.port = 65535;
  arguments.escape_key = 30;
  return arguments;
}
TtyArguments tty_arguments() {
  return {.escape_key = {}, .clipboard = false, .enter = "\033[?1049h", .leave = std::string("\0\377", 2)};
}

/// Every word replaced by others: what is still accepted must be what its values are printed as.
template <typename Parse, typename Arguments>
void expect_strict(Parse parse, const Arguments& arguments) {
  const std::vector<std::string> good = to_words(arguments);
  ASSERT_EQ(parse(pointers(good)), arguments);
  int refused = 0;
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const std::string& bad : {std::string(), std::string("x"), good[i] + "0", good[i] + " ", " " + good[i],
                                   good[i] + ",", good[i] + "A", good[i].substr(0, good[i].find('=') + 1),
                                   good[i].substr(0, good[i].find('=')), good[(i + 1) % good.size()]}) {
      auto words = good;
      words[i] = bad;
      if (words == good) continue;
      const auto result = parse(pointers(words));
      if (!result) ++refused;
      EXPECT_TRUE(!result || to_words(*result) == words) << bad;
    }
  }
  EXPECT_GT(refused, static_cast<int>(good.size()) * 7);
  auto words = good;
  words.pop_back();
  EXPECT_FALSE(parse(pointers(words)));
  words = good;
  words.emplace_back("x");
  const auto extra = parse(pointers(words));
  ASSERT_FALSE(extra);
  EXPECT_STREQ(extra.error().expected, "end");
  EXPECT_FALSE(parse({}));
}

TEST(ClientCompartmentArguments, NetsAreReadExactlyAsWritten) { expect_strict(parse_net_arguments, net_arguments()); }
TEST(ClientCompartmentArguments, ScreensAreReadExactlyAsWritten) {
  expect_strict(parse_screen_arguments, screen_arguments());
}
TEST(ClientCompartmentArguments, TtysAreReadExactlyAsWritten) { expect_strict(parse_tty_arguments, tty_arguments()); }

TEST(ClientCompartmentArguments, OnlyOneToEightWholeAddressesAreAccepted) {
  const auto accepted = [](const std::string& addresses) {
    const std::string word = "addresses=" + addresses;
    return parse_net_arguments(std::vector<const char*>{word.c_str(), "port=1", "require-sandbox=available"})
        .has_value();
  };
  std::string eight = "4:7f000001";
  for (int i = 1; i < 8; ++i) eight += ",4:7f000001";
  EXPECT_TRUE(accepted(eight));
  EXPECT_TRUE(accepted("6:fe800000000000000000000000000001%2"));
  for (const std::string& bad :
       {std::string(), eight + ",4:7f000001", std::string("4:7f0000"), std::string("4:7F000001"),
        std::string("4:7f000001%1"), std::string("6:7f000001"), std::string("6:fe800000000000000000000000000001%0"),
        std::string("6:fe800000000000000000000000000001%02"), std::string("6:fe800000000000000000000000000001%"),
        std::string("127.0.0.1"), std::string(",4:7f000001"), std::string("4:7f000001,"), std::string("5:7f000001")}) {
    EXPECT_FALSE(accepted(bad)) << bad;
  }
}

TEST(ClientCompartmentArguments, TerminalStringsAreBounded) {
  TtyArguments arguments;
  arguments.enter.assign(kMaxTerminalStringBytes, 'x');
  EXPECT_EQ(parse_tty_arguments(pointers(to_words(arguments))), arguments);
  arguments.enter += 'x';
  EXPECT_FALSE(parse_tty_arguments(pointers(to_words(arguments))));
}

TEST(ClientCompartmentArguments, EscapeKeysOutsideAsciiAreRefused) {
  for (const char* key :
       {"escape-key=0", "escape-key=128", "escape-key=256", "escape-key=", "escape-key=030", "escape-key=nones"}) {
    EXPECT_FALSE(
        parse_tty_arguments(std::vector<const char*>{key, "clipboard=yes", "enter=", "leave=", "require-sandbox=full"}))
        << key;
  }
  EXPECT_TRUE(parse_tty_arguments(
      std::vector<const char*>{"escape-key=127", "clipboard=yes", "enter=", "leave=", "require-sandbox=full"}));
}

}  // namespace
}  // namespace sallyport::client
