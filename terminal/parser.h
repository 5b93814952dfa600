// The state machine that splits a program's output into text and control functions. Any split of the input into calls
// gives the same actions, but for where runs of text are cut. Keeps at most 64 KiB (an OSC string); all else is
// constant. Linked by the terminal compartment. Specification: terminal 3.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "terminal/actions.h"
#include "terminal/utf8.h"

namespace sallyport::terminal {

class Parser {
 public:
  /// Borrows `actions` for the parser's life.
  explicit Parser(Actions& actions) : actions_(&actions) {}

  /// Parses `bytes`, from the host or a peer, whatever they are. Linear in their number, not counting the actions.
  void write(std::span<const std::byte> bytes);

  /// Bytes allocated.
  [[nodiscard]] std::size_t bytes_in_use() const { return osc_.capacity(); }

 private:
  enum class State : std::uint8_t {
    kGround,
    kEscape,
    kEscapeIntermediate,
    kCsiEntry,
    kCsiParameter,
    kCsiIntermediate,
    kCsiIgnore,
    kDcsEntry,
    kDcsParameter,
    kDcsIntermediate,
    kDcsBody,
    kOsc,
    kString,  // SOS, PM, APC, ESC k, malformed DCS: everything is discarded
  };
  using Bytes = const std::uint8_t*;

  Bytes ground(Bytes at, Bytes end);
  Bytes ground_utf8(Bytes at, Bytes end);
  Bytes whole_control(Bytes at, Bytes end);
  Bytes osc_body(Bytes at, Bytes end);
  Bytes parameters(Bytes at, Bytes end);
  Bytes decoded(Bytes at);

  void consume(char32_t code_point);
  void consume_escape(std::uint8_t byte);
  void consume_csi(std::uint8_t byte);
  void consume_dcs(std::uint8_t byte);
  void consume_osc(char32_t code_point);
  void leave_by_escape();
  void enter_sequence(State state);
  void collect(std::uint8_t byte);
  void parameter_byte(std::uint8_t byte);
  void finish_parameters();
  void dispatch_control(std::uint8_t final_byte);
  [[nodiscard]] FunctionKey key_of(std::uint8_t final_byte) const;
  void dispatch_osc();

  Actions* actions_;
  State state_ = State::kGround;
  Utf8Decoder decoder_;
  std::uint8_t marker_ = 0;
  std::uint8_t intermediate_ = 0;
  bool too_many_ = false;  // more intermediates than any function has
  bool dropping_ = false;  // parameters beyond the last that is kept
  std::uint32_t number_ = 0;
  ControlSequence sequence_;
  FunctionKey device_control_ = 0;
  std::string osc_;
  std::size_t osc_code_points_ = 0;
  bool osc_complete_ = true;
  std::array<char32_t, 256> run_{};
};

}  // namespace sallyport::terminal
