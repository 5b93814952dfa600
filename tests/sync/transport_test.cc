// Whole sessions: paste, roaming, closing, idling, abuse (wire 5.7, 5.8, 3.7; architecture 3 and 7).
#include "sync/transport.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "tests/sync/simulator.h"

namespace sallyport::sync::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string text_of_size(std::size_t size) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i * i + i / 7) % 26);
  return text;
}

class WireChecklistTransport : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(OurAndStockClient, WireChecklistTransport, ::testing::Bool());

TEST_P(WireChecklistTransport, Item40_AMegabyteOfInputArrivesOnceInOrderOverALossyLink) {
  Settings settings{.seed = 4, .to_server = {.delay = milliseconds(15)}, .to_client = {.delay = milliseconds(15)}};
  settings.to_server.loss = settings.to_client.loss = 0.05;
  settings.to_server.jitter = milliseconds(10);
  settings.to_server.duplication = 0.1;
  settings.stock_client = GetParam();
  Session session(settings);
  const std::string paste = text_of_size(1 << 20);
  for (std::size_t at = 0; at < paste.size(); at += 16384) {  // as a client reads its terminal
    session.type(paste.substr(at, 16384));
    session.run_for(milliseconds(20));
  }
  for (int i = 0; i < 120 && !session.converged(); ++i) session.run_for(seconds(1));
  EXPECT_EQ(session.monitor.typed().size(), paste.size());
  EXPECT_TRUE(session.converged());
  EXPECT_EQ(session.faults(), "");
}

TEST(ClientTransport, MuchTypedAtOnceArrivesOverALossyLink) {
  for (const double loss : {0.0, 0.03, 0.08}) {
    Settings settings{.seed = 4, .to_server = {.delay = milliseconds(15)}, .to_client = {.delay = milliseconds(15)}};
    settings.to_server.loss = settings.to_client.loss = loss;
    Session session(settings);
    std::string paste(1 << 18, ' ');
    for (char& c : paste) c = static_cast<char>('!' + session.random.below(90));
    session.type(paste);
    for (int i = 0; i < 60 && !session.converged(); ++i) session.run_for(seconds(1));
    EXPECT_TRUE(session.converged()) << loss << ": " << session.monitor.typed().size();
    EXPECT_EQ(session.faults(), "");
  }
}

TEST_P(WireChecklistTransport, Item36_EveryCloseEndsBothSidesAndDeliversTheLastScreen) {
  int unclean = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Settings settings{.seed = seed, .to_server = {.delay = milliseconds(5 + seed % 90)}, .to_client = {}};
    settings.to_client.delay = settings.to_server.delay;
    settings.terminal_latency = Duration(seed % 3 == 0 ? 0 : 2000);
    settings.stock_client = GetParam();
    Session session(settings);
    session.run_for(seconds(1));
    session.type("last words");
    session.run_for(seconds(2));
    session.set_loss(seed % 5 == 0 ? 0 : 0.3);
    const bool by_server = seed % 2 == 0;
    if (by_server) {
      session.terminal.print("goodbye", session.now());
      session.server->start_shutdown(session.now());
    } else {
      session.client->start_shutdown(session.now());
    }
    session.run_for(seconds(15));
    EXPECT_EQ(session.faults(), "") << seed;
    const Ending ending = session.server->ending(session.now());
    if (by_server) {
      EXPECT_TRUE(ending == Ending::kAcknowledged || ending == Ending::kTimedOut) << seed;
      EXPECT_TRUE(session.client->screen().text.ends_with("goodbye")) << seed;
      // A client that has gone after its one answer cannot say more; ours lingers.
      if (ending != Ending::kAcknowledged) ++unclean;
    } else if (session.server->client_leaving()) {
      EXPECT_EQ(ending, Ending::kPeerLeft) << seed;
    } else {
      EXPECT_TRUE(GetParam()) << "our client gave up too early, seed " << seed;
    }
    EXPECT_TRUE(seed % 5 != 0 || ending != Ending::kTimedOut) << seed;
  }
  EXPECT_LE(unclean, GetParam() ? 60 : 10);
}

