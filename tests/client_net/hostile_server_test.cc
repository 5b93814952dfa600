// A server with the key that says what no server says: each is ignored, nothing is passed on that screen would not expect, and the
// session goes on. Stock's client aborts on most of these (issue: 26 kinds of authentic input).
#include <gtest/gtest.h>

#include <array>
#include <limits>

#include "proto/transport_instruction.h"
#include "tests/client_net/server_words.h"

namespace sallyport::client {
namespace {

using namespace std::string_view_literals;
using privsep::client::Notice;
using std::chrono::milliseconds;

/// The session works: what an honest server says is shown, what is typed arrives.
void expect_works(Connected& session) {
  const auto base = session.world.reference().held().rbegin()->value();
  const std::size_t before = session.world.states().size();
  session.say(base, base + 1, host_bytes("still here"));
  ASSERT_EQ(session.world.states().size(), before + 1);
  EXPECT_EQ(session.world.states().back().bytes, "still here");
  session.type("k");
  EXPECT_TRUE(session.run_for(milliseconds(300)));
  EXPECT_EQ(session.world.keys().back(), 'k');
  EXPECT_EQ(session.world.newest_ack(), StateNumber(base + 1));
  EXPECT_TRUE(session.world.reference().connected());
  EXPECT_FALSE(session.world.ended());
}

struct BadDiff {
  const char* what;
  std::string diff;
};
const BadDiff kNoScreens[] = {
    {"no protobuf", "\xFF\xFF\xFF"},
    {"an element cut off", "\x0a\x7f\x12"},
    {"host bytes cut off", "\x0a\x04\x12\x05\x22\x7f"},
    {"a varint without end", "\x0a\x0c\x3a\x0a\x40\xff\xff\xff\xff\xff\xff\xff\xff"},
    {"a group that is never closed", "\x0b"},
    {"a wire type that does not exist", "\x0f"},
    {"field number 0", std::string("\x02\x00", 2)},
    {"a size cut off", "\x0a\x02\x1a\x04"},
    {"text", "hello, world"},
    {"a good element before a bad one", host_bytes("x") + "\x0a\x7f"},
};

TEST(HostileServer, WhatIsNoHostMessageIsRefusedAndSaid) {
  for (const BadDiff& bad : kNoScreens) {
    Connected session;
    session.say(0, 1, bad.diff);
    EXPECT_TRUE(session.world.states().empty()) << bad.what;
    EXPECT_FALSE(session.world.reference().connected()) << bad.what;
    ASSERT_EQ(session.world.notices().size(), 1U) << bad.what;
    EXPECT_EQ(session.world.notices().back().kind, Notice::Kind::kNotAScreen) << bad.what;
    expect_works(session);
  }
}

TEST(HostileServer, ThatItIsNoScreenIsSaidOnceASecond) {
  Connected session;
  for (int i = 0; i < 100; ++i) {
    session.say(0, 1, "\xFF");
    session.world.advance(milliseconds(10));
  }
  EXPECT_LE(session.world.notices().size(), 2U);
  EXPECT_GE(session.world.notices().size(), 1U);
}

TEST(WireChecklist, Item48_QueriesDecreasingEchoAcksAndSizesBelowOneAreSurvived) {
  // Queries go to screen, whose emulator has nobody to answer to; an echo ack that goes back is screen's to judge.
  Connected session;
  const std::string_view queries[] = {"\x1b[c", "\x1b[>c", "\x1b[5n", "\x1b[6n", "\x1bZ", "\x1b[?6n", "\x1b[18t", "\x1b]10;?\x07",
                                      "\x1b]52;c;?\x07", "\x1bP+q544e\x1b\\", "\x05"};
  std::uint64_t state = 0;
  for (const std::string_view query : queries) {
    session.say(state, state + 1, host_bytes(query));
    EXPECT_EQ(session.world.states().back().bytes, query);
    ++state;
  }
  session.say(state, state + 1, echo_ack(900));
  session.say(state + 1, state + 2, echo_ack(3));
  state += 2;
  EXPECT_EQ(session.world.states().back().echo_acks, std::vector{StateNumber(3)});
  const std::array<std::pair<std::int32_t, std::int32_t>, 6> sizes = {
      {{0, 24}, {80, 0}, {-1, -1}, {0, 0}, {std::numeric_limits<std::int32_t>::min(), 24}, {80, -7}}};
  for (const auto& [columns, rows] : sizes) {
    session.say(state, state + 1, size_of(columns, rows) + host_bytes("x"));
    EXPECT_TRUE(session.world.states().back().sizes.empty()) << columns << "x" << rows;
    EXPECT_EQ(session.world.states().back().bytes, "x");
    ++state;
  }
  expect_works(session);
}

TEST(HostileServer, SizesAreClampedToTheLargestWindowOfTheSession) {
  Connected session;
  session.say(0, 1, size_of(std::numeric_limits<std::int32_t>::max(), std::numeric_limits<std::int32_t>::max()));
  EXPECT_EQ(session.world.states().back().sizes, std::vector({WindowSize{80, 24}}));
  session.world.tty_tells(privsep::client::Resized{{200, 10}});
  session.world.tty_tells(privsep::client::Resized{{20, 100}});
  (void)session.world.turn();
  session.say(1, 2, size_of(4096, 1024) + size_of(100, 50));
  EXPECT_EQ(session.world.states().back().sizes, (std::vector{WindowSize{200, 100}, WindowSize{100, 50}}));
  expect_works(session);
}

TEST(HostileServer, ASizeOfTheWidestAndTheHighestWindowIsNoMoreThanAChannelCarries) {
  Connected session;
  session.world.tty_tells(privsep::client::Resized{{4096, 24}});
  session.world.tty_tells(privsep::client::Resized{{80, 4096}});
  (void)session.world.turn();
  session.say(0, 1, size_of(4096, 4096));
  EXPECT_EQ(session.world.states().back().sizes, std::vector({WindowSize{4096, 1024}}));
  expect_works(session);
}

struct BadNumbers {
  const char* what;
  std::uint64_t base, state, throwaway;
};
constexpr std::uint64_t kHuge = UINT64_MAX;
constexpr BadNumbers kBadNumbers[] = {
    {"an unknown base", 77, 78, 0},       {"a base that is the end", kHuge, kHuge, 0},
    {"throwaway above the base", 0, 1, 1}, {"throwaway above everything", 0, 1, kHuge},
    {"state 0 again", 0, 0, 0},            {"huge numbers", kHuge - 1, kHuge, kHuge - 1},
    {"back to state 0", 2, 0, 0},          {"back", 2, 1, 0},
};

TEST(HostileServer, NumbersThatDoNotFitAreIgnored) {
  for (const BadNumbers& bad : kBadNumbers) {
    Connected session;
    session.say(0, 2, host_bytes("first"));
    const std::size_t before = session.world.states().size();
    session.say(bad.base, bad.state, host_bytes("x"), bad.throwaway);
    EXPECT_EQ(session.world.states().size(), before) << bad.what;
    expect_works(session);
  }
}

TEST(HostileServer, AcknowledgmentsOfWhatWasNeverSentAreIgnored) {
  for (const std::uint64_t number : {std::uint64_t{2}, std::uint64_t{1} << 40U, kHuge - 1, kHuge}) {
    Connected session;
    session.world.server_instruction({StateNumber(0), StateNumber(1), StateNumber(number), {}, {}, {}});
    EXPECT_TRUE(session.world.turn()) << number;
    EXPECT_FALSE(session.world.ended()) << number;
    expect_works(session);
  }
}

TEST(HostileServer, FragmentsThatDoNotFitAreDropped) {
  const auto fragment = [](std::uint64_t id, std::uint16_t place, std::string_view slice) {
    std::string payload;
    for (int shift = 56; shift >= 0; shift -= 8) payload += static_cast<char>(id >> static_cast<unsigned>(shift));
    payload += static_cast<char>(place >> 8U);
    payload += static_cast<char>(place);
    return payload + std::string(slice);
  };
  const std::string short_ones[] = {"", "x", std::string(9, '\0')};
  const std::string cases[] = {
      fragment(5, 0x8000, ""),                                    // nothing at all
      fragment(5, 0x0000, "ab"), fragment(5, 0x0000, "ac"),       // a conflicting copy
      fragment(6, 0x0005, "ab"), fragment(6, 0x8002, "ab"),       // final below a held one
      fragment(7, 0xFFFF, "ab"), fragment(kHuge, 0x8000, "zz"),   // the largest number, the largest id
      fragment(8, 0x8000, "\x78\x9c"),                            // a stream cut off
      fragment(9, 0x8000, "not zlib at all"),
  };
  Connected session;
  for (const std::string& payload : short_ones) session.world.server_payload(bytes_of(payload));
  for (const std::string& payload : cases) {
    session.world.server_payload(bytes_of(payload));
    EXPECT_TRUE(session.world.turn());
  }
  EXPECT_TRUE(session.world.states().empty());
  expect_works(session);
}

TEST(HostileServer, InstructionsThatDoNotDecodeAreDropped) {
  const std::string_view cases[] = {"\xFF\xFF\xFF"sv, "\x08\x02\x10"sv, "\x32\x7f"sv, ""sv, "\x08\x03\x10\x00\x18\x01"sv,
                                    "\x10\x00\x18\x01"sv, "\x0b"sv};
  Connected session;
  for (const std::string_view serialised : cases) {
    session.world.server_serialised(bytes_of(serialised));
    EXPECT_TRUE(session.world.turn());
  }
  EXPECT_TRUE(session.world.states().empty());
  expect_works(session);
}

TEST(HostileServer, ABombIsNotInflated) {
  Connected session;
  net::Deflater deflater;
  const std::vector<std::byte> zeros(std::size_t{64} << 20U);
  const auto bomb = deflater.deflate(zeros);
  session.world.server_compressed(bomb);
  EXPECT_TRUE(session.world.turn());
  EXPECT_TRUE(session.world.states().empty());
  expect_works(session);
}

TEST(HostileServer, AMillionTinyElementsAreNoMoreThanTheQueueTakes) {
  std::string diff;
  while (diff.size() < 3'900'000) diff += echo_ack(diff.size());
  Connected session;
  session.say(0, 1, diff);
  for (int i = 0; i < 200; ++i) (void)session.world.turn();
  EXPECT_TRUE(session.world.states().empty()) << "more than the queue to screen may ever hold";
  expect_works(session);
}

TEST(HostileServer, EndlessStatesAreHeldUpToTheLimit) {
  Connected session;
  session.world.tty_tells(privsep::client::Resized{{1000, 1000}});  // 4 states of such a size are held
  (void)session.world.turn();
  for (std::uint64_t state = 1; state <= 3000; ++state) session.say(0, state, host_bytes("x"));
  EXPECT_EQ(session.world.states().size(), 3U) << "state 0 is the fourth";
  session.say(3, 4000, host_bytes("newest"), 3);  // throwing away makes room
  EXPECT_EQ(session.world.states().back().bytes, "newest");
}

TEST(HostileServer, ItsOwnEndEndsTheSessionAndNothingElseDoes) {
  Connected session;
  session.say(0, 1, host_bytes("x"));
  session.say(1, kHuge, host_bytes("bye"));
  EXPECT_EQ(session.world.states().back().bytes, "bye");
  EXPECT_FALSE(session.run_for(milliseconds(2000)));
  EXPECT_EQ(session.world.ended(), privsep::client::Ended::Reason::kServerEnded);
}

TEST(HostileServer, RepeatedDatagramsAreNoAlarm) {
  Connected session;
  net::PacketLayer packets(fuzz::client_harness_key(), crypto::Direction::kToClient);
  std::array<std::byte, 1400> out{};
  const auto datagram = packets.seal(bytes_of("\0\0\0\0\0\0\0\x01\0\0x"sv), session.world.now(), out);
  for (int i = 0; i < 10; ++i) session.world.server_datagram(*datagram);
  EXPECT_TRUE(session.world.turn());
  EXPECT_TRUE(session.world.notices().empty());
}

TEST(HostileServer, WhatIsNotSealedWithTheKeyIsSaidAndNothingElse) {
  Connected session;
  std::string forged(100, '\x80');
  for (int i = 0; i < 50; ++i) session.world.server_datagram(bytes_of(forged));
  for (const std::size_t size : {0U, 1U, 37U, 2049U, 5000U}) session.world.server_datagram(bytes_of(std::string(size, '\x80')));
  EXPECT_TRUE(session.world.turn());
  ASSERT_EQ(session.world.notices().size(), 1U);
  EXPECT_EQ(session.world.notices().back().kind, Notice::Kind::kNotAuthentic);
  expect_works(session);
}

}  // namespace
}  // namespace sallyport::client
