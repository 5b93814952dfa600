// Snapshots: the screens that a client may have, kept by number as bases of later differences. Unchanged rows are
// shared, so that keeping one costs what changed. Bounded in number and in memory: what lies in the middle goes
// first, never the oldest (the client has it for certain) and never the newest. Linked by the terminal compartment.
// Specification: terminal 1.3, 7.2; wire protocol 5.5; architecture 3.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/strong_id.h"
#include "terminal/framebuffer.h"

namespace sallyport::terminal {

/// A kept screen: what a client shows that was sent it.
struct Snapshot {
  SnapshotId id;
  ContentVersion version;  ///< of screen and echo ack
  StateNumber echo_ack;
  Framebuffer screen;
};

class Snapshots {
 public:
  /// compat: a stock sender keeps 32 states (wire 5.5); ours: two more, so that net culls before we do.
  static constexpr std::size_t kMaxKept = 34;
  /// spec: terminal 7.2, cells of all kept rows. Oldest and newest are kept whatever they take.
  static constexpr std::size_t kMaxCellMemory = std::size_t{64} << 20U;

  /// Number 0 exists from now on and always: version 0, echo ack 0, and `blank`, which is a blank screen of 80x24.
  explicit Snapshots(const Framebuffer& blank, std::size_t max_cell_memory = kMaxCellMemory);

  /// The snapshot of that number; null if there is none (any more). Borrowed until the next change.
  [[nodiscard]] const Snapshot* find(SnapshotId id) const;
  /// The newest one that is not newer than `id`; the blank one if there is no other.
  [[nodiscard]] const Snapshot& newest_until(SnapshotId id) const;
  [[nodiscard]] const Snapshot& newest() const { return kept_.empty() ? blank_ : kept_.back(); }

  /// Keeps one more; its id is greater than newest().id. Others may go for it.
  void add(Snapshot snapshot);
  /// All older than `oldest_kept` go.
  void forget(SnapshotId oldest_kept);

  /// How many are kept beside the blank one.
  [[nodiscard]] std::size_t size() const { return kept_.size(); }
  /// Bytes of the cells of all distinct rows. Linear in rows times snapshots.
  [[nodiscard]] std::size_t cell_memory() const;

 private:
  void limit_memory();

  Snapshot blank_;
  std::vector<Snapshot> kept_;  // ascending ids
  std::size_t max_cell_memory_;
  std::size_t memory_at_most_ = 0;  // never below cell_memory()
};

}  // namespace sallyport::terminal
