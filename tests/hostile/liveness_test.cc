// Nobody waits in a circle (architecture 3): the monitor, net and the terminal as they are, in one process, with every
// combination of full and empty channels (five directions: net has one request at a time on its way to the terminal) and of who is stopped (the three of them, and the program).
// Whoever runs serves whom it can, none of them spins, and once all run again nothing is lost.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>

#include "base/bytes.h"
#include "server/terminal_session.h"
#include "tests/hostile/net_rig.h"
#include "tests/hostile/records.h"
#include "tests/hostile/stage.h"
#include "tests/hostile/wakefulness.h"

namespace sallyport::hostile {
namespace {

using std::chrono::milliseconds;

/// Bits of who is stopped.
constexpr unsigned kMonitor = 1, kNet = 2, kTerminal = 4, kProgram = 8;
constexpr unsigned kStopSets = 16;
/// Channel directions, by bit of the fill state.
enum Direction : std::size_t {
  kNetToMonitor,
  kMonitorToNet,
  kTerminalToMonitor,
  kMonitorToTerminal,
  kTerminalToNet
};
constexpr std::size_t kDirections = 5;
constexpr unsigned kFillStates = 1U << kDirections;
/// What one program prints, with a question in between: more than all queues on its way hold.
constexpr std::size_t kPrinted = 700'000;
// ours: far more turns than any queue takes to empty.
constexpr int kPatience = 2000;

UniqueFd copy_of(const UniqueFd& fd) { return UniqueFd(::dup(fd.borrow().number())); }

struct Ends {
  privsep::ChannelPair monitor_net = std::move(*privsep::make_channel_pair());
  privsep::ChannelPair monitor_terminal = std::move(*privsep::make_channel_pair());
  privsep::ChannelPair net_terminal = std::move(*privsep::make_channel_pair());
};

class World {
 public:
  World() : World(Ends()) {}

  /// One turn of everything that runs, and of the client.
  void round(unsigned stopped) {
    stage_.clock().advance(milliseconds(5));
    heard_ += rig_.client_receives();
    rig_.client_sends();
    (void)turn(stopped);
    if ((stopped & kProgram) == 0) program();
  }
  void rounds(int count, unsigned stopped) {
    for (int i = 0; i < count; ++i) round(stopped);
  }

  /// Messages that change nothing, until the direction is full.
  void fill(std::size_t direction) {
    static const std::array<std::string, kDirections> kHarmless = {
        log_record(), "\x03\x01", log_record(), "\x11.", std::string("\xA3\0", 2)};
    while (senders_[direction].send(bytes_of(kHarmless[direction])) == privsep::SendOutcome::kSent) {
    }
  }

  /// The program prints, the client types and changes its window.
  void much_happens() {
    to_print_ += std::string(kPrinted / 2, '#') + "\r\n\033[5n" + std::string(kPrinted / 2, '#') + "\r\n" +
                 std::string(CountedScreen::kWord);
    types("ls -l\r");
    rig_.client_resizes({100, 30});
  }
  void types(std::string_view keys) {
    rig_.client_types(keys);
    typed_ += keys;
  }

  /// True if those that run come to rest when nothing comes from outside and time stands still.
  bool all_wait(unsigned stopped) {
    for (int i = 0; i < kPatience; ++i) {
      if (!turn(stopped)) return true;
    }
    return false;
  }

  [[nodiscard]] bool all_printed() const { return to_print_.empty(); }
  [[nodiscard]] bool all_typed() const { return read_ == typed_; }
  [[nodiscard]] bool shown() const { return rig_.screen().word_seen; }
  [[nodiscard]] int heard() const { return heard_; }
  [[nodiscard]] const std::string& read() const { return read_; }

