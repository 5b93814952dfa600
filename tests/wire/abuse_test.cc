// Datagrams that a session must not take, every one decided in process: bit flips, lengths, directions, random ones, replays. The
// judge is a second session that nobody touches: whatever the first sends, to whom and when, must be the same to the byte.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "crypto/datagram_cipher.h"
#include "tests/sync/simulator.h"

namespace sallyport::sync::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

using Bytes = std::vector<std::byte>;
constexpr std::size_t kRecorded = 1000;  // of each side

std::uint64_t seed() {
  const char* given = std::getenv("SALLYPORT_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
}

net::Address elsewhere(std::uint64_t n) {
  net::Address address{.family = n % 2 == 0 ? net::Family::kIpv4 : net::Family::kIpv6};
  address.bytes = {10, 9, 8, static_cast<std::uint8_t>(n)};
  address.port = static_cast<std::uint16_t>(1024 + n % 5000);
  return address;
}

/// All that leaves a server, and all that it has typed in the end.
struct Trace {
  struct Sent {
    TimePoint at;
    net::Address to;
    Bytes bytes;
    bool operator==(const Sent&) const = default;
  };
  std::vector<Sent> sent;
  std::string typed;
  std::optional<net::Address> validated;
  std::optional<net::Address> candidate;
  bool operator==(const Trace&) const = default;
};

/// A session with a thousand datagrams of each side behind it, and somebody who hands the server more.
class Attacked {
 public:
  using Attack = std::function<void(Attacked&)>;

  /// The same session for every attack; `attack` comes in its middle and again near its end.
  static Trace run(const Attack& attack) {
    Attacked attacked;
    attacked.live(attack);
    return std::move(attacked.trace_);
  }

  /// True if the server took it.
  bool offer(Bytes bytes) {
    const bool authentic = session_.server->receive(bytes, elsewhere(offered_++), net::Ecn::kNotCongested, session_.now()).authentic;
    accepted_ += authentic ? 1 : 0;
    return authentic;
  }
  [[nodiscard]] const std::vector<Bytes>& of_client() const { return recorded_[0]; }
  [[nodiscard]] const std::vector<Bytes>& of_server() const { return recorded_[1]; }
  [[nodiscard]] std::uint64_t offered() const { return offered_; }
  [[nodiscard]] std::uint64_t accepted() const { return accepted_; }
  /// A new datagram of the client, kept from its way.
  Bytes fresh() {
    Bytes taken;
    session_.network.on_path = [&](const Network::Datagram& d) {
      if (d.to == End::kServer) taken = d.bytes;
      return false;
    };
    session_.type("moved");
    session_.client->tick(session_.now() + milliseconds(300));
    watch();
    return taken;
  }

 private:
  Attacked() : session_({.seed = seed(), .to_server = {.delay = milliseconds(3)}, .to_client = {.delay = milliseconds(3)}}) { watch(); }

  void watch() {
    session_.network.on_path = [this](const Network::Datagram& datagram) {
      recorded_[datagram.to == End::kServer ? 0 : 1].push_back(datagram.bytes);
      if (datagram.to == End::kClient) trace_.sent.push_back({datagram.at, datagram.destination, datagram.bytes});
      return true;
    };
  }

  void live(const Attack& attack) {
    while (std::min(recorded_[0].size(), recorded_[1].size()) < kRecorded) {
      session_.type(std::string(1 + recorded_[0].size() % 7, 'a'));
      session_.run_for(milliseconds(130));
      if (recorded_[0].size() % 100 == 0) session_.resize({80 + static_cast<std::uint32_t>(recorded_[0].size() % 17), 24});
    }
    for (const auto pause : {milliseconds(0), milliseconds(7300)}) {
      session_.run_for(pause);
      session_.at(session_.now(), [&] { attack(*this); });
      session_.run_for(seconds(2));
      session_.type("what follows");
      session_.run_for(seconds(2));
    }
    EXPECT_EQ(session_.faults(), "");
    trace_.typed = session_.monitor.typed();
    trace_.validated = session_.server->peer().validated();
    trace_.candidate = session_.server->peer().candidate();
  }

  Session session_;
  std::vector<Bytes> recorded_[2];
  Trace trace_;
  std::uint64_t offered_ = 0;
  std::uint64_t accepted_ = 0;
};

const Trace& untouched() {
  static const Trace kTrace = Attacked::run([](Attacked&) {});
  return kTrace;
}

/// Runs the attack; nothing of it may be accepted, and nothing that the server does may differ from the untouched session.
void expect_nothing_comes_of(const Attacked::Attack& attack, std::uint64_t at_least) {
  std::uint64_t offered = 0;
  const Trace trace = Attacked::run([&](Attacked& attacked) {
    attack(attacked);
    EXPECT_EQ(attacked.accepted(), 0U);
    offered = attacked.offered();
  });
  EXPECT_GE(offered, at_least);
  EXPECT_TRUE(trace.sent == untouched().sent) << trace.sent.size() << " datagrams sent, untouched " << untouched().sent.size();
  EXPECT_EQ(trace.typed, untouched().typed);
  EXPECT_TRUE(trace.validated == untouched().validated && trace.candidate == untouched().candidate);
}

Bytes random_bytes(std::size_t size, Random& random) {
  Bytes bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.next());
  return bytes;
}

