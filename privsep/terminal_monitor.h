// The boundary between terminal and the monitor: what programs print goes down, replies from a closed list come up
// (architecture 3). The monitor prints the bytes of a reply itself. Both compartments link it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>

#include "base/strong_id.h"
#include "privsep/codec.h"
#include "privsep/log_message.h"

namespace sallyport::privsep {

enum class TerminalMessage : std::uint8_t {
  kHostOutput = 0x11,
  kResize = 0x12,
  kInputWritten = 0x13,
  kReply = 0x91,
};

/// Largest piece of host output in one record.
inline constexpr std::size_t kMaxHostOutputBytes = std::size_t{32} << 10U;

// ---- monitor to terminal ----

/// What the session's programs printed. 1..32 KiB.
struct HostOutput {
  static constexpr TerminalMessage kType = TerminalMessage::kHostOutput;
  std::span<const std::byte> bytes;  ///< borrowed from the record
  void put(ByteWriter& out) const { out.bytes(bytes); }
  [[nodiscard]] bool get(ByteReader& in) {
    bytes = in.rest();
    return !bytes.empty() && bytes.size() <= kMaxHostOutputBytes;
  }
};

/// The window's size, in order with HostOutput: what was printed before is interpreted at the old size.
struct TerminalResize {
  static constexpr TerminalMessage kType = TerminalMessage::kResize;
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

/// The last piece of this client state is in the PTY: starts its echo-ack clock (wire 7.5). Never decreases.
struct InputWritten {
  static constexpr TerminalMessage kType = TerminalMessage::kInputWritten;
  StateNumber state;
  void put(ByteWriter& out) const { out.little_endian(state.value()); }
  [[nodiscard]] bool get(ByteReader& in) {
    state = StateNumber(in.little_endian<std::uint64_t>());
    return true;
  }
};

using MonitorToTerminal = std::variant<HostOutput, TerminalResize, InputWritten>;

// ---- terminal to monitor ----

/// The closed list of device replies (architecture 3, terminal 4.8). The integers' bounds by kind are in `get`; the cursor
/// position is bounded again by the monitor, which knows the largest size that the session has had.
enum class ReplyKind : std::uint8_t {
  kPrimaryAttributes = 0,    ///< ESC [ ? 62 ; 22 c
  kSecondaryAttributes = 1,  ///< ESC [ > 1 ; 10 ; 0 c
  kStatusOk = 2,             ///< ESC [ 0 n
  kCursorPosition = 3,       ///< ESC [ a ; b R, row and column from 1
  kPrivateMode = 4,          ///< ESC [ ? a ; b $ y (DECRQM, a 0..65535, b 0..4)
  kAnsiMode = 5,             ///< ESC [ a ; b $ y
  kVersion = 6,              ///< XTVERSION: ESC P > | sallyport VERSION ESC \ (backslash)
  kWindowSize = 7,           ///< ESC [ 8 ; rows ; columns t, of the monitor's own size
  kRefusedStatusString = 8,  ///< DECRQSS: ESC P 0 $ r ESC \ (backslash)
  kRefusedTermcap = 9,       ///< XTGETTCAP: ESC P 0 + r ESC \ (backslash)
};
inline constexpr std::uint8_t kReplyKinds = 10;

struct Reply {
  static constexpr TerminalMessage kType = TerminalMessage::kReply;
  ReplyKind kind = ReplyKind::kStatusOk;
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  void put(ByteWriter& out) const {
    out.little_endian(static_cast<std::uint8_t>(kind));
    out.little_endian(a);
    out.little_endian(b);
  }
  [[nodiscard]] bool get(ByteReader& in) {
    const auto value = in.little_endian<std::uint8_t>();
    a = in.little_endian<std::uint32_t>();
    b = in.little_endian<std::uint32_t>();
    if (value >= kReplyKinds) return false;
    kind = static_cast<ReplyKind>(value);
    switch (kind) {
      case ReplyKind::kCursorPosition:
        return a >= 1 && a <= kMaxSideCells && b >= 1 && b <= kMaxSideCells;
      case ReplyKind::kPrivateMode:
      case ReplyKind::kAnsiMode:
        return a <= 65535 && b <= 4;
      case ReplyKind::kPrimaryAttributes:
      case ReplyKind::kSecondaryAttributes:
      case ReplyKind::kStatusOk:
      case ReplyKind::kVersion:
      case ReplyKind::kWindowSize:
      case ReplyKind::kRefusedStatusString:
      case ReplyKind::kRefusedTermcap:
        return a == 0 && b == 0;
    }
    return false;
  }
};

using TerminalToMonitor = std::variant<Reply, Log>;

}  // namespace sallyport::privsep
