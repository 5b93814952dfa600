// The boundary between net and the monitor: every message, its bounds and its phase (architecture 3). The type byte's high
// bit is set on messages towards the monitor. Both compartments link it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>

#include "base/strong_id.h"
#include "privsep/codec.h"
#include "privsep/log_message.h"

namespace sallyport::privsep {

/// Input bytes that net may have sent and the monitor not yet reported as Consumed (architecture 3).
inline constexpr std::size_t kInputCreditBytes = std::size_t{64} << 10U;
/// Largest piece of input in one record: leaves room for the header within 16 KiB.
inline constexpr std::size_t kMaxInputPieceBytes = 8192;

enum class NetMessage : std::uint8_t {
  kAnnounce = 0x01,
  kConsumed = 0x02,
  kSignal = 0x03,
  kChildExited = 0x04,
  kStop = 0x05,
  kReady = 0x81,
  kFirstContact = 0x82,
  kPeerMoved = 0x83,
  kInput = 0x84,
  kResize = 0x85,
  kSilent = 0x86,
  kHeard = 0x87,
  kGoodbye = 0x88,
};

// ---- monitor to net ----

/// All else succeeded: print the MOSH CONNECT line. Once, first.
struct Announce {
  static constexpr NetMessage kType = NetMessage::kAnnounce;
  void put(ByteWriter&) const {}
  [[nodiscard]] bool get(ByteReader&) { return true; }
};

/// So many bytes of input are now in the PTY: gives credit back. 1..64 KiB.
struct Consumed {
  static constexpr NetMessage kType = NetMessage::kConsumed;
  std::uint32_t bytes = 0;
  void put(ByteWriter& out) const { out.little_endian(bytes); }
  [[nodiscard]] bool get(ByteReader& in) {
    bytes = in.little_endian<std::uint32_t>();
    return bytes >= 1 && bytes <= kInputCreditBytes;
  }
};

/// A signal for the session (command line 1.9). Repeatable.
struct Signal {
  static constexpr NetMessage kType = NetMessage::kSignal;
  enum class Kind : std::uint8_t { kTerm = 0, kUsr1 = 1 };
  Kind kind = Kind::kTerm;
  void put(ByteWriter& out) const { out.little_endian(static_cast<std::uint8_t>(kind)); }
  [[nodiscard]] bool get(ByteReader& in) {
    const auto value = in.little_endian<std::uint8_t>();
    kind = static_cast<Kind>(value);
    return value <= 1;
  }
};

/// The session program is gone and all its output has been handed to the terminal: start the closing handshake. Once.
struct ChildExited {
  static constexpr NetMessage kType = NetMessage::kChildExited;
  void put(ByteWriter&) const {}
  [[nodiscard]] bool get(ByteReader&) { return true; }
};

/// End at once, without the closing handshake. Once.
struct Stop {
  static constexpr NetMessage kType = NetMessage::kStop;
  enum class Reason : std::uint8_t { kSetupFailed = 0, kTerminalDied = 1, kSessionEnds = 2 };
  Reason reason = Reason::kSessionEnds;
  void put(ByteWriter& out) const { out.little_endian(static_cast<std::uint8_t>(reason)); }
  [[nodiscard]] bool get(ByteReader& in) {
    const auto value = in.little_endian<std::uint8_t>();
    reason = static_cast<Reason>(value);
    return value <= 2;
  }
};

using MonitorToNet = std::variant<Announce, Consumed, Signal, ChildExited, Stop>;

// ---- net to monitor ----

/// The MOSH CONNECT line is written and net is locked down. Once, first.
struct Ready {
  static constexpr NetMessage kType = NetMessage::kReady;
  void put(ByteWriter&) const {}
  [[nodiscard]] bool get(ByteReader&) { return true; }
};

/// The client's address in binary, for the login record and the log. IPv4 in the first 4 bytes, the rest zero.
struct PeerAddress {
  enum class Family : std::uint8_t { kIpv4 = 4, kIpv6 = 6 };
  Family family = Family::kIpv4;
  std::array<std::uint8_t, 16> address{};
  std::uint16_t port = 0;
  bool operator==(const PeerAddress&) const = default;
  void put(ByteWriter& out) const {
    out.little_endian(static_cast<std::uint8_t>(family));
    out.bytes(std::as_bytes(std::span(address)));
    out.little_endian(port);
  }
  [[nodiscard]] bool get(ByteReader& in) {
    const auto f = in.little_endian<std::uint8_t>();
    const auto raw = in.take(address.size());
    port = in.little_endian<std::uint16_t>();
    if (!in.ok() || (f != 4 && f != 6)) return false;
    family = static_cast<Family>(f);
    std::transform(raw.begin(), raw.end(), address.begin(), [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
    return f == 6 || std::all_of(address.begin() + 4, address.end(), [](std::uint8_t b) { return b == 0; });
  }
};

/// The first new client state arrived. Once; everything below needs it.
struct FirstContact {
  static constexpr NetMessage kType = NetMessage::kFirstContact;
  PeerAddress peer;
  void put(ByteWriter& out) const { peer.put(out); }
  [[nodiscard]] bool get(ByteReader& in) { return peer.get(in); }
};

/// The client's validated address changed. A hostile net can forge it: it only reaches the login record and the log.
struct PeerMoved {
  static constexpr NetMessage kType = NetMessage::kPeerMoved;
  PeerAddress peer;
  void put(ByteWriter& out) const { peer.put(out); }
  [[nodiscard]] bool get(ByteReader& in) { return peer.get(in); }
};

/// Keystrokes for the PTY, in order. `state` never decreases; `last` marks the last piece of that state's input, and may come
/// with no bytes at all. At most kMaxInputPieceBytes, within the credit. The cursor-key filter of wire 6.5 has already run.
struct Input {
  static constexpr NetMessage kType = NetMessage::kInput;
  StateNumber state;
  bool last = false;
  std::span<const std::byte> bytes;  ///< borrowed from the record
  void put(ByteWriter& out) const {
    out.little_endian(state.value());
    out.little_endian(static_cast<std::uint8_t>(last ? 1 : 0));
    out.bytes(bytes);
  }
  [[nodiscard]] bool get(ByteReader& in) {
    state = StateNumber(in.little_endian<std::uint64_t>());
    const auto flag = in.little_endian<std::uint8_t>();
    bytes = in.rest();
    last = flag == 1;
    return flag <= 1 && bytes.size() <= kMaxInputPieceBytes && (last || !bytes.empty());
  }
};

/// The client's window, already clamped by net.
struct NetResize {
  static constexpr NetMessage kType = NetMessage::kResize;
  StateNumber state;
  WindowSize size;
  void put(ByteWriter& out) const {
    out.little_endian(state.value());
    put_size(out, size);
  }
  [[nodiscard]] bool get(ByteReader& in) {
    state = StateNumber(in.little_endian<std::uint64_t>());
    return get_size(in, size);
  }
};

/// No new client state for 30 s; and: one came again. For the login record.
struct Silent {
  static constexpr NetMessage kType = NetMessage::kSilent;
  void put(ByteWriter&) const {}
  [[nodiscard]] bool get(ByteReader&) { return true; }
};
struct Heard {
  static constexpr NetMessage kType = NetMessage::kHeard;
  void put(ByteWriter&) const {}
  [[nodiscard]] bool get(ByteReader&) { return true; }
};

/// Net is done and exits. Once, last.
struct Goodbye {
  static constexpr NetMessage kType = NetMessage::kGoodbye;
  enum class Reason : std::uint8_t {
    kClientLeft = 0,       ///< the client's closing handshake is answered
    kAcknowledged = 1,     ///< our own closing handshake is acknowledged
    kTimedOut = 2,         ///< our own closing handshake went unanswered
    kNoClient = 3,         ///< nobody came within 60 s
    kNetworkIdle = 4,      ///< MOSH_SERVER_NETWORK_TMOUT passed
    kSignalled = 5,        ///< a signal ended the session at once
    kUsageLimit = 6,       ///< the key may not be used further
    kStopped = 7,          ///< Stop was received
    kTerminalFailed = 8,   ///< the terminal is gone, or sent what no honest one sends
  };
  Reason reason = Reason::kStopped;
  void put(ByteWriter& out) const { out.little_endian(static_cast<std::uint8_t>(reason)); }
  [[nodiscard]] bool get(ByteReader& in) {
    const auto value = in.little_endian<std::uint8_t>();
    reason = static_cast<Reason>(value);
    return value <= 8;
  }
};

using NetToMonitor =
    std::variant<Ready, FirstContact, PeerMoved, Input, NetResize, Silent, Heard, Goodbye, Log>;

}  // namespace sallyport::privsep
