// Frames as net asks for them (wire protocol 5.5, 7.3, 7.5; terminal 4.7, 6; architecture 3).
#include "terminal/frame_source.h"

#include <gtest/gtest.h>

#include "tests/terminal/diff_testing.h"

namespace sallyport::terminal {
namespace {

using std::chrono::milliseconds;
using testing::StockReplica;

constexpr TimePoint kStart{std::chrono::hours(1)};

class FrameSourceTest : public ::testing::Test {
 protected:
  void print(std::string_view text) { source_.host_output(bytes_of(text), now_); }
  std::optional<FrameDescription> take(std::uint64_t assumed, std::uint64_t acknowledged, std::uint64_t snapshot) {
    return source_.take_frame(SnapshotId(assumed), SnapshotId(acknowledged), SnapshotId(snapshot), now_);
  }
  /// The same for a frame that must come, its bytes copied.
  std::string bytes(std::uint64_t assumed, std::uint64_t acknowledged, std::uint64_t snapshot) {
    const auto frame = take(assumed, acknowledged, snapshot);
    EXPECT_TRUE(frame.has_value());
    return frame ? std::string(text_of(frame->host_bytes)) : "none";
  }

  FrameSource source_;
  TimePoint now_ = kStart;
};

TEST_F(FrameSourceTest, NothingPrintedIsNothingToSay) {
  EXPECT_FALSE(source_.dirty(now_));
  EXPECT_EQ(source_.next_timer(), kNever);
  const auto frame = take(0, 0, 1);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->version, ContentVersion());
  EXPECT_FALSE(frame->size_changed);
  EXPECT_FALSE(frame->echo_ack_changed);
  EXPECT_TRUE(frame->host_bytes.empty());
}

TEST_F(FrameSourceTest, OutputIsDirtyUntilAFrameShowsIt) {
  print("a");
  EXPECT_TRUE(source_.dirty(now_));
  (void)bytes(0, 0, 1);
  EXPECT_FALSE(source_.dirty(now_));
  print("b");
  EXPECT_TRUE(source_.dirty(now_));
  EXPECT_EQ(bytes(1, 1, 2), "b");
}

TEST_F(FrameSourceTest, VersionsGrowWithContentAndStayWithoutChange) {
  print("a");
  const ContentVersion first = take(0, 0, 1)->version;
  EXPECT_EQ(take(1, 1, 2)->version, first);
  print("a\b \b");  // looks as before
  EXPECT_TRUE(source_.dirty(now_));
  const auto same = take(2, 0, 3);
  EXPECT_EQ(same->version, first);
  EXPECT_FALSE(source_.dirty(now_));
  print("b");
  EXPECT_GT(take(3, 3, 4)->version, first);
}

TEST_F(FrameSourceTest, TheFirstBaseHasTheClientsOwnSize) {
  // State 0 of a client is blank but of its window's size (wire 7.1): from it everything is told, the size first.
  source_.resize({.columns = 80, .rows = 24}, now_);
  print("hello");
  const auto frame = take(0, 0, 1);
  EXPECT_TRUE(frame->size_changed);
  StockReplica client(100, 30, testing::our_width);
  client.resize(80, 24);
  client.apply(frame->host_bytes);
  EXPECT_EQ(client.faults() + testing::mismatch(client, source_.emulator().framebuffer()), "");
}

TEST(WireChecklist, Item46_SizeChangeIsToldAndRepaints) {
  FrameSource source;
  source.host_output(bytes_of("hello"), kStart);
  StockReplica client(80, 24, testing::our_width);
  auto frame = source.take_frame(SnapshotId(0), SnapshotId(0), SnapshotId(1), kStart);
  client.apply(frame->host_bytes);
  source.resize({.columns = 40, .rows = 12}, kStart);
  EXPECT_TRUE(source.dirty(kStart));
  frame = source.take_frame(SnapshotId(1), SnapshotId(1), SnapshotId(2), kStart);
  EXPECT_TRUE(frame->size_changed);
  EXPECT_EQ(frame->size, (WindowSize{.columns = 40, .rows = 12}));
  client.resize(40, 12);
  client.apply(frame->host_bytes);
  EXPECT_EQ(client.faults() + testing::mismatch(client, source.emulator().framebuffer()), "");
  frame = source.take_frame(SnapshotId(2), SnapshotId(2), SnapshotId(3), kStart);
  EXPECT_FALSE(frame->size_changed);
  EXPECT_TRUE(frame->host_bytes.empty());
}

TEST(WireChecklist, Item47_FramesCarryTheEchoAckAfterFiftyMilliseconds) {
  FrameSource source;
  source.input_written(StateNumber(3), kStart);
  source.host_output(bytes_of("l"), kStart);
  auto frame = source.take_frame(SnapshotId(0), SnapshotId(0), SnapshotId(1), kStart + milliseconds(49));
  EXPECT_FALSE(frame->echo_ack_changed);
  EXPECT_EQ(frame->echo_ack, StateNumber(0));
  const ContentVersion before = frame->version;
  const TimePoint alone = kStart + milliseconds(50) + kEchoAckCompany;
  EXPECT_EQ(source.next_timer(), alone);
  EXPECT_FALSE(source.dirty(alone - milliseconds(1)));
  EXPECT_TRUE(source.dirty(alone));
  frame = source.take_frame(SnapshotId(1), SnapshotId(1), SnapshotId(2), kStart + milliseconds(50));
  EXPECT_TRUE(frame->echo_ack_changed);
  EXPECT_EQ(frame->echo_ack, StateNumber(3));
  EXPECT_TRUE(frame->host_bytes.empty());
  EXPECT_GT(frame->version, before);
  EXPECT_EQ(source.next_timer(), kNever);
  // From a base that already has it, it is not told again; from an older one it is.
  EXPECT_FALSE(
      source.take_frame(SnapshotId(2), SnapshotId(2), SnapshotId(3), kStart + milliseconds(60))->echo_ack_changed);
  EXPECT_TRUE(
      source.take_frame(SnapshotId(1), SnapshotId(1), SnapshotId(4), kStart + milliseconds(60))->echo_ack_changed);
}

TEST_F(FrameSourceTest, ProspectiveResendPrefersTheAcknowledgedBase) {
  print("a");
  (void)bytes(0, 0, 1);
  print("b");
  (void)bytes(1, 1, 2);
  print("c");
  auto frame = take(2, 1, 3);  // "bc" against "c"
  EXPECT_EQ(frame->base, SnapshotId(1));
  EXPECT_EQ(text_of(frame->host_bytes), "bc");
  // More than 100 bytes longer: the assumed base.
  print(std::string(300, 'x'));
  (void)bytes(3, 1, 4);
  print("d");
  frame = take(4, 1, 5);
  EXPECT_EQ(frame->base, SnapshotId(4));
  EXPECT_EQ(text_of(frame->host_bytes), "d");
}

TEST_F(FrameSourceTest, ALongDifferenceIsNotSentAgainForFewBytesLess) {
  std::string text;
  for (int i = 0; i < 1200; ++i) {
    text += static_cast<char>('a' + i % 26);
  }
  (void)bytes(0, 0, 1);
  print(text);
  (void)bytes(1, 1, 2);
  print("\033[H" + std::string(1150, '-'));
  const auto frame = take(2, 1, 3);
  EXPECT_EQ(frame->base, SnapshotId(2));
}

TEST_F(FrameSourceTest, ACulledAssumedBaseFallsBackToTheAcknowledgedOne) {
  print("a");
  (void)bytes(0, 0, 1);
  for (std::uint64_t id = 2; id < 60; ++id) {
    print("b");
    (void)bytes(id - 1, 1, id);
  }
  std::uint64_t culled = 2;
  while (source_.snapshots().find(SnapshotId(culled)) != nullptr) {
    ++culled;
  }
  const auto frame = take(culled, 1, 100);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->base, SnapshotId(1));
}

