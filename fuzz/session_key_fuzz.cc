// Targets: crypto::SessionKey
// Any text: accepted exactly if a plain reading of the rules accepts it, and then printed again as it was.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"
#include "crypto/session_key.h"

using namespace sallyport;

namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool is_key(std::string_view text) {
  if (text.size() != 22) return false;
  for (const char c : text) {
    if (kAlphabet.find(c) == std::string_view::npos) return false;
  }
  return kAlphabet.find(text.back()) % 16 == 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = text_of(bytes_of(data, size));
  const auto key = crypto::SessionKey::parse(text);
  CHECK(key.has_value() == is_key(text));
  if (!key) return 0;
  crypto::KeyText printed;
  key->print(printed);
  CHECK(printed.view() == text);
  // Bit i of the text's digits is bit i of the key.
  for (std::size_t i = 0; i < 128; ++i) {
    const std::size_t digit = kAlphabet.find(text[i / 6]);
    const auto byte = std::to_integer<unsigned>(key->bytes()[i / 8]);
    CHECK(((digit >> (5 - i % 6)) & 1U) == ((byte >> (7 - i % 8)) & 1U));
  }
  return 0;
}
