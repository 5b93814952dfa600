#include "privsep/channel.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "base/bytes.h"
#include "tests/send_descriptor.h"

namespace sallyport::privsep {
namespace {

struct Ends {
  Channel a, b;
};
Ends make() {
  auto pair = make_channel_pair();
  EXPECT_TRUE(pair.has_value());
  return {Channel(std::move(pair->first)), Channel(std::move(pair->second))};
}

TEST(Channel, KeepsRecordBoundaries) {
  const auto ends = make();
  ASSERT_EQ(ends.a.send(bytes_of("one")), SendOutcome::kSent);
  ASSERT_EQ(ends.a.send(bytes_of("three")), SendOutcome::kSent);
  std::array<std::byte, 64> buffer{};
  EXPECT_EQ(text_of(*ends.b.receive(buffer)), "one");
  EXPECT_EQ(text_of(*ends.b.receive(buffer)), "three");
  EXPECT_EQ(ends.b.receive(buffer).error(), ReceiveFailure::kNothing);
}

TEST(Channel, SaysFullInsteadOfWaiting) {
  const auto ends = make();
  const std::vector<std::byte> record(kMaxElsewhereBytes);
  int sent = 0;
  while (ends.a.send(record) == SendOutcome::kSent) ASSERT_LT(++sent, 1000);
  EXPECT_GT(sent, 0);
  EXPECT_EQ(ends.a.send(record), SendOutcome::kFull);
}

TEST(Channel, ARecordLargerThanTheBufferIsAViolation) {
  const auto ends = make();
  ASSERT_EQ(ends.a.send(bytes_of("too long")), SendOutcome::kSent);
  std::array<std::byte, 4> buffer{};
  EXPECT_EQ(ends.b.receive(buffer).error(), ReceiveFailure::kViolation);
}

TEST(Channel, APassedDescriptorIsAViolationAndIsNotReceived) {
  auto pair = make_channel_pair();
  ASSERT_TRUE(pair.has_value());
  ASSERT_EQ(testing::send_descriptor(pair->first.borrow().number(), "x", STDIN_FILENO), 1);
  const int next_free = ::dup(0);
  ::close(next_free);
  const Channel receiver(std::move(pair->second));
  std::array<std::byte, 64> buffer{};
  EXPECT_EQ(receiver.receive(buffer).error(), ReceiveFailure::kViolation);
  const int still_free = ::dup(0);
  ::close(still_free);
  EXPECT_EQ(next_free, still_free);
}

TEST(Channel, HandsOverTheLastWordsOfAnEndThatLeftSomethingUnread) {
  auto ends = make();
  ASSERT_EQ(ends.a.send(bytes_of("never read")), SendOutcome::kSent);
  ASSERT_EQ(ends.b.send(bytes_of("goodbye")), SendOutcome::kSent);
  { const Channel gone = std::move(ends.b); }
  std::array<std::byte, 64> buffer{};
  const auto last = ends.a.receive(buffer);
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(text_of(*last), "goodbye");
  EXPECT_EQ(ends.a.receive(buffer).error(), ReceiveFailure::kClosed);
}

TEST(Channel, ReportsTheOtherEndsDeath) {
  auto ends = make();
  ends.a.close();
  std::array<std::byte, 64> buffer{};
  EXPECT_EQ(ends.b.receive(buffer).error(), ReceiveFailure::kClosed);
  EXPECT_EQ(ends.b.send(bytes_of("x")), SendOutcome::kClosed);
}

}  // namespace
}  // namespace sallyport::privsep
