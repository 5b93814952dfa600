#include "bench/paper/picture.h"

#include <algorithm>
#include <charconv>

namespace sallyport::bench {
namespace {

std::uint64_t number_at_end(const std::string& title) {
  const auto last = title.find_last_not_of("0123456789");
  const char* begin = title.c_str() + (last == std::string::npos ? 0 : last + 1);
  std::uint64_t number = 0;
  std::from_chars(begin, title.c_str() + title.size(), number);
  return number;
}

}  // namespace

bool Picture::same_as(const Picture& other) const {
  return cursor == other.cursor && cells.size() == other.cells.size() &&
         std::equal(cells.begin() + first_compared(), cells.end(), other.cells.begin() + first_compared());
}

Picture picture_of(const terminal::Framebuffer& screen) {
  Picture picture;
  picture.columns = screen.columns();
  picture.cells.reserve(std::size_t{screen.rows()} * screen.columns());
  for (std::uint32_t row = 0; row < screen.rows(); ++row) {
    for (const terminal::Cell cell : screen.row(row).cells())
      picture.cells.push_back(cell.looks_blank() ? U' ' : cell.content());
  }
  picture.cursor = screen.cursor().row * screen.columns() + screen.cursor().column;
  picture.answered = number_at_end(screen.strings().window_title);
  return picture;
}

}  // namespace sallyport::bench
