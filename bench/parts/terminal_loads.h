// What the programs of a session print, for the measurements of the emulator's parts: six kinds, the same bytes in
// every run.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace sallyport::bench {

enum class Load : std::uint8_t { kPlain, kColoured, kUtf8, kEscapes, kScroll, kJumps };
inline constexpr std::string_view kLoadNames[] = {"plain", "coloured", "utf8", "escapes", "scroll", "jumps"};
inline constexpr std::size_t kLoadBytes = std::size_t{1} << 20U;

inline constexpr std::string_view kPlainLine =
    "The quick brown fox jumps over the lazy dog, again and again, 0123456789.\r\n";
inline constexpr std::string_view kColouredLine =
    "\033[1;31mred \033[32mgreen \033[0;44mblue ground\033[0m \033[38;5;208morange\033[0m plain text here\r\n";
// Latin, Greek, Cyrillic, Chinese, Japanese, line drawing, a combining mark and an emoji.
inline constexpr std::string_view kUtf8Lines[] = {
    "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich\r\n",
    "Ξεσκεπάζω τὴν ψυχοφθόρα βδελυγμία, Съешь же ещё этих мягких французских булок\r\n",
    "天地玄黃宇宙洪荒日月盈昃辰宿列張寒來暑往秋收冬藏\r\n",
    "いろはにほへとちりぬるを わかよたれそつねならむ\r\n",
    "├──────────┼──────────┤ 😀 e\u0301\r\n",
};

inline std::uint32_t below(std::mt19937& random, std::uint32_t limit) {
  return static_cast<std::uint32_t>(random()) % limit;
}

// One control function of any kind that programs use, with parameters that fit a screen of 80x24.
inline std::string random_escape(std::mt19937& random) {
  constexpr std::string_view kFinals = "ABCDEFGHIJKLMPSTXZ@defghjklmrsu";
  const auto number = [&random](std::uint32_t limit) { return std::to_string(below(random, limit)); };
  switch (below(random, 8)) {
    case 0:
    case 1:
      return "\033[" + number(50) + ";" + number(50) + "m";
    case 2:
      return "\033[38;5;" + number(256) + ";48;5;" + number(256) + "m";
    case 3:
      return "\033[38;2;" + number(256) + ";" + number(256) + ";" + number(256) + "m";
    case 4:
      return "\033[" + number(25) + ";" + number(81) + "H";
    case 5:
      return below(random, 2) == 0 ? "\033[K" : "\r\n";
    case 6: {
      std::string sequence = "\033[" + number(24);
      sequence += kFinals[below(random, kFinals.size())];
      return sequence;
    }
    default:
      return std::string("\033") + "78DEM"[below(random, 5)];
  }
}

inline std::string make_load(Load load) {
  std::mt19937 random(5);
  std::string bytes;
  for (std::uint32_t i = 0; bytes.size() < kLoadBytes; ++i) {
    switch (load) {
      case Load::kPlain:
        bytes += kPlainLine;
        break;
      case Load::kColoured:
        bytes += kColouredLine;
        break;
      case Load::kUtf8:
        bytes += kUtf8Lines[i % std::size(kUtf8Lines)];
        break;
      case Load::kEscapes:
        bytes += random_escape(random);
        bytes.append(below(random, 8), static_cast<char>('a' + i % 26));
        break;
      case Load::kScroll:
        bytes += std::to_string(i) + "\r\n";
        break;
      case Load::kJumps:
        bytes += "\033[" + std::to_string(1 + below(random, 24)) + ";" + std::to_string(1 + below(random, 80)) + "H*";
        break;
    }
  }
  bytes.resize(kLoadBytes);
  return bytes;
}

}  // namespace sallyport::bench
