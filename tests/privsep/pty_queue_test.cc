#include "privsep/pty_queue.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace sallyport::privsep {
namespace {

std::string drain(PtyQueue& queue) {
  std::string all;
  while (!queue.front().empty()) {
    const auto front = queue.front();
    all += text_of(front);
    (void)queue.pop(front.size());
  }
  return all;
}

TEST(PtyQueue, KeepsInputAndRepliesInOrder) {
  PtyQueue queue;
  queue.push_input(bytes_of("ab"), StateNumber(1), true);
  ASSERT_TRUE(queue.push_reply(bytes_of("<r>")));
  queue.push_input(bytes_of("cd"), StateNumber(2), true);
  EXPECT_EQ(drain(queue), "ab<r>cd");
  EXPECT_TRUE(queue.empty());
}

TEST(PtyQueue, CompletesAStateOnlyWhenItsLastByteIsWritten) {
  PtyQueue queue;
  queue.push_input(bytes_of("abc"), StateNumber(4), true);
  EXPECT_EQ(queue.pop(2).completed, std::nullopt);
  const auto written = queue.pop(1);
  EXPECT_EQ(written.completed, StateNumber(4));
  EXPECT_EQ(written.input_bytes, 1U);
}

TEST(PtyQueue, AnEmptyLastPieceCompletesAtOnceWhenNothingIsAhead) {
  PtyQueue queue;
  queue.push_input({}, StateNumber(9), true);
  EXPECT_EQ(queue.take_completed(), StateNumber(9));
  EXPECT_TRUE(queue.empty());
  queue.push_input(bytes_of("x"), StateNumber(10), false);
  queue.push_input({}, StateNumber(10), true);
  EXPECT_EQ(queue.take_completed(), std::nullopt);
  EXPECT_EQ(queue.pop(1).completed, StateNumber(10));
}

TEST(PtyQueue, DropsRepliesOverTheirBoundButNeverInput) {
  PtyQueue queue;
  const std::string reply(40, 'r');
  std::size_t kept = 0;
  while (queue.push_reply(bytes_of(reply))) ++kept;
  EXPECT_LE(kept * reply.size(), PtyQueue::kReplyBytes);
  const std::string input(kInputCreditBytes, 'i');
  queue.push_input(bytes_of(input), StateNumber(1), true);
  EXPECT_EQ(drain(queue).size(), kept * reply.size() + input.size());
}

TEST(PtyQueue, AlternatingInputAndRepliesStayBounded) {
  PtyQueue queue;
  std::size_t replies = 0;
  for (std::size_t i = 0; i < kInputCreditBytes; ++i) {
    queue.push_input(bytes_of("i"), StateNumber(i + 1), true);
    if (queue.push_reply(bytes_of("r"))) ++replies;
  }
  EXPECT_LT(replies, PtyQueue::kMostRuns);
  std::size_t input = 0;
  std::optional<StateNumber> newest;
  while (!queue.front().empty()) {
    const auto written = queue.pop(1);
    input += written.input_bytes;
    if (written.completed) newest = written.completed;
  }
  EXPECT_EQ(input, kInputCreditBytes);
  EXPECT_EQ(newest, StateNumber(kInputCreditBytes));
}

TEST(PtyQueue, WipesWhatWasWritten) {
  PtyQueue queue;
  queue.push_input(bytes_of("secret"), StateNumber(1), true);
  const auto place = queue.front();
  (void)queue.pop(place.size());
  for (const std::byte byte : place) EXPECT_EQ(byte, std::byte{0});
}

TEST(PtyQueue, AgreesWithASimpleModelOverRandomUse) {
  std::mt19937 random(20261120);
  const auto queue = std::make_unique<PtyQueue>();
  std::string model;
  std::size_t credit = kInputCreditBytes;
  std::size_t model_replies = 0;
  std::string kinds;
  for (int step = 0; step < 20000; ++step) {
    const std::size_t size = random() % 3000;
    if (random() % 3 == 0 && size <= credit) {
      const std::string bytes(size, static_cast<char>('a' + random() % 26));
      queue->push_input(bytes_of(bytes), StateNumber(static_cast<std::uint64_t>(step)), false);
      model += bytes;
      kinds += std::string(size, 'i');
      credit -= size;
    } else if (random() % 2 == 0) {
      const std::string bytes(random() % 40 + 1, static_cast<char>('A' + random() % 26));
      if (queue->push_reply(bytes_of(bytes))) {
        model += bytes;
        kinds += std::string(bytes.size(), 'r');
        model_replies += bytes.size();
      }
    } else {
      const auto front = queue->front();
      const std::size_t count = std::min(front.size(), size);
      ASSERT_EQ(model.substr(0, count), text_of(front.first(count)));
      const auto written = queue->pop(count);
      ASSERT_EQ(written.input_bytes, static_cast<std::size_t>(std::count(kinds.begin(), kinds.begin() + static_cast<long>(count), 'i')));
      credit += written.input_bytes;
      model.erase(0, count);
      kinds.erase(0, count);
    }
    ASSERT_EQ(queue->size(), model.size());
  }
  EXPECT_GT(model_replies, 0U);
}

}  // namespace
}  // namespace sallyport::privsep
