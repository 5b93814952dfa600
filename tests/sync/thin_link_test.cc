// A link that is slower than the screen changes: output that overruns it is not queued, only the newest screen is
// sent.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "tests/sync/simulator.h"

namespace sallyport::sync::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string noise(Random& random, std::size_t size) {
  std::string text(size, ' ');
  for (char& c : text) c = static_cast<char>(random.next());
  return text;
}

struct Saturation {
  Duration longest_queue;   ///< at the bottleneck, after the first seconds
  double utilisation = 0;
  std::uint64_t frames = 0;
};

// A program that replaces the whole screen, `frame_bytes` of noise, every few milliseconds for 30 s.
Saturation saturate(double bytes_per_second, std::size_t frame_bytes, Duration delay, bool stock_client) {
  Settings settings{.seed = 3, .to_server = {.delay = delay}, .to_client = {.delay = delay}};
  settings.to_client.bytes_per_second = bytes_per_second;
  settings.terminal_latency = Duration(200);
  settings.stock_client = stock_client;
  Session session(settings);
  session.run_for(seconds(1));
  for (int i = 0; i < 3000; ++i) {
    session.at(session.now() + i * milliseconds(10),
               [&] { session.terminal.replace(noise(session.random, frame_bytes), session.now()); });
  }
  session.run_for(seconds(5));
  (void)session.network.take_longest_queue();
  const std::uint64_t bytes_before = session.network.sent_bytes(End::kClient);
  const std::uint64_t frames_before = session.terminal.frames();
  session.run_for(seconds(25));
  const double sent = static_cast<double>(session.network.sent_bytes(End::kClient) - bytes_before);
  const Saturation result{session.network.take_longest_queue(), sent / 25 / bytes_per_second,
                          session.terminal.frames() - frames_before};
  EXPECT_EQ(session.faults(), "");
  session.run_for(seconds(10));
  EXPECT_TRUE(session.converged());
  return result;
}

TEST(ThinLink, NeverQueuesMoreThanOneFrame) {
  struct Case {
    double bytes_per_second;
    std::size_t frame_bytes;
    Duration delay;
  };
  for (const bool stock : {false, true}) {
    for (const Case& c : {Case{8000, 4000, milliseconds(30)}, Case{8000, 2000, milliseconds(150)},
                          Case{30000, 10000, milliseconds(20)}, Case{100000, 4000, milliseconds(5)},
                          Case{4000, 6000, milliseconds(100)}}) {
      const Saturation result = saturate(c.bytes_per_second, c.frame_bytes, c.delay, stock);
      const double frame_ms = static_cast<double>(c.frame_bytes) * 1000 / c.bytes_per_second;
      const double queue_ms = static_cast<double>(result.longest_queue.count()) / 1000;
      std::printf("%s client, %6.0f bytes/s, frames of %5zu (%4.0f ms), rtt %3lld ms: longest queue %5.0f ms, "
                  "use %3.0f %%, frames %llu\n",
                  stock ? "stock" : "our  ", c.bytes_per_second, c.frame_bytes, frame_ms,
                  static_cast<long long>(2 * c.delay.count() / 1000), queue_ms, result.utilisation * 100,
                  static_cast<unsigned long long>(result.frames));
      // The last datagram of a frame waits for the rest of it, and for what is repeated of an earlier one in small.
      EXPECT_LE(queue_ms, frame_ms * 1.1 + 10);
      EXPECT_GE(result.utilisation, 0.4);
    }
  }
}

struct Sharing {
  std::size_t frame_bytes[2];
  Duration delay[2];
  Duration second_joins{};   ///< so long after the first
  double loss = 0;
  bool stock_clients = false;
};
struct Share {
  double of_the_link[2];   ///< that each of the two got in the last minute
  Duration longest_queue;
  std::string faults;
};

// Two sessions whose programs replace the whole screen all the time, over one link of 64 kbit/s to both clients.
constexpr double kThinBytesPerSecond = 8000;
Share share_a_link(const Sharing& sharing) {
  constexpr int kMeasuredMs = 60000;
  constexpr int kEndMs = 90000;
  Bottleneck bottleneck;
  std::unique_ptr<Session> both[2];
  for (std::size_t i = 0; i < 2; ++i) {
    Settings settings{.seed = 3 + i, .to_server = {.delay = sharing.delay[i]}, .to_client = {.delay = sharing.delay[i]}};
    settings.to_client.bytes_per_second = kThinBytesPerSecond;
    settings.to_client.shared = &bottleneck;
    settings.to_client.loss = sharing.loss;
    settings.stock_client = sharing.stock_clients;
    both[i] = std::make_unique<Session>(settings);
  }
  std::uint64_t before[2] = {};
  for (int ms = 0; ms < kEndMs; ++ms) {
    for (std::size_t i = 0; i < 2; ++i) {
      Session& session = *both[i];
      const bool joined = i == 0 || milliseconds(ms) >= sharing.second_joins;
      if (joined && ms % 10 == 0) session.terminal.replace(noise(session.random, sharing.frame_bytes[i]), session.now());
      session.run_for(milliseconds(1));
      if (ms != kEndMs - kMeasuredMs) continue;
      before[i] = session.network.sent_bytes(End::kClient);
      (void)session.network.take_longest_queue();
    }
  }
  Share share{};
  for (std::size_t i = 0; i < 2; ++i) {
    const auto sent = static_cast<double>(both[i]->network.sent_bytes(End::kClient) - before[i]);
    share.of_the_link[i] = sent * 1000 / kMeasuredMs / kThinBytesPerSecond;
    share.longest_queue = std::max(share.longest_queue, both[i]->network.take_longest_queue());
    share.faults += both[i]->faults();
  }
  return share;
}

