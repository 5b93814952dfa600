// Tab stops of one screen, one bit for each column. Linked by the terminal compartment. Specification:
// terminal 2.5, 2.10, 4.1, 4.3.
#pragma once

#include <cstdint>
#include <vector>

namespace sallyport::terminal {

class TabStops {
 public:
  /// Stops at every eighth column.
  explicit TabStops(std::uint32_t columns) { resize(columns); }

  void set(std::uint32_t column) { words_[column / 64] |= std::uint64_t{1} << (column % 64); }
  void clear(std::uint32_t column) { words_[column / 64] &= ~(std::uint64_t{1} << (column % 64)); }
  /// From now on columns that come by a resize have no stops either.
  void clear_all();
  /// Keeps the stops of columns that stay.
  void resize(std::uint32_t columns);
  /// The next stop right of `column`, else the last column.
  [[nodiscard]] std::uint32_t next(std::uint32_t column) const;
  /// The next stop left of `column`, else 0.
  [[nodiscard]] std::uint32_t previous(std::uint32_t column) const;

 private:
  std::vector<std::uint64_t> words_;
  std::uint32_t columns_ = 0;
  bool regular_ = true;
};

}  // namespace sallyport::terminal
