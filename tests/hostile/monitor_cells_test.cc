// Every (phase, message) cell of the two channels to the monitor, written out by hand from architecture 3 with what
// each must do, and asserted on a real monitor with a real PTY and real processes in the compartments' places.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <string_view>
#include <vector>

#include "tests/hostile/environment_number.h"
#include "tests/hostile/records.h"
#include "tests/hostile/stage.h"
#include "tests/sleeper.h"

namespace sallyport::hostile {
namespace {

using testing::Sleeper;

enum class From { kNet, kTerminal };

/// The phases of a session after the lock-down, as the monitor sees them.
enum class Phase : std::size_t {
  kReady,      ///< no client has come
  kContacted,  ///< FirstContact was said, and nothing that lets the program start
  kRunning,    ///< the program runs
  kGone,       ///< the program is gone, the closing handshake goes on
};
constexpr std::size_t kPhases = 4;

struct Row {
  const char* name;
  From from;
  std::string record;
  std::vector<std::string> effect;  ///< by phase
  bool asked = false;               ///< the program has just asked something
};

const std::string kOutOfPhase = "ends: violation by net: out-of-phase";
const std::string kNothing = "nothing";
const std::string kConnection = "logs connection from 10.1.2.3 port 513; records connected";

/// One row per message, one column per phase.
std::vector<Row> rows() {
  const std::string logged = "logs net: client not heard for seconds: 7, datagrams so far 8 (9)";
  const std::string farewell = "ends: session ends: the program ended, the client did not answer";
  const std::string range = "ends: violation by terminal: out-of-range";
  const std::string unknown = "ends: violation by terminal: unknown-type";
  const std::string no_net_message = "ends: violation by net: unknown-type";
  const std::string reported = "logs terminal: client not heard for seconds: 7, datagrams so far 8 (9)";
  return {
      {"Ready", From::kNet, "\x81", {kOutOfPhase, kOutOfPhase, kOutOfPhase, kOutOfPhase}},
      {"FirstContact", From::kNet, "\x82" + address(), {kConnection, kOutOfPhase, kOutOfPhase, kOutOfPhase}},
      {"PeerMoved", From::kNet, "\x83" + address(), {kOutOfPhase, kConnection, kConnection, kConnection}},
      {"Input",
       From::kNet,
       input(7, 1, "x"),
       {kOutOfPhase, "types x; terminal: written 7; releases", "types x; terminal: written 7", kNothing}},
      {"Input, not the last piece",
       From::kNet,
       input(7, 0, "x"),
       {kOutOfPhase, "types x; releases", "types x", kNothing}},
      {"Input, empty",
       From::kNet,
       input(7, 1, ""),
       {kOutOfPhase, "terminal: written 7; releases", "terminal: written 7", "terminal: written 7"}},
      {"Resize",
       From::kNet,
       resize(7, 90, 20),
       {kOutOfPhase, "window 90x20; terminal: resize 90x20; releases", "window 90x20; terminal: resize 90x20",
        "terminal: resize 90x20"}},
      {"Silent", From::kNet, "\x86", {kOutOfPhase, "records silent", "records silent", "records silent"}},
      {"Heard", From::kNet, "\x87", {kOutOfPhase, "records connected", "records connected", "records connected"}},
      {"Goodbye", From::kNet, "\x88\x02", {farewell, farewell, farewell, farewell}},
      {"Log", From::kNet, log_record(), {logged, logged, logged, logged}},
      {"a reply from net",
       From::kNet,
       reply(2, 0, 0),
       {no_net_message, no_net_message, no_net_message, no_net_message}},
      {"Reply, asked",
       From::kTerminal,
       reply(3, 1, 2),
       {"types \033[1;2R", "types \033[1;2R", "types \033[1;2R", kNothing},
       true},
      {"Reply, not asked", From::kTerminal, reply(2, 0, 0), {kNothing, kNothing, kNothing, kNothing}},
      {"Reply, out of range", From::kTerminal, reply(2, 1, 0), {range, range, range, range}, true},
      {"Reply, outside every window", From::kTerminal, reply(3, 1, 101), {range, range, range, range}, true},
      {"Log", From::kTerminal, log_record(), {reported, reported, reported, reported}},
      {"typed input from the terminal", From::kTerminal, input(7, 1, "x"), {unknown, unknown, unknown, unknown}},
      {"a window's size from the terminal", From::kTerminal, resize(7, 90, 20), {unknown, unknown, unknown, unknown}},
      {"a farewell from the terminal", From::kTerminal, "\x88\x02", {unknown, unknown, unknown, unknown}},
  };
}

/// A session in a phase, and what one message does there, in words.
class Cell {
 public:
  explicit Cell(Phase phase) : phase_(phase) {
    stage_.share_nothing();
    stage_.begin(true, shell_.pidfd(), net_.pidfd(), terminal_.pidfd());
    if (phase != Phase::kReady) say(From::kNet, "\x82" + address());
    if (phase == Phase::kRunning || phase == Phase::kGone) say(From::kNet, resize(1, 100, 30));
    if (phase == Phase::kGone) {
      stage_.program_leaves();
      (void)stage_.turn();
      (void)stage_.turn();
    }
    (void)look();
  }

