#include "server/motd.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utmpx.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/decimal.h"
#include "base/sys/io.h"

namespace sallyport::server {
namespace {

// spec: command line 1.8.
constexpr std::string_view kRecordStart = "mosh [";
constexpr std::string_view kWhiteOnBlue = "\x1b[37;44m";
constexpr std::string_view kPlain = "\x1b[0m";

bool write_all(BorrowedFd out, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto written = sys::write(out, bytes);
    if (!written || *written == 0) return false;
    bytes = bytes.subspan(*written);
  }
  return true;
}

/// A regular file for reading: neither a pipe nor a device can hold up or flood the greeting.
UniqueFd open_regular(const std::string& path) {
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (!file.valid() || ::fstat(file.borrow().number(), &status) < 0 || !S_ISREG(status.st_mode)) return {};
  return file;
}

template <std::size_t N>
std::string_view field(const char (&text)[N]) {
  return {text, ::strnlen(text, N)};
}

/// The pid in "mosh [PID]", so that only digits of a record ever reach the terminal.
std::optional<std::uint32_t> session_pid(std::string_view record) {
  if (!record.starts_with(kRecordStart) || !record.ends_with(']')) return {};
  return parse_decimal<std::uint32_t>(record.substr(kRecordStart.size(), record.size() - kRecordStart.size() - 1));
}

bool device_exists(const GreetingPaths& paths, std::string_view line) {
  struct stat status {};
  const std::string path = paths.devices + "/" + std::string(line);
  return !line.empty() && line.find("..") == std::string_view::npos && ::stat(path.c_str(), &status) == 0;
}

}  // namespace

bool copy_file(BorrowedFd out, const std::string& path) {
  const UniqueFd file = open_regular(path);
  if (!file.valid()) return false;
  std::array<std::byte, 4096> buffer;
  for (std::size_t copied = 0; copied < kMaxMotdBytes;) {
    const auto room = std::span(buffer).first(std::min(buffer.size(), kMaxMotdBytes - copied));
    const auto got = sys::read(file, room);
    if (!got || *got == 0 || !write_all(out, room.first(*got))) break;
    copied += *got;
  }
  return true;
}

std::string detached_notice(const std::vector<std::string>& sessions) {
  if (sessions.empty()) return {};
  std::string notice(kWhiteOnBlue);
  if (sessions.size() == 1) {
    notice += "Mosh: You have a detached Mosh session on this server (" + sessions.front() + ").";
    notice += kPlain;
    notice += "\nTo end it: kill PID\n\n";
    return notice;
  }
  notice += "Mosh: You have " + std::to_string(sessions.size()) + " detached Mosh sessions on this server, with PIDs:";
  notice += kPlain;
  notice += '\n';
  for (const std::string& session : sessions) notice += "        - " + session + "\n";
  notice += "To end one: kill PID\n\n";
  return notice;
}

std::vector<std::string> detached_sessions(const GreetingPaths& paths, std::string_view user,
                                           std::string_view own_record) {
  std::vector<std::string> sessions;
  const UniqueFd file = open_regular(paths.login_records);
  for (std::size_t i = 0; file.valid() && i < kMaxLoginRecords; ++i) {
    utmpx entry{};
    const auto got = sys::read(file, std::as_writable_bytes(std::span(&entry, 1)));
    if (!got || *got != sizeof entry) break;
    const std::string_view record = field(entry.ut_host);
    if (entry.ut_type != USER_PROCESS || field(entry.ut_user) != user || record == own_record) continue;
    if (!session_pid(record) || !device_exists(paths, field(entry.ut_line))) continue;
    sessions.emplace_back(record);
  }
  return sessions;
}

void greet(BorrowedFd out, const GreetingPaths& paths, const std::string& home, std::string_view user,
           std::string_view own_record) {
  struct stat status {};
  if (::lstat((home + "/.hushlogin").c_str(), &status) == 0) return;
  for (const std::string& path : paths.motd_dynamic) {
    if (copy_file(out, path)) break;
  }
  (void)copy_file(out, paths.motd);
  (void)write_all(out, bytes_of(detached_notice(detached_sessions(paths, user, own_record))));
}

}  // namespace sallyport::server
