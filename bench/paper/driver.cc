// paper_driver TRACE RESULT DRAIN_SECONDS WORD...: types a trace of keys into the program WORD... on a terminal of its
// own, reads that terminal with the product's emulator, and writes a line of JSON per key to RESULT. For
// bench/paper/run.
//
// A line of TRACE: milliseconds since the key before, kind (a letter), the key's bytes in hexadecimal. Says "ready"
// when the far program's first screen is shown, and begins to type when it is sent a line; ends when every key is
// confirmed or DRAIN_SECONDS after the last one.
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/sys/io.h"
#include "base/sys/process.h"
#include "base/unique_fd.h"
#include "bench/paper/host_model.h"
#include "bench/paper/key_log.h"
#include "bench/paper/picture.h"
#include "terminal/emulator.h"

namespace sallyport::bench {
namespace {

constexpr WindowSize kWindow{.columns = kHostColumns, .rows = kHostRows};
/// A screen is judged when nothing came for so long: one drawing may be read in pieces. Its time is that of its last
/// piece.
constexpr Duration kSettled{1500};
constexpr unsigned long kTimerSlackNs = 1000;

struct TracedKey {
  Duration gap{};
  char kind = '?';
  std::string bytes;
};

std::vector<TracedKey> read_trace(const char* path) {
  std::vector<TracedKey> keys;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    double gap_ms = 0;
    TracedKey key;
    std::string bytes;
    if (!(words >> gap_ms >> key.kind >> bytes)) continue;
    key.gap = Duration(static_cast<std::int64_t>(gap_ms * 1000));
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
      key.bytes += static_cast<char>(std::strtoul(bytes.substr(i, 2).c_str(), nullptr, 16));
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

void feed(terminal::Emulator& screen, std::string_view text) { screen.write(bytes_of(text)); }

/// What is right after each key.
std::vector<Picture> expectations(const std::vector<TracedKey>& keys) {
  terminal::Emulator screen(kWindow);
  HostModel model;
  std::vector<Picture> pictures;
  feed(screen, model.greeting());
  pictures.push_back(picture_of(screen.framebuffer()));
  for (const TracedKey& key : keys) {
    feed(screen, model.answer(key.bytes).output);
    pictures.push_back(picture_of(screen.framebuffer()));
  }
  return pictures;
}

class Driver {
 public:
  Driver(std::vector<TracedKey> keys, Duration drain)
      : keys_(std::move(keys)), drain_(drain), log_(expectations(keys_)) {}

  /// Runs the client on a new terminal; false if it cannot be started.
  bool start(char** words) {
    winsize size{};
    size.ws_col = kHostColumns;
    size.ws_row = kHostRows;
    int controller = -1;
    client_ = ::forkpty(&controller, nullptr, nullptr, &size);
    if (client_ == 0) {
      sys::default_signals();
      ::execvp(words[0], words);
      std::perror(words[0]);
      ::_exit(127);
    }
    terminal_ = UniqueFd(controller);
    return client_ > 0 && sys::set_nonblocking(terminal_).has_value();
  }

  /// False when the client ended, or standard input did, before all was over.
  bool run() {
    while (!log_.is_start(picture_of(screen_.framebuffer()))) {
      if (!wait(kNever)) return false;
    }
    std::puts("ready");
    (void)std::fflush(stdout);
    while (!told_) {
      if (!wait(kNever)) return false;
    }
    TimePoint next = clock_.now();
    for (const TracedKey& key : keys_) {
      next += key.gap;
      while (clock_.now() < next) {
        if (!wait(next)) return false;
      }
      if (dirty_) judge();
      log_.typed(clock_.now());
      if (!sys::write(terminal_, bytes_of(key.bytes))) return false;
    }
    const TimePoint end = clock_.now() + drain_;
    while (!log_.all_finished() && clock_.now() < end) {
      if (!wait(end)) return false;
    }
    return true;
  }

  void write_results(const char* path) const {
    std::ofstream out(path);
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      const KeyRecord& key = log_.record(i + 1);
      // A key that was never shown counts with the time that it was waited for.
      const Duration response = key.shown.value_or(clock_.now()) - key.typed;
      out << R"({"kind": ")" << keys_[i].kind << R"(", "ms": )" << static_cast<double>(response.count()) / 1000
          << R"(, "finished": )" << key.finished << R"(, "guessed": )" << key.guessed << R"(, "wrong": )" << key.wrong
          << R"(, "withdrawn": )" << key.withdrawn << "}\n";
    }
  }

  /// The screen as text, to see what went wrong.
  void print_screen() const {
    const terminal::Framebuffer& screen = screen_.framebuffer();
    for (std::uint32_t row = 0; row < screen.rows(); ++row) {
      std::string text;
      for (const terminal::Cell cell : screen.row(row).cells())
        text += cell.looks_blank() ? " " : screen.store().text(cell);
      text.erase(text.find_last_not_of(' ') + 1);
      if (!text.empty()) std::fprintf(stderr, "%2u %s\n", row, text.c_str());
    }
  }

  /// Ends the client: asks, and after a while insists.
  void stop() {
    ::kill(client_, SIGTERM);
    for (int i = 0; i < 300 && ::waitpid(client_, nullptr, WNOHANG) == 0; ++i) {
      std::array<std::byte, 4096> rest{};
      (void)sys::read(terminal_, rest);
      ::usleep(10'000);
      if (i == 250) ::kill(client_, SIGKILL);
    }
  }

 private:
  /// Waits until `until` at most, takes what the client prints, and judges what has settled.
  bool wait(TimePoint until) {
    std::array<pollfd, 2> entries = {pollfd{terminal_.borrow().number(), POLLIN, 0}, pollfd{STDIN_FILENO, POLLIN, 0}};
    const TimePoint wake = dirty_ ? std::min(until, drawn_ + kSettled) : until;
    if (!sys::ppoll(entries, wake == kNever ? std::nullopt : std::optional<Duration>(wake - clock_.now())))
      return false;
    if (entries[1].revents != 0 && !take_word()) return false;
    if (entries[0].revents != 0 && !take_output()) return false;
    if (dirty_ && clock_.now() >= drawn_ + kSettled) judge();
    return true;
  }

  bool take_output() {
    std::array<std::byte, 65536> buffer{};
    for (;;) {
      const auto size = sys::read(terminal_, buffer);
      if (!size) return size.error().number == EAGAIN;
      if (*size == 0) return false;
      drawn_ = clock_.now();
      dirty_ = true;
      screen_.write(std::span(buffer).first(*size));
      while (screen_.replies().take()) {
      }
    }
  }

  bool take_word() {
    std::array<std::byte, 64> word{};
    const auto size = sys::read(BorrowedFd(STDIN_FILENO), word);
    told_ = true;
    return size && *size > 0;
  }

  void judge() {
    dirty_ = false;
    log_.seen(drawn_, picture_of(screen_.framebuffer()));
  }

  SystemClock clock_;
  std::vector<TracedKey> keys_;
  Duration drain_;
  KeyLog log_;
  terminal::Emulator screen_{kWindow};
  pid_t client_ = 0;
  UniqueFd terminal_;
  TimePoint drawn_{};
  bool dirty_ = false;
  bool told_ = false;
};

int main_of(int argc, char** argv) {
  if (argc < 5) {
    std::fputs("usage: paper_driver TRACE RESULT DRAIN_SECONDS WORD...\n", stderr);
    return 2;
  }
  sys::set_timer_slack(kTimerSlackNs);
  std::vector<TracedKey> keys = read_trace(argv[1]);
  if (keys.empty()) return 2;
  Driver driver(std::move(keys), std::chrono::seconds(std::atoi(argv[3])));
  if (!driver.start(argv + 4)) return 1;
  const bool whole = driver.run();
  if (!whole) driver.print_screen();
  driver.stop();
  if (!whole) return 1;
  driver.write_results(argv[2]);
  return 0;
}

}  // namespace
}  // namespace sallyport::bench

int main(int argc, char** argv) { return sallyport::bench::main_of(argc, argv); }
