#include "privsep/codec.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "base/bytes.h"
#include "privsep/net_monitor.h"
#include "privsep/net_terminal.h"
#include "privsep/terminal_monitor.h"

namespace sallyport::privsep {
namespace {

template <typename Variant, typename Message>
Message round_trip(const Message& message, std::vector<std::byte>& storage) {
  storage.resize(kMaxElsewhereBytes);
  const auto record = encode(message, storage);
  const auto decoded = decode<Variant>(record);
  EXPECT_TRUE(decoded.has_value());
  const auto* same = std::get_if<Message>(&*decoded);
  EXPECT_NE(same, nullptr);
  return *same;
}

template <typename Variant>
Violation refused(std::vector<std::uint8_t> bytes) {
  const auto decoded = decode<Variant>(bytes_of(bytes.data(), bytes.size()));
  EXPECT_FALSE(decoded.has_value());
  return decoded ? Violation::kEmpty : decoded.error();
}

TEST(Codec, EveryFieldOfInputSurvives) {
  std::vector<std::byte> storage;
  const auto input = round_trip<NetToMonitor>(Input{StateNumber(7), true, bytes_of("ls\r")}, storage);
  EXPECT_EQ(input.state, StateNumber(7));
  EXPECT_TRUE(input.last);
  EXPECT_EQ(text_of(input.bytes), "ls\r");
}

TEST(Codec, EveryFieldOfFrameSurvives) {
  std::vector<std::byte> storage;
  const Frame frame{SnapshotId(3), SnapshotId(9), ContentVersion(12), 2, true, true, false, StateNumber(5), {100, 30},
                    bytes_of("abc")};
  const auto copy = round_trip<TerminalToNet>(frame, storage);
  EXPECT_EQ(copy.base, frame.base);
  EXPECT_EQ(copy.snapshot, frame.snapshot);
  EXPECT_EQ(copy.version, frame.version);
  EXPECT_EQ(copy.part, 2U);
  EXPECT_TRUE(copy.last && copy.size_changed && !copy.echo_ack_changed);
  EXPECT_EQ(copy.echo_ack, StateNumber(5));
  EXPECT_EQ(copy.size, (WindowSize{100, 30}));
  EXPECT_EQ(text_of(copy.bytes), "abc");
}

TEST(Codec, AnEmptyRecordIsAViolation) { EXPECT_EQ(refused<NetToMonitor>({}), Violation::kEmpty); }

TEST(Codec, EveryTypeByteOutsideTheBoundaryIsRefused) {
  for (unsigned type = 0; type < 256; ++type) {
    const bool from_net = type == Log::kType || (type >= 0x81 && type <= 0x88);
    if (!from_net) {
      EXPECT_EQ(refused<NetToMonitor>({static_cast<std::uint8_t>(type)}), Violation::kUnknownType) << type;
    }
    const bool from_terminal = type == Log::kType || type == 0x91;
    if (!from_terminal) {
      EXPECT_EQ(refused<TerminalToMonitor>({static_cast<std::uint8_t>(type)}), Violation::kUnknownType);
    }
  }
}

TEST(Codec, ATrailingByteIsAViolation) {
  EXPECT_EQ(refused<NetToMonitor>({0x81, 0}), Violation::kWrongLength);
  EXPECT_EQ(refused<MonitorToNet>({0x01, 0}), Violation::kWrongLength);
}

TEST(Codec, AMissingByteIsAViolation) {
  EXPECT_EQ(refused<NetToMonitor>({0x85, 0, 0, 0, 0, 0, 0, 0, 0, 80, 0, 0, 0, 24, 0, 0}), Violation::kWrongLength);
  EXPECT_EQ(refused<TerminalToMonitor>({0x91}), Violation::kWrongLength);
}

TEST(Codec, SizesOutsideTheLimitsAreRefused) {
  const auto resize = [](std::uint32_t columns, std::uint32_t rows) {
    std::array<std::byte, 32> buffer{};
    return decode<NetToMonitor>(encode(NetResize{StateNumber(1), {columns, rows}}, buffer)).has_value();
  };
  EXPECT_TRUE(resize(1, 1) && resize(80, 24) && resize(4096, 1024) && resize(1024, 4096));
  EXPECT_FALSE(resize(0, 24) || resize(80, 0) || resize(4097, 1) || resize(1, 4097) || resize(4096, 1025));
  EXPECT_FALSE(resize(0x10000, 0x10000) || resize(UINT32_MAX, UINT32_MAX));
}

TEST(Codec, InputIsBoundedAndNeverSaysNothing) {
  const auto input = [](std::size_t size, bool last) {
    std::vector<std::byte> storage(kMaxElsewhereBytes);
    const std::vector<std::byte> bytes(size);
    return decode<NetToMonitor>(encode(Input{StateNumber(1), last, bytes}, storage)).has_value();
  };
  EXPECT_TRUE(input(kMaxInputPieceBytes, false) && input(0, true) && input(1, false));
  EXPECT_FALSE(input(kMaxInputPieceBytes + 1, true));
  EXPECT_FALSE(input(0, false));
}

TEST(Codec, AnIpv4AddressHasNoStrayBytes) {
  PeerAddress peer{PeerAddress::Family::kIpv4, {127, 0, 0, 1}, 60001};
  std::array<std::byte, 32> buffer{};
  EXPECT_TRUE(decode<NetToMonitor>(encode(FirstContact{peer}, buffer)).has_value());
  peer.address[4] = 1;
  EXPECT_FALSE(decode<NetToMonitor>(encode(FirstContact{peer}, buffer)).has_value());
}

TEST(Codec, RepliesAreBoundedByKind) {
  const auto reply = [](ReplyKind kind, std::uint32_t a, std::uint32_t b) {
    std::array<std::byte, 32> buffer{};
    return decode<TerminalToMonitor>(encode(Reply{kind, a, b}, buffer)).has_value();
  };
  EXPECT_TRUE(reply(ReplyKind::kCursorPosition, 1, 1) && reply(ReplyKind::kPrivateMode, 2026, 2));
  EXPECT_FALSE(reply(ReplyKind::kCursorPosition, 0, 1) || reply(ReplyKind::kCursorPosition, 1, 4097));
  EXPECT_FALSE(reply(ReplyKind::kPrivateMode, 65536, 0) || reply(ReplyKind::kAnsiMode, 4, 5));
  EXPECT_FALSE(reply(ReplyKind::kStatusOk, 1, 0) || reply(static_cast<ReplyKind>(10), 0, 0));
}

TEST(Codec, AFrameRequestNeedsItsBasesInOrder) {
  const auto take = [](std::uint64_t assumed, std::uint64_t acknowledged, std::uint64_t snapshot) {
    std::array<std::byte, 32> buffer{};
    return decode<NetToTerminal>(
               encode(TakeFrame{SnapshotId(assumed), SnapshotId(acknowledged), SnapshotId(snapshot)}, buffer))
        .has_value();
  };
  EXPECT_TRUE(take(0, 0, 1) && take(5, 3, 6));
  EXPECT_FALSE(take(3, 5, 6) || take(5, 3, 5) || take(5, 3, 4));
}

TEST(Codec, ALogCarriesOnlyKnownEvents) {
  const auto log = [](std::uint8_t severity, std::uint8_t event) {
    std::array<std::byte, 32> buffer{};
    return decode<NetToMonitor>(encode(Log{static_cast<Severity>(severity), static_cast<LogEvent>(event), {1, 2, 3}}, buffer))
        .has_value();
  };
  EXPECT_TRUE(log(0, 0) && log(3, kLogEvents - 1));
  EXPECT_FALSE(log(4, 0) || log(0, kLogEvents));
}

}  // namespace
}  // namespace sallyport::privsep