  void ask() {
    if (phase_ == Phase::kGone) return;
    stage_.program_prints("\033[6n");
    (void)stage_.turn();
    (void)stage_.terminal_hears();
  }

  void say(From from, const std::string& record) {
    send(from, record);
    alive_ = stage_.turn();
    stage_.clock().advance(std::chrono::milliseconds(1));  // what waits for an echo waits no longer
    if (alive_) alive_ = stage_.turn();
  }
  void send(From from, const std::string& record) const {
    ASSERT_TRUE(from == From::kNet ? stage_.net_sends(record, false) : stage_.terminal_sends(record, false));
  }
  void turn() { alive_ = stage_.turn(); }

  /// What has happened since the last look.
  std::string look() {
    words_.clear();
    const std::string log = last_line(stage_.log_heard());
    if (!alive_) return "ends: " + log + after_the_end();
    if (phase_ != Phase::kGone) look_at_the_program();
    std::string heard;
    for (const std::string& record : stage_.terminal_hears()) {
      if (record[0] == 0x12) heard += "resize " + size_in(record);
      if (record[0] == 0x13) heard += "written " + std::to_string(number_in(record, 1, 8));
    }
    if (!heard.empty()) add("terminal: " + heard);
    if (stage_.program_released()) add("releases");
    if (!log.empty()) add("logs " + log);
    const std::string record = stage_.record_heard();
    if (!record.empty())
      add(record.size() == 24 ? (record[0] == 1 ? "records connected" : "records silent") : "a strange record");
    return words_.empty() ? kNothing : words_;
  }

 private:
  void add(const std::string& words) { words_ += (words_.empty() ? "" : "; ") + words; }

  void look_at_the_program() {
    pollfd ready{stage_.tty().number(), POLLIN, 0};
    (void)::poll(&ready, 1, 5);
    const std::string typed = stage_.program_reads(0);
    if (!typed.empty()) add("types " + typed);
    winsize size{};
    ::ioctl(stage_.tty().number(), TIOCGWINSZ, &size);
    const std::string window = std::to_string(size.ws_col) + "x" + std::to_string(size.ws_row);
    if (window != window_) add("window " + window);
    window_ = window;
  }

  /// Empty if all that must follow the end has happened: both compartments killed, the shell not, the PTY hung up,
  /// nothing typed.
  std::string after_the_end() {
    std::string missing;
    if (!net_.killed(true)) missing += ", net lives";
    if (!terminal_.killed(true)) missing += ", terminal lives";
    if (shell_.killed(false)) missing += ", the shell was killed";
    if (phase_ == Phase::kGone) return missing;
    std::array<char, 16> buffer{};
    const ssize_t n = ::read(stage_.tty().number(), buffer.data(), buffer.size());
    if (n != 0) missing += ", the program still has its terminal";
    return missing;
  }

