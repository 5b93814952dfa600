// An Actions that writes down what the parser reports, and checks that it keeps its promises. For the harness of the
// parser.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/check.h"
#include "terminal/actions.h"

namespace sallyport::fuzz {

using namespace sallyport::terminal;

// Writes the actions down so that only where runs of text are cut makes no difference.
class Recorder : public Actions {
 public:
  std::string log;

 private:
  void note(char kind, std::uint64_t value) { log += kind + std::to_string(value) + ' '; }
  void print_ascii(std::string_view text) override {
    CHECK(!text.empty());
    for (const char byte : text) {
      CHECK(byte >= 0x20 && byte <= 0x7E);
      note('p', static_cast<unsigned char>(byte));
    }
  }
  void print(std::span<const char32_t> text) override {
    CHECK(!text.empty());
    for (const char32_t code_point : text) {
      CHECK(code_point >= 0xA0 && code_point <= 0x10FFFF);
      note('p', code_point);
    }
  }
  void execute(std::uint8_t control) override {
    CHECK(control < 0x20 && control != 0x1B && control != 0x18 && control != 0x1A);
    note('x', control);
  }
  void escape(FunctionKey key) override { note('e', key); }
  void control(const ControlSequence& sequence) override {
    CHECK(sequence.count <= kMaxParameters);
    note('c', sequence.key);
    for (std::uint32_t i = 0; i < sequence.count; ++i)
      note(sequence.is_sub_parameter(i) ? ':' : ';', sequence.values[i]);
  }
  void operating_system_command(std::string_view text, bool complete) override {
    log.append(complete ? "o" : "O").append(text).append(" ");
  }
  void device_control(FunctionKey key) override { note('d', key); }
};

}  // namespace sallyport::fuzz
