// Scroll detection by row ids: blocks of rows that moved are moved on the receiver instead of written again
// (terminal 6.4).
#include <algorithm>
#include <bit>

#include "terminal/display.h"
#include "terminal/intern_table.h"

namespace sallyport::terminal {
namespace {

/// ours: a scroll of a region costs about this many bytes (two CSI r, one CSI S, the following absolute move).
constexpr std::uint32_t kScrollCostBytes = 20;
/// ours: changed rows inside a moved block that may be bridged, so that one scroll serves both parts.
constexpr std::uint32_t kMaxBridgedRows = 3;
/// ours: bound on the search for what is worth a scroll, so that no order of rows makes it quadratic.
constexpr std::uint32_t kMaxLooksPerRow = 4;

std::uint32_t differing_cells(const Row& wanted, const Row* shown) {
  std::uint32_t count = 0;
  for (std::uint32_t column = 0; column < wanted.columns(); ++column) {
    count += wanted[column] == (shown == nullptr ? Cell() : (*shown)[column]) ? 0 : 1;
  }
  return count;
}

bool same_row(const Row& wanted, const Row* shown) { return shown == &wanted; }

bool is_blank(const Row* row) { return row == nullptr || (row->uniform() && (*row)[0] == Cell()); }

/// The rows that moving a block changes: `first` to `last`, of which the block then lies at the top (up) or at the
/// bottom.
struct Region {
  std::uint32_t first;
  std::uint32_t last;
  std::uint32_t distance;
  bool up;
};

Region region_of(std::uint32_t from, std::uint32_t to, std::uint32_t count) {
  return {std::min(from, to), std::max(from, to) + count - 1, from > to ? from - to : to - from, from > to};
}

}  // namespace

void Display::find_blocks(const Framebuffer& wanted) {
  const std::uint32_t none = wanted.rows();
  const std::uint32_t last = changed_.last;  // what moved left its place, so both places are among the changed rows
  blocks_.clear();
  index_.assign(std::bit_ceil(std::size_t{last - changed_.first} * 2 + 2), 0);
  const std::size_t mask = index_.size() - 1;
  for (std::uint32_t row = changed_.first; row < last; ++row) {
    if (shown_[row] != nullptr && !shown_[row]->uniform()) {
      std::size_t place = mix_bits(shown_[row]->id().value()) & mask;
      while (index_[place] != 0) {
        place = (place + 1) & mask;
      }
      index_[place] = row + 1;
    }
  }
  const auto found = [&](RowId id) {
    for (std::size_t place = mix_bits(id.value()) & mask; index_[place] != 0; place = (place + 1) & mask) {
      if (shown_[index_[place] - 1]->id() == id) {
        return index_[place] - 1;
      }
    }
    return none;
  };
  for (std::uint32_t to = changed_.first; to < last;) {
    const Row& line = wanted.row(to);
    const std::uint32_t from = line.uniform() || same_row(line, shown_[to]) ? none : found(line.id());
    if (from == none || from == to) {
      ++to;
      continue;
    }
    Block block{from, to, 1};
    std::uint32_t bridged = 0;
    for (std::uint32_t next = 1; to + next < last && from + next < last && bridged <= kMaxBridgedRows; ++next) {
      if (same_row(wanted.row(to + next), shown_[from + next])) {
        block.count = next + 1;
        bridged = 0;
      } else if (same_row(wanted.row(to + next), shown_[to + next])) {
        break;  // it did not move
      } else {
        ++bridged;
      }
    }
    blocks_.push_back(block);
    to += block.count;
  }
}

// Compares cells to write after the scroll with those to write without it, of which no more are counted than decide.
bool Display::worth_scrolling(const Framebuffer& wanted, const Block& block) const {
  const Region region = region_of(block.from, block.to, block.count);
  std::uint64_t then = kScrollCostBytes;
  for (std::uint32_t row = region.first; row <= region.last; ++row) {
    const bool moved = row >= block.to && row < block.to + block.count;
    const Row* const after = moved ? shown_[row - block.to + block.from] : nullptr;
    then += same_row(wanted.row(row), after) ? 0 : differing_cells(wanted.row(row), after);
  }
  std::uint64_t now = 0;
  for (std::uint32_t row = region.first; row <= region.last && now <= then; ++row) {
    now += same_row(wanted.row(row), shown_[row]) ? 0 : differing_cells(wanted.row(row), shown_[row]);
  }
  return then < now;
}

void Display::shift(const Block& block) {
  const Region region = region_of(block.from, block.to, block.count);
  const auto first = shown_.begin() + region.first;
  const auto last = shown_.begin() + region.last + 1;
  if (region.up) {
    std::fill(std::move(first + region.distance, last, first), last, nullptr);
  } else {
    std::fill(first, std::move_backward(first, last - region.distance, last), nullptr);
  }
}

// Where only blank rows follow, down to the bottom, they may scroll up too: that takes no lower margin, and often no
// margins at all.
std::uint32_t Display::last_row_taken_along(const Framebuffer& wanted, std::uint32_t last) const {
  for (std::uint32_t row = last + 1; row < wanted.rows(); ++row) {
    if (!is_blank(&wanted.row(row)) || (row < changed_.last && !is_blank(shown_[row]))) {
      return last;
    }
  }
  return wanted.rows() - 1;
}

void Display::scroll(const Framebuffer& wanted, ScreenWriter& writer) {
  std::uint32_t changed = 0;
  for (std::uint32_t row = changed_.first; row < changed_.last && changed < 2; ++row) {
    changed += same_row(wanted.row(row), shown_[row]) ? 0 : 1;
  }
  if (changed < 2) {
    return;
  }
  find_blocks(wanted);
  std::uint32_t free_from = 0;  // rows above have been moved already
  std::uint64_t looks_left = std::uint64_t{kMaxLooksPerRow} * (changed_.last - changed_.first);
  for (const Block& block : blocks_) {
    const Region region = region_of(block.from, block.to, block.count);
    const std::uint32_t looks = region.last - region.first + 1;
    if (region.first < free_from || looks > looks_left) {
      continue;
    }
    looks_left -= looks;
    if (!worth_scrolling(wanted, block)) {
      continue;
    }
    if (!writer.rendition().background.is_default()) {
      writer.set_rendition({});  // what comes in is filled with the background
    }
    writer.scroll(region.first, region.up ? last_row_taken_along(wanted, region.last) : region.last, region.distance,
                  region.up);
    shift(block);
    free_from = region.last + 1;
  }
  writer.reset_region();
}

}  // namespace sallyport::terminal