  /// The newest line without its head and its last clause.
  static std::string last_line(std::string log) {
    if (log.empty()) return log;
    log.pop_back();
    log = log.substr(log.rfind('\n') + 1);
    const std::string head = "sallyport-server: ";
    log = log.substr(log.find(head) + head.size());
    return log.substr(0, log.find("; "));
  }

  Phase phase_;
  Sleeper shell_, net_, terminal_;
  Stage stage_;
  bool alive_ = true;
  std::string words_, window_;
};

TEST(MonitorCells, EveryMessageInEveryPhaseDoesWhatIsWritten) {
  for (const Row& row : rows()) {
    for (std::size_t phase = 0; phase < kPhases; ++phase) {
      Cell cell(static_cast<Phase>(phase));
      if (row.asked) cell.ask();
      cell.say(row.from, row.record);
      EXPECT_EQ(cell.look(), row.effect[phase]) << row.name << ", phase " << phase;
    }
  }
}

TEST(MonitorCells, TheEchoClockStartsWithAnEchoThatComesAtOnce) {
  Sleeper shell, net, terminal;
  Stage stage;
  stage.share_nothing();
  stage.begin(true, shell.pidfd(), net.pidfd(), terminal.pidfd());
  const auto plays = [&](const std::string& record) { return stage.net_sends(record, false) && stage.turn(); };
  ASSERT_TRUE(plays("\x82" + address()) && plays(resize(1, 100, 30)));
  (void)stage.terminal_hears();
  ASSERT_TRUE(plays(input(7, 1, "x")));
  EXPECT_TRUE(stage.terminal_hears().empty());  // it is not woken for that alone
  stage.program_prints("x");
  ASSERT_TRUE(stage.turn());
  EXPECT_EQ(stage.terminal_hears(), (std::vector<std::string>{"\x11x", "\x13" + little_endian(7, 8)}));
}

TEST(MonitorCells, AfterGoodbyeNothingIsTakenAnyMore) {
  for (const Row& row : rows()) {
    Cell cell(Phase::kRunning);
    cell.send(From::kNet, "\x88\x02");
    cell.send(row.from, row.record);
    cell.turn();
    EXPECT_EQ(cell.look(), "ends: session ends: the program ended, the client did not answer") << row.name;
  }
}

TEST(MonitorCells, EveryOtherTypeIsAViolationInEveryPhase) {
  const std::string from_net = "\x81\x82\x83\x84\x85\x86\x87\x88\x7F", from_terminal = "\x91\x7F";
  for (std::size_t phase = 0; phase < kPhases; ++phase) {
    for (int type = 0; type < 256; type += phase == 2 || !kUnderSanitizers ? 1 : 17) {
      const std::string record(1, static_cast<char>(type));
      for (const From from : {From::kNet, From::kTerminal}) {
        if ((from == From::kNet ? from_net : from_terminal).find(record) != std::string::npos) continue;
        Cell cell(static_cast<Phase>(phase));
        cell.say(from, record);
        EXPECT_EQ(cell.look(),
                  std::string("ends: violation by ") + (from == From::kNet ? "net" : "terminal") + ": unknown-type")
            << type << ", phase " << phase;
      }
    }
  }
}

TEST(MonitorCells, EveryOtherLengthOfAFixedMessageIsAViolation) {
  for (const Row& row : rows()) {
    const bool variable = row.record[0] == '\x84';
    if (variable || row.effect[2].starts_with("ends: violation")) continue;
    for (std::size_t length = 1; length <= row.record.size() + 1; ++length) {
      if (length == row.record.size()) continue;
      std::string record = row.record;
      record.resize(length, '\0');
      Cell cell(Phase::kRunning);
      cell.say(row.from, record);
      EXPECT_EQ(cell.look(),
                std::string("ends: violation by ") + (row.from == From::kNet ? "net" : "terminal") + ": wrong-length")
          << row.name << ", length " << length;
    }
  }
}

}  // namespace
}  // namespace sallyport::hostile
