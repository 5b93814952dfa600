// Takes the place of one of the client's compartments under the real guard, for tests/e2e/client_compartments.py. The
// file `plan` beside it says which one it is, what it does that no honest one does, and a seed. It goes on until it is
// hung up on. With `frames` it says in the file `sent` how many records were sent before the first wrong one.
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <fstream>
#include <random>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "privsep/channel.h"
#include "privsep/client_tty_net.h"
#include "privsep/client_tty_screen.h"
#include "privsep/descriptors.h"
#include "tests/hostile/raw_channel.h"
#include "tests/hostile/records.h"
#include "tests/server/stand_ins/own_folder.h"

using namespace sallyport;
using namespace sallyport::hostile;

namespace {

constexpr int kPatienceMs = 60'000;
constexpr std::size_t kMostRecordBytes = 300;

class Evil {
 public:
  Evil() {
    std::ifstream(folder_ + "/plan") >> role >> attack_ >> seed_ >> honest_records_;
    random_.seed(seed_);
  }
  std::string role;

  void run() {
    // Locked down, it says: guard goes on then.
    const BorrowedFd guard = privsep::client_screen_fd::kGuard;  // the same number in each
    (void)send_raw(guard, "\xE1", false);
    (void)send_raw(guard, "\x7F\1" + little_endian(0, 25), false);
    if (role == "screen") be_screen();
    if (role == "net") be_net();
    if (role == "tty") be_tty();
  }

 private:
  std::size_t below(std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_); }

  /// Waits for room. False if the other end is gone.
  bool send(BorrowedFd to, std::string_view record, bool descriptor = false) {
    while (!send_raw(to, record, descriptor)) {
      pollfd room{to.number(), POLLOUT, 0};
      if (::poll(&room, 1, kPatienceMs) != 1 || (room.revents & (POLLHUP | POLLERR)) != 0) return false;
    }
    ++sent_;
    return true;
  }