TEST_P(WireChecklistTransport, Item31_AnIdleSessionSaysSomethingEvery3SecondsAndWakesNoTerminal) {
  Settings settings{.seed = 9};
  settings.stock_client = GetParam();
  Session session(settings);
  session.type("x");
  session.run_for(seconds(10));
  const std::uint64_t frames = session.terminal.frames();
  const std::uint64_t sent = session.network.sent(End::kClient);
  session.run_for(seconds(300));
  EXPECT_EQ(session.terminal.frames(), frames);
  EXPECT_GE(session.network.sent(End::kClient) - sent, 95U);
  EXPECT_LE(session.network.sent(End::kClient) - sent, 105U);
  EXPECT_LE(session.server->sender().sent().size(), 4U);
}

TEST(Roaming, ANewAddressIsAnsweredAtOnceAndProvenWithinAnAckDelay) {
  for (const bool stock : {false, true}) {
    Settings settings{.seed = 2, .to_server = {.delay = milliseconds(10)}, .to_client = {.delay = milliseconds(10)}};
    settings.stock_client = stock;
    Session session(settings);
    session.type("x");
    session.run_for(seconds(5));
    (void)session.server->take_peer_move();
    session.roam();
    const TimePoint moved = session.now();
    while (!session.server->peer().candidate() && session.now() < moved + seconds(4)) session.run_for(milliseconds(1));
    ASSERT_TRUE(session.server->peer().candidate().has_value());
    const net::Address candidate = *session.server->peer().candidate();
    session.run_for(milliseconds(200));  // a round trip and the client's ack delay, well below the second of a trial
    EXPECT_EQ(session.server->peer().validated(), candidate) << stock;
    EXPECT_EQ(session.server->take_peer_move(), candidate);
    EXPECT_EQ(session.faults(), "");
  }
}

TEST(Roaming, TypingGoesOnAcrossManyMoves) {
  Settings settings{.seed = 12, .to_server = {.delay = milliseconds(40)}, .to_client = {.delay = milliseconds(40)}};
  settings.stock_client = true;
  Session session(settings);
  for (int i = 0; i < 50; ++i) {
    session.type("word ");
    session.run_for(milliseconds(300));
    session.roam();
  }
  session.run_for(seconds(10));
  EXPECT_TRUE(session.converged());
  EXPECT_EQ(session.faults(), "");
}

TEST(ServerTransport, AnEchoAckThatDecreasesOrWasNeverSentIsAMismatch) {
  Session session({.seed = 5});
  session.terminal.set_hung(true);
  session.type("x");
  session.run_for(seconds(2));
  ASSERT_TRUE(session.server->sender().frame_outstanding());
  const FrameAnswer answer{.base = SnapshotId(0), .snapshot = SnapshotId(1), .version = ContentVersion(1),
                           .echo_ack = StateNumber(1000), .echo_ack_changed = true, .size = {}, .size_changed = false,
                           .bytes = {}};
  EXPECT_EQ(session.server->on_frame(answer, session.now()), FrameVerdict::kMismatch);
}

TEST(ServerTransport, DamagedAndForgedDatagramsChangeNothing) {
  Session session({.seed = 6});
  session.type("abc");
  session.run_for(seconds(3));
  const std::uint64_t sent = session.network.sent(End::kClient);
  Random random(1);
  for (int i = 0; i < 3000; ++i) {
    std::vector<std::byte> junk(random.below(2100));
    for (std::byte& byte : junk) byte = static_cast<std::byte>(random.next());
    net::Address from;
    from.port = static_cast<std::uint16_t>(i);
    EXPECT_FALSE(session.server->receive(junk, from, net::Ecn::kNotCongested, session.now()).authentic);
  }
  EXPECT_EQ(session.server->drops().datagrams, 3000U);
  session.server->tick(session.now());
  EXPECT_EQ(session.network.sent(End::kClient), sent);
  EXPECT_FALSE(session.server->peer().candidate().has_value());
}

// One authentic client that says what the test wants; the server's side alone is measured.
class Abuser {
 public:
  Abuser() : session_({.seed = 8}) { session_.run_for(seconds(1)); }
  /// Sends one instruction, based on the newest state, and lets the server handle it, fragment by fragment.
  void send(std::uint64_t to, std::span<const std::byte> diff) {
    if (!link_) link_.emplace(session_.client_packets, chaff_, net::kIpv4DatagramBytes);
    net::Address address;
    address.bytes = {10, 0, 0, 2};
    address.port = 40000;
    (void)link_->send({session_.server->newest_client_state(), StateNumber(to), {}, {}, diff, {}}, session_.now(),
                      [&](std::span<const std::byte> datagram) {
                        std::vector<std::byte> copy(datagram.begin(), datagram.end());
                        (void)session_.server->receive(copy, address, net::Ecn::kNotCongested, session_.now());
                      });
  }
  Session session_;

