#include "client/bootstrap/report.h"

#include <unistd.h>

#include <array>
#include <cstdio>

#include "base/bytes.h"
#include "base/sys/io.h"

namespace sallyport::client {
namespace {

void print(BorrowedFd fd, std::string_view text) {
  auto bytes = bytes_of(text);
  while (!bytes.empty()) {
    const auto written = sys::write(fd, bytes);
    if (!written) return;  // nobody to tell
    bytes = bytes.subspan(*written);
  }
}

}  // namespace

void print_out(std::string_view text) { print(BorrowedFd(STDOUT_FILENO), text); }
void print_error(std::string_view text) { print(BorrowedFd(STDERR_FILENO), text); }

void Report::say(std::string_view text) const {
  std::string out;
  while (!text.empty()) {
    const auto newline = text.find('\n');
    out += program_ + ": " + std::string(text.substr(0, newline)) + "\n";
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
  }
  print_error(out);
}

void Report::step(std::string_view text) const {
  if (!verbose_) return;
  std::array<char, 32> time{};
  const auto passed = std::chrono::duration<double>(clock_->now() - start_).count();
  (void)std::snprintf(time.data(), time.size(), "[%.3f s] ", passed);
  say(time.data() + std::string(text));
}

}  // namespace sallyport::client
