// What a predicted cell will look like, and one guess about one cell. Self-contained: nothing here points into a
// screen's tables, so a guess outlives every screen. Linked by the client's screen. Specification: prediction 2.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/secret_bytes.h"
#include "terminal/framebuffer.h"

namespace sallyport::client {

/// A cell by what is seen of it; no hyperlink and no wrap mark.
class CellLook {
 public:
  /// Empty, default rendition.
  CellLook() = default;
  /// One code point.
  CellLook(char32_t code_point, const terminal::Rendition& rendition);
  /// The second half of a two-column character.
  [[nodiscard]] static CellLook tail(const terminal::Rendition& rendition);
  /// As `frame` has it there; the position is inside.
  [[nodiscard]] static CellLook of(const terminal::Framebuffer& frame, terminal::Position at);

  /// UTF-8; empty for an empty cell.
  [[nodiscard]] std::string_view text() const { return {text_.data(), size_}; }
  [[nodiscard]] bool is_blank() const { return size_ == 0 || text() == " " || text() == "\u00A0"; }
  /// Contents alone: renditions are not compared, and all blanks are the same.
  [[nodiscard]] bool same_contents(const CellLook& other) const {
    return is_blank() ? other.is_blank() : text() == other.text();
  }
  /// Of the contents; equal contents give equal numbers.
  [[nodiscard]] std::uint64_t fingerprint() const;
  [[nodiscard]] bool is_wide() const { return wide_; }
  [[nodiscard]] bool is_tail() const { return tail_; }
  /// One of the characters that programs show instead of what is typed.
  [[nodiscard]] bool is_mask() const;

  void set_wide() { wide_ = true; }
  /// Joins a combining mark; false if there is nothing to join it to, or no room.
  [[nodiscard]] bool combine(char32_t mark);
  void empty();

  /// As a cell of `store`'s tables.
  [[nodiscard]] terminal::Cell cell(terminal::RowStore& store) const;

  terminal::Rendition rendition;

  bool operator==(const CellLook& other) const {
    return text() == other.text() && wide_ == other.wide_ && tail_ == other.tail_ && rendition == other.rendition;
  }

 private:
  std::array<char, terminal::kMaxCellBytes> text_{};
  std::uint8_t size_ = 0;
  bool wide_ = false;
  bool tail_ = false;
};

/// Contents that were at a place before: a guess that they will be there proves nothing.
class Originals {
 public:
  void add(const CellLook& look);
  /// True also when more contents were added than are kept: then nothing can be proved here.
  [[nodiscard]] bool contains(const CellLook& look) const;

 private:
  static constexpr std::size_t kKept = 6;  ///< ours: a place is rarely retyped more often within a round trip
  std::array<std::uint64_t, kKept> fingerprints_{};
  std::uint8_t count_ = 0;
  bool overflowed_ = false;
};

struct CellGuess {
  bool active = false;      ///< false: says nothing
  bool unknown = false;     ///< the cell will change, but nobody knows to what
  bool ahead = false;       ///< typed before the answer to the last Enter was known
  bool text = false;        ///< the last Enter ended a line of a text, not a command
  bool bare = false;        ///< nothing is to its left but what was typed since the last Enter: no prompt
  bool first = false;       ///< of the keys since the last Enter
  std::uint64_t due = 0;    ///< number of the input state that carries the keystroke
  std::uint64_t epoch = 0;  ///< tentative while this is above what is confirmed
  std::uint64_t key = 0;    ///< serial number of the keystroke
  TimePoint born;
  CellLook look;
  Originals originals;

  /// Inactive, and nothing left of what was typed.
  void clear() { *this = CellGuess(); }
  /// Makes way for a newer guess about the same place, which may not be credited for what this one said.
  void recycle();
};

struct RowGuess {
  std::uint32_t row = 0;
  std::vector<CellGuess, WipingAllocator<CellGuess>> cells;  ///< one for each column
};

}  // namespace sallyport::client
