#include "pty/login_record.h"

#include <sys/time.h>
#include <unistd.h>
#include <utmpx.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "pty/pty.h"

namespace sallyport::pty {
namespace {

template <std::size_t N>
void fill(char (&field)[N], std::string_view text) {
  std::memcpy(field, text.data(), std::min(N, text.size()));  // NOLINT(bugprone-suspicious-stringview-data-usage): with its size
}

utmpx record_of(std::string_view line, short type) {
  utmpx record{};
  record.ut_type = type;
  record.ut_pid = ::getppid();
  fill(record.ut_line, line);
  fill(record.ut_id, line.substr(line.size() - std::min(line.size(), sizeof record.ut_id)));
  timeval now{};
  ::gettimeofday(&now, nullptr);
  record.ut_tv.tv_sec = static_cast<decltype(record.ut_tv.tv_sec)>(now.tv_sec);
  return record;
}

Result<void, SystemError> put(const utmpx& record) {
  ::setutxent();
  const bool written = ::pututxline(&record) != nullptr;
  const int error = errno;
  ::endutxent();
  if (!written) return std::unexpected(SystemError{"pututxline", error});
  return {};
}

}  // namespace

Result<LoginRecordFile, SystemError> LoginRecordFile::open(const std::string& path, BorrowedFd pty_fd) {
  constexpr std::string_view kDevices = "/dev/";
  std::string line = TRY(terminal_path(pty_fd));
  if (line.starts_with(kDevices)) line.erase(0, kDevices.size());
  if (::utmpxname(path.c_str()) < 0) return std::unexpected(SystemError{"utmpxname", errno});
  return LoginRecordFile(std::move(line));
}

Result<void, SystemError> LoginRecordFile::write(const std::string& user, const std::string& host) {
  utmpx record = record_of(line_, USER_PROCESS);
  fill(record.ut_user, user);
  fill(record.ut_host, host);
  return put(record);
}

Result<void, SystemError> LoginRecordFile::remove() { return put(record_of(line_, DEAD_PROCESS)); }

}  // namespace sallyport::pty
