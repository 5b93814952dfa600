// What the probe tells the doctor while it measures: numbers alone. One way; the doctor says nothing to the probe and
// ends it by closing the channel. Both link it.
#pragma once

#include <cstdint>
#include <variant>

#include "privsep/codec.h"
#include "privsep/log_message.h"

namespace sallyport::client {

enum class ProbeMessage : std::uint8_t {
  kConfined = 0x71,
  kAnswered = 0x72,
  kRoundTrips = 0x73,
  kUpward = 0x74,
  kDownward = 0x75,
  kDone = 0x76
};

/// Locked down; the measuring begins.
struct ProbeConfined {
  static constexpr ProbeMessage kType = ProbeMessage::kConfined;
  void put(ByteWriter&) const {}
  [[nodiscard]] bool get(ByteReader&) { return true; }
};

/// The first authentic answer.
struct ProbeAnswered {
  static constexpr ProbeMessage kType = ProbeMessage::kAnswered;
  std::uint8_t address = 0;  ///< which of the addresses answered, from 0
  std::uint32_t after_ms = 0;
  void put(ByteWriter& out) const {
    out.little_endian(address);
    out.little_endian(after_ms);
  }
  [[nodiscard]] bool get(ByteReader& in) {
    address = in.little_endian<std::uint8_t>();
    after_ms = in.little_endian<std::uint32_t>();
    return address < 8 && after_ms <= 3'600'000;
  }
};

/// Small datagrams there and back.
struct ProbeRoundTrips {
  static constexpr ProbeMessage kType = ProbeMessage::kRoundTrips;
  std::uint16_t sent = 0;
  std::uint16_t lost_upward = 0;    ///< never acknowledged
  std::uint16_t expected_back = 0;  ///< the server's sequence numbers, as far as they were seen
  std::uint16_t lost_downward = 0;  ///< those of them that never came
  std::uint32_t least_us = 0;
  std::uint32_t median_us = 0;
  std::uint32_t most_us = 0;
  void put(ByteWriter& out) const {
    for (const std::uint16_t number : {sent, lost_upward, expected_back, lost_downward}) out.little_endian(number);
    for (const std::uint32_t number : {least_us, median_us, most_us}) out.little_endian(number);
  }
  [[nodiscard]] bool get(ByteReader& in) {
    for (std::uint16_t* number : {&sent, &lost_upward, &expected_back, &lost_downward})
      *number = in.little_endian<std::uint16_t>();
    for (std::uint32_t* number : {&least_us, &median_us, &most_us}) *number = in.little_endian<std::uint32_t>();
    return lost_upward <= sent && lost_downward <= expected_back;
  }
};

/// Datagrams of these sizes to the server, as UDP payloads; 0: none.
struct ProbeUpward {
  static constexpr ProbeMessage kType = ProbeMessage::kUpward;
  std::uint16_t largest_passed = 0;  ///< may not be fragmented on the way
  std::uint16_t smallest_lost = 0;
  bool fragments_pass = false;  ///< the session's own full size passes when it may be fragmented
  void put(ByteWriter& out) const {
    out.little_endian(largest_passed);
    out.little_endian(smallest_lost);
    out.little_endian(static_cast<std::uint8_t>(fragments_pass ? 1 : 0));
  }
  [[nodiscard]] bool get(ByteReader& in) {
    largest_passed = in.little_endian<std::uint16_t>();
    smallest_lost = in.little_endian<std::uint16_t>();
    const auto pass = in.little_endian<std::uint8_t>();
    fragments_pass = pass == 1;
    return pass <= 1 && largest_passed <= 2048 && smallest_lost <= 2048;
  }
};

/// Datagrams from the server, which decides on their size.
struct ProbeDownward {
  static constexpr ProbeMessage kType = ProbeMessage::kDownward;
  std::uint16_t largest = 0;  ///< that came, as a UDP payload
  bool whole = false;         ///< a screen that takes several full datagrams came complete
  void put(ByteWriter& out) const {
    out.little_endian(largest);
    out.little_endian(static_cast<std::uint8_t>(whole ? 1 : 0));
  }
  [[nodiscard]] bool get(ByteReader& in) {
    largest = in.little_endian<std::uint16_t>();
    const auto value = in.little_endian<std::uint8_t>();
    whole = value == 1;
    return value <= 1 && largest <= 2048;
  }
};

/// The last message.
struct ProbeDone {
  static constexpr ProbeMessage kType = ProbeMessage::kDone;
  enum class Reason : std::uint8_t {
    kMeasured = 0,
    kNoAnswer = 1,  ///< nothing authentic came in time
    kRefused = 2,   ///< nothing came, and ICMP says that the port is closed
    kNotSent = 3,   ///< nothing could be sent: `error` says why
    kForged = 4,    ///< only what did not authenticate came
  };
  Reason reason = Reason::kMeasured;
  std::uint32_t error = 0;  ///< errno of the last failure
  bool closed = false;      ///< the server acknowledged the end of the session
  void put(ByteWriter& out) const {
    out.little_endian(static_cast<std::uint8_t>(reason));
    out.little_endian(error);
    out.little_endian(static_cast<std::uint8_t>(closed ? 1 : 0));
  }
  [[nodiscard]] bool get(ByteReader& in) {
    const auto value = in.little_endian<std::uint8_t>();
    error = in.little_endian<std::uint32_t>();
    const auto end = in.little_endian<std::uint8_t>();
    reason = static_cast<Reason>(value);
    closed = end == 1;
    return value <= 4 && end <= 1 && error <= 4095;
  }
};

/// Log: only why it could not be confined, before Confined.
using ProbeToDoctor =
    std::variant<ProbeConfined, ProbeAnswered, ProbeRoundTrips, ProbeUpward, ProbeDownward, ProbeDone, privsep::Log>;

}  // namespace sallyport::client
