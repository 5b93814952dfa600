// UTF-8 to code points and back. Malformed input becomes U+FFFD, one for each maximal subpart (Unicode 3.9, WHATWG),
// except that a surrogate's three bytes give one, as real terminals do. Linked by the terminal compartment.
// Specification: terminal 3.2, 9.12.
#pragma once

#include <cstdint>
#include <string>

namespace sallyport::terminal {

inline constexpr char32_t kReplacement = 0xFFFD;

/// Decodes byte by byte, with at most three bytes remembered between calls.
class Utf8Decoder {
 public:
  /// What one byte completed.
  struct Step {
    bool has_code_point = false;
    bool again = false;  ///< the byte did not belong to what came before: feed it again (after using the code point)
    char32_t code_point = 0;
  };

  /// True between characters.
  [[nodiscard]] bool idle() const { return missing_ == 0; }
  [[nodiscard]] Step feed(std::uint8_t byte) {
    if (missing_ == 0) return start(byte);
    if (byte < low_ || byte > high_) {
      missing_ = 0;
      return {.has_code_point = true, .again = true, .code_point = kReplacement};
    }
    low_ = 0x80;
    high_ = 0xBF;
    code_point_ = code_point_ << 6U | (byte & 0x3FU);
    if (--missing_ > 0) return {};
    const bool surrogate = code_point_ >= 0xD800 && code_point_ <= 0xDFFF;
    return {.has_code_point = true, .again = false, .code_point = surrogate ? kReplacement : code_point_};
  }

 private:
  [[nodiscard]] Step start(std::uint8_t byte);

  char32_t code_point_ = 0;
  std::uint8_t missing_ = 0;
  std::uint8_t low_ = 0x80;  // the next byte must be in low_..high_
  std::uint8_t high_ = 0xBF;
};

/// Writes 1 to 4 bytes to `out` (room for 4) and returns how many. `code_point` is a Unicode scalar value.
unsigned encode_utf8(char32_t code_point, char* out);
void append_utf8(std::string& out, char32_t code_point);

}  // namespace sallyport::terminal
