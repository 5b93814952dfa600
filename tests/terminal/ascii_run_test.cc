// terminal/ascii_run.h: sixteen bytes at a time is the same as one at a time.
#include "terminal/ascii_run.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace sallyport::terminal {
namespace {

TEST(AsciiRun, EndIsThatOfThePlainWayAtEveryPlace) {
  for (unsigned place = 0; place < 40; ++place) {
    for (unsigned value = 0; value < 256; ++value) {
      std::vector<std::uint8_t> text(40, 'x');
      text[place] = static_cast<std::uint8_t>(value);
      const bool printable = value >= 0x20 && value <= 0x7E;
      for (std::size_t from = 0; from <= place; ++from) {
        const std::uint8_t* const begin = text.data() + from;
        const std::uint8_t* const end = text.data() + text.size();
        ASSERT_EQ(printable_end(begin, end), printable ? end : text.data() + place) << value << " at " << place;
        ASSERT_EQ(printable_end_plain(begin, end), printable_end(begin, end)) << value << " at " << place;
      }
    }
  }
}

TEST(AsciiRun, EndsOfRandomTextAreThoseOfThePlainWay) {
  std::mt19937 random(1);
  for (unsigned round = 0; round < 20000; ++round) {
    std::vector<std::uint8_t> text(random() % 70);
    for (std::uint8_t& byte : text) {
      byte = static_cast<std::uint8_t>(random() % 30 == 0 ? random() : 0x20 + random() % 0x5F);
    }
    const std::uint8_t* const end = text.data() + text.size();
    ASSERT_EQ(printable_end(text.data(), end), printable_end_plain(text.data(), end)) << "round " << round;
  }
}

TEST(AsciiRun, CellsAreThoseOfThePlainWayAndNoOtherIsTouched) {
  std::string text;
  for (char byte = 0x20; byte < 0x7F; ++byte) text += byte;
  const Cell untouched(~std::uint64_t{0});
  for (std::size_t count = 0; count <= text.size(); ++count) {
    std::vector<Cell> ours(text.size() + 8, untouched);
    std::vector<Cell> plain = ours;
    put_ascii(ours.data() + 4, text.data(), count, StyleId(0xC1234567U));
    put_ascii_plain(plain.data() + 4, text.data(), count, StyleId(0xC1234567U));
    ASSERT_EQ(ours, plain) << count;
  }
}

}  // namespace
}  // namespace sallyport::terminal
