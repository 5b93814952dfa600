// Targets: server::Environment, server::session_program, server::home_directory, server::make_session_environment,
// server::timeout_seconds
// Dictionary: environment
// Input: lines, the environment that the server was started with. The program gets all of it but what 1.7 of the
// command line's specification changes; no key and no descriptor of ours is in it; timeouts are numbers or are ignored
// with a word.
#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "base/check.h"
#include "server/compartment_arguments.h"
#include "server/environment.h"

using namespace sallyport;

namespace {

std::vector<std::string> lines(std::string_view text) {
  std::vector<std::string> found;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string line(text.substr(0, end));
    std::erase(line, '\0');
    found.push_back(std::move(line));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return found;
}

std::string name_of(const std::string& assignment) { return assignment.substr(0, assignment.find('=')); }

void check_session(const server::Environment& before) {
  static const std::set<std::string> kChanged = {"TERM", "NCURSES_NO_UTF8_ACS", "STY",        "MOSH_KEY",
                                                 "PWD",  "LISTEN_FDS",          "LISTEN_PID", "LISTEN_FDNAMES"};
  server::Environment after = before;
  server::make_session_environment(after, before.assignments().size() % 2 == 0 ? 256 : 8, "/home/alice");
  CHECK(after.get("PWD") == "/home/alice" && after.get("TERM")->starts_with("xterm"));
  for (const char* name : {"STY", "MOSH_KEY", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"}) CHECK(!after.get(name));
  std::vector<std::string> kept;
  // Without "=" it is no assignment of that name and passes as it is.
  std::ranges::copy_if(before.assignments(), std::back_inserter(kept), [](const std::string& a) {
    return a.find('=') == std::string::npos || !kChanged.contains(name_of(a));
  });
  CHECK(after.assignments().size() == kept.size() + 3 &&
        std::ranges::equal(kept, std::span(after.assignments()).first(kept.size())));
}

void check_program(const server::Environment& environment) {
  const server::Account account{"alice", "/home/alice", "/bin/bash"};
  const auto shell = server::session_program({}, environment, account);
  CHECK(shell.login_shell && shell.arguments.size() == 1 && shell.arguments[0].starts_with("-") && !shell.path.empty());
  CHECK(shell.arguments[0].find('/') == std::string::npos && shell.path.ends_with(shell.arguments[0].substr(1)));
  CHECK(!server::session_program({}, server::Environment(), {}).path.empty());
  const auto asked = server::session_program(environment.assignments(), environment, account);
  CHECK(asked.login_shell == environment.assignments().empty());
  if (!asked.login_shell)
    CHECK(asked.arguments == environment.assignments() && asked.path == environment.assignments().front());
  CHECK(server::home_directory(environment, account) == environment.get("HOME").value_or("/home/alice"));
}

void check_timeout(const server::Environment& environment) {
  for (const char* name : {"MOSH_SERVER_NETWORK_TMOUT", "MOSH_SERVER_SIGNAL_TMOUT"}) {
    std::string messages;
    const auto seconds = server::timeout_seconds(environment, name, messages);
    const auto text = environment.get(name);
    CHECK(messages.empty() || (seconds == 0 && messages.starts_with(name) && messages.ends_with("ignoring\n")));
    const bool digits = text && !text->empty() && text->find_first_not_of("0123456789") == std::string_view::npos;
    if (digits && text->size() < 10) CHECK(messages.empty() && seconds == std::stoul(std::string(*text)));
    if (!text || text->empty()) CHECK(messages.empty() && seconds == 0);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto assignments = lines(text_of(bytes_of(data, size)));
  std::vector<const char*> list;
  for (const std::string& assignment : assignments) list.push_back(assignment.c_str());
  list.push_back(nullptr);
  server::Environment environment = server::Environment::copy_of(list.data());
  CHECK(environment.assignments() == assignments && server::Environment::copy_of(nullptr).assignments().empty());
  check_session(environment);
  check_program(environment);
  check_timeout(environment);
  for (const std::string& assignment : assignments) {
    const std::string name = name_of(assignment);
    if (name.size() == assignment.size()) continue;
    CHECK(environment.get(name) && environment.has_value(name) == !environment.get(name)->empty());
    environment.set(name, *environment.get(name));  // what is set may lie in what is replaced
    CHECK(std::ranges::count_if(environment.assignments(), [&](const auto& a) { return a.starts_with(name + "="); }) ==
          1);
    environment.unset(name);
    CHECK(!environment.get(name));
    environment.set(name, "");
    CHECK(environment.get(name) == "");
  }
  return 0;
}
