#include "terminal/snapshots.h"

#include <algorithm>

#include "base/check.h"

namespace sallyport::terminal {
namespace {

/// compat: the entry that stock's sender drops from a full list, counted from the end (wire 5.5).
constexpr std::ptrdiff_t kCulledFromEnd = 16;

std::size_t row_bytes(const Framebuffer& screen) { return screen.columns() * sizeof(Cell); }

/// Bytes of rows that `screen` has and `previous` has not in the same place: at least what keeping it costs.
std::size_t added_bytes(const Framebuffer& screen, const Framebuffer& previous) {
  if (screen.same_rows(previous)) {
    return 0;
  }
  std::size_t rows = 0;
  for (std::uint32_t row = 0; row < screen.rows(); ++row) {
    rows += row < previous.rows() && screen.row(row).id() == previous.row(row).id() ? 0 : 1;
  }
  return rows * row_bytes(screen);
}

}  // namespace

Snapshots::Snapshots(const Framebuffer& blank, std::size_t max_cell_memory)
    : blank_{.id = SnapshotId(), .version = ContentVersion(), .echo_ack = StateNumber(), .screen = blank},
      max_cell_memory_(max_cell_memory) {
  kept_.reserve(kMaxKept + 1);
}

const Snapshot& Snapshots::newest_until(SnapshotId id) const {
  const auto after = std::ranges::upper_bound(kept_, id, {}, &Snapshot::id);
  return after == kept_.begin() ? blank_ : *(after - 1);
}

const Snapshot* Snapshots::find(SnapshotId id) const {
  const Snapshot& found = newest_until(id);
  return found.id == id ? &found : nullptr;
}

void Snapshots::add(Snapshot snapshot) {
  CHECK(snapshot.id > newest().id);
  memory_at_most_ += added_bytes(snapshot.screen, newest().screen);
  kept_.push_back(std::move(snapshot));
  if (kept_.size() > kMaxKept) {
    kept_.erase(kept_.end() - kCulledFromEnd);
  }
  if (memory_at_most_ > max_cell_memory_) {
    limit_memory();
  }
}

void Snapshots::forget(SnapshotId oldest_kept) {
  const auto first = std::ranges::lower_bound(kept_, oldest_kept, {}, &Snapshot::id);
  kept_.erase(kept_.begin(), first);
  if (kept_.empty()) {
    memory_at_most_ = 0;
  } else if (kept_.size() == 1) {
    memory_at_most_ = kept_.front().screen.rows() * row_bytes(kept_.front().screen);
  }
}

std::size_t Snapshots::cell_memory() const {
  struct Entry {
    std::uint64_t id;
    std::uint32_t columns;
  };
  std::vector<Entry> rows;
  const Framebuffer* previous = nullptr;
  for (const Snapshot& snapshot : kept_) {
    if (previous == nullptr || !snapshot.screen.same_rows(*previous)) {
      for (std::uint32_t row = 0; row < snapshot.screen.rows(); ++row) {
        rows.push_back({snapshot.screen.row(row).id().value(), snapshot.screen.columns()});
      }
    }
    previous = &snapshot.screen;
  }
  std::ranges::sort(rows, {}, &Entry::id);
  std::size_t cells = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    cells += i > 0 && rows[i].id == rows[i - 1].id ? 0 : rows[i].columns;
  }
  return cells * sizeof(Cell);
}

void Snapshots::limit_memory() {
  memory_at_most_ = cell_memory();
  while (memory_at_most_ > max_cell_memory_ && kept_.size() > 2) {
    // Every second one between the oldest and the newest, so that bases of all ages remain.
    std::size_t place = 0;
    const auto middle =
        std::remove_if(kept_.begin() + 1, kept_.end() - 1, [&](const Snapshot&) { return place++ % 2 == 0; });
    kept_.erase(middle, kept_.end() - 1);
    memory_at_most_ = cell_memory();
  }
}

}  // namespace sallyport::terminal
