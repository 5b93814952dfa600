// Splits what a person types into the keys that prediction knows and all others. The state machine of a terminal, fed
// with the user's bytes; the terminal's own (terminal/parser.h) would leave out just what matters here: Backspace, CAN
// and SUB, and how a string can be left that nobody meant to begin. Linked by the client's screen. Specification:
// prediction 5 (P2, P3), 5.6.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/clock.h"
#include "terminal/utf8.h"

namespace sallyport::client {

struct Key {
  enum class Kind : std::uint8_t {
    kCharacter,  ///< `code_point`, at least 0x20 and neither DEL nor C1
    kBackspace,  ///< 0x7F
    kLeft,       ///< without modifiers, in either encoding
    kRight,
    kEnter,     ///< CR
    kLineFeed,  ///< LF: submits a line as Enter does, but where the cursor goes is not known
    kHard,      ///< anything else
  };
  Kind kind = Kind::kHard;
  char32_t code_point = 0;
  bool operator==(const Key&) const = default;
};

class KeyParser {
 public:
  /// What one byte completed; at most three.
  class Keys {
   public:
    void push(Key key) { keys_[count_++] = key; }
    [[nodiscard]] std::span<const Key> all() const { return {keys_.data(), count_}; }

   private:
    std::array<Key, 3> keys_{};
    std::size_t count_ = 0;
  };

  /// ours: a sequence that the next read does not continue within this time was no sequence but the Escape key, or a
  /// key with Alt.
  static constexpr Duration kReadGap = std::chrono::milliseconds(100);
  /// ours (prediction 5.6 suggests it): the longest that a sequence stays open however fast the typing.
  static constexpr Duration kLongestSequence = std::chrono::milliseconds(500);

  /// Before the bytes of each read. True if an open sequence was given up: that counts as a kHard key.
  [[nodiscard]] bool begin_read(TimePoint now);
  [[nodiscard]] Keys feed(std::uint8_t byte);
  void reset() { *this = KeyParser(); }

 private:
  enum class State : std::uint8_t {
    kGround,
    kEscape,
    kLateEscape,  // Escape, then a pause: the next character is a command, not text, whatever begins with Escape
    kControl,     // after ESC [ or ESC O
    kString,      // after ESC ] P X ^ _: up to ST or BEL
    kStringEscape,
  };

  void consume(char32_t code_point, Keys& keys);
  void control_character(char32_t code_point, Keys& keys);
  void in_escape(char32_t code_point, Keys& keys);
  void in_control(char32_t code_point, Keys& keys);
  void in_string(char32_t code_point, Keys& keys);

  terminal::Utf8Decoder decoder_;
  State state_ = State::kGround;
  bool plain_ = true;  // the control sequence has had no parameter but one "1"
  bool has_one_ = false;
  TimePoint opened_;  // when the open sequence began
  TimePoint read_;    // when the last read came
};

}  // namespace sallyport::client
