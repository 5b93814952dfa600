// Targets: client::parse_options, client::settings_from, client::escape_key_from
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "client/guard/options.h"
#include "client/guard/settings.h"

// Input: words separated by newlines. A session is only ever begun with addresses and a port; whatever is refused is
// said; and what is passed to the compartments is what they accept.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sallyport;
  std::vector<std::string> words = {"sallyport-client"};
  std::string word;
  for (const char c : text_of(bytes_of(data, size))) {
    if (c == '\0') continue;
    if (c != '\n') {
      word += c;
      continue;
    }
    words.push_back(std::move(word));
    word.clear();
  }
  const std::vector<std::string_view> views(words.begin(), words.end());
  const client::Options options = client::parse_options(views, "1.0");
  CHECK((options.action == client::Options::Action::kExit) == (!options.out.empty() || !options.errors.empty()));
  CHECK(options.exit_status == 0 || (options.exit_status == 1 && options.out.empty()));
  CHECK(!options.key_fd || *options.key_fd > 2);
  if (options.action == client::Options::Action::kSession) {
    CHECK(!options.addresses.empty() && options.addresses.size() <= client::kMaxServerAddresses && options.port != 0);
    const auto net_words = client::to_words(client::NetArguments{options.addresses, options.port, options.sandbox});
    std::vector<const char*> pointers;
    for (const std::string& one : net_words) pointers.push_back(one.c_str());
    const auto read = client::parse_net_arguments(pointers);
    CHECK(read && read->addresses == options.addresses && read->port == options.port);
  }
  const auto settings = client::settings_from(Environment(words));
  CHECK(!settings || !settings->escape_key || (*settings->escape_key >= 1 && *settings->escape_key <= 127));
  CHECK(settings || settings.error().ends_with('\n'));
  return 0;
}
