#include "terminal/tab_stops.h"

#include <algorithm>
#include <bit>

namespace sallyport::terminal {
namespace {

constexpr std::uint32_t kDistance = 8;

}  // namespace

void TabStops::clear_all() {
  std::ranges::fill(words_, 0);
  regular_ = false;
}

void TabStops::resize(std::uint32_t columns) {
  const std::uint32_t kept = std::min(columns, columns_);
  words_.resize((columns + 63) / 64, 0);
  if (kept % 64 != 0) words_[kept / 64] &= (std::uint64_t{1} << (kept % 64)) - 1;
  columns_ = columns;
  if (!regular_) return;
  for (std::uint32_t column = (kept + kDistance - 1) / kDistance * kDistance; column < columns; column += kDistance) {
    set(column);
  }
}

std::uint32_t TabStops::next(std::uint32_t column) const {
  const std::uint32_t from = column + 1;
  for (std::uint32_t word = from / 64; word < words_.size(); ++word) {
    std::uint64_t bits = words_[word];
    if (word == from / 64) bits &= ~std::uint64_t{0} << (from % 64);
    if (bits != 0) return std::min(word * 64 + static_cast<std::uint32_t>(std::countr_zero(bits)), columns_ - 1);
  }
  return columns_ - 1;
}

std::uint32_t TabStops::previous(std::uint32_t column) const {
  for (std::uint32_t word = column / 64 + 1; word-- > 0;) {
    std::uint64_t bits = words_[word];
    if (word == column / 64) bits &= (std::uint64_t{1} << (column % 64)) - 1;
    if (bits != 0) return word * 64 + 63 - static_cast<std::uint32_t>(std::countl_zero(bits));
  }
  return 0;
}

}  // namespace sallyport::terminal
