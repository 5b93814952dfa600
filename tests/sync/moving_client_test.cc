// A client that moves at a bad moment: while a screen is on its way, while much is printed, while the session ends.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/sync/simulator.h"

namespace sallyport::sync::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string text_of_size(Random& random, std::size_t size) {
  std::string text(size, ' ');
  for (char& c : text) c = static_cast<char>('!' + random.below(90));
  return text;
}

Settings stock_client(std::uint64_t seed, Duration delay) {
  Settings settings{.seed = seed, .to_server = {.delay = delay}, .to_client = {.delay = delay}};
  settings.stock_client = true;
  return settings;
}

/// Datagrams that the server sends in the busiest second while a client that has missed the newest screen moves.
std::uint64_t busiest_second(std::size_t screen_bytes, Duration delay) {
  Session session(stock_client(7, delay));
  session.monitor.echo = false;
  session.type("x");
  session.run_for(seconds(5));
  for (int i = 0; i < 6; ++i) {  // shows the pacer a fast link
    session.terminal.replace(text_of_size(session.random, 3000), session.now());
    session.run_for(milliseconds(400));
  }
  session.run_for(milliseconds(500));
  session.network.link(End::kClient).loss = 1;
  session.terminal.replace(text_of_size(session.random, screen_bytes), session.now());
  session.run_for(milliseconds(5));
  session.roam();
  session.network.link(End::kClient).loss = 0;
  std::uint64_t most = 0;
  for (int i = 0; i < 15; ++i) {
    const std::uint64_t before = session.network.sent(End::kClient);
    session.run_for(seconds(1));
    most = std::max(most, session.network.sent(End::kClient) - before);
  }
  EXPECT_EQ(session.faults(), "");
  EXPECT_TRUE(session.converged());
  return most;
}

TEST(MovingClient, IsNotSentAStormOfRepetitions) {
  for (const std::size_t screen_bytes : {150U, 3000U}) {
    for (const int delay : {1, 25, 100}) {
      EXPECT_LT(busiest_second(screen_bytes, milliseconds(delay)), 200U) << screen_bytes << " bytes, " << delay << " ms";
    }
  }
}

/// Whether a client that moves `after` the session's end began learns of the end and sees the last screen.
bool learns_of_the_end(std::uint64_t seed, Duration after) {
  Session session(stock_client(seed, milliseconds(40)));
  session.monitor.echo = false;
  session.type("x");
  session.run_for(milliseconds(5000 + seed * 611));
  const TimePoint end = session.now() + milliseconds(400);
  const std::string last = text_of_size(session.random, 3000);
  session.at(end + after, [&] { session.roam(); });
  session.at(end, [&] {
    session.terminal.replace(last, session.now());
    session.server->start_shutdown(session.now());
  });
  session.run_until(end + seconds(20));
  EXPECT_EQ(session.faults(), "");
  return session.client->ended(session.now()) && session.client->screen().text == last;
}

TEST(MovingClient, LearnsOfTheEndWithALargeLastScreen) {
  for (int after = -300; after <= 300; after += 20) {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      EXPECT_TRUE(learns_of_the_end(seed, milliseconds(after))) << "seed " << seed << ", moved after " << after << " ms";
    }
  }
}

/// From the first datagram of the new address until a screen no older than that moment is shown.
Duration until_current(std::uint64_t seed) {
  Session session(stock_client(seed, milliseconds(20)));
  session.monitor.echo = false;
  session.type("x");
  session.run_for(seconds(3));
  for (int i = 0; i < 240; ++i) {
    session.at(session.now() + milliseconds(50 * i),
               [&] { session.terminal.replace(text_of_size(session.random, 350), session.now()); });
  }
  session.run_for(milliseconds(4000 + session.random.below(1000)));
  session.roam();
  const net::Address moved = session.client_address();
  TimePoint heard = kNever;
  std::uint64_t version = 0;
  for (int i = 0; i < 8000; ++i) {
    session.run_for(milliseconds(1));
    if (heard == kNever && (session.server->peer().candidate() == moved || session.server->peer().validated() == moved)) {
      heard = session.now();
      version = session.terminal.live().version;
    }
    if (heard != kNever && session.client->screen().version >= version) return session.now() - heard;
  }
  return Duration::max();
}

TEST(MovingClient, SeesTheScreenAgainSoonWhileMuchIsPrinted) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) EXPECT_LT(until_current(seed), milliseconds(1000)) << "seed " << seed;
}

}  // namespace
}  // namespace sallyport::sync::sim
