// What a login session shows before the shell starts (command line 1.8): the message of the day and the notice about detached
// sessions. Linked by the monitor; runs in the session's child before its release, with the user's authority and the
// terminal on standard output. Reads files and the login records within bounds.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"

namespace sallyport::server {

/// Where things are; tests name their own.
struct GreetingPaths {
  std::vector<std::string> motd_dynamic = {"/run/motd.dynamic", "/var/run/motd.dynamic"};  ///< the first that can be opened
  std::string motd = "/etc/motd";
  std::string login_records = "/var/run/utmp";
  std::string devices = "/dev";
};

/// Greets unless `home` holds a .hushlogin of any kind: writes the messages of the day and the notice of `user`'s other
/// sessions to `out`. `own_record` is this session's text in the login records.
void greet(BorrowedFd out, const GreetingPaths& paths, const std::string& home, std::string_view user,
           std::string_view own_record);

/// Copies a regular file, at most kMaxMotdBytes of it; false if it cannot be opened.
bool copy_file(BorrowedFd out, const std::string& path);
inline constexpr std::size_t kMaxMotdBytes = std::size_t{256} << 10U;  // ours: a message, not a manual

/// The notice for these sessions, each named as in its login record; empty for none.
[[nodiscard]] std::string detached_notice(const std::vector<std::string>& sessions);

/// The texts, such as "mosh [123]", of `user`'s sessions in the file of login records, without `own_record`: those that
/// nobody is connected to and whose terminal exists. Reads at most kMaxLoginRecords.
[[nodiscard]] std::vector<std::string> detached_sessions(const GreetingPaths& paths, std::string_view user,
                                                         std::string_view own_record);
inline constexpr std::size_t kMaxLoginRecords = 4096;  // ours

}  // namespace sallyport::server
