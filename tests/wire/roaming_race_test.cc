// Somebody on the path copies what a client sends, holds the original back, lets copies arrive first, later or several times, and
// gives them the addresses of victims. He cannot open anything. The victims must not be flooded, and the client gets its session
// back as soon as he stops (architecture 7).
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "tests/sync/simulator.h"

namespace sallyport::sync::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint64_t kSchedules = 1500;  // SALLYPORT_SCHEDULES=10000 takes half a minute
constexpr milliseconds kLongestHold{400};
constexpr milliseconds kAckDelay{100};     // wire 5.4: of a client that has received something
constexpr milliseconds kHeartbeat{3000};   // wire 5.4

net::Address victim(std::uint64_t n) {
  net::Address address;
  address.bytes = {192, 0, 2, static_cast<std::uint8_t>(n)};
  address.port = 4000;
  return address;
}

/// What an address has sent and got, and how much of it before it was the validated peer.
class Ledger {
 public:
  void arrives(const net::Address& from, std::size_t bytes, TimePoint at) { arrivals_.push_back({from, bytes, at}); }
  /// False if an unproven address has now got more than three times what came from it.
  bool goes_out(const net::Address& to, std::size_t bytes, TimePoint now) {
    std::size_t came = 0;
    for (const Arrival& arrival : arrivals_) {
      if (arrival.from == to && arrival.at <= now) came += arrival.bytes;
    }
    for (auto& [address, sent] : sent_) {
      if (address == to) return (sent += bytes) <= 3 * came;
    }
    sent_.emplace_back(to, bytes);
    return bytes <= 3 * came;
  }

 private:
  struct Arrival {
    net::Address from;
    std::size_t bytes;
    TimePoint at;
  };
  std::vector<Arrival> arrivals_;
  std::vector<std::pair<net::Address, std::size_t>> sent_;
};

/// One schedule: everything in it is drawn from its number.
class Race {
 public:
  explicit Race(std::uint64_t number)
      : random_(number), rtt_(milliseconds(2 + random_.below(150))), session_(settings(number)) {
    copies_ = static_cast<double>(1 + random_.below(10)) / 10;
    first_ = static_cast<double>(random_.below(11)) / 10;
    drops_ = random_.chance(0.3) ? 0.5 : 0;
    hold_ = milliseconds(1 + random_.below(kLongestHold.count()));
    victims_ = 1 + random_.below(3);
    busy_ = random_.chance(0.5);
    roams_ = random_.chance(0.4);
  }

  void play() {
    session_.network.on_path = [this](const Network::Datagram& datagram) {
      return datagram.to == End::kServer ? from_client(datagram) : from_server(datagram);
    };
    work(milliseconds(1500));
    forging_ = true;
    work(milliseconds(500 + random_.below(3000)));
    if (roams_) session_.roam();
    work(milliseconds(500 + random_.below(2000)));
    forging_ = false;
    // No key is typed now: the client says something at its next heartbeat at the latest.
    session_.run_for(kLongestHold + kHeartbeat + rtt_ + rtt_ / 2 + kAckDelay + milliseconds(50));
    recovered_ = session_.server->peer().validated() == session_.client_address() && !session_.server->peer().candidate();
    session_.type("recovered");
    session_.run_for(rtt_ + milliseconds(700));
    shown_ = session_.converged();
  }

  [[nodiscard]] bool recovered() const { return recovered_; }
  [[nodiscard]] bool shown() const { return shown_; }
  [[nodiscard]] bool flooded() const { return flooded_; }
  [[nodiscard]] bool believed_a_victim() const { return believed_; }
  [[nodiscard]] std::uint64_t forged() const { return forged_; }
  [[nodiscard]] std::uint64_t reached() const { return reached_; }
  /// A screen may step back for an instant: a client that moves while more is printed than its new address may get is
  /// asked with a state that it has acknowledged.
  [[nodiscard]] bool faulty() const {
    const Faults& seen = session_.seen;
    return seen.total() != seen.screen_went_back;
  }

 private:
  Settings settings(std::uint64_t number) {
    Settings made{.seed = number, .to_server = {.delay = rtt_ / 2}, .to_client = {.delay = rtt_ / 2}};
    made.stock_client = number % 2 == 0;
    return made;
  }

  void work(Duration length) {
    const TimePoint end = session_.now() + length;
    while (session_.now() < end) {
      if (random_.chance(0.6)) session_.type(std::string(1 + random_.below(3), 'k'));
      if (busy_) session_.terminal.replace(std::string(100 + random_.below(300), static_cast<char>('a' + random_.below(26))), session_.now());
      session_.run_for(milliseconds(5 + random_.below(busy_ ? 60 : 700)));
    }
  }

