#include "server/compartment_arguments.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace sallyport::server {
namespace {

std::vector<const char*> pointers(const std::vector<std::string>& words) {
  std::vector<const char*> list;
  for (const auto& word : words) list.push_back(word.c_str());
  return list;
}

TEST(CompartmentArguments, ParserReadsWhatTheBuilderWrites) {
  const NetArguments net{65535, AddressFamily::kIpv6, false, kMaxTimeoutSeconds, 7, Verbosity::kDebug, sandbox::Requirement::kFull};
  EXPECT_EQ(parse_net_arguments(pointers(to_words(net))), net);
  const TerminalArguments terminal{{200, 50}, Verbosity::kVerbose, sandbox::Requirement::kFull};
  EXPECT_EQ(parse_terminal_arguments(pointers(to_words(terminal))), terminal);
}

TEST(CompartmentArguments, AnyWordThatIsNotAsBuiltIsRefused) {
  const std::vector<std::string> good = to_words(NetArguments{.port = 60001});
  ASSERT_TRUE(parse_net_arguments(pointers(good)));
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const std::string& bad : {std::string(), std::string("x"), good[i] + "0", good[i] + " ", " " + good[i],
                                   good[i].substr(0, good[i].find('=') + 1), good[(i + 1) % good.size()]}) {
      if (i == 3 || i == 4) {  // a timeout with one more zero is a number too
        if (bad == good[i] + "0" && good[i].back() != '0') continue;
      }
      auto words = good;
      words[i] = bad;
      if (words == good) continue;
      EXPECT_TRUE(!parse_net_arguments(pointers(words)) || to_words(*parse_net_arguments(pointers(words))) == words) << bad;
    }
  }
  auto words = good;
  words.pop_back();
  EXPECT_FALSE(parse_net_arguments(pointers(words)));
  words = good;
  words.push_back("x");
  const auto extra = parse_net_arguments(pointers(words));
  ASSERT_FALSE(extra);
  EXPECT_STREQ(extra.error().expected, "end");
  EXPECT_FALSE(parse_net_arguments({}));
}

TEST(CompartmentArguments, ValuesOutOfRangeAreRefused) {
  const auto with = [](const char* port, const char* family, const char* verbosity) {
    return parse_net_arguments(std::vector<const char*>{port, family, "second-socket=yes", "network-timeout=0", "signal-timeout=0",
                                                        verbosity, "require-sandbox=available"});
  };
  EXPECT_TRUE(with("port=1", "family=4", "verbosity=2"));
  EXPECT_FALSE(with("port=0", "family=4", "verbosity=0"));
  EXPECT_FALSE(with("port=65536", "family=4", "verbosity=0"));
  EXPECT_FALSE(with("port=01", "family=4", "verbosity=0"));
  EXPECT_FALSE(with("port=1", "family=5", "verbosity=0"));
  EXPECT_FALSE(with("port=1", "family=4", "verbosity=3"));
  const auto size = [](const char* columns, const char* rows) {
    return parse_terminal_arguments(std::vector<const char*>{columns, rows, "verbosity=0", "require-sandbox=full"});
  };
  EXPECT_TRUE(size("columns=4096", "rows=1024"));
  EXPECT_FALSE(size("columns=4096", "rows=4096"));
  EXPECT_FALSE(size("columns=0", "rows=24"));
  EXPECT_FALSE(size("columns=80", "rows=-1"));
}

}  // namespace
}  // namespace sallyport::server
