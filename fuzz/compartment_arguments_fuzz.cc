// Targets: server::parse_net_arguments, server::parse_terminal_arguments
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "server/compartment_arguments.h"

// Input: words separated by newlines. What either parser accepts is exactly what its builder writes.
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
  if (const auto net = server::parse_net_arguments(pointers)) CHECK(server::to_words(*net) == words);
  if (const auto terminal = server::parse_terminal_arguments(pointers)) {
    CHECK(server::to_words(*terminal) == words);
    CHECK(within_limits(terminal->size));
  }
  return 0;
}
