// A TtySession on a pseudoterminal, with the ends of its channels in the test's hands and a clock that stands still.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/sys/io.h"
#include "client/common/restore_string.h"
#include "client/tty/tty_session.h"
#include "pty/pty.h"

namespace sallyport::client::testing {

using namespace privsep::client;
using std::chrono::milliseconds;
using std::chrono::seconds;

inline constexpr std::string_view kEnter = "<smcup>";
inline constexpr std::string_view kLeave = "<rmcup>";

class Rig {
 public:
  explicit Rig(WindowSize size = {80, 24}, TtyArguments arguments = default_arguments(),
               TerminalWrites writes = TerminalWrites::kNonBlocking)
      : arguments_(std::move(arguments)) {
    auto pty = pty::open_pty({80, 24});
    EXPECT_TRUE(pty);
    pty_ = std::move(pty->pty_fd);
    tty_ = std::move(pty->tty_fd);
    EXPECT_TRUE(writes == TerminalWrites::kBlocking || sys::set_nonblocking(tty_));
    set_size(size);
    before = mode();
    auto guard_pair = privsep::make_channel_pair();
    auto net_pair = privsep::make_channel_pair();
    auto screen_pair = privsep::make_channel_pair();
    guard = privsep::Channel(std::move(guard_pair->first));
    net = privsep::Channel(std::move(net_pair->first));
    screen = privsep::Channel(std::move(screen_pair->first));
    session = std::make_unique<TtySession>(
        TtyChannels{privsep::Channel(std::move(guard_pair->second)), privsep::Channel(std::move(net_pair->second)),
                    privsep::Channel(std::move(screen_pair->second))},
        UserTerminal{tty_, tty_, writes, before}, arguments_, clock);
  }

  static TtyArguments default_arguments() {
    return {.escape_key = 0x1E, .clipboard = true, .enter = std::string(kEnter), .leave = std::string(kLeave)};
  }

  void set_size(WindowSize size);
  sys::TerminalMode mode() { return sys::terminal_mode(tty_).value_or(sys::TerminalMode()); }

  /// Turns until nothing happens any more; false once the session is over.
  bool settle() {
    for (int i = 0; i < 50 && running; ++i) running = session->turn(Duration::zero());
    return running;
  }
  /// As time passes.
  bool after(Duration time) {
    clock.advance(time);
    return settle();
  }
  void begin() {
    tell(guard, Start{});
    EXPECT_TRUE(settle());
    (void)shown();
    (void)to_net();
    (void)to_screen();
  }
  template <typename Message>
  void tell(const privsep::Channel& channel, const Message& message) {
    EXPECT_EQ(channel.send_message(message, scratch_), privsep::SendOutcome::kSent);
  }
  void type(std::string_view keys) {
    EXPECT_EQ(sys::write(pty_, bytes_of(keys)).value_or(0), keys.size());
    settle();
  }
  void frame(std::string_view bytes) {
    tell(screen, Output{.last = true, .bytes = bytes_of(bytes)});
    settle();
  }
  /// What the terminal was sent since the last call.
  std::string shown() {
    std::string out;
    std::array<std::byte, 4096> buffer{};
    for (;;) {
      const auto count = sys::read(pty_, buffer);
      if (!count || *count == 0) return out;
      out += text_of(std::span(buffer).first(*count));
      settle();
    }
  }
  /// Messages since the last call, in short: "typed:ab", "resized:80x24", ...
  std::vector<std::string> to_net();
  std::vector<std::string> to_screen();
  std::vector<std::string> to_guard();
  /// The last message to guard, if it is Done.
  std::optional<Done> done();

  FakeClock clock;
  privsep::Channel guard;
  privsep::Channel net;
  privsep::Channel screen;
  sys::TerminalMode before;
  std::unique_ptr<TtySession> session;
  bool running = true;
  UniqueFd pty_;
  UniqueFd tty_;

 private:
  TtyArguments arguments_;
  std::array<std::byte, privsep::kMaxElsewhereBytes> scratch_{};
};

}  // namespace sallyport::client::testing