TEST_F(FrameSourceTest, ACulledAcknowledgedBaseGetsARepaintThatIsRightFromAnywhere) {
  print("\033]0;title\a\033[1mold old old\033[?2004h");
  (void)bytes(0, 0, 1);
  for (std::uint64_t id = 2; id < 60; ++id) {
    print("b");
    (void)bytes(id - 1, 1, id);
  }
  std::uint64_t culled = 2;
  while (source_.snapshots().find(SnapshotId(culled)) != nullptr) {
    ++culled;
  }
  print("\033[2J\033[Hnew");
  const auto frame = take(culled, culled, 100);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->base, SnapshotId(culled));
  EXPECT_TRUE(frame->size_changed);
  EXPECT_TRUE(frame->echo_ack_changed);
  StockReplica client(80, 24, testing::our_width);
  client.apply(bytes_of("whatever\r\n it shows\033[?1003h\033[?25l\033[44m"));
  client.apply(frame->host_bytes);
  EXPECT_EQ(client.faults() + testing::mismatch(client, source_.emulator().framebuffer()), "");
}

TEST_F(FrameSourceTest, UnknownNumbersAreRefused) {
  print("a");
  (void)bytes(0, 0, 5);
  EXPECT_FALSE(take(5, 6, 7)) << "never given";
  EXPECT_FALSE(take(5, 5, 5)) << "not newer";
  EXPECT_FALSE(take(5, 5, 4)) << "older";
  (void)bytes(5, 5, 6);
  source_.forget(SnapshotId(6));
  EXPECT_FALSE(take(6, 5, 7)) << "forgotten";
  EXPECT_TRUE(take(6, 6, 7));
  EXPECT_TRUE(take(6, 0, 8)) << "0 always exists";
  source_.forget(SnapshotId(1000));
  EXPECT_FALSE(take(8, 8, 9));
  EXPECT_TRUE(take(0, 0, 9));
}

