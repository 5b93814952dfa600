// Transport instructions on the wire (wire 5.1, 5.2), beside the generated protobuf class.
#include "proto/transport_instruction.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/bytes.h"
#include "transport.pb.h"  // generated

namespace sallyport::proto {
namespace {

std::string unhex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

DropReason drop_reason(std::string_view hex) {
  const std::string bytes = unhex(hex);
  const auto decoded = decode(bytes_of(bytes));
  EXPECT_FALSE(decoded.has_value()) << hex;
  return decoded ? DropReason{} : decoded.error();
}

// The protobuf of wire 2.5 V3.
constexpr std::string_view kFirstClientInstruction = "0802100018012000280032080a061a04285030183a00";

TEST(TransportInstruction, DecodesTheSpecificationsVector) {
  const std::string bytes = unhex(kFirstClientInstruction);
  const auto decoded = decode(bytes_of(bytes));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->old_num, StateNumber(0));
  EXPECT_EQ(decoded->new_num, StateNumber(1));
  EXPECT_EQ(text_of(decoded->diff), unhex("0a061a0428503018"));
  EXPECT_TRUE(decoded->chaff.empty());
}

TEST(WireChecklist, Item24_WritesFieldsOneToFiveAlwaysAndEmptyDiffAndChaff) {
  EXPECT_EQ(text_of(encode({.old_num = {}, .new_num = StateNumber(1), .ack_num = {}, .throwaway_num = {},
                            .diff = {}, .chaff = {}})),
            unhex("080210001801200028003200" "3a00"));
}

TEST(TransportInstruction, EncodesTheShutdownNumberInTenBytes) {
  const SecretBytes bytes = encode({StateNumber(1), kShutdownState, {}, {}, {}, {}});
  EXPECT_NE(text_of(bytes).find(unhex("18ffffffffffffffffff01")), std::string_view::npos);
  const auto decoded = decode(bytes);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->new_num, kShutdownState);
}

TEST(TransportInstruction, EncodesAsTheGeneratedClassDoes) {
  const std::string diff(3000, 'd');
  TransportBuffers::Instruction generated;
  generated.set_protocol_version(2);
  generated.set_old_num(300);
  generated.set_new_num(1ULL << 40U);
  generated.set_ack_num(7);
  generated.set_throwaway_num(299);
  generated.set_diff(diff);
  generated.set_chaff("chaff");
  const TransportInstruction ours{StateNumber(300), StateNumber(1ULL << 40U), StateNumber(7), StateNumber(299),
                                  bytes_of(diff), bytes_of(std::string_view("chaff"))};
  EXPECT_EQ(text_of(encode(ours)), generated.SerializeAsString());
}

TEST(TransportInstruction, LargestDiffStaysWithinTheInstructionLimit) {
  const std::string diff(kMaxDiffBytes, 'x');
  const std::string chaff(kMaxChaffBytes, 'c');
  const TransportInstruction largest{kShutdownState, kShutdownState, kShutdownState, kShutdownState, bytes_of(diff),
                                     bytes_of(chaff)};
  EXPECT_LE(encode(largest).size(), kMaxInstructionBytes);
}

TEST(WireChecklist, Item23_RejectsEveryVersionButTwo) {
  EXPECT_EQ(drop_reason("0801180132003a00"), DropReason::kWrongVersion);
  EXPECT_EQ(drop_reason("0803180132003a00"), DropReason::kWrongVersion);
  EXPECT_EQ(drop_reason("1801"), DropReason::kWrongVersion);  // missing counts as 0
  EXPECT_EQ(drop_reason(""), DropReason::kWrongVersion);
  EXPECT_EQ(drop_reason("0802180108001801"), DropReason::kWrongVersion);  // the last occurrence wins
}

TEST(TransportInstruction, MissingFieldsAreZeroAndEmpty) {
  const std::string bytes = unhex("0802");
  const auto decoded = decode(bytes_of(bytes));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->new_num, StateNumber(0));
  EXPECT_TRUE(decoded->diff.empty());
}

TEST(TransportInstruction, TakesAnyOrderAndTheLastOccurrence) {
  const std::string bytes = unhex("1805" "3201aa" "0802" "1806" "3202bbcc");
  const auto decoded = decode(bytes_of(bytes));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->new_num, StateNumber(6));
  EXPECT_EQ(text_of(decoded->diff), unhex("bbcc"));
}

TEST(TransportInstruction, SkipsUnknownFieldsAndKnownOnesOfAnotherWireType) {
  // field 9 varint, 10 bytes, 11 fixed64, 12 fixed32, 13 a group; new_num as bytes; diff as varint
  const std::string bytes = unhex("0802" "4805" "5201ff" "590102030405060708" "6501020304" "6b08016c" "1a0100" "3007");
  const auto decoded = decode(bytes_of(bytes));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->new_num, StateNumber(0));
  EXPECT_TRUE(decoded->diff.empty());
}

TEST(WireChecklist, Item21_DropsUndecodableInstructions) {
  for (const std::string_view hex : {
           "08",                        // tag without value
           "0802320a",                  // length beyond the end
           "080232ffffffff0f",          // length of 4 GiB
           "080232ffffffffffffffffff01",  // length of 2^64
           "18ffffffffffffffffffff01",  // varint of eleven bytes
           "00",                        // field 0
           "0802" "0c",                 // end of a group that never began
           "0802" "6b",                 // group without end
           "0802" "6b0801",             // the same with content
           "0802" "6b74",               // group ended by another's end
           "0802" "0f",                 // wire type 7
           "0802" "590102",             // half a fixed64
       }) {
    EXPECT_EQ(drop_reason(hex), DropReason::kUndecodable) << hex;
  }
}

TEST(TransportInstruction, DeepGroupsAreDroppedNotRecursedInto) {
  std::string bytes = unhex("0802");
  bytes.append(100000, '\x6b');
  EXPECT_FALSE(decode(bytes_of(bytes)).has_value());
}

}  // namespace
}  // namespace sallyport::proto
