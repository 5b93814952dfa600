// A link that is slower than the screen changes: output that overruns it is not queued, only the newest screen is
// sent.
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

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
      // The last datagram of a frame waits for its own frame, and for at most one before that.
      EXPECT_LE(queue_ms, frame_ms * 2 + 10);
      EXPECT_GE(result.utilisation, 0.4);
    }
  }
}

struct Share {
  double of_the_link[2];   ///< that each of the two got
  Duration longest_queue;
};

// Two sessions whose programs replace the whole screen all the time, over one link of 64 kbit/s to both clients.
Share share_a_link(std::size_t frame_bytes, Duration delay, bool stock_clients) {
  constexpr double kBytesPerSecond = 8000;
  Bottleneck bottleneck;
  Settings settings{.seed = 3, .to_server = {.delay = delay}, .to_client = {.delay = delay}};
  settings.to_client.bytes_per_second = kBytesPerSecond;
  settings.to_client.shared = &bottleneck;
  settings.stock_client = stock_clients;
  Session first(settings);
  settings.seed = 4;
  Session second(settings);
  Session* const both[] = {&first, &second};
  std::uint64_t before[2] = {};
  Share share{};
  for (int ms = 0; ms < 60000; ++ms) {
    for (int i = 0; i < 2; ++i) {
      Session& session = *both[i];
      if (ms % 10 == 0) session.terminal.replace(noise(session.random, frame_bytes), session.now());
      session.run_for(milliseconds(1));
      if (ms != 20000) continue;
      before[i] = session.network.sent_bytes(End::kClient);
      (void)session.network.take_longest_queue();
    }
  }
  for (int i = 0; i < 2; ++i) {
    share.of_the_link[i] =
        static_cast<double>(both[i]->network.sent_bytes(End::kClient) - before[i]) / 40 / kBytesPerSecond;
    share.longest_queue = std::max(share.longest_queue, both[i]->network.take_longest_queue());
    EXPECT_EQ(both[i]->faults(), "");
  }
  return share;
}

TEST(ThinLink, NeitherOfTwoSessionsStarves) {
  for (const bool stock : {false, true}) {
    for (const std::size_t frame_bytes : {1500U, 4000U}) {
      for (const Duration delay : {milliseconds(20), milliseconds(100)}) {
        const Share share = share_a_link(frame_bytes, delay, stock);
        const double frame_ms = static_cast<double>(frame_bytes) / 8;
        const double queue_ms = static_cast<double>(share.longest_queue.count()) / 1000;  // printed: it is not bounded yet
        std::printf("%s clients, frames of %4zu (%3.0f ms), rtt %3lld ms: shares %.2f and %.2f, longest queue %4.0f ms\n",
                    stock ? "stock" : "our  ", frame_bytes, frame_ms, static_cast<long long>(2 * delay.count() / 1000),
                    share.of_the_link[0], share.of_the_link[1], queue_ms);
        EXPECT_GE(std::min(share.of_the_link[0], share.of_the_link[1]), 0.2);
      }
    }
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
