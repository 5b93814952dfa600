// Every (phase, message) cell of what the monitor and the terminal say to net, written out by hand from architecture 3,
// and asserted on net's own loop with a client that is there, not there, or being said goodbye to.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "tests/hostile/net_rig.h"
#include "tests/hostile/records.h"

namespace sallyport::hostile {
namespace {

using std::chrono::milliseconds;

enum class From { kMonitor, kTerminal };
enum class Phase : std::size_t {
  kWaiting,  ///< no client has come
  kRunning,  ///< one has, one byte of its input is with the monitor, nothing is asked of the terminal
  kAsked,    ///< a frame is asked for
  kHalf,     ///< and its first part has come
  kClosing,  ///< the closing handshake goes on, and a last frame was asked for, in vain
};
constexpr std::size_t kPhases = 5;

struct Row {
  const char* name;
  From from;
  std::vector<std::string> records;
  std::vector<std::string> effect;  ///< by phase
};

/// A frame's part: the answer to TakeFrame(0, 0, `snapshot`) if `base` is 0.
std::string frame(std::uint64_t base, std::uint64_t snapshot, std::uint32_t part, int flags,
                  std::uint64_t echo_ack = 0) {
  return "\xA2" + little_endian(base, 8) + little_endian(snapshot, 8) + little_endian(1, 8) + little_endian(part, 4) +
         static_cast<char>(flags) + little_endian(echo_ack, 8) + little_endian(80, 4) + little_endian(24, 4) + "text";
}

std::vector<Row> rows() {
  const std::string stopped = "goodbye 7", failed = "goodbye 8", signalled = "goodbye 5", on = "goes on",
                    closes = "closes";
  const std::string asks = "asks", shows = "shows";
  const std::vector<std::string> all_stopped(kPhases, stopped), all_failed(kPhases, failed);
  return {
      {"Announce again", From::kMonitor, {"\x01"}, all_stopped},
      {"Consumed", From::kMonitor, {"\x02" + little_endian(1, 4)}, {stopped, on, on, on, on}},
      {"Consumed, more than was sent", From::kMonitor, {"\x02" + little_endian(2, 4)}, all_stopped},
      {"Consumed, nothing", From::kMonitor, {"\x02" + little_endian(0, 4)}, all_stopped},
      {"Signal term", From::kMonitor, {"\x03" + little_endian(0, 1)}, {signalled, closes, closes, closes, signalled}},
      {"Signal usr1 within its time", From::kMonitor, {"\x03\x01"}, {on, on, on, on, on}},
      {"Signal of another kind", From::kMonitor, {"\x03\x02"}, all_stopped},
      {"ChildExited", From::kMonitor, {"\x04"}, {"goodbye 2", closes, closes, closes, on}},
      {"Stop", From::kMonitor, {"\x05\x02"}, all_stopped},
      {"Stop for another reason", From::kMonitor, {"\x05\x03"}, all_stopped},
      {"too long", From::kMonitor, {"\x04\x04"}, all_stopped},
      {"too short", From::kMonitor, {"\x02\x01"}, all_stopped},
      {"net's own message", From::kMonitor, {"\x81"}, all_stopped},
      {"a terminal's message", From::kMonitor, {"\xA1"}, all_stopped},
      {"Dirty", From::kTerminal, {"\xA1"}, {on, asks, on, on, on}},
      {"Dirty twice", From::kTerminal, {"\xA1", "\xA1"}, {failed, failed, failed, failed, on}},
      {"Dirty three times", From::kTerminal, {"\xA1", "\xA1", "\xA1"}, all_failed},
      {"InputModes", From::kTerminal, {"\xA3\x01"}, {on, on, on, on, on}},
      {"InputModes of no kind", From::kTerminal, {"\xA3\x02"}, all_failed},
      {"Frame, whole", From::kTerminal, {frame(0, 1, 0, 1)}, {failed, failed, shows, failed, on}},
      {"Frame, second part", From::kTerminal, {frame(0, 1, 1, 1)}, {failed, failed, failed, shows, failed}},
      {"Frame, third part", From::kTerminal, {frame(0, 1, 2, 1)}, all_failed},
      {"Frame, second part of another size", From::kTerminal, {frame(0, 1, 1, 3)}, all_failed},
      {"Frame twice", From::kTerminal, {frame(0, 1, 0, 1), frame(0, 1, 0, 1)}, all_failed},
      {"Frame of another snapshot", From::kTerminal, {frame(0, 2, 0, 1)}, all_failed},
      {"Frame from a base that was not offered", From::kTerminal, {frame(1, 2, 0, 1)}, all_failed},
      {"Frame with an echo ack of the future", From::kTerminal, {frame(0, 1, 0, 5, 1000)}, all_failed},
      {"Frame with a flag of no meaning", From::kTerminal, {frame(0, 1, 0, 9)}, all_failed},
      {"Frame without its end", From::kTerminal, {frame(0, 1, 0, 1).substr(0, 30)}, all_failed},
      {"host output", From::kTerminal, {"\x11x"}, all_failed},
      {"a reply", From::kTerminal, {reply(2, 0, 0)}, all_failed},
      {"a request for a frame", From::kTerminal, {"\x21" + std::string(24, '\1')}, all_failed},
  };
}

class Cell {
 public:
  explicit Cell(Phase phase) : Cell(phase, *privsep::make_channel_pair(), *privsep::make_channel_pair()) {}

