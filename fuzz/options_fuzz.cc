// Targets: server::parse_options
// Dictionary: command_line
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "server/options.h"

// Input: words separated by newlines. Whatever they are, what is asked for is within its bounds, the command is
// literally what follows the first "--", and a program that ends says why on exactly one of the two outputs.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sallyport;
  std::vector<std::string_view> words = {"mosh-server"};
  std::string_view text = text_of(bytes_of(data, size));
  for (size_t end = 0; end != std::string_view::npos;
       text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1)) {
    end = text.find('\n');
    words.push_back(text.substr(0, end));
  }
  const server::Options options = server::parse_options(words, "10.0.0.2 1 10.0.0.1 22", "0");
  CHECK(options.ports.low <= options.ports.high);
  if (options.action == server::Options::Action::kExit) {
    CHECK(options.exit_status == 0 || options.exit_status == 1);
    CHECK(options.out.empty() == (options.exit_status != 0) && (options.exit_status == 0 || !options.errors.empty()));
    return 0;
  }
  CHECK(options.out.empty());
  std::size_t first = 1;
  while (first < words.size() && words[first] != "--") ++first;
  const std::size_t expected = first < words.size() ? words.size() - first - 1 : 0;
  CHECK(options.command.size() == expected);
  for (std::size_t i = 0; i < expected; ++i) CHECK(options.command[i] == words[first + 1 + i]);
  return 0;
}
