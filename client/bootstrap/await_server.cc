#include "client/bootstrap/await_server.h"

#include <dirent.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/sys/io.h"
#include "base/wipe.h"
#include "client/bootstrap/diagnosis.h"

namespace sallyport::client {
namespace {

constexpr Duration kLook = std::chrono::seconds(1);       // ours: how often we look whether ssh is asking
constexpr Duration kLastWords = std::chrono::seconds(1);  // ours: who has closed its output has ended soon after
constexpr std::size_t kMaxLookedAt = 16;                  // ours: ssh, its proxy, and a few hosts on the way

struct CloseFolder {
  void operator()(DIR* folder) const { (void)::closedir(folder); }
};

/// Whether the process has the terminal open by its name: ssh opens it to ask for a password or about a host key, and
/// closes it after the answer.
bool has_terminal_open(const std::string& process) {
  const std::unique_ptr<DIR, CloseFolder> entries(::opendir((process + "/fd").c_str()));
  if (!entries) return false;
  while (const dirent* entry = ::readdir(entries.get())) {
    std::array<char, 16> target{};
    const ssize_t n = ::readlinkat(::dirfd(entries.get()), entry->d_name, target.data(), target.size());
    if (n > 0 && std::string_view(target.data(), static_cast<std::size_t>(n)) == "/dev/tty") return true;
  }
  return false;
}

/// Whether `pid`, or an ssh that it runs to reach a host on the way, asks at the terminal.
bool is_asking(pid_t pid) {
  std::vector<std::string> processes = {std::to_string(pid)};
  for (std::size_t i = 0; i < processes.size() && i < kMaxLookedAt; ++i) {
    const std::string folder = "/proc/" + processes[i];
    if (has_terminal_open(folder)) return true;
    std::ifstream children(folder + "/task/" + processes[i] + "/children");
    for (std::string child; children >> child;) processes.push_back(child);
  }
  return false;
}

class Wait {
 public:
  Wait(Child& child, BorrowedFd pipe, BorrowedFd signals, BootstrapOutput& output, const Report& report,
       const WaitLimits& limits)
      : child_(child), pipe_(pipe), signals_(signals), output_(output), report_(report), limits_(limits) {}
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;
  ~Wait() { wipe(piece_); }

  WaitEnding run() {
    quiet_since_ = report_.clock().now();
    for (;;) {
      std::array<pollfd, 3> entries = {pollfd{pipe_.number(), POLLIN, 0}, pollfd{signals_.number(), POLLIN, 0},
                                       pollfd{child_.pidfd().number(), POLLIN, 0}};
      const bool ready = sys::ppoll(entries, std::min(kLook, limits_.hint)).value_or(0) > 0;
      if (const auto signal = sys::read_signal(signals_)) return {WaitEnding::Kind::kSignal, *signal, {}};
      if (entries[0].revents != 0) {
        if (!read_piece()) return at_end();
        if (const auto ending = judge()) return *ending;
      } else if (entries[2].revents != 0) {
        return at_end();  // somebody else may hold the pipe, as a master connection of ssh does: that is no output
      }
      if (!ready && too_long()) return {WaitEnding::Kind::kGaveUp, 0, {}};
    }
  }

  /// After the announcement: ssh ends by itself, and what it still prints is of no interest.
  void let_end(WaitEnding& ending) {
    const TimePoint end = report_.clock().now() + limits_.ending;
    while (report_.clock().now() < end) {
      std::array<pollfd, 3> entries = {pollfd{open_ ? pipe_.number() : -1, POLLIN, 0},
                                       pollfd{signals_.number(), POLLIN, 0},
                                       pollfd{child_.pidfd().number(), POLLIN, 0}};
      (void)sys::ppoll(entries, end - report_.clock().now());
      if (const auto signal = sys::read_signal(signals_)) {
        ending.kind = WaitEnding::Kind::kSignal;
        ending.signal = *signal;
        return;
      }
      if (entries[2].revents != 0) break;
      if (entries[0].revents != 0) open_ = sys::read(pipe_, piece_).value_or(0) > 0;
    }
    ending.status = child_.wait(Duration::zero());
    if (!ending.status) report_.step("ssh did not end by itself");
  }

 private:
  /// False at the end of the output.
  bool read_piece() {
    const auto n = sys::read(pipe_, piece_);
    if (!n && n.error().number == EAGAIN) return true;
    if (!n || *n == 0) return false;
    std::string shown;
    (void)output_.feed(std::span(piece_).first(*n), shown);
    print_out(shown);
    quiet_since_ = report_.clock().now();
    return true;
  }

  std::optional<WaitEnding> judge() const {
    if (output_.state() == BootstrapOutput::State::kConnected) return WaitEnding{WaitEnding::Kind::kConnected, 0, {}};
    if (output_.state() == BootstrapOutput::State::kFailed) return WaitEnding{WaitEnding::Kind::kFailed, 0, {}};
    return {};
  }

  /// The pipe is closed, or ssh has ended: what is left in the pipe, then the last line, then how it ended.
  WaitEnding at_end() {
    std::array<pollfd, 1> entry = {pollfd{pipe_.number(), POLLIN, 0}};
    while (output_.state() == BootstrapOutput::State::kReading && sys::ppoll(entry, Duration::zero()).value_or(0) > 0) {
      if (!read_piece()) break;
    }
    std::string shown;
    (void)output_.finish(shown);
    print_out(shown);
    WaitEnding ending = judge().value_or(WaitEnding{});
    if (ending.kind == WaitEnding::Kind::kEndOfOutput) ending.status = child_.wait(kLastWords);
    return ending;
  }

  bool too_long() {
    const TimePoint now = report_.clock().now();
    if (is_asking(child_.pid())) quiet_since_ = now;
    if (!hinted_ && now - quiet_since_ >= limits_.hint) {
      hinted_ = true;
      report_.say(limits_.reached || output_.address() ? kNoAnswer : "ssh has not reached the host yet.");
      report_.say("Still waiting; Ctrl-C ends this.");
    }
    return now - quiet_since_ >= limits_.give_up;
  }

  Child& child_;
  BorrowedFd pipe_;
  BorrowedFd signals_;
  BootstrapOutput& output_;
  const Report& report_;
  const WaitLimits& limits_;
  TimePoint quiet_since_;
  bool hinted_ = false;
  bool open_ = true;
  std::array<std::byte, 4096> piece_{};  // may hold the key
};

}  // namespace

WaitEnding await_server(Child& child, BorrowedFd pipe, BorrowedFd signals, BootstrapOutput& output,
                        const Report& report, const WaitLimits& limits) {
  (void)sys::set_nonblocking(pipe);
  Wait wait(child, pipe, signals, output, report, limits);
  WaitEnding ending = wait.run();
  if (ending.kind == WaitEnding::Kind::kConnected) wait.let_end(ending);
  child.end();
  return ending;
}

}  // namespace sallyport::client