  bool from_client(const Network::Datagram& datagram) {
    const TimePoint natural = datagram.at + rtt_ / 2;
    bool passes = true;
    if (forging_ && random_.chance(copies_)) {
      const bool first = random_.chance(first_);
      for (std::uint64_t n = 1 + random_.below(2); n > 0; --n) {
        Network::Datagram copy = datagram;
        copy.from = victim(random_.below(victims_));
        copy.at = first ? natural - Duration(1) : natural + random_.between(Duration(0), hold_);
        ++forged_;
        ledger_.arrives(copy.from, copy.bytes.size(), copy.at);
        session_.network.inject(std::move(copy));
      }
      if (!first || random_.chance(0.5)) {
        passes = false;  // held back, or gone
        if (!random_.chance(drops_)) pass_on(datagram, natural + random_.between(Duration(0), hold_));
      }
    }
    if (passes) ledger_.arrives(datagram.from, datagram.bytes.size(), natural);
    return passes;
  }

  void pass_on(Network::Datagram datagram, TimePoint at) {
    datagram.at = at;
    ledger_.arrives(datagram.from, datagram.bytes.size(), at);
    session_.network.inject(std::move(datagram));
  }

  bool from_server(const Network::Datagram& datagram) {
    const auto validated = session_.server->peer().validated();
    const bool to_victim = datagram.destination.bytes[0] == 192;
    if (to_victim) ++reached_;
    if (to_victim && validated == datagram.destination) believed_ = true;
    const bool within = ledger_.goes_out(datagram.destination, datagram.bytes.size(), datagram.at);
    if (!within && (to_victim || validated != datagram.destination) && forging_) flooded_ = true;
    return true;
  }

  Random random_;
  Duration rtt_;
  Session session_;
  Ledger ledger_;
  double copies_ = 0;   ///< share of the client's datagrams that are copied
  double first_ = 0;    ///< share of those whose copy wins the race
  double drops_ = 0;
  Duration hold_{};
  std::uint64_t victims_ = 1;
  bool busy_ = false;
  bool roams_ = false;
  bool forging_ = false;
  bool recovered_ = false;
  bool shown_ = false;
  bool flooded_ = false;
  bool believed_ = false;
  std::uint64_t forged_ = 0;
  std::uint64_t reached_ = 0;
};

TEST(RoamingRace, NoScheduleFloodsAVictimOrKeepsTheClientFromItsSession) {
  const char* given = std::getenv("SALLYPORT_SEED");
  const std::uint64_t base = given != nullptr ? std::strtoull(given, nullptr, 10) : 0;
  const char* wanted = std::getenv("SALLYPORT_SCHEDULES");
  const std::uint64_t schedules = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : kSchedules;
  std::uint64_t forged = 0;
  std::uint64_t reached = 0;
  std::map<std::string, std::vector<std::uint64_t>> wrong;
  for (std::uint64_t number = base; number < base + schedules; ++number) {
    Race race(number);
    race.play();
    forged += race.forged();
    reached += race.reached();
    if (race.flooded()) wrong["more than three times to an unproven address"].push_back(number);
    if (race.believed_a_victim()) wrong["a victim became the validated peer"].push_back(number);
    if (!race.recovered()) wrong["the client is not the validated peer again"].push_back(number);
    if (!race.shown()) wrong["typing does not arrive"].push_back(number);
    if (race.faulty()) wrong["what a stock client would not survive"].push_back(number);
  }
  for (const auto& [what, numbers] : wrong) {
    ADD_FAILURE() << what << " in " << numbers.size() << " schedules, the first with seed " << numbers.front();
  }
  EXPECT_GT(forged, schedules) << "copies that raced";
  EXPECT_GT(reached, schedules / 10) << "datagrams that went to victims: the race is won often enough";
}

/// When the client's screen shows each of its keys, while the copies of all that it says come first from a victim, or not.
std::vector<Duration> echo_times(bool forging) {
  Session session({.seed = 3, .to_server = {.delay = milliseconds(20)}, .to_client = {.delay = milliseconds(20)}});
  session.type("x");
  session.run_for(seconds(5));
  session.network.on_path = [&](Network::Datagram datagram) {
    if (!forging || datagram.to != End::kServer) return true;
    datagram.from = victim(1);
    datagram.at = datagram.at + milliseconds(20) - Duration(1);
    session.network.inject(std::move(datagram));
    return true;
  };
  std::vector<Duration> times;
  for (int key = 0; key < 40; ++key) {
    session.run_for(milliseconds(key % 2 == 0 ? 300 : 45));
    session.type("k");
    const TimePoint typed = session.now();
    while (!session.converged() && session.now() < typed + seconds(2)) session.run_for(milliseconds(1));
    times.push_back(session.now() - typed);
  }
  EXPECT_EQ(session.faults(), "");
  return times;
}

TEST(RoamingRace, CopiesThatAlwaysComeFirstDelayNoEcho) {
  const std::vector<Duration> forged = echo_times(true);
  const std::vector<Duration> untouched = echo_times(false);
  for (std::size_t i = 0; i < forged.size(); ++i) EXPECT_LE(forged[i], untouched[i] + milliseconds(5)) << i;
}

}  // namespace
}  // namespace sallyport::sync::sim
