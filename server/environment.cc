#include "server/environment.h"

#include <algorithm>

#include "server/compartment_arguments.h"
#include "server/integer.h"

namespace sallyport::server {

SessionProgram session_program(const std::vector<std::string>& command, const Environment& environment,
                               const Account& account) {
  if (!command.empty()) return {command.front(), command, false};
  std::string path(environment.get("SHELL").value_or(account.shell));
  if (path.empty()) path = "/bin/sh";
  const std::string base = path.substr(path.rfind('/') + 1);  // no slash: npos + 1 is the whole
  return {path, {"-" + base}, true};
}

std::string home_directory(const Environment& environment, const Account& account) {
  return std::string(environment.get("HOME").value_or(account.home));
}

void make_session_environment(Environment& environment, long colours, std::string_view directory) {
  environment.set("TERM", colours == 256 ? "xterm-256color" : "xterm");
  environment.set("NCURSES_NO_UTF8_ACS", "1");
  environment.unset("STY");
  environment.unset("MOSH_KEY");  // of another session: no key is in the environment of the server's side (1.7)
  environment.set("PWD", directory);
  for (const char* name : {"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"}) environment.unset(name);
}

std::uint32_t timeout_seconds(const Environment& environment, std::string_view name, std::string& messages) {
  const auto text = environment.get(name);
  if (!text || text->empty()) return 0;
  const auto value = parse_integer(*text);
  if (!value || *value < 0) {
    messages += name;
    messages += value ? " is negative, ignoring\n" : " not a valid integer, ignoring\n";
    return 0;
  }
  return static_cast<std::uint32_t>(std::min<std::int64_t>(*value, kMaxTimeoutSeconds));
}

}  // namespace sallyport::server
