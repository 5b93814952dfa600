// Whole runs of text and whole control sequences have ways of their own through the parser and the screen, which a
// program's output that comes byte by byte never takes. Both must do the same (terminal 3.1, 9.2).
#include <gtest/gtest.h>

#include <random>

#include "tests/terminal/diff_testing.h"
#include "tests/terminal/emulator_testing.h"

namespace sallyport::terminal {
namespace {

constexpr WindowSize kSizes[] = {{80, 24}, {20, 6}, {7, 3}, {2, 2}, {1, 4}, {33, 1}, {132, 12}};

std::uint32_t below(std::mt19937& random, std::uint32_t limit) { return static_cast<std::uint32_t>(random() % limit); }

// What RandomProgram is too well-behaved for.
std::string awkward(std::mt19937& random) {
  static constexpr std::string_view kPieces[] = {"\033[",
                                                 "\033[?",
                                                 "\033[>",
                                                 "\033[;",
                                                 "\033[:",
                                                 ";;",
                                                 ":",
                                                 "1",
                                                 "007",
                                                 "4294967297",
                                                 "65535",
                                                 "65536",
                                                 "m",
                                                 "H",
                                                 "\033[38;2;1;2;3;48:5:7m",
                                                 "\033[4h",
                                                 "\033[4l",
                                                 "\033[?7l",
                                                 "\033[?7h",
                                                 "\033(0",
                                                 "\033(B",
                                                 "\033)0",
                                                 "\016",
                                                 "\017",
                                                 "\033[2b",
                                                 "\033[300b",
                                                 "\177",
                                                 "\030",
                                                 "\032",
                                                 "\033",
                                                 "\033[1\r2H",
                                                 "\033[1\033[2m",
                                                 "\033[ q",
                                                 "\033[!p",
                                                 "\033[6n",
                                                 "\033[c",
                                                 "\033]2;title\007",
                                                 "\033P1$qm\033\\",
                                                 "\033_apc\033\\",
                                                 "\xE6",
                                                 "\xBC",
                                                 "\xC3\xA9",
                                                 "\xF0\x9F\x98\x80",
                                                 "\xED\xA0\x80",
                                                 "\xC1\x80",
                                                 "\xFF",
                                                 "\u0301",
                                                 "\u6F22",
                                                 "\u6F22\u5B57\u6F22",
                                                 "lqqk",
                                                 "\033[r",
                                                 "\033[2;3r",
                                                 "\r\n"};
  std::string result(kPieces[below(random, std::size(kPieces))]);
  if (below(random, 4) == 0) {
    static constexpr std::string_view kMostly = "0123456789;;;;;;;:?>$ \r";
    static constexpr std::string_view kFinals = "mmmmHGdABhlrKJ@PXb";
    result = "\033[";
    for (std::uint32_t n = below(random, 12); n > 0; --n) result += kMostly[below(random, kMostly.size())];
    result += kFinals[below(random, kFinals.size())];
  }
  if (below(random, 12) == 0) {
    result = "\033[";
    for (std::uint32_t n = below(random, 40); n > 0; --n) result += std::to_string(below(random, 120)) + ";";
    result += "4m";
  }
  if (below(random, 20) == 0) result = times("run of text, ", below(random, 40));
  return result;
}

std::string random_stream(std::uint32_t seed) {
  std::mt19937 random(seed);
  testing::RandomProgram program(seed);
  std::string stream;
  for (std::uint32_t n = 60 + below(random, 200); n > 0; --n) {
    stream += below(random, 3) == 0 ? program(3) : awkward(random);
  }
  if (seed % 4 == 0) {
    for (std::uint32_t n = 20; n > 0; --n) {
      stream[below(random, static_cast<std::uint32_t>(stream.size()))] = static_cast<char>(random());
    }
  }
  return stream;
}

TEST(RandomSplit, PiecesOfAnySizeGiveTheScreenAndRepliesOfSingleBytes) {
  for (std::uint32_t seed = 1; seed <= 250; ++seed) {
    std::mt19937 random(seed + 1000);
    const std::string stream = random_stream(seed);
    Emulator pieces(kSizes[seed % std::size(kSizes)]);
    Emulator bytewise(kSizes[seed % std::size(kSizes)]);
    const std::uint32_t largest = seed % 3 == 0 ? 20 : seed % 3 == 1 ? 200 : 4096;
    for (std::size_t at = 0; at < stream.size();) {
      const std::string_view piece = std::string_view(stream).substr(at, 1 + below(random, largest));
      const Framebuffer snapshot = pieces.framebuffer();
      const std::string before = row_text(snapshot, 0);
      feed(pieces, piece);
      feed_bytewise(bytewise, piece);
      at += piece.size();
      SCOPED_TRACE("seed " + std::to_string(seed) + ", up to byte " + std::to_string(at));
      ASSERT_EQ(difference(pieces.framebuffer(), bytewise.framebuffer()), "");
      ASSERT_EQ(malformation(pieces.framebuffer()), "");
      ASSERT_EQ(take_replies(pieces), take_replies(bytewise));
      ASSERT_EQ(row_text(snapshot, 0), before);
    }
  }
}

}  // namespace
}  // namespace sallyport::terminal
