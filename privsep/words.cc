#include "privsep/words.h"

#include <array>

#include "base/decimal.h"

namespace sallyport::privsep {
namespace {

constexpr std::array<std::string_view, 2> kNoYes = {"no", "yes"};

}  // namespace

std::uint64_t WordReader::number(const char* key, std::uint64_t low, std::uint64_t high) {
  const auto value = parse_decimal<std::uint64_t>(text(key));
  if (!value || *value < low || *value > high) {
    fail(key);
    return low;
  }
  return *value;
}

std::size_t WordReader::choice(const char* key, std::span<const std::string_view> choices) {
  const std::string_view value = text(key);
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (value == choices[i]) return i;
  }
  fail(key);
  return 0;
}

bool WordReader::yes(const char* key) { return choice(key, kNoYes) == 1; }

std::string_view WordReader::text(const char* key) {
  const std::string_view wanted = key;
  const std::string_view word = words_.empty() ? std::string_view() : words_.front();
  if (!words_.empty()) words_ = words_.subspan(1);
  if (!word.starts_with(wanted) || word.substr(wanted.size()).substr(0, 1) != "=") {
    fail(key);
    return {};
  }
  return word.substr(wanted.size() + 1);
}

void WordReader::fail(const char* key) {
  if (!failure_) failure_ = BadArgument{key};
}

std::optional<BadArgument> WordReader::failure() {
  if (!words_.empty()) fail("end");
  return failure_;
}

std::string word(std::string_view key, std::string_view value) {
  std::string text(key);
  text += '=';
  text += value;
  return text;
}

std::string word(std::string_view key, std::uint64_t value) { return word(key, std::to_string(value)); }

std::string yes_word(std::string_view key, bool value) { return word(key, kNoYes[value ? 1 : 0]); }

}  // namespace sallyport::privsep