TEST_F(FrameSourceTest, SynchronisedOutputShowsTheScreenBeforeIt) {
  print("before ");
  (void)bytes(0, 0, 1);
  print("also before \033[?2026hpart");
  EXPECT_FALSE(source_.dirty(now_));
  EXPECT_EQ(source_.next_timer(), now_ + kMaxSynchronisedHold);
  EXPECT_EQ(bytes(1, 1, 2), "also before ");
  print(" and more");
  EXPECT_EQ(bytes(2, 2, 3), "");
  print("\033[?2026l");
  EXPECT_TRUE(source_.dirty(now_));
  EXPECT_EQ(bytes(3, 3, 4), "part and more");
  EXPECT_EQ(source_.next_timer(), kNever);
}

TEST_F(FrameSourceTest, SynchronisedOutputIsReleasedAfterASecond) {
  print("\033[?2026hpart");
  EXPECT_FALSE(source_.dirty(now_ + milliseconds(999)));
  EXPECT_TRUE(source_.dirty(now_ + milliseconds(1000)));
  EXPECT_EQ(source_.next_timer(), kNever);
  now_ += milliseconds(1500);
  print("x");  // the same update goes on: not held again
  EXPECT_TRUE(source_.dirty(now_));
  print("\033[?2026l\033[?2026hy");
  EXPECT_FALSE(source_.dirty(now_));
  print("\033c");
  EXPECT_TRUE(source_.dirty(now_));
}

TEST_F(FrameSourceTest, ResizeReleasesSynchronisedOutput) {
  print("\033[?2026hpart");
  source_.resize({.columns = 70, .rows = 20}, now_);
  EXPECT_TRUE(source_.dirty(now_));
  EXPECT_EQ(source_.next_timer(), kNever);
}

TEST_F(FrameSourceTest, SeveralUpdatesInOneReadEachEndWithAPicture) {
  print("\033[?2026hone\033[?2026l\033[?25;2026h half");
  (void)take(0, 0, 1);
  EXPECT_FALSE(source_.dirty(now_));
  print("\033[?2026l");
  EXPECT_EQ(bytes(1, 1, 2), " half");
}

TEST_F(FrameSourceTest, SynchronisedOutputWhereverTheReadsAreSplit) {
  const std::string program = "aa\033[?2026hbb\033[?2026lcc\033[?2026hdd";
  for (std::size_t split = 1; split < program.size(); ++split) {
    for (std::size_t more = split; more < program.size(); ++more) {
      FrameSource source;
      const auto take = [&](std::uint64_t id) {
        const auto frame = source.take_frame(SnapshotId(id - 1), SnapshotId(id - 1), SnapshotId(id), now_);
        return std::string(text_of(frame->host_bytes));
      };
      source.host_output(bytes_of(program.substr(0, split)), now_);
      source.host_output(bytes_of(program.substr(split, more - split)), now_);
      source.host_output(bytes_of(program.substr(more)), now_);
      EXPECT_FALSE(source.dirty(now_)) << split << " " << more;
      StockReplica client(80, 24, testing::our_width);
      client.apply(bytes_of(take(1)));
      EXPECT_EQ(client.cell(0, 5).text, U"c") << split << " " << more;
      EXPECT_EQ(client.cell(0, 6).text, U"") << split << " " << more;
    }
  }
}

