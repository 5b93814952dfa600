// The rules for the session program's environment and directory (command line 1.7) and for the timeouts (1.9). Linked by the
// monitor; used before its lock-down only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.h"

namespace sallyport::server {

using sallyport::Environment;

/// Who the session runs as, from the user database by the real user id; empty strings where it says nothing.
struct Account {
  std::string name;
  std::string home;
  std::string shell;
};

/// The session program (command line 1.6).
struct SessionProgram {
  std::string path;                    ///< searched in PATH if without a slash
  std::vector<std::string> arguments;  ///< argv, from 0 on
  bool login_shell = false;
};
/// `command` empty: the login shell: SHELL, else the account's, else /bin/sh, with "-" and its base name as argv[0].
[[nodiscard]] SessionProgram session_program(const std::vector<std::string>& command, const Environment& environment,
                                             const Account& account);

/// HOME if set, else the account's.
[[nodiscard]] std::string home_directory(const Environment& environment, const Account& account);

/// Applies command line 1.7: TERM from `colours`, NCURSES_NO_UTF8_ACS, no STY, PWD; and the variables by which systemd
/// passes sockets go, since they were for us.
void make_session_environment(Environment& environment, long colours, std::string_view directory);

/// Seconds from the variable `name` (1.9): 0 if unset, empty, not wholly an integer or negative. The last two add a line to
/// `messages`. Larger values are clamped to kMaxTimeoutSeconds.
[[nodiscard]] std::uint32_t timeout_seconds(const Environment& environment, std::string_view name, std::string& messages);

}  // namespace sallyport::server
