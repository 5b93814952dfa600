// The two kinds of diff (wire 6.2, 6.3, 7.2 to 7.4).
#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "host.pb.h"  // generated
#include "proto/host_message.h"
#include "proto/user_message.h"
#include "user.pb.h"  // generated

namespace sallyport::proto {
namespace {

std::string unhex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

// "k:TEXT", "r:WxH", "b:TEXT", "e:N", "-" per element, then "!" if the message is malformed.
std::string describe_user(const std::string& message) {
  std::string text;
  UserMessageReader reader(bytes_of(message));
  UserInstruction element;
  while (reader.next(element)) {
    if (const auto* keys = std::get_if<Keystrokes>(&element)) {
      text += "k:" + std::string(text_of(keys->keys)) + ' ';
    } else if (const auto* size = std::get_if<SentWindowSize>(&element)) {
      text += "r:" + std::to_string(size->columns) + 'x' + std::to_string(size->rows) + ' ';
    } else {
      text += "- ";
    }
  }
  return reader.ok() ? text : text + '!';
}

std::string describe_host(const std::string& message) {
  std::string text;
  HostMessageReader reader(bytes_of(message));
  HostInstruction element;
  while (reader.next(element)) {
    if (const auto* host = std::get_if<HostBytes>(&element)) {
      text += "b:" + std::string(text_of(host->bytes)) + ' ';
    } else if (const auto* size = std::get_if<SentWindowSize>(&element)) {
      text += "r:" + std::to_string(size->columns) + 'x' + std::to_string(size->rows) + ' ';
    } else if (const auto* ack = std::get_if<EchoAck>(&element)) {
      text += "e:" + std::to_string(ack->newest.value()) + ' ';
    } else {
      text += "- ";
    }
  }
  return reader.ok() ? text : text + '!';
}

TEST(UserMessage, DecodesTheSpecificationsExamples) {
  EXPECT_EQ(describe_user(unhex("0a07120522036c730d")), "k:ls\r ");
  EXPECT_EQ(describe_user(unhex("0a061a0428503018")), "r:80x24 ");
  EXPECT_EQ(describe_user(unhex("0a0512032201610a071a05288401302b0a051203220162")), "k:a r:132x43 k:b ");
}

TEST(UserMessage, EncodesTheSpecificationsExamples) {
  SecretBytes out;
  put_keystrokes(bytes_of(std::string_view("a")), out);
  put_window_size({132, 43}, out);
  put_keystrokes(bytes_of(std::string_view("b")), out);
  EXPECT_EQ(text_of(out), unhex("0a0512032201610a071a05288401302b0a051203220162"));
}

TEST(UserMessage, WritesNegativeSizesAsTheGeneratedClassDoes) {
  ClientBuffers::UserMessage generated;
  generated.add_instruction()->mutable_resize()->set_width(-5);
  generated.mutable_instruction(0)->mutable_resize()->set_height(1 << 30);
  SecretBytes out;
  put_window_size({-5, 1 << 30}, out);
  EXPECT_EQ(text_of(out), generated.SerializeAsString());
  EXPECT_EQ(describe_user(std::string(text_of(out))), "r:-5x1073741824 ");
}

TEST(UserMessage, CutsSizesToThirtyTwoBits) {  // a width of 2^32 + 80
  EXPECT_EQ(describe_user(unhex("0a0a1a0828d0808080103018")), "r:80x24 ");
}

TEST(UserMessage, WithBothOnlyTheKeystrokeCounts) {
  EXPECT_EQ(describe_user(unhex("0a0b" "1a0428503018" "1203220161")), "k:a ");
}

TEST(UserMessage, ElementsWithNeitherAreIgnored) {
  EXPECT_EQ(describe_user(unhex("0a00" "0a024805" "1005" "0a021200")), "- - k: ");
}

TEST(UserMessage, MergesARepeatedSubmessage) {
  EXPECT_EQ(describe_user(unhex("0a08" "1a022850" "1a023018")), "r:80x24 ");
}

TEST(UserMessage, MissingSizesAreZero) { EXPECT_EQ(describe_user(unhex("0a021a00")), "r:0x0 "); }

TEST(UserMessage, MalformedAtEveryLevelIsSeen) {
  for (const std::string_view hex : {"0a", "0a05", "0a0212", "0a021205", "0a0412022205", "0a031a0128", "0a021a01",
                                     "0a0112", "00", "0a0100", "0a031a0100", "0c", "0a010c"}) {
    EXPECT_TRUE(describe_user(unhex(hex)).ends_with('!')) << hex;
  }
}

TEST(UserMessage, EveryCutOfAMessageIsMalformedOrAPrefix) {
  const std::string whole = unhex("0a0512032201610a071a05288401302b0a051203220162");
  for (std::size_t size = 1; size < whole.size(); ++size) {
    const std::string text = describe_user(whole.substr(0, size));
    EXPECT_TRUE(text.ends_with('!') || text == "k:a " || text == "k:a r:132x43 ") << size << text;
  }
}

TEST(HostMessage, DecodesTheSpecificationsExamples) {
  EXPECT_EQ(describe_host(unhex("0a043a0240010a131211220f1b5b3f32356c0a23201b5b3f323568")),
            "e:1 b:\x1b[?25l\n# \x1b[?25h ");
  EXPECT_EQ(describe_host(unhex("0a061a042864301e0a051203220141")), "r:100x30 b:A ");
}

TEST(WireChecklist, Item46_WritesEchoAckThenSizeThenHostBytes) {
  EXPECT_EQ(text_of(encode({.echo_ack = StateNumber(1), .size = WindowSize{100, 30},
                            .host_bytes = bytes_of(std::string_view("A"))})),
            unhex("0a043a0240010a061a042864301e0a051203220141"));
}

TEST(HostMessage, NothingToSayIsTheEmptyString) { EXPECT_TRUE(encode(HostDiff{}).empty()); }

TEST(HostMessage, EncodesAsTheGeneratedClassDoes) {
  const std::string bytes(70000, 'h');
  HostBuffers::HostMessage generated;
  generated.add_instruction()->mutable_echoack()->set_echo_ack_num(UINT64_MAX);
  generated.add_instruction()->mutable_hostbytes()->set_hoststring(bytes);
  const SecretBytes ours = encode({.echo_ack = kShutdownState, .size = {}, .host_bytes = bytes_of(bytes)});
  EXPECT_EQ(text_of(ours), generated.SerializeAsString());
  EXPECT_LE(ours.size(), bytes.size() + 64);
}

TEST(HostMessage, TheFirstKindInItsOrderCounts) {
  EXPECT_EQ(describe_host(unhex("0a0f" "3a024001" "1a0428503018" "1203220141")), "b:A ");
  EXPECT_EQ(describe_host(unhex("0a0a" "3a024001" "1a0428503018")), "r:80x24 ");
}

TEST(HostMessage, MalformedAtEveryLevelIsSeen) {
  for (const std::string_view hex : {"0a", "0a05", "0a033a0140", "0a0412022205", "0a031a0128", "0a0100", "00", "0c"}) {
    EXPECT_TRUE(describe_host(unhex(hex)).ends_with('!')) << hex;
  }
}

}  // namespace
}  // namespace sallyport::proto