 private:
  std::array<std::byte, 32> seed_{};
  ChaffSource chaff_{seed_};
  std::optional<InstructionLink> link_;
};

// Ends this process with the growth of its peak of resident memory, in MiB, while `work` runs; 255 if `work` fails.
template <typename Work>
void exit_with_growth(Work work) {
  Abuser abuser;
  rusage before{};
  ::getrusage(RUSAGE_SELF, &before);
  const bool good = work(abuser);
  rusage after{};
  ::getrusage(RUSAGE_SELF, &after);
  const long megabytes = (after.ru_maxrss - before.ru_maxrss + 1023) / 1024;
  std::fprintf(stderr, "peak grew by %ld MiB\n", megabytes);
  ::_exit(good ? static_cast<int>(std::min(megabytes, 200L)) : 255);
}

[[maybe_unused]] SecretBytes keystrokes(const std::string& typed) {
  SecretBytes diff;
  proto::put_keystrokes(bytes_of(typed), diff);
  return diff;
}

#ifndef SALLYPORT_SANITIZED
// Each in a fresh process (the threadsafe style executes this program again). The sending side lives there too, so
// the server needs less than what is measured.
class AbuseDeathTest : public ::testing::Test {
 protected:
  AbuseDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
  static bool within(int status, int megabytes) { return WIFEXITED(status) && WEXITSTATUS(status) <= megabytes; }
};
constexpr std::size_t kLargeInput = proto::kMaxDiffBytes - 100;

TEST_F(AbuseDeathTest, AFourMegabytePasteInOneInstructionStaysWithin16Megabytes) {
  const SecretBytes diff = keystrokes(std::string(kLargeInput, 'x'));
  EXPECT_EXIT(exit_with_growth([&](Abuser& abuser) {
                abuser.send(100, diff);
                return abuser.session_.server->newest_client_state() == StateNumber(100) &&
                       abuser.session_.server->input().held_bytes() == kLargeInput;
              }),
              [](int status) { return within(status, 16); }, "peak");
}

TEST_F(AbuseDeathTest, TenUnacknowledgedMegabyteStatesStayWithin16Megabytes) {
  const SecretBytes diff = keystrokes(std::string(1 << 20, 'x'));
  EXPECT_EXIT(exit_with_growth([&](Abuser& abuser) {
                for (std::uint64_t state = 0; state < 10; ++state) abuser.send(100 + state, diff);
                return abuser.session_.server->newest_client_state() == StateNumber(100) &&
                       abuser.session_.server->input().held_bytes() <= kMaxHeldInputBytes;
              }),
              [](int status) { return within(status, 16); }, "peak");
}

TEST_F(AbuseDeathTest, MillionsOfEmptyElementsCostNothing) {
  SecretBytes diff;
  for (int i = 0; i < 2000000; ++i) {
    diff.push_back(std::byte{0x0A});
    diff.push_back(std::byte{0});
  }
  EXPECT_EXIT(exit_with_growth([&](Abuser& abuser) {
                abuser.send(100, diff);
                return abuser.session_.server->newest_client_state() == StateNumber(100);
              }),
              [](int status) { return within(status, 16); }, "peak");
}
#endif

TEST(Abuse, InputThatNobodyReadsIsLeftWithTheClientAndArrivesLater) {
  for (const bool stock : {false, true}) {
    Settings settings{.seed = 10};
    settings.stock_client = stock;
    Session session(settings);
    session.monitor.set_reading(false);
    for (int i = 0; i < 90; ++i) {
      session.type(text_of_size(16384));
      session.run_for(milliseconds(20));
      EXPECT_LE(session.server->input().held_bytes(), 2 * kMaxHeldInputBytes);
    }
    EXPECT_LT(session.monitor.typed().size(), session.typed.size());
    session.monitor.set_reading(true);
    EXPECT_FALSE(session.server->input().held_bytes() == 0);
    for (int i = 0; i < 60 && !session.converged(); ++i) session.run_for(seconds(1));
    EXPECT_TRUE(session.converged()) << session.monitor.typed().size() << " of " << session.typed.size();
    EXPECT_EQ(session.faults(), "");
  }
}

}  // namespace
}  // namespace sallyport::sync::sim
