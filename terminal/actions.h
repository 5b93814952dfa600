// What the parser makes of a program's output: the closed set of actions that an emulator carries out. Linked by the
// terminal compartment. Specification: terminal 3.1, 3.3, 3.4, 3.5.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace sallyport::terminal {

/// Spec 3.4.
inline constexpr std::size_t kMaxParameters = 32;
inline constexpr std::size_t kMaxOscCodePoints = 16384;

/// Names a function: marker ('<' '=' '>' '?' or 0), one intermediate (0x20..0x2F or 0) and final byte.
using FunctionKey = std::uint32_t;
[[nodiscard]] constexpr FunctionKey function_key(char marker, char intermediate, char final_byte) {
  return static_cast<FunctionKey>(static_cast<unsigned char>(marker)) << 16U |
         static_cast<FunctionKey>(static_cast<unsigned char>(intermediate)) << 8U |
         static_cast<unsigned char>(final_byte);
}
[[nodiscard]] constexpr FunctionKey function_key(char final_byte) { return function_key(0, 0, final_byte); }

/// A complete control sequence whose form is valid; the function may still be unknown.
struct ControlSequence {
  FunctionKey key = 0;
  std::uint32_t count = 0;           ///< parameters given, at most kMaxParameters; further ones are lost
  std::uint32_t sub_parameters = 0;  ///< bit i: a colon, not a semicolon, stood before parameter i
  std::array<std::uint16_t, kMaxParameters> values{};  ///< 0 for absent ones and for those above 65535

  /// Parameter `index`, or `fallback` if it is absent or 0.
  [[nodiscard]] std::uint32_t value(std::uint32_t index, std::uint32_t fallback) const {
    return index < count && values[index] != 0 ? values[index] : fallback;
  }
  [[nodiscard]] bool is_sub_parameter(std::uint32_t index) const { return (sub_parameters >> index & 1U) != 0; }
};

class Actions {
 public:
  Actions() = default;
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  virtual ~Actions() = default;

  /// Text of 0x20..0x7E; never empty. Borrowed for the call, as all spans here.
  virtual void print_ascii(std::string_view text) = 0;
  /// Text of code points of at least 0xA0; never empty.
  virtual void print(std::span<const char32_t> text) = 0;
  /// A control character below 0x20, not ESC, CAN or SUB.
  virtual void execute(std::uint8_t control) = 0;
  /// ESC sequence other than those that begin something: intermediate and final byte.
  virtual void escape(FunctionKey key) = 0;
  virtual void control(const ControlSequence& sequence) = 0;
  /// OSC string as UTF-8 of code points 0x20..0x7F or at least 0xA0. `complete`: false if it was longer than
  /// kMaxOscCodePoints, which is how much of it `text` has.
  virtual void operating_system_command(std::string_view text, bool complete) = 0;
  /// A device control string ended; its contents are gone.
  virtual void device_control(FunctionKey key) = 0;
};

}  // namespace sallyport::terminal
