// Thousands of random schedules: whatever the network does, both ends converge once it works again, input arrives
// once and in order, the screen never goes back, and nothing happens that would make a stock client abort.
#include <gtest/gtest.h>

#include <string>

#include "tests/sync/simulator.h"

namespace sallyport::sync::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string random_text(Random& random, std::size_t most) {
  std::string text(1 + random.below(most), ' ');
  for (char& c : text) c = static_cast<char>('a' + random.below(26));
  return text;
}

LinkModel random_link(Random& random) {
  LinkModel link;
  const std::uint64_t kind = random.below(4);
  link.delay = kind == 0 ? Duration(100) : random.between(milliseconds(1), milliseconds(kind == 3 ? 600 : 120));
  link.jitter = random.chance(0.5) ? random.between(Duration(0), 2 * link.delay) : Duration(0);
  link.loss = random.chance(0.7) ? static_cast<double>(random.below(50)) / 100 : 0;
  link.duplication = random.chance(0.4) ? static_cast<double>(random.below(40)) / 100 : 0;
  return link;
}

Settings random_settings(std::uint64_t seed, bool stock_client) {
  Random random(seed * 7919 + 17);
  Settings settings{.seed = seed, .to_server = random_link(random), .to_client = random_link(random)};
  const Duration slowest = milliseconds(random.below(10) == 0 ? 400 : 3);
  settings.terminal_latency = random.chance(0.3) ? Duration(0) : random.between(Duration(50), slowest);
  settings.stock_client = stock_client;
  return settings;
}

void schedule_mischief(Session& session, Duration active) {
  Random& random = session.random;
  const std::uint64_t events = 5 + random.below(25);
  for (std::uint64_t i = 0; i < events; ++i) {
    const TimePoint at = session.now() + random.between(Duration(0), active);
    switch (random.below(9)) {
      case 0:
      case 1:
      case 2: session.at(at, [&] { session.type(random_text(session.random, 12)); }); break;
      case 3: session.at(at, [&] { session.type(random_text(session.random, 3000)); }); break;
      case 4: {
        const std::size_t most = random.chance(0.3) ? 6000 : 300;
        session.at(at, [&, most] { session.terminal.print(random_text(session.random, most), session.now()); });
        break;
      }
      case 5: session.at(at, [&] { session.roam(); }); break;
      case 6:
        session.at(at, [&] {
          session.resize({static_cast<std::uint32_t>(1 + session.random.below(200)),
                          static_cast<std::uint32_t>(1 + session.random.below(100))});
        });
        break;
      case 7: session.at(at, [&] { session.terminal.invisible_change(session.now()); }); break;
      default: {
        const bool hang = random.chance(0.3);
        session.at(at, [&, hang] { hang ? session.terminal.set_hung(true) : session.monitor.set_reading(false); });
        session.at(at + random.between(milliseconds(10), seconds(1)), [&] {
          session.terminal.set_hung(false);
          session.monitor.set_reading(true);
        });
      }
    }
  }
}

void expect_convergence(std::uint64_t seed, bool stock_client) {
  Session session(random_settings(seed, stock_client));
  schedule_mischief(session, seconds(4));
  session.run_for(seconds(5));
  session.set_loss(0);
  // Long input over a path that reorders more than a client waits before it repeats gets through by chance.
  const int most = session.network.link(End::kServer).jitter > milliseconds(250) ? 400 : 40;
  for (int i = 0; i < most && !session.converged(); ++i) session.run_for(seconds(1));
  EXPECT_EQ(session.faults(), "");
  EXPECT_TRUE(session.converged()) << "typed " << session.typed.size() << " arrived " << session.monitor.typed().size()
                                   << " echo ack " << session.client->screen().echo_ack << " of "
                                   << session.terminal.live().echo_ack;
  EXPECT_LE(session.terminal.kept(), 40U);
  if (::testing::Test::HasFailure()) GTEST_FAIL() << "seed " << seed << (stock_client ? " stock" : " ours");
}

TEST(Convergence, BothEndsConvergeOverAnyNetwork) {
  for (std::uint64_t seed = 1; seed <= 1500 && !HasFatalFailure(); ++seed) {
    expect_convergence(seed, /*stock_client=*/false);
  }
}

TEST(Convergence, OurServerConvergesWithAStockLikeClient) {
  for (std::uint64_t seed = 1; seed <= 1500 && !HasFatalFailure(); ++seed) {
    expect_convergence(seed, /*stock_client=*/true);
  }
}

}  // namespace
}  // namespace sallyport::sync::sim
