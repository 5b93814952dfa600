#include "terminal/row_store.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/check.h"
#include "terminal/utf8.h"

namespace sallyport::terminal {
namespace {

// Blocks are whole words, so that cells after the header are aligned.
static_assert(sizeof(Row) % sizeof(Cell) == 0);
constexpr std::size_t block_words(std::uint32_t columns) { return sizeof(Row) / sizeof(Cell) + columns; }

// Ours: enough for a scrolling screen between two snapshots; more would only hold memory.
constexpr std::size_t kMaxSpareRows = 8;

// Ours: cells that a sweep may look at for each value interned since the last one.
constexpr std::uint64_t kSweepCellsPerValue = 8;

}  // namespace

std::uint64_t hash_value(const Rendition& rendition) {
  const auto key = [](Color color) {
    return std::uint64_t{color.value()} | (color.is_rgb() ? 1U << 24U : 0U) | (color.is_palette() ? 1U << 25U : 0U);
  };
  const std::uint64_t colors = key(rendition.foreground) << 32U | key(rendition.background);
  const std::uint64_t rest = std::uint64_t{rendition.attributes} << 16U | rendition.link;
  return mix_bits(colors ^ rest * 0x9E3779B97F4A7C15ULL);
}

std::uint64_t hash_value(const Cluster& cluster) {
  std::uint64_t hash = cluster.size;
  for (std::size_t at = 0; at < cluster.size; at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, cluster.bytes.data() + at, std::min<std::size_t>(8, kMaxCellBytes - at));
    hash = mix_bits(hash ^ word);
  }
  return hash;
}

std::uint64_t hash_value(const Link& link) {
  std::uint64_t hash = link.parameters.size();
  for (const std::string* part : {&link.parameters, &link.url}) {
    for (const char byte : *part) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001B3ULL;
  }
  return mix_bits(hash);
}

RowStore::RowStore(const TableLimits& limits)
    : styles_(limits.styles), clusters_(limits.clusters), links_(limits.links) {}

RowStore::~RowStore() {
  for (RowPtr& fill : fills_) fill = RowPtr();
  CHECK(live_.empty());  // a framebuffer outlived its session
  for (Row* const row : spare_) free_block(row);
}

void Row::release() {
  if (--owners_ == 0) store_->recycle(*this);
}

Row* RowStore::allocate(std::uint32_t columns) {
  Row* row = nullptr;
  const auto slot = static_cast<std::uint32_t>(live_.size());
  if (!spare_.empty() && spare_.back()->columns_ == columns) {
    row = spare_.back();
    spare_.pop_back();
    row->owners_ = 1;
    row->slot_ = slot;
  } else {
    std::uint64_t* const block = std::allocator<std::uint64_t>().allocate(block_words(columns));
    row = ::new (static_cast<void*>(block)) Row(*this, columns, slot);
  }
  live_.push_back(row);
  live_cells_ += columns;
  return row;
}

void RowStore::recycle(Row& row) {
  live_.back()->slot_ = row.slot_;
  live_[row.slot_] = live_.back();
  live_.pop_back();
  live_cells_ -= row.columns_;
  if (spare_.size() >= kMaxSpareRows || (!spare_.empty() && spare_.back()->columns_ != row.columns_)) {
    for (Row* const old : spare_) free_block(old);
    spare_.clear();
  }
  spare_.push_back(&row);
}

void RowStore::free_block(Row* row) {
  const std::size_t words = block_words(row->columns_);
  row->~Row();
  std::allocator<std::uint64_t>().deallocate(reinterpret_cast<std::uint64_t*>(row), words);
}

RowPtr RowStore::filled_row(std::uint32_t columns, Cell fill) {
  for (const RowPtr& known : fills_) {
    if (known && known->columns() == columns && known->uniform() && (*known)[0] == fill) return known;
  }
  RowPtr made(allocate(columns));
  std::fill_n(made.row_->data(), columns, fill);
  made.row_->id_ = new_id();
  made.row_->uniform_ = true;
  made.row_->may_have_wide_ = false;
  made.row_->may_have_interned_ = false;
  std::swap(fills_[0], fills_[1]);
  fills_[0] = made;
  return made;
}

