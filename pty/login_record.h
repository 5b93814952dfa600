// Writes a login record into a file of the caller's choice, as the system's helper does into the system's: for tests of the
// login-record program, without privilege and without touching the host's records. Linked by login-record. Command line 1.8.
#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace sallyport::pty {

class LoginRecordFile {
 public:
  /// `path` must exist; `pty_fd` names the terminal that the record is about.
  [[nodiscard]] static Result<LoginRecordFile, SystemError> open(const std::string& path, BorrowedFd pty_fd);

  /// Writes or rewrites the record of this terminal: `user` is logged in from `host` (cut to the field's size).
  [[nodiscard]] Result<void, SystemError> write(const std::string& user, const std::string& host);
  /// Marks it as ended.
  [[nodiscard]] Result<void, SystemError> remove();

 private:
  explicit LoginRecordFile(std::string line) : line_(std::move(line)) {}
  std::string line_;  ///< the terminal's name below /dev
};

}  // namespace sallyport::pty
