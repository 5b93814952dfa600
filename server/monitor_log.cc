#include "server/monitor_log.h"

#include <algorithm>
#include <charconv>

#include "base/bytes.h"
#include "base/sys/io.h"

namespace sallyport::server {
namespace {

using privsep::LogEvent;
using privsep::Severity;

/// syslog priority: facility AUTH (4), level by severity.
constexpr std::array<std::string_view, privsep::kSeverities> kPriority = {"<39>", "<38>", "<37>", "<36>"};

struct EventWords {
  LogEvent event;
  std::array<std::string_view, 4> around;  ///< before, between and after the three values
};

constexpr std::array<EventWords, privsep::kLogEvents> kWords = {{
    {LogEvent::kSandbox, {"sandbox: layers ", ", Landlock ABI ", ", missing ", ""}},
    {LogEvent::kDatagramsDropped, {"dropped so far: datagrams ", ", fragments ", ", instructions ", ""}},
    {LogEvent::kSendFailed, {"so far: datagrams not sent ", ", errors by ICMP ", ", datagrams too long ", ""}},
    {LogEvent::kClientSilent, {"client not heard for seconds: ", ", datagrams so far ", " (", ")"}},
    {LogEvent::kUnconfined, {"could not be confined: mechanism ", ", errno ", ", detail ", ""}},
}};

}  // namespace

LogLine& LogLine::text(std::string_view words) {
  const std::size_t fits = std::min(words.size(), buffer_.size() - used_);
  std::copy_n(words.begin(), fits, buffer_.begin() + static_cast<std::ptrdiff_t>(used_));
  used_ += fits;
  return *this;
}

LogLine& LogLine::number(std::uint64_t value, int base) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), value, base).ptr;
  return text({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

LogLine& LogLine::address(const privsep::PeerAddress& peer) {
  const auto& bytes = peer.address;
  const bool ipv4 = peer.family == privsep::PeerAddress::Family::kIpv4;
  for (std::size_t i = 0; i < (ipv4 ? 4 : bytes.size()); i += ipv4 ? 1 : 2) {
    if (i > 0) text(ipv4 ? "." : ":");
    number(ipv4 ? bytes[i] : std::uint64_t{bytes[i]} << 8U | bytes[i + 1], ipv4 ? 10 : 16);
  }
  return text(" port ").number(peer.port);
}

void MonitorLog::write(Severity severity, const LogLine& line, TimePoint now) {
  const auto refills = (now - refilled_) / kRefill;
  if (refills > 0) {
    tokens_ = static_cast<std::uint32_t>(std::min<std::int64_t>(kBurstLines, tokens_ + refills));
    refilled_ = now;
  }
  if (tokens_ == 0) {
    ++suppressed_;
    return;
  }
  --tokens_;
  LogLine whole;
  whole.text(kPriority[static_cast<std::size_t>(severity) % kPriority.size()]).text("sallyport-server: ");
  if (suppressed_ > 0) whole.text("(").number(suppressed_).text(" lines suppressed) ");
  suppressed_ = 0;
  whole.text(line.line());
  const auto bytes = bytes_of(whole.line());
  if (socket_.valid()) (void)sys::send_record(socket_, bytes);
  if (relay_.valid()) {
    whole.text("\n");
    const auto priority_bytes = kPriority[0].size();
    (void)sys::write(relay_, bytes_of(whole.line()).subspan(priority_bytes));
  }
}

void MonitorLog::report(std::string_view compartment, const privsep::Log& log, TimePoint now) {
  LogLine line;
  line.text(compartment).text(": ");
  for (const EventWords& words : kWords) {
    if (words.event != log.event) continue;
    for (std::size_t i = 0; i < log.values.size(); ++i) line.text(words.around[i]).number(log.values[i]);
    line.text(words.around[3]);
  }
  write(log.severity, line, now);
}

}  // namespace sallyport::server