 private:
  explicit World(Ends ends)
      : senders_{privsep::Channel(copy_of(ends.monitor_net.second)),
                 privsep::Channel(copy_of(ends.monitor_net.first)),
                 privsep::Channel(copy_of(ends.monitor_terminal.second)),
                 privsep::Channel(copy_of(ends.monitor_terminal.first)),
                 privsep::Channel(copy_of(ends.net_terminal.second))},
        rig_(privsep::Channel(std::move(ends.monitor_net.second)), privsep::Channel(std::move(ends.net_terminal.first)),
             stage_.clock()),
        terminal_(privsep::Channel(std::move(ends.monitor_terminal.second)),
                  privsep::Channel(std::move(ends.net_terminal.second)), WindowSize{80, 24}, stage_.clock()) {
    stage_.begin_between(std::move(ends.monitor_net.first), std::move(ends.monitor_terminal.first));
    types("a");
    rounds(60, 0);
    EXPECT_TRUE(all_typed());
    types("b");  // its echo ack falls due while others are stopped
    rounds(6, 0);
  }

  /// One turn of everything that runs: true if one of them had a reason for it.
  bool turn(unsigned stopped) {
    bool woken = false;
    const auto one = [&](unsigned who, auto run) {
      if ((stopped & who) == 0 && woken_in([&] { EXPECT_TRUE(run(Duration::max())); })) woken = true;
    };
    one(kNet, [&](Duration most) { return rig_.turn(most); });
    one(kMonitor, [&](Duration most) { return stage_.turn(most); });
    one(kTerminal, [&](Duration most) { return terminal_.turn(most); });
    return woken;
  }

  void program() {
    to_print_.erase(0, stage_.program_offers(to_print_));
    read_ += stage_.program_reads(0);
    // The answer to its question comes, or comes too late to be one.
    const auto answer = read_.find("\033[0n");
    if (answer != std::string::npos) read_.erase(answer, 4);
  }

  Stage stage_;
  std::array<privsep::Channel, kDirections> senders_;
  NetRig rig_;
  server::TerminalSession terminal_;
  std::string to_print_, typed_, read_;
  int heard_ = 0;
};

/// What must happen although some are stopped.
void expect_service(World& world, unsigned stopped, unsigned filled) {
  const std::string where = "stopped " + std::to_string(stopped) + ", filled " + std::to_string(filled);
  const int heard = world.heard();
  world.much_happens();
  world.rounds(150, stopped);
  EXPECT_TRUE((stopped & (kMonitor | kNet | kProgram)) != 0 || world.all_typed())
      << "typing waits for the terminal; " << where;
  EXPECT_TRUE((stopped & (kMonitor | kTerminal | kProgram)) != 0 || world.all_printed())
      << "a program waits for net; " << where;
  EXPECT_TRUE((stopped & kNet) != 0 || world.heard() > heard) << "the client waits for another than net; " << where;
  EXPECT_TRUE(world.all_wait(stopped)) << "somebody spins; " << where;
}

class Liveness : public ::testing::TestWithParam<unsigned> {};

TEST_P(Liveness, WhoeverRunsServesAndNothingIsLost) {
  for (unsigned filled = 0; filled < kFillStates; ++filled) {
    World world;
    for (std::size_t direction = 0; direction < kDirections; ++direction) {
      if ((filled >> direction & 1U) != 0) world.fill(direction);
    }
    expect_service(world, GetParam(), filled);
    world.types("exit\r");
    for (int i = 0; i < 40 && !(world.all_typed() && world.all_printed() && world.shown()); ++i) world.rounds(25, 0);
    EXPECT_TRUE(world.all_typed()) << world.read() << ", filled " << filled;
    EXPECT_TRUE(world.all_printed()) << "filled " << filled;
    EXPECT_TRUE(world.shown()) << "filled " << filled;
    EXPECT_TRUE(world.all_wait(0)) << "filled " << filled;
  }
}

INSTANTIATE_TEST_SUITE_P(Stopped, Liveness, ::testing::Range(0U, kStopSets), [](const auto& instance) {
  std::string name;
  if ((instance.param & kMonitor) != 0) name += "Monitor";
  if ((instance.param & kNet) != 0) name += "Net";
  if ((instance.param & kTerminal) != 0) name += "Terminal";
  if ((instance.param & kProgram) != 0) name += "Program";
  return name.empty() ? std::string("Nobody") : name;
});

}  // namespace
}  // namespace sallyport::hostile
