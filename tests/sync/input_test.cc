// The cursor-key filter (wire 6.5, terminal 5) and the queue of input on its way to the monitor.
#include <gtest/gtest.h>

#include <string>

#include "base/bytes.h"
#include "sync/cursor_keys.h"
#include "sync/input_queue.h"

namespace sallyport::sync {
namespace {

std::string filtered(CursorKeyFilter& filter, std::string_view input, CursorKeyMode mode) {
  SecretBytes output;
  filter.filter(bytes_of(input), mode, output);
  return std::string(text_of(output));
}
std::string filtered(std::string_view input, CursorKeyMode mode = CursorKeyMode::kNormal) {
  CursorKeyFilter filter;
  return filtered(filter, input, mode);
}

TEST(TerminalChecklist, Item301_ArrowsAreRewrittenInNormalMode) {
  EXPECT_EQ(filtered("\x1bOA"), "\x1b[A");
  EXPECT_EQ(filtered("\x1bOB\x1bOC\x1bOD"), "\x1b[B\x1b[C\x1b[D");
}
TEST(TerminalChecklist, Item302_ArrowsAreKeptInApplicationMode) {
  EXPECT_EQ(filtered("\x1bOA", CursorKeyMode::kApplication), "\x1bOA");
}
TEST(TerminalChecklist, Item303_OtherKeysAreKept) {
  for (const std::string_view key : {"\x1bOH", "\x1bOP", "\x1bOF", "\x1bOE", "\x1bO@", "\x1b[B"}) {
    EXPECT_EQ(filtered(key), key);
  }
}
TEST(TerminalChecklist, Item304_ASecondEscapeReturnsToGround) { EXPECT_EQ(filtered("\x1b\x1bOA"), "\x1b\x1bOA"); }
TEST(TerminalChecklist, Item305_AnEscapeAfterSs3ReturnsToGround) {
  EXPECT_EQ(filtered("\x1bO\x1bOA"), "\x1bO\x1bOA");
}
TEST(TerminalChecklist, Item306_ALoneSs3IsHeldBackUntilTheNextByte) {
  CursorKeyFilter filter;
  EXPECT_EQ(filtered(filter, "\x1bO", CursorKeyMode::kNormal), "\x1b");
  EXPECT_EQ(filtered(filter, "B", CursorKeyMode::kNormal), "[B");
}
TEST(TerminalChecklist, Item307_BytesAreOpaque) {
  const std::string bytes("\xff\x00\x80", 3);
  EXPECT_EQ(filtered(bytes), bytes);
}
TEST(WireChecklist, Item42_TheModeCountsThatHoldsWhenTheFinalByteArrives) {
  CursorKeyFilter filter;
  EXPECT_EQ(filtered(filter, "\x1bO", CursorKeyMode::kNormal), "\x1b");
  EXPECT_EQ(filtered(filter, "A\x1bO", CursorKeyMode::kApplication), "OA\x1b");
  EXPECT_EQ(filtered(filter, "D", CursorKeyMode::kNormal), "[D");
}
TEST(WireChecklist, Item42_CuttingTheInputChangesNothing) {
  const std::string input = "\x1bOAx\x1bOO\x1b\x1bOB\x1bO\x1b[A\x1bOD";
  const std::string whole = filtered(input);
  for (std::size_t cut = 0; cut <= input.size(); ++cut) {
    CursorKeyFilter filter;
    const std::string first = filtered(filter, input.substr(0, cut), CursorKeyMode::kNormal);
    EXPECT_LE(first.size(), cut);
    EXPECT_EQ(first + filtered(filter, input.substr(cut), CursorKeyMode::kNormal), whole) << cut;
  }
}

UserEvents events(std::uint64_t state, std::string_view typed, std::optional<WindowSize> resize = {}) {
  const auto bytes = bytes_of(typed);
  return {StateNumber(state), resize, SecretBytes(bytes.begin(), bytes.end())};
}
std::string describe(const std::optional<InputPiece>& piece) {
  if (!piece) return "nothing";
  return std::to_string(piece->state.value()) + (piece->last ? "!" : "") + std::string(text_of(piece->bytes));
}

TEST(InputQueue, GivesPiecesWithTheirStates) {
  InputQueue queue;
  queue.push(events(1, "abc"));
  queue.push(events(3, "de"));
  EXPECT_EQ(queue.held_bytes(), 5U);
  EXPECT_EQ(describe(queue.next(3, CursorKeyMode::kNormal)), "1ab");
  EXPECT_EQ(describe(queue.next(100, CursorKeyMode::kNormal)), "1!c");
  EXPECT_EQ(describe(queue.next(100, CursorKeyMode::kNormal)), "3!de");
  EXPECT_EQ(describe(queue.next(100, CursorKeyMode::kNormal)), "nothing");
  EXPECT_EQ(queue.held_bytes(), 0U);
  EXPECT_TRUE(queue.empty());
}
TEST(InputQueue, GivesNothingWithoutCredit) {
  InputQueue queue;
  queue.push(events(1, "abc"));
  EXPECT_EQ(describe(queue.next(0, CursorKeyMode::kNormal)), "nothing");
  EXPECT_EQ(describe(queue.next(1, CursorKeyMode::kNormal)), "nothing");
  EXPECT_EQ(queue.held_bytes(), 3U);
}
TEST(InputQueue, NeverExceedsTheLimitThoughTheFilterAddsAByte) {
  InputQueue queue;
  queue.push(events(1, "\x1bO"));
  EXPECT_EQ(describe(queue.next(100, CursorKeyMode::kNormal)), "1!\x1b");
  queue.push(events(2, "zzzzzzzz"));
  for (auto piece = queue.next(3, CursorKeyMode::kNormal); piece; piece = queue.next(3, CursorKeyMode::kNormal)) {
    EXPECT_LE(piece->bytes.size(), 3U);
    EXPECT_TRUE(piece->last || !piece->bytes.empty());
  }
}
TEST(InputQueue, AStateWithoutInputGivesOneEmptyPiece) {
  InputQueue queue;
  queue.push(events(4, "", WindowSize{90, 30}));
  EXPECT_EQ(describe(queue.next(100, CursorKeyMode::kNormal)), "4!");
  EXPECT_EQ(describe(queue.next(100, CursorKeyMode::kNormal)), "nothing");
}
TEST(InputQueue, WindowSizesOvertakeInputAndMerge) {
  InputQueue queue;
  queue.push(events(1, "abc"));
  queue.push(events(2, "", WindowSize{90, 30}));
  queue.push(events(3, "", WindowSize{91, 31}));
  const auto resize = queue.take_resize();
  ASSERT_TRUE(resize.has_value());
  EXPECT_EQ(resize->state, StateNumber(3));
  EXPECT_EQ(resize->size, (WindowSize{91, 31}));
  EXPECT_FALSE(queue.take_resize().has_value());
}
TEST(InputQueue, AMillionTinyStatesAreMergedButLoseNothing) {
  InputQueue queue;
  std::string expected;
  for (std::uint64_t state = 1; state <= 100000; ++state) {
    queue.push(events(state, std::string(1, static_cast<char>('a' + state % 26))));
    expected.push_back(static_cast<char>('a' + state % 26));
  }
  std::string got;
  std::uint64_t newest = 0;
  std::size_t pieces = 0;
  while (auto piece = queue.next(8192, CursorKeyMode::kNormal)) {
    got += text_of(piece->bytes);
    EXPECT_GE(piece->state.value(), newest);
    newest = piece->state.value();
    ++pieces;
  }
  EXPECT_EQ(got, expected);
  EXPECT_EQ(newest, 100000U);
  EXPECT_LE(pieces, 300U);
}

}  // namespace
}  // namespace sallyport::sync
