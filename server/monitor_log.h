// The monitor's log lines: to the connected /dev/log socket and, with -v, to the relay. Formats without allocation, from
// words of ours and numbers alone: no text of a compartment, a client or a program ever gets here. Rate-limited.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/byte_writer.h"
#include "base/clock.h"
#include "base/unique_fd.h"
#include "privsep/log_message.h"
#include "privsep/net_monitor.h"

namespace sallyport::server {

/// One line being put together in a fixed buffer; what does not fit is cut.
class LogLine {
 public:
  LogLine& text(std::string_view words);
  /// In base 10 or 16.
  LogLine& number(std::uint64_t value, int base = 10);
  LogLine& address(const privsep::PeerAddress& peer);
  [[nodiscard]] std::string_view line() const { return {buffer_.data(), used_}; }

 private:
  std::array<char, 240> buffer_{};
  std::size_t used_ = 0;
};

class MonitorLog {
 public:
  /// `socket` is a connected datagram socket to the system's log or invalid; `relay` a pipe for -v or invalid. Borrowed.
  MonitorLog(BorrowedFd socket, BorrowedFd relay) : socket_(socket), relay_(relay) {}

  void write(privsep::Severity severity, const LogLine& line, TimePoint now);
  /// A report of net or terminal, in our words for its event.
  void report(std::string_view compartment, const privsep::Log& log, TimePoint now);

 private:
  static constexpr std::uint32_t kBurstLines = 20;  // ours: a compartment cannot fill the log
  static constexpr Duration kRefill = std::chrono::seconds(3);

  BorrowedFd socket_;
  BorrowedFd relay_;
  std::uint32_t tokens_ = kBurstLines;
  std::uint64_t suppressed_ = 0;
  TimePoint refilled_{};
};

}  // namespace sallyport::server
