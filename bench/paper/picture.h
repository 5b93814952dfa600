// What a screen shows as far as bench/paper compares it: characters and the cursor's place. Colours and underlines are
// not compared (a guess is underlined), and the uppermost row is the client's own (notices).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "terminal/framebuffer.h"

namespace sallyport::bench {

struct Picture {
  std::vector<char32_t> cells;  ///< row by row; anything blank is a space
  std::uint32_t columns = 0;
  std::uint32_t cursor = 0;  ///< place among the cells
  std::uint64_t answered =
      0;  ///< the number at the end of the window title: keys answered by the far program in this screen

  [[nodiscard]] std::uint32_t first_compared() const { return columns; }
  /// All that is compared is the same.
  [[nodiscard]] bool same_as(const Picture& other) const;
};

[[nodiscard]] Picture picture_of(const terminal::Framebuffer& screen);

}  // namespace sallyport::bench