RowPtr RowStore::resized_row(const Row& from, std::uint32_t columns, Cell fill) {
  if (from.uniform() && (columns <= from.columns() || from[0] == fill)) return filled_row(columns, from[0]);
  RowPtr made(allocate(columns));
  Cell* const cells = made.row_->data();
  const std::uint32_t kept = std::min(columns, from.columns());
  std::copy_n(from.data(), kept, cells);
  std::fill(cells + kept, cells + columns, fill);
  cells[kept - 1] = cells[kept - 1].without(Cell::kWrap);
  if (cells[kept - 1].wide()) cells[kept - 1] = Cell::empty(erased_style(rendition(cells[kept - 1].style())));
  made.row_->id_ = new_id();
  made.row_->uniform_ = false;
  made.row_->may_have_wide_ = from.may_have_wide_;
  made.row_->may_have_interned_ = from.may_have_interned_;
  return made;
}

void RowStore::replace_by_copy(Row*& row) {
  Row* const mine = allocate(row->columns_);
  std::memcpy(static_cast<void*>(mine->data()), row->data(), std::size_t{row->columns_} * sizeof(Cell));
  mine->may_have_wide_ = row->may_have_wide_;
  mine->may_have_interned_ = row->may_have_interned_;
  --row->owners_;
  row = mine;
}

std::string RowStore::text(Cell cell) const {
  if (cell.is_empty()) return {};
  if (cell.is_cluster()) return std::string(cluster(cell));
  std::string text;
  append_utf8(text, cell.content());
  return text;
}

StyleId RowStore::intern(const Rendition& rendition) {
  if (const auto packed = packed_style(rendition)) return *packed;
  const std::uint32_t before = styles_.size();
  const std::uint32_t index = styles_.find_or_add(rendition);
  if (index == 0 || styles_.size() != before) ++interned_since_sweep_;
  if (index != 0) return table_style(index);
  return packed_style(quantised(rendition)).value_or(StyleId());
}

std::uint32_t RowStore::intern_cluster(std::string_view text) {
  Cluster cluster;
  cluster.size = static_cast<std::uint8_t>(std::min<std::size_t>(text.size(), kMaxCellBytes));
  std::copy_n(text.begin(), cluster.size, cluster.bytes.begin());
  const std::uint32_t before = clusters_.size();
  const std::uint32_t index = clusters_.find_or_add(cluster);
  if (index == 0 || clusters_.size() != before) ++interned_since_sweep_;
  return index == 0 ? 0 : kFirstCluster + index;
}

LinkId RowStore::intern_link(std::string_view parameters, std::string_view url) {
  if (parameters.size() + url.size() > kMaxLinkBytes) return 0;
  const std::uint32_t before = links_.size();
  const std::uint32_t index = links_.find_or_add({std::string(parameters), std::string(url)});
  if (links_.size() != before) link_bytes_ += parameters.size() + url.size();
  if (index == 0 || links_.size() != before) ++interned_since_sweep_;
  return static_cast<LinkId>(index);
}

bool RowStore::sweep_due() const {
  return (styles_.sweep_worthwhile() || clusters_.sweep_worthwhile() || links_.sweep_worthwhile()) &&
         interned_since_sweep_ * kSweepCellsPerValue >= live_cells_;
}

void RowStore::mark_row(const Row& row) {
  for (const Cell cell : row.cells()) {
    if (is_table_style(cell.style())) styles_.mark(table_index(cell.style()));
    if (cell.is_cluster()) clusters_.mark(cell.content() - kFirstCluster);
  }
}

void RowStore::sweep(StyleId pen, LinkId link) {
  styles_.begin_sweep();
  clusters_.begin_sweep();
  links_.begin_sweep();
  for (const Row* const row : live_) {
    if (row->may_have_interned_) mark_row(*row);
  }
  if (is_table_style(pen)) styles_.mark(table_index(pen));
  styles_.for_each_marked([this](const Rendition& rendition) { links_.mark(rendition.link); });
  links_.mark(link);
  link_bytes_ = 0;
  links_.for_each_marked([this](const Link& kept) { link_bytes_ += kept.parameters.size() + kept.url.size(); });
  styles_.end_sweep();
  clusters_.end_sweep();
  links_.end_sweep();
  interned_since_sweep_ = 0;
}

std::size_t RowStore::bytes_in_use() const {
  std::size_t bytes = live_cells_ * sizeof(Cell) + live_.size() * sizeof(Row) + live_.capacity() * sizeof(Row*);
  for (const Row* const row : spare_) bytes += block_words(row->columns_) * sizeof(Cell);
  return bytes + styles_.bytes_in_use() + clusters_.bytes_in_use() + links_.bytes_in_use() + link_bytes_;
}

}  // namespace sallyport::terminal