  void say(const Row& row) {
    for (const std::string& record : row.records) send(row.from, record);
    for (int i = 0; i < 150 && alive_; ++i) step();
  }

  [[nodiscard]] std::string look() {
    std::string words;
    for (const std::string& record : records(monitor_)) {
      if (record[0] == '\x88') words = "goodbye " + std::to_string(record[1]);
    }
    EXPECT_EQ(alive_, words.empty());
    if (!words.empty()) return words;
    if (phase_ != Phase::kClosing && rig_.closing_seen()) return "closes";
    if (rig_.screen().frames > frames_) return "shows";
    for (const std::string& record : records(terminal_)) {
      if (record[0] == 0x21) return "asks";
    }
    return "goes on";
  }

 private:
  Cell(Phase phase, privsep::ChannelPair monitor, privsep::ChannelPair terminal)
      : phase_(phase),
        monitor_(std::move(monitor.first)),
        terminal_(std::move(terminal.first)),
        rig_(privsep::Channel(std::move(monitor.second)), privsep::Channel(std::move(terminal.second)), clock_) {
    EXPECT_TRUE(rig_.start());
    if (phase != Phase::kWaiting) rig_.client_types("a");
    for (int i = 0; i < 8 && phase != Phase::kWaiting; ++i) step();
    if (phase == Phase::kAsked || phase == Phase::kHalf) {
      send(From::kTerminal, "\xA1");
      for (int i = 0; i < 4; ++i) step();
      if (phase == Phase::kHalf) send(From::kTerminal, frame(0, 1, 0, 0));
    }
    if (phase == Phase::kClosing) send(From::kMonitor, "\x04");
    for (int i = 0; i < 2 || (i < 100 && phase == Phase::kClosing && !rig_.closing_seen()); ++i) step();
    EXPECT_EQ(has(records(monitor_), '\x82'), phase != Phase::kWaiting);
    EXPECT_EQ(has(records(terminal_), 0x21), phase >= Phase::kAsked);
    EXPECT_EQ(rig_.closing_seen(), phase == Phase::kClosing);
    frames_ = rig_.screen().frames;
  }