  /// Reads from `from` until a record of this type comes (0: none is waited for). False once it is closed.
  bool await(BorrowedFd from, unsigned char type) {
    for (;;) {
      pollfd wait{from.number(), POLLIN, 0};
      if (::poll(&wait, 1, kPatienceMs) != 1) return false;
      const ssize_t size = ::recv(from.number(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
      if (size <= 0) return false;
      if (type != 0 && static_cast<unsigned char>(buffer_[0]) == type) return true;
    }
  }
  void await_hang_up(BorrowedFd from) { (void)await(from, 0); }

  /// A record of a random type, of random bytes, of the length of one that there is or another one.
  std::string random_record() {
    constexpr std::array<std::size_t, 9> kLengths = {0, 1, 2, 4, 8, 16, 24, 29, 5};
    const std::size_t length = below(4) == 0 ? below(kMostRecordBytes) : kLengths[below(kLengths.size())];
    constexpr std::string_view kTypes =
        "\x31\x32\x33\x41\x42\x43\x44\x45\x46\x47\x48\x51\x52\x53\x54\x55\x56"
        "\x61\x62\xB1\xB2\xD1\xE1\xE2\xE3";
    std::string record(1, below(4) == 0 ? static_cast<char>(below(256)) : kTypes[below(kTypes.size())]);
    for (std::size_t i = 0; i < length; ++i) record += static_cast<char>(below(2) == 0 ? 0 : below(256));
    return record;
  }
  void send_random_records(BorrowedFd to) {
    while (send(to, random_record(), below(50) == 0)) {
    }
  }

  // ---- screen ----

  static std::string output(bool last, std::string_view bytes) {
    return std::string("\xD1") + static_cast<char>(last ? 1 : 0) + std::string(bytes);
  }

  std::string number() {
    constexpr std::array<unsigned, 8> kSome = {1, 2, 9, 80, 255, 999, 1024, 4096};
    return std::to_string(kSome[below(kSome.size())]);
  }

  /// Something of the output language, near its edges too.
  std::string token() {
    constexpr std::array<std::string_view, 9> kText = {"text",   " ",          "~",          "\u00A0", "\u00E9",
                                                       "\u20AC", "\U0001F600", "\U0010FFFD", "e\u0301"};
    constexpr std::string_view kControls = "\a\b\n\r";
    constexpr std::string_view kMoves = "ABCDGdXST";
    constexpr std::array<std::string_view, 10> kColors = {"0",  "1",   "7",        "29",           "37",
                                                          "49", "107", "38;5;255", "48;2;0;255;9", "38;2;1;2;3;48;5;0"};
    constexpr std::array<std::string_view, 8> kModes = {"5", "9", "25", "1000", "1006", "1015", "2004", "2026"};
    switch (below(10)) {
      case 0:
        return std::string(1, kControls[below(kControls.size())]);
      case 1:
        return "\033[" + number() + kMoves[below(kMoves.size())];
      case 2:
        return "\033[" + number() + ";" + number() + "H";
      case 3:
        return "\033[" + std::string(kColors[below(kColors.size())]) + "m";
      case 4:
        return "\033[?" + std::string(kModes[below(kModes.size())]) + (below(2) == 0 ? "h" : "l");
      case 5:
        return below(2) == 0 ? "\033[K" : "\033[2J";
      case 6:
        return "\033]" + std::to_string(below(3)) + ";" + std::string(below(9), 'T') + "\a";
      case 7:
        return "\033]52;c;" + std::string(4 * below(9), 'A') + "\a";
      default:
        return std::string(kText[below(kText.size())]);
    }
  }

  void mutate(std::string& frame) {
    const std::size_t at = below(frame.size());
    switch (below(4)) {
      case 0:
        frame[at] = static_cast<char>(below(256));
        break;
      case 1:
        frame[at] = static_cast<char>(frame[at] ^ (1 << below(8)));
        break;
      case 2:
        frame.erase(at, 1 + below(4));
        break;
      default:
        frame.insert(at, std::string(1, static_cast<char>(below(256))));
    }
  }

  /// A frame in pieces, cut anywhere. False if tty is gone.
  bool send_frame(std::string_view frame) {
    while (!frame.empty()) {
      const std::size_t size = std::min(frame.size(), 1 + below(24));
      if (!send(tty_, output(false, frame.substr(0, size)))) return false;
      frame.remove_prefix(size);
    }
    return send(tty_, output(true, "")) && await(tty_, 0x55);
  }

  /// First frames of the output language, then such with one mutation each, until one is refused.
  void send_frames() {
    for (bool goes_on = true; goes_on;) {
      std::string frame;
      for (int i = 0; i < 200; ++i) frame += token();
      if (sent_ >= honest_records_) {
        std::ofstream(folder_ + "/sent", std::ios::app) << sent_ << std::endl;  // the first line counts
        mutate(frame);
      }
      goes_on = send_frame(frame);
    }
  }

  void be_screen() {
    if (!await(tty_, 0x51)) return;
    const auto whole = [&](std::string_view bytes) { (void)send(tty_, output(true, bytes)); };
    const auto pieces = [&](std::size_t size, std::size_t count) {
      for (std::size_t i = 0; i < count && send(tty_, output(false, std::string(size, 'x'))); ++i) {
      }
    };
    if (attack_ == "frames") return send_frames();
    if (attack_ == "none") whole("innocent");
    if (attack_ == "oversized-record") whole(std::string(privsep::client::kMaxOutputPieceBytes + 1, 'x'));
    if (attack_ == "oversized-frame") pieces(60'000, privsep::client::kMaxOutputFrameBytes / 60'000 + 1);
    if (attack_ == "frame-before-shown") {
      whole(std::string(60'000, 'x'));
      for (int i = 0; i < 100; ++i) whole("too early");
    }
    if (attack_ == "descriptor") (void)send(tty_, output(true, "innocent"), true);
    if (attack_ == "wrong-type") (void)send(tty_, std::string(1, static_cast<char>(seed_)) + output(true, "text"));
    if (attack_ == "empty-record") (void)send(tty_, "");
    if (attack_ == "only-a-type") (void)send(tty_, "\xD1");
    if (attack_ == "wrong-flag") (void)send(tty_, "\xD1\2text");
    if (attack_ == "unfinished") whole("text\033[3");
    if (attack_ == "question") whole("innocent\033[6n");
    if (attack_ == "random") return send_random_records(tty_);
    await_hang_up(tty_);
  }

  // ---- net ----

  static std::string diff(std::uint64_t base, std::uint64_t state) {
    return "\x41" + little_endian(base, 8) + little_endian(state, 8) + little_endian(0, 8);
  }

  void be_net() {
    const BorrowedFd tty = privsep::client_net_fd::kTty, screen = privsep::client_net_fd::kScreen;
    if (!await(tty, 0x32)) return;
    const auto to_screen = [&](std::initializer_list<std::string> records) {
      for (const std::string& record : records) (void)send(screen, record);
    };
    if (attack_ == "none") to_screen({diff(0, 1), "\x44innocent", "\x45"});
    if (attack_ == "over-credit") (void)send(tty, "\xB1" + little_endian(1, 4));
    if (attack_ == "ended-twice") {
      (void)send(tty, std::string("\xB2\0", 2));
      (void)send_raw(tty, "\xB2\1", false);
    }
    if (attack_ == "wrong-type-to-tty") (void)send(tty, std::string(1, static_cast<char>(seed_)) + little_endian(1, 4));
    if (attack_ == "descriptor-to-tty") (void)send(tty, "\xB1" + little_endian(1, 4), true);
    if (attack_ == "unknown-base") to_screen({diff(5, 6), "\x45"});
    if (attack_ == "diff-in-a-diff") to_screen({diff(0, 1), diff(0, 2)});
    if (attack_ == "bytes-in-no-diff") to_screen({"\x44text"});
    if (attack_ == "keys-in-a-diff") to_screen({diff(0, 1), "\x46" + little_endian(0, 8) + little_endian(1, 4) + "a"});
    if (attack_ == "state-twice") to_screen({diff(0, 1), "\x45", diff(0, 1)});
    if (attack_ == "too-many-states") {
      for (std::uint64_t state = 1; state < 4000 && send(screen, diff(0, state)) && send(screen, "\x45"); ++state) {
      }
    }
    if (attack_ == "wrong-type-to-screen")
      (void)send(screen, std::string(1, static_cast<char>(seed_)) + little_endian(1, 4));
    if (attack_ == "descriptor-to-screen") (void)send(screen, "\x45", true);
    if (attack_ == "random-to-tty") send_random_records(tty);
    if (attack_ == "random-to-screen") send_random_records(screen);
    await_hang_up(tty);
  }

  // ---- tty ----

  void be_tty() {
    const BorrowedFd guard = privsep::client_tty_fd::kGuard, net = privsep::client_tty_fd::kNet;
    if (!await(guard, 0x62)) return;
    const std::string size = "\x32" + little_endian(80, 4) + little_endian(24, 4);
    const auto to_net = [&](std::initializer_list<std::string> records) {
      for (const std::string& record : records) (void)send(net, record);
      await_hang_up(net);
    };
    if (attack_ == "suspend-flood") {
      for (int i = 0; i < 50 && send(guard, "\xE2"); ++i) {
      }
      return;
    }
    if (attack_ == "done-of-no-reason") (void)send(guard, std::string("\xE3\5\0", 3));
    if (attack_ == "done-of-no-end") (void)send(guard, std::string("\xE3\0\6", 3));
    if (attack_ == "done-too-short") (void)send(guard, "\xE3");
    if (attack_ == "wrong-type") (void)send(guard, std::string(1, static_cast<char>(seed_)) + "x");
    if (attack_ == "descriptor") (void)send(guard, "\xE2", true);
    if (attack_ == "random-to-guard") return send_random_records(guard);
    if (attack_ == "random-to-net") return send_random_records(net);
    if (attack_ == "typed-before-the-size") return to_net({"\x31typed"});
    if (attack_ == "size-of-nothing") return to_net({"\x32" + little_endian(0, 8)});
    if (attack_ == "over-credit") {
      (void)send(net, size);
      while (send(net, "\x31" + std::string(privsep::client::kMaxTypedPieceBytes, 'x'))) {
      }
      return;
    }
    if (attack_ == "wrong-type-to-net") return to_net({size, std::string(1, static_cast<char>(seed_)) + "x"});
    await_hang_up(guard);
  }

  static constexpr BorrowedFd tty_ = privsep::client_screen_fd::kTty;
  std::string folder_ = testing::own_folder();
  std::string attack_;
  std::uint64_t seed_ = 0;
  std::uint64_t honest_records_ = 0;
  std::uint64_t sent_ = 0;
  std::mt19937_64 random_;
  std::array<char, 65536> buffer_;
};

}  // namespace

int main() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  Evil evil;
  evil.run();
}