// Neither knows of the other, and their queue is one frame of each at most: its last datagram waits for the rest of both.
TEST(ThinLink, TwoSessionsShareItEvenlyAndQueueNoMoreThanOneFrameEach) {
  const std::vector<Sharing> cases = {
      {{1500, 1500}, {milliseconds(20), milliseconds(20)}},
      {{1500, 1500}, {milliseconds(100), milliseconds(100)}},
      {{4000, 4000}, {milliseconds(20), milliseconds(20)}},
      {{4000, 4000}, {milliseconds(100), milliseconds(100)}},
      {{4000, 4000}, {milliseconds(20), milliseconds(100)}},
      {{4000, 4000}, {milliseconds(20), milliseconds(20)}, seconds(15)},
      {{4000, 4000}, {milliseconds(20), milliseconds(20)}, Duration(0), 0.02},
  };
  for (const bool stock : {false, true}) {
    for (Sharing sharing : cases) {
      sharing.stock_clients = stock;
      const Share share = share_a_link(sharing);
      const double frames_ms =
          static_cast<double>(sharing.frame_bytes[0] + sharing.frame_bytes[1]) * 1000 / kThinBytesPerSecond;
      const double queue_ms = static_cast<double>(share.longest_queue.count()) / 1000;
      std::printf("%s clients, frames of %zu and %zu (%4.0f ms), rtt %3lld and %3lld ms, loss %.2f, second after %2lld s: "
                  "shares %.2f and %.2f, longest queue %4.0f ms\n",
                  stock ? "stock" : "our  ", sharing.frame_bytes[0], sharing.frame_bytes[1], frames_ms,
                  static_cast<long long>(2 * sharing.delay[0].count() / 1000),
                  static_cast<long long>(2 * sharing.delay[1].count() / 1000), sharing.loss,
                  static_cast<long long>(sharing.second_joins.count() / 1000000), share.of_the_link[0],
                  share.of_the_link[1], queue_ms);
      EXPECT_EQ(share.faults, "");
      EXPECT_LE(queue_ms, frames_ms);
      const double whole = share.of_the_link[0] + share.of_the_link[1];
      for (const double part : share.of_the_link) {
        EXPECT_GE(part, 0.4 * whole);
        EXPECT_LE(part, 0.6 * whole);
      }
      EXPECT_GE(whole, 0.75);
    }
  }
}

// One session beside a sender of stock's rule (wire 5.4: nothing but the interval, 250 ms at most, holds it back), whose screens of
// 4000 bytes alone are twice what the link carries, before a router that keeps `buffer` of queue and drops the rest.
double share_beside_stock(Duration buffer) {
  constexpr Duration kInterval = milliseconds(250);
  Bottleneck bottleneck;
  Settings settings{.seed = 3, .to_server = {.delay = milliseconds(20)}, .to_client = {.delay = milliseconds(20)}};
  settings.to_client.bytes_per_second = kThinBytesPerSecond;
  settings.to_client.shared = &bottleneck;
  Session session(settings);
  std::uint64_t carried = 0;
  session.network.on_path = [&](const Network::Datagram& datagram) {
    if (datagram.to == End::kServer) return true;
    if (bottleneck.busy_until > session.now() + buffer) return false;
    carried += datagram.bytes.size();
    return true;
  };
  constexpr int kSeconds = 60;
  for (int ms = 0; ms < kSeconds * 1000; ++ms) {
    if (ms % 10 == 0) session.terminal.replace(noise(session.random, 4000), session.now());
    for (int i = 0; i < 3 && milliseconds(ms) % kInterval == Duration(0); ++i) {
      if (bottleneck.busy_until > session.now() + buffer) continue;
      bottleneck.busy_until = std::max(bottleneck.busy_until, session.now()) + milliseconds(4000 / 3 / 8);
    }
    session.run_for(milliseconds(1));
  }
  EXPECT_EQ(session.faults(), "");
  return static_cast<double>(carried) / kSeconds / kThinBytesPerSecond;
}

// There is no fairness to be had from a sender that is not clocked by anything; ours only must not fall silent.
TEST(ThinLink, DoesNotStarveBesideStocksRule) {
  for (const Duration buffer : {milliseconds(500), milliseconds(2000), milliseconds(4000)}) {
    const double share = share_beside_stock(buffer);
    std::printf("beside stock's rule, a queue of %4lld ms: share %.2f\n", static_cast<long long>(buffer.count() / 1000), share);
    EXPECT_GE(share, 0.05);
  }
}

TEST(ThinLink, LeavesAFastLinkAtFullFrameRate) {
  for (const bool stock : {false, true}) {
    const Saturation result = saturate(1e8, 20000, milliseconds(1), stock);
    EXPECT_GE(result.frames, 25U * 80) << stock;  // the program changes the screen 100 times a second
  }
}

}  // namespace
}  // namespace sallyport::sync::sim
