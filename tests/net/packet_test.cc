#include "net/packet.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/crypto/hex.h"

namespace sallyport::net {
namespace {

using crypto::Direction;
using crypto::DropReason;
using std::chrono::milliseconds;

crypto::SessionKey some_key() { return std::move(*crypto::SessionKey::parse("AAECAwQFBgcICQoLDA0ODw")); }

/// Both ends of a session, and a peer that seals any plaintext.
class PacketTest : public ::testing::Test {
 protected:
  static TimePoint at_ms(std::int64_t value) { return TimePoint(milliseconds(value)); }

  static Bytes seal(PacketLayer& from, TimePoint now, const Bytes& payload = Bytes(10)) {
    Bytes out(payload.size() + kPacketHeaderBytes + crypto::kSealOverheadBytes);
    EXPECT_TRUE(from.seal(payload, now, out).has_value());
    return out;
  }
  Result<ReceivedPacket, DropReason> open(PacketLayer& to, const Bytes& datagram, TimePoint now,
                                          Ecn ecn = Ecn::kNotCongested) {
    buffer_.assign(crypto::kMaxDatagramBytes, std::byte{});
    return to.open(datagram, ecn, now, buffer_);
  }
  /// The timestamps inside a datagram, read with the key.
  static PacketPlaintext look(crypto::DatagramCipher& reader, const Bytes& datagram) {
    static Bytes out(crypto::kMaxDatagramBytes);
    return *parse_packet(reader.open(datagram, out)->plaintext);
  }
  /// A client's datagram with chosen timestamps.
  Bytes crafted(std::uint16_t timestamp, std::uint16_t reply, std::size_t plaintext_bytes = 14) {
    Bytes plaintext(std::max<std::size_t>(plaintext_bytes, 4));
    plaintext[0] = static_cast<std::byte>(timestamp >> 8U);
    plaintext[1] = static_cast<std::byte>(timestamp & 0xFFU);
    plaintext[2] = static_cast<std::byte>(reply >> 8U);
    plaintext[3] = static_cast<std::byte>(reply & 0xFFU);
    plaintext.resize(plaintext_bytes);
    Bytes out(plaintext.size() + crypto::kSealOverheadBytes);
    EXPECT_TRUE(forger_.seal(plaintext, out).has_value());
    return out;
  }

