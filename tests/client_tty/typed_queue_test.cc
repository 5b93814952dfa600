#include "client/tty/typed_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace sallyport::client {
namespace {

using privsep::client::kMaxTypedPieceBytes;

std::vector<std::byte> piece(std::size_t size, unsigned fill) {
  return std::vector<std::byte>(size, static_cast<std::byte>(fill));
}

TEST(TypedQueue, PiecesComeOutWholeAndInOrder) {
  const auto queue = std::make_unique<TypedQueue>();
  EXPECT_TRUE(queue->empty());
  EXPECT_TRUE(queue->front().empty());
  queue->push(piece(1, 'a'));
  queue->push(piece(kMaxTypedPieceBytes, 'b'));
  EXPECT_TRUE(std::ranges::equal(queue->front(), piece(1, 'a')));
  queue->pop();
  EXPECT_TRUE(std::ranges::equal(queue->front(), piece(kMaxTypedPieceBytes, 'b')));
  queue->pop();
  EXPECT_TRUE(queue->empty());
}

TEST(TypedQueue, IsBoundedAndGoesRound) {
  const auto queue = std::make_unique<TypedQueue>();
  std::size_t pushed = 0;
  std::size_t popped = 0;
  for (; queue->has_room(); ++pushed) queue->push(piece(kMaxTypedPieceBytes, static_cast<unsigned>(pushed % 251)));
  EXPECT_GE(pushed * kMaxTypedPieceBytes, kMaxQueuedBytes - 2 * kMaxTypedPieceBytes);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(std::ranges::equal(queue->front(), piece(kMaxTypedPieceBytes, static_cast<unsigned>(popped++ % 251))))
        << i;
    queue->pop();
    ASSERT_TRUE(queue->has_room());
    queue->push(piece(kMaxTypedPieceBytes, static_cast<unsigned>(pushed++ % 251)));
  }
  queue->clear();
  EXPECT_TRUE(queue->empty());
  EXPECT_TRUE(queue->has_room());
}

}  // namespace
}  // namespace sallyport::client
