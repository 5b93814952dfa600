// The boundary between the client's net and its screen: received states, what was typed (for prediction), and how the link
// does. One way only: screen says nothing to net. Both compartments link it. docs/architecture.md, section 9.
//
// A state arrives as Diff, then any number of EchoAck, ScreenSize and HostBytes in the order of the HostMessage, then DiffEnd,
// with nothing else between them. Net has decoded the protobuf and decided that the state is one (wire 5.7); screen keeps it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>

#include "base/strong_id.h"
#include "privsep/client_tty_net.h"
#include "privsep/codec.h"

namespace sallyport::privsep::client {

/// Host bytes in one record.
inline constexpr std::size_t kMaxHostPieceBytes = std::size_t{60} << 10U;

/// Memory for held states' cells, in bytes, and what one cell takes (terminal/cell.h).
inline constexpr std::size_t kHeldCellBytes = std::size_t{24} << 20U;
inline constexpr std::size_t kCellBytes = 8;
/// How many states besides state 0 are held at once when no window of the session's was larger than `cells`: net refuses
/// further ones as a stock client does at 1024 (wire 5.7, quenching), and screen takes more for a violation.
[[nodiscard]] constexpr std::size_t max_held_states(std::size_t cells) {
  return std::clamp<std::size_t>(kHeldCellBytes / (std::max<std::size_t>(cells, 1) * kCellBytes), 4, 1024);
}

enum class NetScreenMessage : std::uint8_t {
  kDiff = 0x41,
  kEchoAck = 0x42,
  kScreenSize = 0x43,
  kHostBytes = 0x44,
  kDiffEnd = 0x45,
  kKeys = 0x46,
  kLink = 0x47,
  kNotice = 0x48,
};

/// State `state` is `base` plus what follows. States older than `oldest_kept` will never be a base again. `base` is held, `state`
/// is not; states may come out of order (state below the newest), then nothing is drawn.
struct Diff {
  static constexpr NetScreenMessage kType = NetScreenMessage::kDiff;
  StateNumber base;
  StateNumber state;
  StateNumber oldest_kept;
  void put(ByteWriter& out) const {
    out.little_endian(base.value());
    out.little_endian(state.value());
    out.little_endian(oldest_kept.value());
  }
  [[nodiscard]] bool get(ByteReader& in) {
    base = StateNumber(in.little_endian<std::uint64_t>());
    state = StateNumber(in.little_endian<std::uint64_t>());
    oldest_kept = StateNumber(in.little_endian<std::uint64_t>());
    return base < state && oldest_kept <= base;
  }
};

/// The newest input state that the program had 50 ms to answer (prediction 3). May go back: the server is not trusted.
struct EchoAck {
  static constexpr NetScreenMessage kType = NetScreenMessage::kEchoAck;
  StateNumber state;
  void put(ByteWriter& out) const { out.little_endian(state.value()); }
  [[nodiscard]] bool get(ByteReader& in) {
    state = StateNumber(in.little_endian<std::uint64_t>());
    return true;
  }
};

/// The server's screen has this size now. Net has clamped each side to the largest window that this session's terminal had
/// (at least 80x24).
struct ScreenSize {
  static constexpr NetScreenMessage kType = NetScreenMessage::kScreenSize;
  WindowSize size;
  void put(ByteWriter& out) const { put_size(out, size); }
  [[nodiscard]] bool get(ByteReader& in) { return get_size(in, size); }
};

struct HostBytes {
  static constexpr NetScreenMessage kType = NetScreenMessage::kHostBytes;
  std::span<const std::byte> bytes;  ///< borrowed; the server's, hostile until drawn by us
  void put(ByteWriter& out) const { out.bytes(bytes); }
  [[nodiscard]] bool get(ByteReader& in) {
    bytes = in.rest();
    return !bytes.empty() && bytes.size() <= kMaxHostPieceBytes;
  }
};

struct DiffEnd {
  static constexpr NetScreenMessage kType = NetScreenMessage::kDiffEnd;
  void put(ByteWriter&) const {}
  [[nodiscard]] bool get(ByteReader&) { return true; }
};

/// One read of typing (or one piece of it) as it went into the outgoing stream, for prediction: `sent` is the number of the
/// last state sent when it was added (prediction 2: frame_sent); `read_bytes` is the size of the whole read.
struct Keys {
  static constexpr NetScreenMessage kType = NetScreenMessage::kKeys;
  StateNumber sent;
  std::uint32_t read_bytes = 0;
  std::span<const std::byte> bytes;  ///< borrowed; a secret, perhaps: wiped after use
  void put(ByteWriter& out) const {
    out.little_endian(sent.value());
    out.little_endian(read_bytes);
    out.bytes(bytes);
  }
  [[nodiscard]] bool get(ByteReader& in) {
    sent = StateNumber(in.little_endian<std::uint64_t>());
    read_bytes = in.little_endian<std::uint32_t>();
    bytes = in.rest();
    return !bytes.empty() && bytes.size() <= kMaxTypedPieceBytes && read_bytes >= bytes.size() && read_bytes <= kMaxTypedPieceBytes;
  }
};

/// How the link does; on change, at most once a turn of net's loop. Times are the monotonic clock's, in nanoseconds.
struct Link {
  static constexpr NetScreenMessage kType = NetScreenMessage::kLink;
  std::uint64_t heard_ns = 0;  ///< when the newest server state (or a repeat, or its empty ack) came; start before the first
  std::uint64_t acked_ns = 0;  ///< when the newest of our states known to be acknowledged was sent; start before the first
  std::uint32_t send_interval_ms = 250;  ///< prediction 4
  bool connected = false;                ///< a state came
  bool closing = false;                  ///< the closing handshake runs, whoever began it
  bool operator==(const Link&) const = default;
  void put(ByteWriter& out) const {
    out.little_endian(heard_ns);
    out.little_endian(acked_ns);
    out.little_endian(send_interval_ms);
    out.little_endian(static_cast<std::uint8_t>((connected ? 1U : 0U) | (closing ? 2U : 0U)));
  }
  [[nodiscard]] bool get(ByteReader& in) {
    heard_ns = in.little_endian<std::uint64_t>();
    acked_ns = in.little_endian<std::uint64_t>();
    send_interval_ms = in.little_endian<std::uint32_t>();
    const auto flags = in.little_endian<std::uint8_t>();
    connected = (flags & 1U) != 0;
    closing = (flags & 2U) != 0;
    return flags < 4 && send_interval_ms <= 10000;
  }
};

/// Something that the bar should say (command line 2.6). Repeated while it goes on.
struct Notice {
  static constexpr NetScreenMessage kType = NetScreenMessage::kNotice;
  enum class Kind : std::uint8_t {
    kClear = 0,           ///< what a network error said is over
    kSendFailed = 1,      ///< number: errno
    kReceiveFailed = 2,   ///< number: errno (ICMP errors come so: ECONNREFUSED is "the port is closed")
    kNotAuthentic = 3,    ///< a datagram that looked like the server's did not authenticate
    kNeverConnected = 4,  ///< nothing within 15 s: closing
    kUnanswered = 5,      ///< number: address family (4 or 6) that does not answer while the other one does
    kNotAScreen = 6,      ///< authentic, but no instruction that a server sends: ignored
  };
  Kind kind = Kind::kClear;
  std::uint32_t number = 0;
  void put(ByteWriter& out) const {
    out.little_endian(static_cast<std::uint8_t>(kind));
    out.little_endian(number);
  }
  [[nodiscard]] bool get(ByteReader& in) {
    const auto value = in.little_endian<std::uint8_t>();
    number = in.little_endian<std::uint32_t>();
    kind = static_cast<Kind>(value);
    return value <= 6 && number <= 4095;
  }
};

using NetToScreen = std::variant<Diff, EchoAck, ScreenSize, HostBytes, DiffEnd, Keys, Link, Notice>;

}  // namespace sallyport::privsep::client
