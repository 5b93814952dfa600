// The visible screen: rows, cursor, pen, modes, titles, clipboard and bell; everything that a client is told. Copying
// one is taking a snapshot: it shares all rows and costs a few reference counts. Linked by the terminal compartment.
// Specification: terminal 2.4, 2.5, 2.8, 8.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/strong_id.h"
#include "terminal/modes.h"
#include "terminal/rendition.h"
#include "terminal/row_store.h"
#include "terminal/shared.h"

namespace sallyport::terminal {

/// From 0; always inside the screen.
struct Position {
  std::uint32_t row = 0;
  std::uint32_t column = 0;
  constexpr bool operator==(const Position&) const = default;
};

/// What programs set with OSC 0, 1, 2 and 52. UTF-8 of code points that are 0x20..0x7F or at least 0xA0.
struct Strings {
  std::string icon_name;     ///< at most 255 code points
  std::string window_title;  ///< at most 255 code points
  std::string clipboard;     ///< base64 alphabet, at most 16379 bytes
  bool operator==(const Strings&) const = default;
};

/// Rows `first` up to (not including) `last`.
struct RowRange {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
};

/// The rows of one screen, top to bottom; each is owned.
class RowTable {
 public:
  RowTable() = default;
  RowTable(std::uint32_t rows, const RowPtr& every);
  RowTable(const RowTable& other);
  RowTable(RowTable&& other) noexcept : rows_(std::exchange(other.rows_, {})) {}
  RowTable& operator=(RowTable other) noexcept {
    rows_.swap(other.rows_);
    return *this;
  }
  ~RowTable();

  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(rows_.size()); }
  [[nodiscard]] const Row& operator[](std::uint32_t row) const { return *rows_[row]; }
  [[nodiscard]] Row*& slot(std::uint32_t row) { return rows_[row]; }
  /// All rows that are not the other's in the same place lie within; empty if there are none. The tables have one size.
  [[nodiscard]] RowRange differing(const RowTable& other) const;
  void set(std::uint32_t row, const RowPtr& value);
  /// Row `row` becomes the one that `from` has there.
  void share(std::uint32_t row, const RowTable& from);
  void push_back(RowPtr value);
  /// Moves the rows from `first` up to (not including) `last` by `count` places; `blank` enters.
  void scroll_up(std::uint32_t first, std::uint32_t last, std::uint32_t count, const RowPtr& blank);
  void scroll_down(std::uint32_t first, std::uint32_t last, std::uint32_t count, const RowPtr& blank);

 private:
  std::vector<Row*> rows_;
};

class Framebuffer {
 public:
  /// A blank screen in the default state. `store` must live longer than this and all its copies; `size` is within
  /// limits.
  Framebuffer(RowStore& store, WindowSize size);

  // ---- Reading ----
  [[nodiscard]] const RowStore& store() const { return *store_; }
  [[nodiscard]] WindowSize size() const { return size_; }
  [[nodiscard]] std::uint32_t columns() const { return size_.columns; }
  [[nodiscard]] std::uint32_t rows() const { return size_.rows; }
  /// Borrowed until this framebuffer changes or goes. Equal addresses and equal ids mean equal cells.
  [[nodiscard]] const Row& row(std::uint32_t row) const { return (*rows_)[row]; }
  /// All rows are the same, without looking at them. False says nothing.
  [[nodiscard]] bool same_rows(const Framebuffer& other) const { return rows_.same_as(other.rows_); }
  /// All rows that differ from the other's lie within; its size is the same. Looks at addresses only.
  [[nodiscard]] RowRange differing_rows(const Framebuffer& other) const {
    return same_rows(other) ? RowRange{} : rows_->differing(*other.rows_);
  }
  [[nodiscard]] Position cursor() const { return cursor_; }
  /// The current rendition, without hyperlink (`link` is 0).
  [[nodiscard]] const Rendition& pen() const { return pen_; }
  [[nodiscard]] const Modes& modes() const { return modes_; }
  [[nodiscard]] const Strings& strings() const { return *strings_; }
  [[nodiscard]] bool same_strings(const Framebuffer& other) const { return strings_.same_as(other.strings_); }
  /// A program has set a title: only then may one be sent (spec 2.8).
  [[nodiscard]] bool title_was_set() const { return title_was_set_; }
  /// Grows each time a program sets the clipboard, also to what it was.
  [[nodiscard]] std::uint64_t clipboard_sequence() const { return clipboard_sequence_; }
  [[nodiscard]] std::uint64_t bell_count() const { return bell_count_; }

  // ---- Changing, for the emulator and for overlays ----
  /// For interning what an overlay draws.
  [[nodiscard]] RowStore& mutable_store() { return *store_; }
  [[nodiscard, gnu::always_inline]] inline RowWriter writable_row(
      std::uint32_t row) {  // hot: once for each run of text
    rows_changed_ = true;
    return store_->writable(rows_.mutate().slot(row));
  }
  /// Rows `first` up to (not including) `last` become `fill` (see RowStore::filled_row).
  void fill_rows(std::uint32_t first, std::uint32_t last, Cell fill);
  void scroll_up(std::uint32_t first, std::uint32_t last, std::uint32_t count, Cell fill);
  void scroll_down(std::uint32_t first, std::uint32_t last, std::uint32_t count, Cell fill);
  /// New size: `dropped_on_top` rows go at the top, then rows go or blank ones come at the bottom, and each is cut or
  /// extended.
  void resize(WindowSize size, std::uint32_t dropped_on_top, Cell fill);
  /// The same for a set of rows that is not the one shown (the other screen).
  [[nodiscard]] RowTable resized(const RowTable& rows, WindowSize size, std::uint32_t dropped_on_top, Cell fill) const;
  void swap_rows(Shared<RowTable>& other) {
    rows_.swap(other);
    rows_changed_ = true;
  }
  /// Rows `first` up to (not including) `last` become those of `from`, which has the same size and store.
  void take_rows(std::uint32_t first, std::uint32_t last, const Framebuffer& from);
  void set_cursor(Position position) { cursor_ = position; }
  void set_pen(const Rendition& pen) { pen_ = pen; }
  [[nodiscard]] Modes& modes() { return modes_; }
  /// For changing titles or clipboard.
  [[nodiscard]] Strings& mutable_strings() { return strings_.mutate(); }
  void note_title_set() { title_was_set_ = true; }
  void note_clipboard_set() { ++clipboard_sequence_; }
  void ring_bell() { ++bell_count_; }
  /// Whether a row was changed since the last call.
  [[nodiscard]] bool take_rows_changed() { return std::exchange(rows_changed_, false); }

 private:
  RowStore* store_;
  WindowSize size_;
  Shared<RowTable> rows_;
  Shared<Strings> strings_;
  Position cursor_;
  Rendition pen_;
  Modes modes_;
  bool title_was_set_ = false;
  bool rows_changed_ = false;
  std::uint64_t clipboard_sequence_ = 0;
  std::uint64_t bell_count_ = 0;
};

}  // namespace sallyport::terminal
