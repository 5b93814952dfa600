// The closed list of device replies (architecture 3) as a language, read without the code that prints them.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace sallyport::fuzz {

/// How much of `text` the pattern takes, '#' standing for 1 to 5 digits: nothing if it does not fit; npos if `text`
/// ends too soon.
inline std::optional<std::size_t> take_pattern(std::string_view pattern, std::string_view text) {
  std::size_t at = 0;
  for (const char c : pattern) {
    if (at == text.size()) return std::string_view::npos;
    if (c == '#') {
      const std::size_t first = at;
      while (at < text.size() && at < first + 5 && text[at] >= '0' && text[at] <= '9') ++at;
      if (at == first) return std::nullopt;
    } else if (text[at++] != c) {
      return std::nullopt;
    }
  }
  return at;
}

/// How many replies `text` consists of, the last perhaps not complete; nothing if there is anything else in it.
inline std::optional<std::size_t> count_replies(std::string_view text) {
  constexpr std::array<std::string_view, 10> kReplies = {
      "\x1b[?62;22c",   "\x1b[>1;10;0c",
      "\x1b[0n",        "\x1b[#;#R",
      "\x1b[?#;#$y",    "\x1b[#;#$y",
      "\x1b[8;#;#t",    "\x1bP0$r\x1b\\",
      "\x1bP0+r\x1b\\", "\x1bP>|sallyport " SALLYPORT_VERSION "\x1b\\"};
  std::size_t count = 0;
  while (!text.empty()) {
    bool cut = false;
    std::optional<std::size_t> whole;
    for (const std::string_view pattern : kReplies) {
      const auto taken = take_pattern(pattern, text);
      if (!taken) continue;
      if (*taken == std::string_view::npos)
        cut = true;
      else
        whole = *taken;
    }
    ++count;
    if (!whole) return cut ? std::optional(count) : std::nullopt;
    text.remove_prefix(*whole);
  }
  return count;
}

}  // namespace sallyport::fuzz
