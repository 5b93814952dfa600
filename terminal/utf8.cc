#include "terminal/utf8.h"

namespace sallyport::terminal {

Utf8Decoder::Step Utf8Decoder::start(std::uint8_t byte) {
  if (byte < 0x80) return {.has_code_point = true, .again = false, .code_point = byte};
  low_ = 0x80;
  high_ = 0xBF;
  if (byte >= 0xC2 && byte <= 0xDF) {
    missing_ = 1;
    code_point_ = byte & 0x1FU;
  } else if (byte >= 0xE0 && byte <= 0xEF) {
    missing_ = 2;
    code_point_ = byte & 0x0FU;
    if (byte == 0xE0) low_ = 0xA0;  // shorter forms exist
  } else if (byte >= 0xF0 && byte <= 0xF4) {
    missing_ = 3;
    code_point_ = byte & 0x07U;
    if (byte == 0xF0) low_ = 0x90;   // shorter forms exist
    if (byte == 0xF4) high_ = 0x8F;  // beyond U+10FFFF
  } else {
    return {.has_code_point = true, .again = false, .code_point = kReplacement};
  }
  return {};
}

unsigned encode_utf8(char32_t code_point, char* out) {
  const auto put = [out](unsigned at, std::uint32_t byte) {
    out[at] = static_cast<char>(static_cast<unsigned char>(byte));
  };
  if (code_point < 0x80) {
    put(0, code_point);
    return 1;
  }
  if (code_point < 0x800) {
    put(0, 0xC0U | code_point >> 6U);
    put(1, 0x80U | (code_point & 0x3FU));
    return 2;
  }
  if (code_point < 0x10000) {
    put(0, 0xE0U | code_point >> 12U);
    put(1, 0x80U | (code_point >> 6U & 0x3FU));
    put(2, 0x80U | (code_point & 0x3FU));
    return 3;
  }
  put(0, 0xF0U | code_point >> 18U);
  put(1, 0x80U | (code_point >> 12U & 0x3FU));
  put(2, 0x80U | (code_point >> 6U & 0x3FU));
  put(3, 0x80U | (code_point & 0x3FU));
  return 4;
}

void append_utf8(std::string& out, char32_t code_point) {
  char bytes[4];
  out.append(bytes, encode_utf8(code_point, bytes));
}

}  // namespace sallyport::terminal
