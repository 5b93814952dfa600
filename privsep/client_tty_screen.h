// The boundary between the client's tty owner and its screen: what the terminal is to show. What screen sends is checked byte
// by byte against the output language (client/output_filter.h) before it reaches the terminal: anything else is a violation.
// Both compartments link it. docs/architecture.md, section 9.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>

#include "base/strong_id.h"
#include "privsep/codec.h"

namespace sallyport::privsep::client {

/// Bytes of one frame's record.
inline constexpr std::size_t kMaxOutputPieceBytes = std::size_t{60} << 10U;
/// Most bytes of one whole frame; tty holds at most one.
inline constexpr std::size_t kMaxOutputFrameBytes = std::size_t{8} << 20U;

enum class TtyScreenMessage : std::uint8_t {
  kWindow = 0x51,
  kRepaint = 0x52,
  kMenu = 0x53,
  kFarewell = 0x54,
  kShown = 0x55,
  kFinish = 0x56,
  kOutput = 0xD1,
};

/// Characters that no frame holds, neither in cells nor in titles: embeddings, overrides and isolates, which turn the direction of
/// writing beyond the place they stand at, and the deprecated controls of shape (U+202A to U+202E, U+2066 to U+206F). The
/// marks U+061C, U+200E and U+200F stay: they do no more than a letter of their script does.
[[nodiscard]] constexpr bool turns_direction(char32_t code_point) {
  return (code_point >= 0x202A && code_point <= 0x202E) || (code_point >= 0x2066 && code_point <= 0x206F);
}

// ---- tty to screen ----

/// The real terminal's size; the first message, and again on every change. Resets predictions, repaints all.
struct Window {
  static constexpr TtyScreenMessage kType = TtyScreenMessage::kWindow;
  WindowSize size;
  void put(ByteWriter& out) const { put_size(out, size); }
  [[nodiscard]] bool get(ByteReader& in) { return get_size(in, size); }
};

/// Nobody knows what the terminal shows (Ctrl-L, after a suspension): the next frame draws everything.
struct Repaint {
  static constexpr TtyScreenMessage kType = TtyScreenMessage::kRepaint;
  void put(ByteWriter&) const {}
  [[nodiscard]] bool get(ByteReader&) { return true; }
};

/// The escape key was typed and its command is awaited, or no more: the bar shows the commands.
struct Menu {
  static constexpr TtyScreenMessage kType = TtyScreenMessage::kMenu;
  bool shown = false;
  void put(ByteWriter& out) const { out.little_endian(static_cast<std::uint8_t>(shown ? 1 : 0)); }
  [[nodiscard]] bool get(ByteReader& in) {
    const auto value = in.little_endian<std::uint8_t>();
    shown = value == 1;
    return value <= 1;
  }
};

/// The session is being ended; the bar says why, for good.
struct Farewell {
  static constexpr TtyScreenMessage kType = TtyScreenMessage::kFarewell;
  enum class Kind : std::uint8_t {
    kUser = 0,       ///< "Exiting on user request..."
    kInputEnded = 1, ///< "Exiting..."
    kSignal = 2,     ///< "Signal received, shutting down..."
  };
  Kind kind = Kind::kUser;
  void put(ByteWriter& out) const { out.little_endian(static_cast<std::uint8_t>(kind)); }
  [[nodiscard]] bool get(ByteReader& in) {
    const auto value = in.little_endian<std::uint8_t>();
    kind = static_cast<Kind>(value);
    return value <= 2;
  }
};

/// The frame sent last is in the terminal: the next one may come. Until then screen sends none: a slow terminal is shown fewer
/// frames, never old ones.
struct Shown {
  static constexpr TtyScreenMessage kType = TtyScreenMessage::kShown;
  void put(ByteWriter&) const {}
  [[nodiscard]] bool get(ByteReader&) { return true; }
};

/// Draw the server's screen once more without any overlay, then nothing.
struct Finish {
  static constexpr TtyScreenMessage kType = TtyScreenMessage::kFinish;
  void put(ByteWriter&) const {}
  [[nodiscard]] bool get(ByteReader&) { return true; }
};

using TtyToScreen = std::variant<Window, Repaint, Menu, Farewell, Shown, Finish>;

// ---- screen to tty ----

/// A piece of a frame, `last` on its final one. A frame is never begun before the last one is Shown, and ends where the output
/// language is between two sequences.
struct Output {
  static constexpr TtyScreenMessage kType = TtyScreenMessage::kOutput;
  bool last = false;
  std::span<const std::byte> bytes;  ///< borrowed
  void put(ByteWriter& out) const {
    out.little_endian(static_cast<std::uint8_t>(last ? 1 : 0));
    out.bytes(bytes);
  }
  [[nodiscard]] bool get(ByteReader& in) {
    const auto value = in.little_endian<std::uint8_t>();
    last = value == 1;
    bytes = in.rest();
    return value <= 1 && bytes.size() <= kMaxOutputPieceBytes && (last || !bytes.empty());
  }
};

using ScreenToTty = std::variant<Output>;

}  // namespace sallyport::privsep::client