TEST_F(FrameSourceTest, AHiddenCursorHoldsTheScreenForAMoment) {
  print("before");
  (void)bytes(0, 0, 1);
  now_ += milliseconds(100);
  print("\033[?25lhalf");
  EXPECT_FALSE(source_.dirty(now_));
  EXPECT_EQ(source_.next_timer(), now_ + kMaxRedrawHold);
  print(" whole");
  EXPECT_FALSE(source_.dirty(now_ + milliseconds(7)));
  print("\033[?25h");
  EXPECT_TRUE(source_.dirty(now_ + milliseconds(7))) << "drawn";
  EXPECT_EQ(bytes(1, 1, 2), "half whole");
  EXPECT_EQ(source_.next_timer(), kNever);
}

TEST_F(FrameSourceTest, AProgramThatLeavesTheCursorHiddenIsHeldOnce) {
  print("\033[?25l");
  EXPECT_FALSE(source_.dirty(now_));
  now_ += kMaxRedrawHold;
  EXPECT_TRUE(source_.dirty(now_));
  (void)bytes(0, 0, 1);
  print("x");
  EXPECT_TRUE(source_.dirty(now_)) << "the client's cursor is hidden already";
  EXPECT_EQ(source_.next_timer(), kNever);
}

TEST_F(FrameSourceTest, HidingTheCursorAgainAndAgainDoesNotHoldLonger) {
  for (int i = 0; i < 20; ++i) {
    print("\033[?25lx");
    EXPECT_EQ(source_.dirty(now_), now_ >= kStart + kMaxRedrawHold);
    print("\033[?25h");
    now_ += milliseconds(1);
  }
}

TEST_F(FrameSourceTest, AHeldScreenDoesNotHoldTheEchoAck) {
  source_.input_written(StateNumber(1), now_);
  now_ += kEchoAckDelay + kEchoAckCompany - milliseconds(2);
  print("\033[?25lhalf");
  EXPECT_FALSE(source_.dirty(now_));
  EXPECT_EQ(source_.next_timer(), now_ + milliseconds(2));
  now_ += milliseconds(2);
  EXPECT_TRUE(source_.dirty(now_));
}

TEST_F(FrameSourceTest, ANewEchoAckGoesWithTheFrameThatComes) {
  source_.input_written(StateNumber(1), now_);
  now_ += kEchoAckDelay;
  EXPECT_FALSE(source_.dirty(now_));
  print("x");
  EXPECT_TRUE(source_.dirty(now_));
  EXPECT_EQ(take(0, 0, 1)->echo_ack, StateNumber(1));
  now_ += milliseconds(500);
  EXPECT_FALSE(source_.dirty(now_));
}

TEST_F(FrameSourceTest, TheEchoAckWaitsForAHeldScreen) {
  print("\033[?2026h");
  source_.input_written(StateNumber(1), now_);
  now_ += milliseconds(100);
  EXPECT_EQ(take(0, 0, 1)->echo_ack, StateNumber(0));
  print("x\033[?2026l");
  EXPECT_EQ(take(1, 1, 2)->echo_ack, StateNumber(1));
}

TEST_F(FrameSourceTest, CursorKeysAndRepliesComeThrough) {
  EXPECT_FALSE(source_.application_cursor_keys());
  print("\033[?1h\033[3;4H\033[6n\033[5n");
  EXPECT_TRUE(source_.application_cursor_keys());
  EXPECT_EQ(source_.next_reply(), (Reply{ReplyKind::kCursorPosition, 3, 4}));
  EXPECT_EQ(source_.next_reply(), (Reply{ReplyKind::kStatusOk}));
  EXPECT_EQ(source_.next_reply(), std::nullopt);
}

