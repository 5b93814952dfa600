// The closed language of what reaches the user's terminal: exactly what terminal/screen_writer.cc,
// terminal/sgr_writer.cc, terminal/display*.cc and the client's overlays write, and nothing else. Linked by tty, which
// believes nothing that screen sends: screen interprets the server's bytes and may be the server's by now. A violation
// ends screen.
//
//   text      printable ASCII; well-formed UTF-8 from U+00A0 on (no C1 controls, no surrogates), without what turns the
//             direction of writing (privsep/client_tty_screen.h); titles likewise
//   controls  BEL BS LF CR
//   moves     CSI [row][;[column]] H    CSI [n] A B C D G d X S T    CSI [first][;[last]] r    CSI J    CSI 2 J    CSI
//   K colours   CSI numbers m: 0 to 9, 21 to 29, 30 to 37, 39, 40 to 47, 49, 90 to 97, 100 to 107, 38 or 48 with ;5;N
//   or ;2;R;G;B modes     CSI ? n h, CSI ? n l: 5 9 25 1000 to 1006 1015 2004 2026 titles    OSC 0, 1 or 2 ; text BEL:
//   at most kMaxTitleBytes, no controls clipboard OSC 52 ; c ; base64 BEL: at most kMaxClipboardBytes, only if it is on
//
// Counts and positions are 1 to kMaxSideCells without leading zeros; an absent one means 1 (in r: the edge).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/strong_id.h"

namespace sallyport::client {

/// 254 code points (terminal 2.8) and "[mosh] ".
inline constexpr std::size_t kMaxTitleBytes = std::size_t{254} * 4 + 7;
/// Base64 bytes of a clipboard (ours: what one OSC may have in terminal/osc.h, rounded up).
inline constexpr std::size_t kMaxClipboardBytes = 16384;
/// Most numbers of one sequence: all attributes and two RGB colours are 17.
inline constexpr std::size_t kMaxNumbers = 20;

/// Well-formed UTF-8 from U+00A0 on without turns_direction(), byte by byte.
class Utf8Sequence {
 public:
  /// `byte` is 0x80 or above, or any byte while !between(). False: this is no UTF-8 of ours.
  [[nodiscard]] bool take(std::uint8_t byte);
  [[nodiscard]] bool between() const { return left_ == 0; }

 private:
  unsigned left_ = 0;        ///< continuation bytes to come
  char32_t code_point_ = 0;  ///< so far
  std::uint8_t low_ = 0x80;  ///< bounds of the next one
  std::uint8_t high_ = 0xBF;
};

enum class Clipboard : std::uint8_t { kRefused, kAllowed };

class OutputFilter {
 public:
  explicit OutputFilter(Clipboard clipboard) : clipboard_(clipboard) {}

  /// False once any byte was outside the language; it stays so.
  [[nodiscard]] bool take(std::span<const std::byte> bytes);
  /// True between two sequences: where a frame may end.
  [[nodiscard]] bool between() const { return state_ == State::kText && utf8_.between(); }

 private:
  enum class State : std::uint8_t {
    kText,
    kEscape,
    kCsi,
    kPrivate,
    kOsc,
    kTitle,
    kClipboardHead,
    kClipboard,
    kRefused
  };

  void step(std::uint8_t byte);
  void text(std::uint8_t byte);
  void escape(std::uint8_t byte);
  void csi(std::uint8_t byte);
  void osc(std::uint8_t byte);
  void title(std::uint8_t byte);
  void clipboard_head(std::uint8_t byte);
  void clipboard(std::uint8_t byte);
  void refuse() { state_ = State::kRefused; }

  /// Digits and semicolons of a sequence; true if `byte` was one of them.
  [[nodiscard]] bool number(std::uint8_t byte);
  [[nodiscard]] bool allowed(std::uint8_t final) const;
  [[nodiscard]] bool positions(std::size_t most) const;
  [[nodiscard]] bool erase() const;
  [[nodiscard]] bool rendition() const;
  [[nodiscard]] std::size_t color(std::size_t at) const;
  [[nodiscard]] bool private_mode() const;

  static constexpr std::uint16_t kAbsent = UINT16_MAX;

  Clipboard clipboard_;
  State state_ = State::kText;
  Utf8Sequence utf8_;
  std::array<std::uint16_t, kMaxNumbers> numbers_{};
  std::size_t count_ = 0;   ///< numbers begun
  std::size_t length_ = 0;  ///< bytes of a string so far
};

}  // namespace sallyport::client
