// RowStore: owner of everything that the screens of one session share: the rows, and the tables of styles, clusters
// (base and combining characters) and hyperlinks that their cells point into. Numbers mean the same in every snapshot,
// so cells compare as integers. All tables are bounded; what no row uses any more is swept out. Lives longer than every
// row, framebuffer and snapshot made from it. Linked by the terminal compartment. Specification:
// terminal 2.1, 2.9, 7.2, 8.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "terminal/cell.h"
#include "terminal/intern_table.h"
#include "terminal/rendition.h"
#include "terminal/row.h"

namespace sallyport::terminal {

/// Ours: with these the tables stay below 12 MiB. A session that needs more at one time loses colour precision
/// (quantised), further combining marks, or links; it never grows.
inline constexpr std::uint32_t kMaxTableStyles = 1U << 17U;
inline constexpr std::uint32_t kMaxClusters = 1U << 17U;
/// Spec 2.9.
inline constexpr std::uint32_t kMaxLinks = 4096;
inline constexpr std::size_t kMaxLinkBytes = 2048;

/// How many different ones may be in use at a time.
struct TableLimits {
  std::uint32_t styles = kMaxTableStyles;
  std::uint32_t clusters = kMaxClusters;
  std::uint32_t links = kMaxLinks;
};

/// A hyperlink as the program gave it; both parts hold only 0x20..0x7E.
struct Link {
  std::string parameters;
  std::string url;
  bool operator==(const Link&) const = default;
};

/// The UTF-8 text of a cell that holds more than one code point.
struct Cluster {
  std::uint8_t size = 0;
  std::array<char, kMaxCellBytes> bytes{};
  bool operator==(const Cluster&) const = default;
};

[[nodiscard]] std::uint64_t hash_value(const Rendition& rendition);
[[nodiscard]] std::uint64_t hash_value(const Cluster& cluster);
[[nodiscard]] std::uint64_t hash_value(const Link& link);

class RowStore {
 public:
  explicit RowStore(const TableLimits& limits = {});
  ~RowStore();
  RowStore(const RowStore&) = delete;
  RowStore& operator=(const RowStore&) = delete;

  // ---- What cells mean ----

  /// The rendition of a cell's style. Valid for styles of cells in live rows.
  [[nodiscard]] Rendition rendition(StyleId style) const {
    return is_table_style(style) ? styles_[table_index(style)] : unpacked_style(style);
  }
  /// The text of a cluster cell (`cell.is_cluster()`), UTF-8, at most kMaxCellBytes. Borrowed until the row goes.
  [[nodiscard]] std::string_view cluster(Cell cell) const {
    const Cluster& found = clusters_[cell.content() - kFirstCluster];
    return {found.bytes.data(), found.size};
  }
  /// The UTF-8 of any cell's contents; empty for an empty cell.
  [[nodiscard]] std::string text(Cell cell) const;
  /// The link of a rendition whose `link` is not 0. Borrowed until the row goes.
  [[nodiscard]] const Link& link(LinkId id) const { return links_[id]; }

  // ---- Interning, for the emulator ----

  /// The style number of a rendition; that of its quantised form if the table is full.
  [[nodiscard]] StyleId intern(const Rendition& rendition);
  /// Cell contents for this text (2..kMaxCellBytes bytes); 0 if the table is full.
  [[nodiscard]] std::uint32_t intern_cluster(std::string_view text);
  /// 0 if it is too long or the table is full.
  [[nodiscard]] LinkId intern_link(std::string_view parameters, std::string_view url);
  /// True when so much was interned that sweeping pays: its cost is spread over at least as much interning.
  [[nodiscard]] bool sweep_due() const;
  /// Frees what no live row uses. `pen` and `link` are kept as well; other numbers held outside rows become invalid.
  void sweep(StyleId pen, LinkId link);

  // ---- Rows, for the framebuffer ----

  /// A row of `columns` cells equal to `fill` (an empty cell or a plain code point in a packed style, no flags).
  /// Shared.
  [[nodiscard]] RowPtr filled_row(std::uint32_t columns, Cell fill);
  /// A new row with the first cells of `from`, the rest `fill`, no wrap flag, no half of a wide character.
  [[nodiscard]] RowPtr resized_row(const Row& from, std::uint32_t columns, Cell fill);
  /// Makes `row` ours alone (copying it if it has other owners) and gives it a new id.
  [[nodiscard]] RowWriter writable(Row*& row) {
    if (row->owners_ > 1) replace_by_copy(row);
    row->id_ = new_id();
    row->uniform_ = false;
    return RowWriter(*row);
  }

  /// Bytes held by rows and tables.
  [[nodiscard]] std::size_t bytes_in_use() const;
  [[nodiscard]] std::size_t live_rows() const { return live_.size(); }

 private:
  friend class Row;
  [[nodiscard]] Row* allocate(std::uint32_t columns);
  [[nodiscard]] RowId new_id() { return RowId(++last_id_); }
  void replace_by_copy(Row*& row);
  void recycle(Row& row);
  void free_block(Row* row);
  void mark_row(const Row& row);

  InternTable<Rendition> styles_;
  InternTable<Cluster> clusters_;
  InternTable<Link> links_;
  std::size_t link_bytes_ = 0;
  std::uint64_t last_id_ = 0;
  std::uint64_t live_cells_ = 0;
  std::uint64_t interned_since_sweep_ = 0;
  std::vector<Row*> live_;
  std::vector<Row*> spare_;      // a few blocks of one width, for the row that comes when another one goes
  std::array<RowPtr, 2> fills_;  // the rows filled last
};

}  // namespace sallyport::terminal