  void send(From from, const std::string& record) {
    EXPECT_EQ((from == From::kMonitor ? monitor_ : terminal_).send(bytes_of(record)), privsep::SendOutcome::kSent);
  }
  /// The client answers nothing once the closing handshake has begun: it would end.
  void step() {
    clock_.advance(milliseconds(25));
    (void)rig_.client_receives();
    if (phase_ != Phase::kWaiting && !rig_.closing_seen()) rig_.client_sends();
    alive_ = alive_ && rig_.turn();
  }
  static std::vector<std::string> records(const privsep::Channel& channel) {
    std::vector<std::string> all;
    std::vector<std::byte> buffer(privsep::kMaxElsewhereBytes);
    while (const auto record = channel.receive(buffer)) all.emplace_back(text_of(*record));
    return all;
  }
  static bool has(const std::vector<std::string>& all, char type) {
    return std::any_of(all.begin(), all.end(), [&](const std::string& record) { return record[0] == type; });
  }

  FakeClock clock_;
  Phase phase_;
  privsep::Channel monitor_, terminal_;
  NetRig rig_;
  bool alive_ = true;
  int frames_ = 0;
};

TEST(NetCells, EveryMessageInEveryPhaseDoesWhatIsWritten) {
  for (const Row& row : rows()) {
    for (std::size_t phase = 0; phase < kPhases; ++phase) {
      Cell cell(static_cast<Phase>(phase));
      cell.say(row);
      EXPECT_EQ(cell.look(), row.effect[phase]) << row.name << ", phase " << phase;
    }
  }
}

TEST(NetCells, EveryOtherTypeEndsIt) {
  const std::string from_monitor = "\x01\x02\x03\x04\x05", from_terminal = "\xA1\xA2\xA3";
  for (int type = 0; type < 256; ++type) {
    const std::string record(1, static_cast<char>(type));
    if (from_monitor.find(record) == std::string::npos) {
      Cell cell(Phase::kRunning);
      cell.say({"", From::kMonitor, {record}, {}});
      EXPECT_EQ(cell.look(), "goodbye 7") << type;
    }
    if (from_terminal.find(record) == std::string::npos) {
      Cell cell(Phase::kRunning);
      cell.say({"", From::kTerminal, {record}, {}});
      EXPECT_EQ(cell.look(), "goodbye 8") << type;
    }
  }
}

TEST(NetReports, SilenceIsToldOnceTheMonitorsChannelHasRoom) {
  FakeClock clock;
  auto monitor = std::move(*privsep::make_channel_pair());
  auto terminal = std::move(*privsep::make_channel_pair());
  const privsep::Channel ours(std::move(monitor.first));
  const privsep::Channel nets_too(UniqueFd(::dup(monitor.second.borrow().number())));
  NetRig rig(privsep::Channel(std::move(monitor.second)), privsep::Channel(std::move(terminal.second)), clock);
  const auto turn = [&] {
    clock.advance(milliseconds(25));
    (void)rig.client_receives();
    rig.client_sends();
    EXPECT_TRUE(rig.turn());
  };
  const auto heard = [&] {
    std::string types;
    std::vector<std::byte> buffer(privsep::kMaxElsewhereBytes);
    while (const auto record = ours.receive(buffer)) types += static_cast<char>(record->front());
    return types;
  };
  const auto fill = [&] {
    while (nets_too.send(bytes_of("x")) == privsep::SendOutcome::kSent) {
    }
  };
  rig.client_types("a");
  for (int i = 0; i < 8; ++i) turn();
  EXPECT_NE(heard().find('\x82'), std::string::npos);
  fill();
  clock.advance(std::chrono::seconds(31));
  EXPECT_TRUE(rig.turn());
  EXPECT_EQ(heard().find('\x86'), std::string::npos);
  EXPECT_TRUE(rig.turn());
  EXPECT_EQ(heard(), "\x86\x7F");  // and a line for the log
  fill();
  rig.client_types("b");
  for (int i = 0; i < 8; ++i) turn();
  (void)heard();
  EXPECT_TRUE(rig.turn());
  EXPECT_NE(heard().find('\x87'), std::string::npos);
}

}  // namespace
}  // namespace sallyport::hostile