// A client that gets every frame, from whatever base the source chose, ends with the same picture.
TEST(WireChecklist, Item45_EveryPathOfFramesLeadsToTheSameScreen) {
  for (std::uint32_t seed = 1; seed <= 25; ++seed) {
    testing::RandomProgram program(seed, /*unstable=*/false);
    std::mt19937 random(seed);
    FrameSource source;
    std::vector<StockReplica> received;  // by snapshot number: the client's states
    received.emplace_back(80, 24, testing::our_width);
    std::uint64_t acknowledged = 0;
    for (std::uint64_t id = 1; id <= 60; ++id) {
      source.host_output(bytes_of(program(static_cast<int>(random() % 20))), kStart);
      if (random() % 10 == 0) {
        source.resize({.columns = 20U + static_cast<std::uint32_t>(random() % 80), .rows = 5}, kStart);
      }
      const std::uint64_t assumed = acknowledged + random() % (id - acknowledged);
      const auto frame = source.take_frame(SnapshotId(assumed), SnapshotId(acknowledged), SnapshotId(id), kStart);
      ASSERT_TRUE(frame);
      StockReplica client = received[frame->base.value()];
      if (frame->size_changed) {
        client.resize(static_cast<int>(frame->size.columns), static_cast<int>(frame->size.rows));
      }
      client.apply(frame->host_bytes);
      ASSERT_EQ(client.faults() + testing::mismatch(client, source.emulator().framebuffer()), "")
          << "seed " << seed << " frame " << id;
      received.push_back(client);
      if (random() % 6 == 0) {
        acknowledged += random() % (id - acknowledged + 1);
        source.forget(SnapshotId(acknowledged));
      }
    }
  }
}

// Double-width text in alternating colours: 11 bytes and more for two columns.
std::string expensive_screen(WindowSize size) {
  std::string line;
  for (std::uint32_t i = 0; i < size.columns / 2; ++i) {
    line += i % 2 == 0 ? "\033[31;42m\u6F22" : "\033[32;41m\u5B57";
  }
  std::string program;
  for (std::uint32_t row = 1; row <= size.rows; ++row) {
    program += testing::joined("\033[", std::to_string(row), "H", line);
  }
  return program;
}

TEST(FrameSourceBounds, AScreenTooLargeForOneFrameComesInSeveral) {
  constexpr WindowSize kLarge{.columns = 2048, .rows = 512};
  FrameSource source(kLarge);
  source.host_output(bytes_of(expensive_screen(kLarge)), kStart);
  StockReplica client(2048, 512, [](char32_t code) { return code < 0x1100 ? 1 : 2; });
  std::uint64_t id = 0;
  do {
    const auto frame = source.take_frame(SnapshotId(id), SnapshotId(id), SnapshotId(id + 1), kStart);
    ASSERT_TRUE(frame);
    client.apply(frame->host_bytes);
    ++id;
    // What is kept is what the client shows, so that the next frame goes on from there.
    ASSERT_EQ(client.faults() + testing::mismatch(client, source.snapshots().find(SnapshotId(id))->screen), "");
    ASSERT_LT(id, 20U);
  } while (source.dirty(kStart));
  EXPECT_GT(id, 1U);
  EXPECT_EQ(testing::mismatch(client, source.emulator().framebuffer()), "");
}

TEST(FrameSourceBounds, TheLargestScreenKeepsWithinAFramesSize) {
  constexpr WindowSize kLargest{.columns = 4096, .rows = 1024};
  FrameSource source(kLargest);
  source.host_output(bytes_of(expensive_screen(kLargest)), kStart);
  ContentVersion last;
  std::uint64_t id = 0;
  do {
    // The client acknowledges nothing: progress is made from what it probably has.
    const auto frame = source.take_frame(SnapshotId(id), SnapshotId(0), SnapshotId(id + 1), kStart);
    ASSERT_TRUE(frame);
    ASSERT_LE(frame->host_bytes.size(), std::size_t{1} << 20U);
    ASSERT_GT(frame->version, last);
    last = frame->version;
    ASSERT_LT(++id, 80U);
  } while (source.dirty(kStart));
  EXPECT_GT(id, 3U);
}

}  // namespace
}  // namespace sallyport::terminal
