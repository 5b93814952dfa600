// The boundary between net and terminal: net asks for frames, the terminal answers each request with one Frame in parts
// (architecture 3). The terminal never sees a state number of the server's own or a key; net never looks inside host bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>

#include "base/strong_id.h"
#include "privsep/codec.h"

namespace sallyport::privsep {

enum class FrameMessage : std::uint8_t {
  kTakeFrame = 0x21,
  kDirty = 0xA1,
  kFrame = 0xA2,
  kInputModes = 0xA3,
};

/// All host bytes of one frame (architecture 3: a whole instruction must stay below 4 MiB).
inline constexpr std::size_t kMaxFrameBytes = (std::size_t{4} << 20U) - 1024;
/// Host bytes in one part.
inline constexpr std::size_t kMaxFramePartBytes = std::size_t{60} << 10U;

// ---- net to terminal ----

/// Take a snapshot of the live screen as `snapshot` and send the difference from `assumed` or `acknowledged`, by the
/// prospective-resend rule (wire 5.5). `snapshot` is greater than every earlier one. `acknowledged` must be kept (a mismatch
/// otherwise) and will not be followed by an older one: what is older goes, except the blank screen 0. Where `assumed` has been
/// culled, `acknowledged` is used. One at a time.
struct TakeFrame {
  static constexpr FrameMessage kType = FrameMessage::kTakeFrame;
  SnapshotId assumed;
  SnapshotId acknowledged;
  SnapshotId snapshot;
  void put(ByteWriter& out) const {
    out.little_endian(assumed.value());
    out.little_endian(acknowledged.value());
    out.little_endian(snapshot.value());
  }
  [[nodiscard]] bool get(ByteReader& in) {
    assumed = SnapshotId(in.little_endian<std::uint64_t>());
    acknowledged = SnapshotId(in.little_endian<std::uint64_t>());
    snapshot = SnapshotId(in.little_endian<std::uint64_t>());
    return acknowledged <= assumed && assumed < snapshot;
  }
};

using NetToTerminal = std::variant<TakeFrame>;

// ---- terminal to net ----

/// The screen, its echo ack or both differ from the last frame. Once until the next TakeFrame.
struct Dirty {
  static constexpr FrameMessage kType = FrameMessage::kDirty;
  void put(ByteWriter&) const {}
  [[nodiscard]] bool get(ByteReader&) { return true; }
};

/// One part of the answer to a TakeFrame. `base` is one of the request's two, `snapshot` its new one; parts count from 0 and
/// repeat all fields but `part`, `last` and `bytes`. `echo_ack` never decreases. `size` is the new snapshot's.
struct Frame {
  static constexpr FrameMessage kType = FrameMessage::kFrame;
  SnapshotId base;
  SnapshotId snapshot;
  ContentVersion version;       ///< equal versions are equal screens with equal echo acks; never decreases
  std::uint32_t part = 0;
  bool last = false;
  bool size_changed = false;    ///< the diff needs a resize instruction before its host bytes
  bool echo_ack_changed = false;///< the diff needs an echo-ack instruction before everything else
  StateNumber echo_ack;
  WindowSize size;
  std::span<const std::byte> bytes;  ///< borrowed; host bytes (wire 7.7)
  void put(ByteWriter& out) const {
    out.little_endian(base.value());
    out.little_endian(snapshot.value());
    out.little_endian(version.value());
    out.little_endian(part);
    out.little_endian(static_cast<std::uint8_t>((last ? 1U : 0U) | (size_changed ? 2U : 0U) | (echo_ack_changed ? 4U : 0U)));
    out.little_endian(echo_ack.value());
    put_size(out, size);
    out.bytes(bytes);
  }
  [[nodiscard]] bool get(ByteReader& in) {
    base = SnapshotId(in.little_endian<std::uint64_t>());
    snapshot = SnapshotId(in.little_endian<std::uint64_t>());
    version = ContentVersion(in.little_endian<std::uint64_t>());
    part = in.little_endian<std::uint32_t>();
    const auto flags = in.little_endian<std::uint8_t>();
    echo_ack = StateNumber(in.little_endian<std::uint64_t>());
    const bool sized = get_size(in, size);
    bytes = in.rest();
    last = (flags & 1U) != 0;
    size_changed = (flags & 2U) != 0;
    echo_ack_changed = (flags & 4U) != 0;
    return flags < 8 && sized && bytes.size() <= kMaxFramePartBytes && base < snapshot &&
           part <= kMaxFrameBytes / kMaxFramePartBytes + 1;
  }
};

/// Whether the session's program asked for application cursor keys (DECCKM). On change, and once after net attaches.
struct InputModes {
  static constexpr FrameMessage kType = FrameMessage::kInputModes;
  bool application_cursor_keys = false;
  void put(ByteWriter& out) const { out.little_endian(static_cast<std::uint8_t>(application_cursor_keys ? 1 : 0)); }
  [[nodiscard]] bool get(ByteReader& in) {
    const auto value = in.little_endian<std::uint8_t>();
    application_cursor_keys = value == 1;
    return value <= 1;
  }
};

using TerminalToNet = std::variant<Dirty, Frame, InputModes>;

}  // namespace sallyport::privsep
