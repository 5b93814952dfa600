// The boundary between the client's tty owner and its net: what was typed one way, what became of the session the other.
// Both compartments link it. docs/architecture.md, section 9.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>

#include "base/strong_id.h"
#include "privsep/codec.h"

namespace sallyport::privsep::client {

/// Typed bytes that tty may have sent and net not yet reported as Taken.
inline constexpr std::size_t kTypedCreditBytes = std::size_t{256} << 10U;
/// Largest piece of typing in one record.
inline constexpr std::size_t kMaxTypedPieceBytes = 16384;

enum class TtyNetMessage : std::uint8_t {
  kTyped = 0x31,
  kResized = 0x32,
  kQuit = 0x33,
  kTaken = 0xB1,
  kEnded = 0xB2,
};

// ---- tty to net ----

/// Keys for the session, in order; the escape key's own commands are not among them. One record is one read of the
/// terminal (prediction 5: more than 100 bytes are a paste), at most kMaxTypedPieceBytes, within the credit.
struct Typed {
  static constexpr TtyNetMessage kType = TtyNetMessage::kTyped;
  std::span<const std::byte> bytes;  ///< borrowed from the record
  void put(ByteWriter& out) const { out.bytes(bytes); }
  [[nodiscard]] bool get(ByteReader& in) {
    bytes = in.rest();
    return !bytes.empty() && bytes.size() <= kMaxTypedPieceBytes;
  }
};

/// The window's size; the first message of all, and again on every change.
struct Resized {
  static constexpr TtyNetMessage kType = TtyNetMessage::kResized;
  WindowSize size;
  void put(ByteWriter& out) const { put_size(out, size); }
  [[nodiscard]] bool get(ByteReader& in) { return get_size(in, size); }
};

/// The user, a signal or the end of the terminal ends the session: start the closing handshake. Repeats are ignored.
struct Quit {
  static constexpr TtyNetMessage kType = TtyNetMessage::kQuit;
  void put(ByteWriter&) const {}
  [[nodiscard]] bool get(ByteReader&) { return true; }
};

using TtyToNet = std::variant<Typed, Resized, Quit>;

// ---- net to tty ----

/// So many typed bytes are on their way or acknowledged: gives credit back. 1..256 KiB.
struct Taken {
  static constexpr TtyNetMessage kType = TtyNetMessage::kTaken;
  std::uint32_t bytes = 0;
  void put(ByteWriter& out) const { out.little_endian(bytes); }
  [[nodiscard]] bool get(ByteReader& in) {
    bytes = in.little_endian<std::uint32_t>();
    return bytes >= 1 && bytes <= kTypedCreditBytes;
  }
};

/// Net is done and exits. Once, last.
struct Ended {
  static constexpr TtyNetMessage kType = TtyNetMessage::kEnded;
  enum class Reason : std::uint8_t {
    kAcknowledged = 0,    ///< our closing handshake was acknowledged
    kServerEnded = 1,     ///< the server's closing handshake is answered
    kUnanswered = 2,      ///< our closing handshake was not acknowledged in time, after a session
    kNeverConnected = 3,  ///< no authentic state ever came
    kUsageLimit = 4,      ///< the key may not be used further
    kScreenFailed = 5,    ///< the channel to screen is gone
  };
  Reason reason = Reason::kAcknowledged;
  void put(ByteWriter& out) const { out.little_endian(static_cast<std::uint8_t>(reason)); }
  [[nodiscard]] bool get(ByteReader& in) {
    const auto value = in.little_endian<std::uint8_t>();
    reason = static_cast<Reason>(value);
    return value <= 5;
  }
};

using NetToTty = std::variant<Taken, Ended>;

}  // namespace sallyport::privsep::client
