// Targets: server::settle_locale, server::Environment, server::timeout_seconds
// Dictionary: environment
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "server/environment.h"
#include "server/locale_environment.h"

// Input: lines; those before an empty one are the environment, the others the client's words. Whatever a client sends,
// only locale variables change, and on a host with C.UTF-8 a session always starts, in a UTF-8 locale; on one without
// any UTF-8 locale it starts never and says why.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sallyport;
  std::vector<std::string> lists[2];
  std::size_t which = 0;
  std::string line;
  for (const char c : text_of(bytes_of(data, size))) {
    if (c != '\n') {
      line += c;
    } else if (line.empty() && which == 0) {
      which = 1;
    } else {
      lists[which].push_back(std::move(line));
      line.clear();
    }
  }
  lists[0].push_back("PATH=/usr/bin");
  lists[0].push_back("LD_PRELOAD=mine");
  const server::Environment before(lists[0]);
  server::Environment after = before;
  const auto charset_of = [](const std::string& name) -> std::optional<std::string> {
    if (name.empty() || name == "C") return "ANSI_X3.4-1968";
    if (name == "C.UTF-8") return "UTF-8";
    return {};
  };
  const auto outcome = server::settle_locale(after, lists[1], charset_of);
  CHECK(outcome.usable);
  const auto nothing_but_c = [](const std::string& name) -> std::optional<std::string> {
    if (name.empty() || name == "C") return "ANSI_X3.4-1968";
    return {};
  };
  server::Environment bare = before;
  const auto refused = server::settle_locale(bare, lists[1], nothing_but_c);
  CHECK(!refused.usable && refused.messages.starts_with("mosh-server needs a UTF-8 native locale to run.\n"));
  CHECK(server::system_charset("C").has_value() && !server::system_charset("no such locale").has_value());
  for (const char* name : {"PATH", "LD_PRELOAD", "HOME", "SHELL", "ENV"}) CHECK(before.get(name) == after.get(name));
  const std::string deciding(after.has_value("LC_ALL")     ? *after.get("LC_ALL")
                             : after.has_value("LC_CTYPE") ? *after.get("LC_CTYPE")
                                                           : after.get("LANG").value_or(""));
  CHECK(charset_of(deciding) == "UTF-8");
  std::string messages;
  const auto seconds = server::timeout_seconds(before, "MOSH_SERVER_NETWORK_TMOUT", messages);
  CHECK(messages.empty() || seconds == 0);
  return 0;
}
