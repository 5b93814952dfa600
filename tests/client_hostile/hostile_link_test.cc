// The hostile server is what it says: what it calls honest is understood, its attacks have names of their own, and what
// it counts as typing is what was typed.
#include "tests/client_hostile/hostile_link.h"

#include <gtest/gtest.h>

#include <set>

#include "base/bytes.h"
#include "proto/host_message.h"
#include "tests/client_hostile/attack.h"

namespace sallyport::hostile_server {
namespace {

TEST(HostileServer, EveryAttackHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (const auto attacks : {packet_attacks(), keyless_attacks(), instruction_attacks(), query_attacks(),
                             screen_attacks(), endless_attacks()}) {
    for (const Attack& attack : attacks) {
      EXPECT_TRUE(names.insert(attack.name).second) << attack.name;
      EXPECT_NE(attack.play, nullptr) << attack.name;
    }
  }
  EXPECT_GT(names.size(), 80U);
}

TEST(HostileServer, ItsMessagesAreWhatOurOwnReadersTakeThemFor) {
  Instruction instruction{
      .old_num = 3, .new_num = UINT64_MAX, .ack_num = 5, .throwaway_num = 2, .diff = screen_size(-1, 300)};
  instruction.diff += echo_ack(7) + host_bytes("text");
  const std::string bytes = serialized(instruction);
  const auto decoded = proto::decode(bytes_of(bytes));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->old_num.value(), 3U);
  EXPECT_EQ(decoded->new_num, kShutdownState);
  EXPECT_EQ(decoded->ack_num.value(), 5U);
  EXPECT_EQ(decoded->throwaway_num.value(), 2U);
  proto::HostMessageReader reader(decoded->diff);
  proto::HostInstruction element;
  ASSERT_TRUE(reader.next(element));
  EXPECT_EQ(std::get<proto::SentWindowSize>(element).columns, -1);
  EXPECT_EQ(std::get<proto::SentWindowSize>(element).rows, 300);
  ASSERT_TRUE(reader.next(element));
  EXPECT_EQ(std::get<proto::EchoAck>(element).newest.value(), 7U);
  ASSERT_TRUE(reader.next(element));
  EXPECT_EQ(text_of(std::get<proto::HostBytes>(element).bytes), "text");
  EXPECT_FALSE(reader.next(element));
  EXPECT_TRUE(reader.ok());
}

}  // namespace
}  // namespace sallyport::hostile_server
