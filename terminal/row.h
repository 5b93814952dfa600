// One line of the screen: a reference-counted block of cells that is never changed while it has more than one owner.
// Made and recycled by the RowStore alone. Linked by the terminal compartment. Specification: terminal 2.4, 8.
#pragma once

#include <cstdint>
#include <span>
#include <utility>

#include "base/strong_id.h"
#include "terminal/cell.h"

namespace sallyport::terminal {

/// A row's contents by number: new on every change, never used again. Equal ids mean equal cells.
using RowId = StrongId<struct RowIdTag>;

class RowStore;

class Row {
 public:
  Row(const Row&) = delete;
  Row& operator=(const Row&) = delete;

  [[nodiscard]] RowId id() const { return id_; }
  [[nodiscard]] std::uint32_t columns() const { return columns_; }
  /// Borrowed: valid while an owner of the row lives and does not change it.
  [[nodiscard]] std::span<const Cell> cells() const { return {data(), columns_}; }
  [[nodiscard]] const Cell& operator[](std::uint32_t column) const { return data()[column]; }
  /// Made by one fill and not written since: all cells are equal. Blank rows are (no anchors for a scroll search).
  [[nodiscard]] bool uniform() const { return uniform_; }
  /// False only if no cell is half of a two-column character.
  [[nodiscard]] bool may_have_wide() const { return may_have_wide_; }
  /// The line went on in the next row by auto-wrap.
  [[nodiscard]] bool wraps() const { return data()[columns_ - 1].wraps(); }

 private:
  friend class RowStore;
  friend class RowPtr;
  friend class RowTable;
  friend class RowWriter;
  Row(RowStore& store, std::uint32_t columns, std::uint32_t slot) : store_(&store), columns_(columns), slot_(slot) {}
  [[nodiscard]] Cell* data() { return reinterpret_cast<Cell*>(this + 1); }
  [[nodiscard]] const Cell* data() const { return reinterpret_cast<const Cell*>(this + 1); }
  void release();  // in row_store.cc: the last owner hands the row back

  RowId id_;
  RowStore* store_;
  std::uint32_t owners_ = 1;
  std::uint32_t columns_;
  std::uint32_t slot_;  // place in the store's list of live rows
  bool uniform_ = false;
  bool may_have_wide_ = false;
  bool may_have_interned_ = false;  // false only if no cell refers to the store's tables
};

/// An owner of a row.
class RowPtr {
 public:
  RowPtr() = default;
  RowPtr(const RowPtr& other) : row_(other.row_) {
    if (row_ != nullptr) ++row_->owners_;
  }
  RowPtr(RowPtr&& other) noexcept : row_(std::exchange(other.row_, nullptr)) {}
  RowPtr& operator=(RowPtr other) noexcept {
    std::swap(row_, other.row_);
    return *this;
  }
  ~RowPtr() {
    if (row_ != nullptr) row_->release();
  }
  [[nodiscard]] const Row& operator*() const { return *row_; }
  [[nodiscard]] const Row* operator->() const { return row_; }
  explicit operator bool() const { return row_ != nullptr; }

 private:
  friend class RowStore;
  friend class RowTable;
  explicit RowPtr(Row* adopted) : row_(adopted) {}
  Row* row_ = nullptr;
};

/// A row that is ours alone, for changing its cells. `cells` has `columns` elements. A writer that stores a cell which
/// is wide, or has a table's style or a cluster, must say so with `note`.
class RowWriter {
 public:
  explicit RowWriter(Row& row) : row_(&row) {}
  [[nodiscard]] Cell* cells() const { return row_->data(); }
  [[nodiscard]] std::uint32_t columns() const { return row_->columns_; }
  [[nodiscard]] bool may_have_wide() const { return row_->may_have_wide_; }
  void note(bool wide, bool interned) const {
    row_->may_have_wide_ |= wide;
    row_->may_have_interned_ |= interned;
  }

 private:
  Row* row_;
};

}  // namespace sallyport::terminal
