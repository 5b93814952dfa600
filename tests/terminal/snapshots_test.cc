// What is kept of the screens that a client may have (terminal 1.3, 7.2; wire protocol 5.5).
#include "terminal/snapshots.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "terminal/emulator.h"

namespace sallyport::terminal {
namespace {

class SnapshotsTest : public ::testing::Test {
 protected:
  void keep(std::uint64_t id, Snapshots& in) {
    in.add({.id = SnapshotId(id),
            .version = ContentVersion(id),
            .echo_ack = StateNumber(),
            .screen = emulator_.framebuffer()});
  }
  void print(std::string_view text) { emulator_.write(bytes_of(text)); }
  Framebuffer blank() { return emulator_.blank_framebuffer(WindowSize{}); }

  Emulator emulator_{WindowSize{.columns = 80, .rows = 24}};
  Snapshots kept_{blank()};
};

TEST_F(SnapshotsTest, NumberZeroIsTheBlankScreenForever) {
  print("x");
  keep(1, kept_);
  kept_.forget(SnapshotId(2));
  const Snapshot* zero = kept_.find(SnapshotId());
  ASSERT_NE(zero, nullptr);
  EXPECT_EQ(zero->screen.size(), (WindowSize{.columns = 80, .rows = 24}));
  EXPECT_EQ(zero->screen.row(0)[0], Cell());
  EXPECT_EQ(zero->version, ContentVersion());
  EXPECT_EQ(kept_.size(), 0U);
}

TEST_F(SnapshotsTest, KeptScreensDoNotChangeWithTheLiveOne) {
  print("one");
  keep(1, kept_);
  print("\rtwo\033[5;5H\033[1m");
  keep(2, kept_);
  EXPECT_EQ(kept_.find(SnapshotId(1))->screen.row(0)[0].content(), std::uint32_t{'o'});
  EXPECT_EQ(kept_.find(SnapshotId(1))->screen.cursor(), (Position{.row = 0, .column = 3}));
  EXPECT_EQ(kept_.find(SnapshotId(2))->screen.row(0)[0].content(), std::uint32_t{'t'});
}

TEST_F(SnapshotsTest, ForgettingTakesTheOlderOnes) {
  for (std::uint64_t id = 1; id <= 5; ++id) {
    keep(id, kept_);
  }
  kept_.forget(SnapshotId(4));
  EXPECT_EQ(kept_.find(SnapshotId(3)), nullptr);
  EXPECT_NE(kept_.find(SnapshotId(4)), nullptr);
  EXPECT_EQ(kept_.newest().id, SnapshotId(5));
  EXPECT_EQ(kept_.newest_until(SnapshotId(3)).id, SnapshotId());
  EXPECT_EQ(kept_.newest_until(SnapshotId(9)).id, SnapshotId(5));
}

TEST_F(SnapshotsTest, AFullListLosesItsMiddleNeverItsEnds) {
  for (std::uint64_t id = 10; id < 1000; ++id) {
    keep(id, kept_);
    ASSERT_LE(kept_.size(), Snapshots::kMaxKept);
    ASSERT_NE(kept_.find(SnapshotId(10)), nullptr);
    ASSERT_EQ(kept_.newest().id, SnapshotId(id));
  }
  EXPECT_EQ(kept_.size(), Snapshots::kMaxKept);
  EXPECT_NE(kept_.find(SnapshotId(999 - 10)), nullptr);
}

TEST_F(SnapshotsTest, UnchangedRowsAreShared) {
  constexpr std::size_t kScreenBytes = std::size_t{80} * 24 * sizeof(Cell);
  for (std::uint64_t id = 1; id <= 30; ++id) {
    print("x");
    keep(id, kept_);
  }
  EXPECT_LE(kept_.cell_memory(), kScreenBytes + 30U * 80 * sizeof(Cell));
}

TEST_F(SnapshotsTest, MemoryIsBoundedByDroppingIntermediateOnes) {
  constexpr std::size_t kLimit = std::size_t{10} * 80 * 24 * sizeof(Cell);
  Snapshots few(blank(), kLimit);
  for (std::uint64_t id = 1; id <= 200; ++id) {
    for (int row = 1; row <= 24; ++row) {
      print("\033[" + std::to_string(row) + "H" + std::to_string(id));
    }
    keep(id, few);
    ASSERT_LE(few.cell_memory(), kLimit);
    ASSERT_GE(few.size(), std::min<std::uint64_t>(id, 2));
    ASSERT_NE(few.find(SnapshotId(1)), nullptr);
    ASSERT_NE(few.find(SnapshotId(id)), nullptr);
  }
  EXPECT_GE(few.size(), 4U);
  // The two ends alone may take more than the limit: they stay.
  Snapshots none(blank(), 0);
  keep(1, none);
  print("\033[H\033[2Jnew");
  keep(2, none);
  keep(3, none);
  EXPECT_EQ(none.size(), 2U);
  EXPECT_NE(none.find(SnapshotId(1)), nullptr);
}

TEST_F(SnapshotsTest, ScrollingScreensAreNotTakenForNewRows) {
  // Every row is in another place each time, but shared: far below 30 screens.
  constexpr std::size_t kScreenBytes = std::size_t{80} * 24 * sizeof(Cell);
  Snapshots few(blank(), 4 * kScreenBytes);
  for (std::uint64_t id = 1; id <= 30; ++id) {
    print("\r\nline");
    keep(id, few);
  }
  EXPECT_EQ(few.size(), 30U);
}

}  // namespace
}  // namespace sallyport::terminal
