// Targets: client::parse_net_arguments, client::parse_screen_arguments, client::parse_tty_arguments
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "client/common/compartment_arguments.h"

// Input: words separated by newlines. What a parser accepts is exactly what its builder writes.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sallyport;
  std::vector<std::string> words;
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
  std::vector<const char*> pointers;
  for (const std::string& one : words) pointers.push_back(one.c_str());
  if (const auto net = client::parse_net_arguments(pointers)) {
    CHECK(client::to_words(*net) == words);
    CHECK(!net->addresses.empty() && net->addresses.size() <= client::kMaxServerAddresses);
  }
  if (const auto screen = client::parse_screen_arguments(pointers)) CHECK(client::to_words(*screen) == words);
  if (const auto tty = client::parse_tty_arguments(pointers)) {
    CHECK(client::to_words(*tty) == words);
    CHECK(tty->enter.size() <= client::kMaxTerminalStringBytes && tty->leave.size() <= client::kMaxTerminalStringBytes);
  }
  return 0;
}
