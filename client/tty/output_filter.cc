#include "client/tty/output_filter.h"

#include <algorithm>
#include <string_view>

#include "privsep/client_tty_screen.h"

namespace sallyport::client {
namespace {

constexpr std::uint8_t kEsc = 0x1B;
constexpr std::uint8_t kBel = 0x07;
constexpr std::uint8_t kDel = 0x7F;
constexpr std::uint16_t kMaxColorPart = 255;
constexpr std::string_view kClipboardHead = "2;c;";  // after the 5 of OSC 52

/// Modes that the session's programs may switch (terminal 2.5), the cursor, and synchronised output.
constexpr std::array<std::uint16_t, 13> kModes = {5, 9, 25, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1015, 2004, 2026};

constexpr bool is_base64(std::uint8_t byte) {
  return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '+' ||
         byte == '/' || byte == '=';
}

constexpr bool is_plain_sgr(std::uint16_t number) {
  const auto within = [number](std::uint16_t low, std::uint16_t high) { return number >= low && number <= high; };
  return within(0, 9) || within(21, 29) || within(30, 37) || number == 39 || within(40, 47) || number == 49 ||
         within(90, 97) || within(100, 107);
}

}  // namespace

bool Utf8Sequence::take(std::uint8_t byte) {
  if (left_ > 0) {
    if (byte < low_ || byte > high_) return false;
    --left_;
    low_ = 0x80;
    high_ = 0xBF;
    code_point_ = code_point_ << 6U | (byte & 0x3FU);
    return left_ > 0 || !privsep::client::turns_direction(code_point_);
  }
  if (byte < 0xC2 || byte > 0xF4) return false;
  left_ = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
  code_point_ = byte & (0x3FU >> left_);
  // The second byte's bounds keep out C1 controls, overlong forms, surrogates and what lies beyond U+10FFFF.
  low_ = byte == 0xC2 || byte == 0xE0 ? 0xA0 : byte == 0xF0 ? 0x90 : 0x80;
  high_ = byte == 0xED ? 0x9F : byte == 0xF4 ? 0x8F : 0xBF;
  return true;
}

bool OutputFilter::take(std::span<const std::byte> bytes) {
  for (const std::byte byte : bytes) {
    step(std::to_integer<std::uint8_t>(byte));
    if (state_ == State::kRefused) return false;
  }
  return state_ != State::kRefused;
}

void OutputFilter::step(std::uint8_t byte) {
  switch (state_) {
    case State::kText:
      return text(byte);
    case State::kEscape:
      return escape(byte);
    case State::kCsi:
    case State::kPrivate:
      return csi(byte);
    case State::kOsc:
      return osc(byte);
    case State::kTitle:
      return title(byte);
    case State::kClipboardHead:
      return clipboard_head(byte);
    case State::kClipboard:
      return clipboard(byte);
    case State::kRefused:
      return;
  }
}

void OutputFilter::text(std::uint8_t byte) {
  if (!utf8_.between() || byte >= 0x80) {
    if (!utf8_.take(byte)) refuse();
  } else if (byte == kEsc) {
    state_ = State::kEscape;
  } else if (byte < 0x20 ? byte != kBel && byte != '\b' && byte != '\n' && byte != '\r' : byte == kDel) {
    refuse();
  }
}

void OutputFilter::escape(std::uint8_t byte) {
  count_ = 0;
  length_ = 0;
  if (byte == '[') {
    state_ = State::kCsi;
  } else if (byte == ']') {
    state_ = State::kOsc;
  } else {
    refuse();
  }
}

bool OutputFilter::number(std::uint8_t byte) {
  const auto begin = [this] {
    if (count_ == kMaxNumbers) return refuse();
    numbers_[count_++] = kAbsent;
  };
  if (byte == ';') {
    if (count_ == 0) begin();
    begin();
    return true;
  }
  if (byte < '0' || byte > '9') return false;
  if (count_ == 0) begin();
  std::uint16_t& value = numbers_[count_ - 1];
  const auto digit = static_cast<std::uint16_t>(byte - '0');
  if (value == kAbsent) {
    value = digit;
  } else if (value == 0 || value > kMaxSideCells) {
    refuse();  // a leading zero, or one digit too many
  } else {
    value = static_cast<std::uint16_t>(value * 10 + digit);
  }
  return true;
}

void OutputFilter::csi(std::uint8_t byte) {
  if (number(byte)) return;
  if (byte == '?' && state_ == State::kCsi && count_ == 0) {
    state_ = State::kPrivate;
    return;
  }
  const bool fine = state_ == State::kPrivate ? (byte == 'h' || byte == 'l') && private_mode() : allowed(byte);
  state_ = fine ? State::kText : State::kRefused;
}

bool OutputFilter::allowed(std::uint8_t final) const {
  switch (final) {
    case 'A':
    case 'B':
    case 'C':
    case 'D':
    case 'G':
    case 'd':
    case 'X':
    case 'S':
    case 'T':
      return positions(1);
    case 'H':
    case 'r':
      return positions(2);
    case 'J':
      return erase();
    case 'K':
      return count_ == 0;
    case 'm':
      return rendition();
    default:
      return false;
  }
}

bool OutputFilter::positions(std::size_t most) const {
  return count_ <= most && std::ranges::all_of(std::span(numbers_).first(count_), [](std::uint16_t value) {
           return value == kAbsent || (value >= 1 && value <= kMaxSideCells);
         });
}

bool OutputFilter::erase() const { return count_ == 0 || (count_ == 1 && numbers_[0] == 2); }

bool OutputFilter::rendition() const {
  for (std::size_t i = 0; i < count_;) {
    const std::uint16_t code = numbers_[i];
    const std::size_t used = code == 38 || code == 48 ? color(i + 1) : is_plain_sgr(code) ? 1 : 0;
    if (used == 0) return false;
    i += used;
  }
  return true;
}

/// How many numbers the colour takes that is chosen from `at` on, 38 or 48 included; 0 if it is none.
std::size_t OutputFilter::color(std::size_t at) const {
  const std::size_t parts = at >= count_ ? 0 : numbers_[at] == 5 ? 1 : numbers_[at] == 2 ? 3 : 0;
  if (parts == 0 || count_ - at - 1 < parts) return 0;
  const auto values = std::span(numbers_).subspan(at + 1, parts);
  return std::ranges::all_of(values, [](std::uint16_t value) { return value <= kMaxColorPart; }) ? parts + 2 : 0;
}

bool OutputFilter::private_mode() const {
  return count_ == 1 && std::ranges::find(kModes, numbers_[0]) != kModes.end();
}

void OutputFilter::osc(std::uint8_t byte) {
  // "0;", "1;" or "2;", or "52;c;".
  if (length_ == 0 && byte == '5' && clipboard_ == Clipboard::kAllowed) {
    state_ = State::kClipboardHead;
  } else if (length_ == 0 && byte >= '0' && byte <= '2') {
    length_ = 1;
  } else if (length_ == 1 && byte == ';') {
    length_ = 0;
    state_ = State::kTitle;
  } else {
    refuse();
  }
}

void OutputFilter::title(std::uint8_t byte) {
  if (utf8_.between() && byte == kBel) {
    state_ = State::kText;
    return;
  }
  const bool fine = !utf8_.between() || byte >= 0x80 ? utf8_.take(byte) : byte >= 0x20 && byte != kDel;
  if (!fine || ++length_ > kMaxTitleBytes) refuse();
}

void OutputFilter::clipboard_head(std::uint8_t byte) {
  if (byte != static_cast<std::uint8_t>(kClipboardHead[length_])) return refuse();
  if (++length_ < kClipboardHead.size()) return;
  length_ = 0;
  state_ = State::kClipboard;
}

void OutputFilter::clipboard(std::uint8_t byte) {
  if (byte == kBel) {
    state_ = State::kText;
  } else if (!is_base64(byte) || ++length_ > kMaxClipboardBytes) {
    refuse();
  }
}

}  // namespace sallyport::client
