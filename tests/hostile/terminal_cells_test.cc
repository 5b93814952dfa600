// Every (phase, message) cell of what the monitor and net say to the terminal, written out by hand from architecture 3,
// and asserted on the terminal's own loop.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "server/terminal_session.h"
#include "tests/hostile/records.h"

namespace sallyport::hostile {
namespace {

enum class From { kMonitor, kNet };
enum class Phase : std::size_t {
  kClean,    ///< nothing was printed
  kDirty,    ///< Dirty was said, net has not asked
  kPending,  ///< a frame is asked for, and net's channel is too full for the answer
};
constexpr std::size_t kPhases = 3;

struct Row {
  const char* name;
  From from;
  std::string record;
  std::vector<std::string> effect;  ///< by phase
};

std::string take_frame(std::uint64_t assumed, std::uint64_t acknowledged, std::uint64_t snapshot) {
  return "\x21" + little_endian(assumed, 8) + little_endian(acknowledged, 8) + little_endian(snapshot, 8);
}

std::string size_change(std::uint32_t columns, std::uint32_t rows) {
  return "\x12" + little_endian(2, 8) + little_endian(columns, 4) + little_endian(rows, 4);
}

std::vector<Row> rows() {
  const std::string ends = "ends", on = "goes on", dirty = "dirty", shows = "frame", replies = "replies";
  const std::vector<std::string> all_end(kPhases, ends);
  return {
      {"HostOutput", From::kMonitor, "\x11text", {dirty, on, on}},
      {"HostOutput with a question", From::kMonitor, "\x11\033[5n", {replies, replies, replies}},
      {"HostOutput without a byte", From::kMonitor, "\x11", all_end},
      {"Resize", From::kMonitor, size_change(90, 20), {dirty, on, on}},
      {"Resize to nothing", From::kMonitor, size_change(0, 20), all_end},
      {"Resize beyond the bounds", From::kMonitor, size_change(4097, 1), all_end},
      {"InputWritten", From::kMonitor, "\x13" + little_endian(2, 8), {on, on, on}},
      {"InputWritten, too long", From::kMonitor, "\x13" + little_endian(2, 9), all_end},
      {"ChildExited, which is net's", From::kMonitor, "\x04", all_end},
      {"a request for a frame", From::kMonitor, take_frame(0, 0, 1), all_end},
      {"TakeFrame", From::kNet, take_frame(0, 0, 5), {shows, shows, ends}},
      {"TakeFrame of a snapshot that is there", From::kNet, take_frame(0, 0, 0), all_end},
      {"TakeFrame from a base that is not kept", From::kNet, take_frame(4, 4, 5), all_end},
      {"TakeFrame with its bases exchanged", From::kNet, take_frame(1, 2, 5), all_end},
      {"TakeFrame, too short", From::kNet, take_frame(0, 0, 5).substr(0, 24), all_end},
      {"a number that net's messages had", From::kNet, "\x22" + little_endian(1, 8), all_end},
      {"host output", From::kNet, "\x11text", all_end},
      {"a window's size", From::kNet, size_change(90, 20), all_end},
      {"the terminal's own message", From::kNet, "\xA1", all_end},
  };
}

class Cell {
 public:
  explicit Cell(Phase phase) : Cell(phase, *privsep::make_channel_pair(), *privsep::make_channel_pair()) {}

  void say(From from, const std::string& record) {
    EXPECT_EQ((from == From::kMonitor ? monitor_ : net_).send(bytes_of(record)), privsep::SendOutcome::kSent);
    // Of what fills its channel net takes nothing until the message is judged.
    for (int i = 0; i < 2 && alive_; ++i) alive_ = session_.turn(Duration(0));
  }
  [[nodiscard]] std::string look() {
    if (!alive_) return "ends";
    if (!heard(monitor_).empty()) return "replies";
    const std::string types = heard(net_);
    if (types.find('\xA2') != std::string::npos) return "frame";
    return types.find('\xA1') != std::string::npos ? "dirty" : "goes on";
  }

 private:
  Cell(Phase phase, privsep::ChannelPair monitor, privsep::ChannelPair net)
      : monitor_(std::move(monitor.first)),
        net_(std::move(net.first)),
        session_(privsep::Channel(std::move(monitor.second)), filled(std::move(net.second), phase), WindowSize{80, 24},
                 clock_) {
    EXPECT_TRUE(session_.turn(Duration(0)));
    if (phase == Phase::kDirty) say(From::kMonitor, "\x11x");
    if (phase == Phase::kPending) say(From::kNet, take_frame(0, 0, 1));
    if (phase != Phase::kPending) (void)heard(net_);
  }
  /// The types of what waits.
  static std::string heard(const privsep::Channel& channel) {
    std::string types;
    std::vector<std::byte> buffer(privsep::kMaxElsewhereBytes);
    while (const auto record = channel.receive(buffer)) types += static_cast<char>(record->front());
    return types;
  }
  /// Net's channel with no room in it: what lies there is nothing that the terminal says.
  static privsep::Channel filled(UniqueFd fd, Phase phase) {
    privsep::Channel channel(std::move(fd));
    while (phase == Phase::kPending && channel.send(bytes_of("x")) == privsep::SendOutcome::kSent) {
    }
    return channel;
  }

  FakeClock clock_;
  privsep::Channel monitor_, net_;
  server::TerminalSession session_;
  bool alive_ = true;
};

TEST(TerminalCells, EveryMessageInEveryPhaseDoesWhatIsWritten) {
  for (const Row& row : rows()) {
    for (std::size_t phase = 0; phase < kPhases; ++phase) {
      Cell cell(static_cast<Phase>(phase));
      cell.say(row.from, row.record);
      EXPECT_EQ(cell.look(), row.effect[phase]) << row.name << ", phase " << phase;
    }
  }
}

TEST(TerminalCells, EveryOtherTypeEndsIt) {
  const std::string from_monitor = "\x11\x12\x13", from_net = "\x21";
  for (int type = 0; type < 256; ++type) {
    const std::string record(1, static_cast<char>(type));
    for (const From from : {From::kMonitor, From::kNet}) {
      if ((from == From::kMonitor ? from_monitor : from_net).find(record) != std::string::npos) continue;
      Cell cell(Phase::kClean);
      cell.say(from, record);
      EXPECT_EQ(cell.look(), "ends") << type;
    }
  }
}

}  // namespace
}  // namespace sallyport::hostile