TEST(WireAbuse, NoFlippedBitOfAThousandDatagramsOfEachSideIsAccepted) {
  expect_nothing_comes_of(
      [](Attacked& attacked) {
        for (const auto* recorded : {&attacked.of_client(), &attacked.of_server()}) {
          for (std::size_t which = recorded->size() - kRecorded; which < recorded->size(); ++which) {
            Bytes bytes = (*recorded)[which];
            for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
              const auto mask = static_cast<std::byte>(1U << (bit % 8));
              bytes[bit / 8] ^= mask;
              if (attacked.offer(bytes)) ADD_FAILURE() << "datagram " << which << ", bit " << bit;
              bytes[bit / 8] ^= mask;
            }
          }
        }
      },
      2 * kRecorded * 38 * 8);
}

TEST(WireAbuse, NoFlippedBitOfADatagramThatIsStillToComeIsAuthentic) {
  // A server that has seen none of the originals: nothing but the tag refuses, the replay window has no part in it.
  auto key = crypto::SessionKey::parse("AAECAwQFBgcICQoLDA0ODw");  // the simulator's
  ASSERT_TRUE(key.has_value());
  crypto::DatagramCipher server(std::move(*key), crypto::Direction::kToClient);
  std::vector<Bytes> recorded;
  (void)Attacked::run([&](Attacked& attacked) { recorded = attacked.of_client(); });
  ASSERT_GE(recorded.size(), kRecorded);
  Bytes plaintext(crypto::kMaxDatagramBytes);
  const auto verdict = [&](const Bytes& bytes) { return server.open(bytes, plaintext); };
  for (Bytes& bytes : recorded) {
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      const auto mask = static_cast<std::byte>(1U << (bit % 8));
      bytes[bit / 8] ^= mask;
      const auto opened = verdict(bytes);
      ASSERT_FALSE(opened.has_value()) << "bit " << bit;
      ASSERT_EQ(opened.error(), crypto::DropReason::kNotAuthentic) << "bit " << bit;
      bytes[bit / 8] ^= mask;
    }
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      ASSERT_FALSE(verdict({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)}).has_value()) << size;
    }
    EXPECT_TRUE(verdict(bytes).has_value()) << "the original opens";
  }
}

TEST(WireAbuse, NoLengthFrom0To2000IsAcceptedBeItRandomTruncatedOrExtended) {
  Random random(seed());
  expect_nothing_comes_of(
      [&](Attacked& attacked) {
        const std::size_t all = attacked.of_client().size();
        for (std::size_t size = 0; size <= 2000; ++size) {
          attacked.offer(random_bytes(size, random));
          for (std::size_t i = 0; i < 10; ++i) {
            Bytes changed = attacked.of_client()[(size * 10 + i) % all];
            if (changed.size() != size) {
              changed.resize(size, static_cast<std::byte>(random.next()));
              attacked.offer(std::move(changed));
            }
          }
        }
      },
      2001 * 10);
}

TEST(WireAbuse, NoDirectionFlipOrReflectionIsAccepted) {
  expect_nothing_comes_of(
      [](Attacked& attacked) {
        for (const auto* recorded : {&attacked.of_client(), &attacked.of_server()}) {
          for (Bytes bytes : *recorded) {
            bytes[0] ^= std::byte{0x80};
            attacked.offer(std::move(bytes));
          }
        }
        for (const Bytes& bytes : attacked.of_server()) attacked.offer(bytes);
      },
      3 * kRecorded);
}

TEST(WireAbuse, NoneOfAMillionRandomDatagramsIsAccepted) {
  Random random(seed());
  expect_nothing_comes_of(
      [&](Attacked& attacked) {
        for (int i = 0; i < 500'000; ++i) {
          Bytes bytes(38 + random.below(120));
          for (std::size_t at = 0; at < bytes.size(); at += 8) {
            const std::uint64_t word = random.next();
            std::memcpy(&bytes[at], &word, std::min<std::size_t>(8, bytes.size() - at));
          }
          bytes[0] &= static_cast<std::byte>(i % 8 == 0 ? 0xFF : 0x7F);
          // Half of them with a number that a client could use next: nothing but the tag refuses those.
          if (i % 2 == 0) std::fill_n(bytes.begin(), 6, std::byte{0});
          attacked.offer(std::move(bytes));
        }
      },
      1'000'000);
}

TEST(WireAbuse, NoReplayIsAcceptedForwardsBackwardsInPartOrShuffled) {
  Random random(seed());
  expect_nothing_comes_of(
      [&](Attacked& attacked) {
        const auto& whole = attacked.of_client();
        for (const Bytes& bytes : whole) attacked.offer(bytes);
        for (auto at = whole.rbegin(); at != whole.rend(); ++at) attacked.offer(*at);
        for (int part = 0; part < 100; ++part) {
          const std::size_t first = random.below(whole.size());
          const std::size_t last = std::min<std::size_t>(whole.size(), first + random.below(100));
          for (std::size_t i = first; i < last; ++i) attacked.offer(whole[i]);
        }
        for (std::size_t i = 0; i < 2000; ++i) attacked.offer(whole[random.below(whole.size())]);
      },
      4 * kRecorded);
}

TEST(WireAbuse, TheJudgeSeesOneGenuineDatagram) {
  const Trace trace = Attacked::run([](Attacked& attacked) { EXPECT_TRUE(attacked.offer(attacked.fresh())); });
  EXPECT_FALSE(trace.sent == untouched().sent);
  EXPECT_NE(trace.typed, untouched().typed);
  EXPECT_TRUE(std::any_of(trace.sent.begin(), trace.sent.end(),
                          [](const Trace::Sent& sent) { return sent.to != untouched().sent.front().to; }))
      << "the new address gets output";
}

}  // namespace
}  // namespace sallyport::sync::sim
