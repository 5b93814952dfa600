// Log: the one message that net and terminal both send to the monitor. No text crosses: the monitor formats it from the
// event's own words and three integers, and rate-limits it.
#pragma once

#include <array>
#include <cstdint>

#include "base/byte_reader.h"
#include "base/byte_writer.h"

namespace sallyport::privsep {

enum class Severity : std::uint8_t { kDebug = 0, kInfo = 1, kNotice = 2, kWarning = 3 };
inline constexpr std::uint8_t kSeverities = 4;

/// What a compartment may report. The words for each are in server/monitor_log.cc, with places for the three integers.
enum class LogEvent : std::uint8_t {
  kSandbox = 0,           ///< bits of active layers, Landlock ABI, bits of missing ones
  kDatagramsDropped = 1,  ///< so far: datagrams not opened, fragments and streams, instructions
  kSendFailed = 2,        ///< so far: datagrams not sent, errors by ICMP, datagrams longer than the buffer
  kClientSilent = 3,      ///< seconds since the client was heard, datagrams received so far, 0
  kUnconfined = 4,        ///< the mechanism that failed, errno, detail: the compartment exits (sandbox/report.h, Failure)
};
inline constexpr std::uint8_t kLogEvents = 5;

struct Log {
  static constexpr std::uint8_t kType = 0x7F;
  Severity severity = Severity::kInfo;
  LogEvent event = LogEvent::kSandbox;
  std::array<std::uint64_t, 3> values{};

  void put(ByteWriter& out) const {
    out.little_endian(static_cast<std::uint8_t>(severity));
    out.little_endian(static_cast<std::uint8_t>(event));
    for (const auto value : values) out.little_endian(value);
  }
  [[nodiscard]] bool get(ByteReader& in) {
    const auto s = in.little_endian<std::uint8_t>();
    const auto e = in.little_endian<std::uint8_t>();
    for (auto& value : values) value = in.little_endian<std::uint64_t>();
    if (s >= kSeverities || e >= kLogEvents) return false;
    severity = static_cast<Severity>(s);
    event = static_cast<LogEvent>(e);
    return true;
  }
};

}  // namespace sallyport::privsep