  PacketLayer server_{some_key(), Direction::kToClient};
  PacketLayer client_{some_key(), Direction::kToServer};
  crypto::DatagramCipher forger_{some_key(), Direction::kToServer};
  crypto::DatagramCipher reader_{some_key(), Direction::kToServer};  // opens what the server sends
  Bytes buffer_;
};
using WireChecklistPackets = PacketTest;

TEST_F(PacketTest, HandsThePayloadToTheOtherEnd) {
  const Bytes payload = from_hex("00000000000000018000789ce360");
  const auto packet = open(server_, seal(client_, at_ms(5000), payload), at_ms(5001));
  ASSERT_TRUE(packet.has_value());
  EXPECT_EQ(packet->order, Order::kInOrder);
  EXPECT_EQ(packet->sequence, crypto::SequenceNumber(0));
  EXPECT_TRUE(std::ranges::equal(packet->payload, payload));
}

TEST_F(PacketTest, SealsAPayloadThatLiesInPlace) {
  Bytes out(12 + 100 + 16);
  std::fill_n(out.begin() + 12, 100, std::byte{9});
  ASSERT_TRUE(client_.seal(std::span(out).subspan(12, 100), at_ms(1), out).has_value());
  const auto packet = open(server_, out, at_ms(2));
  ASSERT_TRUE(packet.has_value());
  EXPECT_TRUE(std::ranges::equal(packet->payload, Bytes(100, std::byte{9})));
}

TEST_F(PacketTest, RefusesToSealWhatDoesNotFit) {
  Bytes small(37);
  EXPECT_EQ(client_.seal(Bytes(10), at_ms(1), small).error(), crypto::SealError::kTooLong);
  Bytes large(4096);
  EXPECT_EQ(client_.seal(Bytes(kMaxPayloadBytes + 1), at_ms(1), large).error(), crypto::SealError::kTooLong);
  EXPECT_EQ(client_.seal(Bytes(kMaxPayloadBytes), at_ms(1), large)->size(), crypto::kMaxDatagramBytes);
}

TEST_F(WireChecklistPackets, Item04_DropsAnAuthenticPacketWithoutBothTimestampsAndForgetsIt) {
  for (std::size_t size = 0; size < 4; ++size) {
    EXPECT_EQ(open(server_, crafted(1, kNoTimestamp, size), at_ms(1)).error(), DropReason::kTooShort);
  }
  EXPECT_FALSE(server_.last_heard().has_value());
  EXPECT_EQ(look(reader_, seal(server_, at_ms(2))).timestamp_reply, kNoTimestamp);
  const auto empty = open(server_, crafted(1, kNoTimestamp, 4), at_ms(3));
  ASSERT_TRUE(empty.has_value());
  EXPECT_TRUE(empty->payload.empty());
}

TEST_F(WireChecklistPackets, Item04_DropsItsOwnDirection) {
  const Bytes own = seal(server_, at_ms(1));
  EXPECT_EQ(open(server_, own, at_ms(2)).error(), DropReason::kWrongDirection);
  EXPECT_FALSE(server_.last_heard().has_value());
}

TEST_F(WireChecklistPackets, Item08_SendsTheClockModulo65536AndNever65535) {
  EXPECT_EQ(timestamp_at(at_ms(0)), 0);
  EXPECT_EQ(timestamp_at(at_ms(65534)), 65534);
  EXPECT_EQ(timestamp_at(at_ms(65535)), 0);
  EXPECT_EQ(timestamp_at(at_ms(65536)), 0);
  EXPECT_EQ(timestamp_at(at_ms(65537 + 65536 * 1000LL)), 1);
  EXPECT_EQ(timestamp_at(TimePoint(std::chrono::microseconds(1999))), 1);
  EXPECT_EQ(look(reader_, seal(server_, at_ms(70000))).timestamp, 70000 - 65536);
  EXPECT_EQ(look(reader_, seal(server_, at_ms(131071))).timestamp, 0);
}

TEST_F(WireChecklistPackets, Item09_EchoesEachTimestampOnceAdvancedByTheTimeHeld) {
  EXPECT_EQ(look(reader_, seal(server_, at_ms(100))).timestamp_reply, kNoTimestamp);
  ASSERT_TRUE(open(server_, crafted(10000, kNoTimestamp), at_ms(200)).has_value());
  EXPECT_EQ(look(reader_, seal(server_, at_ms(237))).timestamp_reply, 10037);
  EXPECT_EQ(look(reader_, seal(server_, at_ms(238))).timestamp_reply, kNoTimestamp);
}

TEST_F(WireChecklistPackets, Item09_EchoesOnlyWhatWasHeldForLessThanASecond) {
  ASSERT_TRUE(open(server_, crafted(10000, kNoTimestamp), at_ms(200)).has_value());
  EXPECT_EQ(look(reader_, seal(server_, at_ms(1200))).timestamp_reply, kNoTimestamp);
  ASSERT_TRUE(open(server_, crafted(10000, kNoTimestamp), at_ms(2000)).has_value());
  EXPECT_EQ(look(reader_, seal(server_, at_ms(2999))).timestamp_reply, 10999);
}

TEST_F(WireChecklistPackets, Item09_WrapsTheEchoAndWorksFromTheClocksFirstMillisecond) {
  ASSERT_TRUE(open(server_, crafted(65500, kNoTimestamp), at_ms(0)).has_value());
  EXPECT_EQ(look(reader_, seal(server_, at_ms(100))).timestamp_reply, 64);
}

TEST_F(WireChecklistPackets, Item09_DoesNotEchoTheAbsenceOfATimestamp) {
  ASSERT_TRUE(open(server_, crafted(kNoTimestamp, kNoTimestamp), at_ms(10)).has_value());
  EXPECT_EQ(look(reader_, seal(server_, at_ms(11))).timestamp_reply, kNoTimestamp);
}

TEST_F(WireChecklistPackets, Item10_IgnoresLongSamplesAndMissingReplies) {
  ASSERT_TRUE(open(server_, crafted(1, kNoTimestamp), at_ms(10000)).has_value());
  EXPECT_FALSE(server_.rtt().has_sample());
  ASSERT_TRUE(open(server_, crafted(1, 5000), at_ms(10000)).has_value());  // exactly 5000 ms
  EXPECT_FALSE(server_.rtt().has_sample());
  ASSERT_TRUE(open(server_, crafted(1, 5001), at_ms(10000)).has_value());
  EXPECT_TRUE(server_.rtt().has_sample());
  EXPECT_EQ(server_.rtt().srtt_ms(), 4999);
}

TEST_F(PacketTest, MeasuresTheRoundTripWithoutTheTimeHeldAcrossTheWrapOfTheClock) {
  const TimePoint start = at_ms(65500);
  const Bytes first = seal(client_, start);
  ASSERT_TRUE(open(server_, first, start + milliseconds(20)).has_value());
  const Bytes second = seal(server_, start + milliseconds(120));  // held for 100 ms
  ASSERT_TRUE(open(client_, second, start + milliseconds(145)).has_value());
  EXPECT_EQ(client_.rtt().srtt_ms(), 45);
}

TEST_F(WireChecklistPackets, Item12_UsesALatePacketForItsPayloadAlone) {
  const Bytes late = crafted(20000, 9000);
  const Bytes newer = crafted(10000, kNoTimestamp);
  ASSERT_TRUE(open(server_, newer, at_ms(9100)).has_value());
  const auto packet = open(server_, late, at_ms(9200));
  ASSERT_TRUE(packet.has_value());
  EXPECT_EQ(packet->order, Order::kLate);
  EXPECT_EQ(packet->payload.size(), 10U);
  EXPECT_EQ(server_.last_heard(), at_ms(9100));
  EXPECT_FALSE(server_.rtt().has_sample());
  EXPECT_EQ(look(reader_, seal(server_, at_ms(9300))).timestamp_reply, 10200);
}

TEST_F(WireChecklistPackets, Item12_DropsWhatWasSeenAndWhatIsBehindTheWindow) {
  const Bytes oldest = crafted(1, kNoTimestamp);
  const Bytes second = crafted(2, kNoTimestamp);
  ASSERT_TRUE(open(server_, second, at_ms(10)).has_value());
  EXPECT_EQ(open(server_, second, at_ms(11)).error(), DropReason::kRepeated);
  for (int i = 0; i < 1023; ++i) ASSERT_TRUE(open(server_, crafted(3, kNoTimestamp), at_ms(12)).has_value());
  EXPECT_EQ(open(server_, oldest, at_ms(13)).error(), DropReason::kTooOld);
  EXPECT_EQ(server_.last_heard(), at_ms(12));
}

TEST_F(PacketTest, LeavesNoPlaintextOfADroppedPacketBehind) {
  const Bytes oldest = seal(client_, at_ms(1), Bytes(40, std::byte{'s'}));
  const Bytes newer = seal(client_, at_ms(2), Bytes(40, std::byte{'s'}));
  ASSERT_TRUE(open(server_, newer, at_ms(10)).has_value());
  const auto dropped_clean = [&](PacketLayer& to, const Bytes& datagram, DropReason why) {
    return open(to, datagram, at_ms(20)).error() == why && std::ranges::count(buffer_, std::byte{0}) == std::ssize(buffer_);
  };
  EXPECT_TRUE(dropped_clean(server_, newer, DropReason::kRepeated));
  EXPECT_TRUE(dropped_clean(client_, newer, DropReason::kWrongDirection));
  for (std::size_t i = 0; i <= crypto::kReplayWindowNumbers + 64; ++i) {
    ASSERT_TRUE(open(server_, seal(client_, at_ms(30)), at_ms(30)).has_value());
  }
  EXPECT_TRUE(dropped_clean(server_, oldest, DropReason::kTooOld));
  EXPECT_TRUE(dropped_clean(server_, crafted(7, kNoTimestamp, 3), DropReason::kTooShort));
}

TEST_F(PacketTest, ForgedSequenceNumbersDoNotMoveTheWindow) {
  Bytes forged = crafted(1, kNoTimestamp);
  forged[3] = std::byte{0x7F};  // far ahead; the tag no longer matches
  EXPECT_EQ(open(server_, forged, at_ms(1)).error(), DropReason::kNotAuthentic);
  EXPECT_TRUE(open(server_, crafted(1, kNoTimestamp), at_ms(2)).has_value());
}

TEST_F(WireChecklistPackets, Item18_EchoesATimestamp500MsOlderAfterCongestion) {
  ASSERT_TRUE(open(server_, crafted(10000, kNoTimestamp), at_ms(50), Ecn::kCongestionExperienced).has_value());
  EXPECT_EQ(look(reader_, seal(server_, at_ms(50))).timestamp_reply, 9500);
  ASSERT_TRUE(open(server_, crafted(100, kNoTimestamp), at_ms(60), Ecn::kCongestionExperienced).has_value());
  EXPECT_EQ(look(reader_, seal(server_, at_ms(60))).timestamp_reply, 65536 - 400);
}

TEST_F(PacketTest, ReportsTheEndOfTheKey) {
  PacketLayer worn(some_key(), Direction::kToServer, {.sealed_blocks = 2});
  Bytes out(100);
  EXPECT_TRUE(worn.seal(Bytes(10), at_ms(1), out).has_value());
  EXPECT_EQ(worn.seal(Bytes(10), at_ms(1), out).error(), crypto::SealError::kUsageLimit);
}

}  // namespace
}  // namespace sallyport::net
