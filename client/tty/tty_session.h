// The tty compartment's event loop (docs/architecture.md 9): keys to net, frames from screen to the terminal,
// suspension, and an end that nobody can keep it from. Linked by the client-tty program alone. Nothing here waits for
// the terminal, for net or for screen, and nothing is allocated: make it before the lock-down.
#pragma once

#include <poll.h>

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "base/sys/terminal.h"
#include "client/common/compartment_arguments.h"
#include "client/tty/escape_key.h"
#include "client/tty/terminal_output.h"
#include "client/tty/typed_queue.h"
#include "privsep/channel.h"
#include "privsep/client_guard.h"
#include "privsep/client_tty_net.h"
#include "privsep/client_tty_screen.h"

namespace sallyport::client {

/// The terminal as guard opened it, and its settings as the user had them.
struct UserTerminal {
  BorrowedFd input;
  BorrowedFd output;
  TerminalWrites writes = TerminalWrites::kNonBlocking;
  sys::TerminalMode settings;
};

struct TtyChannels {
  privsep::Channel guard;
  privsep::Channel net;
  privsep::Channel screen;
};

class TtySession {
 public:
  /// `arguments` and `clock` must outlive the session.
  TtySession(TtyChannels channels, const UserTerminal& terminal, const TtyArguments& arguments, const Clock& clock);
  TtySession(const TtySession&) = delete;
  TtySession& operator=(const TtySession&) = delete;

  [[nodiscard]] const privsep::Channel& guard() const { return channels_.guard; }

  /// Waits for one event, no longer than `at_most`, and handles everything that is ready. False once the terminal is
  /// restored and guard has been told: the process exits.
  [[nodiscard]] bool turn(Duration at_most = Duration::max());

 private:
  enum class Phase : std::uint8_t {
    kWaiting,  ///< for Start: the terminal is not touched
    kRunning,
    kSuspending,  ///< our last words are on their way; guard will stop us
    kSuspended,   ///< the terminal is somebody else's: not read, not written
    kFinishing,   ///< screen draws its last frame
    kLeaving,     ///< the restore string is on its way
    kOver,
  };
  /// What is to be sent and was not yet, because a channel was full: merged, never queued.
  struct Held {
    bool resized = false;  ///< to net
    bool window = false;   ///< to screen
    bool quit = false;
    bool repaint = false;
    bool menu = false;
    bool farewell = false;
    bool shown = false;
    bool finish = false;
  };

  // tty_session.cc
  void wait_for_events(Duration at_most);
  void read_guard();
  void read_net();
  void read_screen();
  template <typename Messages, typename Take, typename Lose>
  void read_channel(const privsep::Channel& channel, Take take, Lose lose);
  void flush_to_net();
  void flush_to_screen();
  template <typename Message>
  void send_held(const privsep::Channel& channel, bool& held, bool& full, const Message& message);
  void write_terminal();

  // tty_typing.cc
  void read_terminal();
  void type(std::span<const std::byte> read);
  void queue(std::span<const std::byte> typed);
  [[nodiscard]] bool reads_terminal() const;

  // tty_phases.cc
  [[nodiscard]] bool take(const privsep::client::GuardToTty& message);
  void take_signal(privsep::client::Signal::Kind kind);
  void start();
  void learn_size();
  void take_terminal();
  void suspend();
  void suspended();
  void resume();
  void quit(privsep::client::Farewell::Kind kind);
  void finish(privsep::client::Done::Reason reason);
  void leave();
  void over();
  void check_time();
  void terminal_gone();
  [[nodiscard]] bool session_goes_on() const { return phase_ <= Phase::kSuspended; }

  /// ours: with a full queue, how long net may take nothing before typing is read only to find the command that quits.
  static constexpr Duration kNoCreditLimit = std::chrono::seconds(1);
  /// ours: after a frame in Phase::kFinishing, how long another one is waited for: it may have been on its way before
  /// Finish.
  static constexpr Duration kAnotherFrameLimit = std::chrono::milliseconds(50);

  TtyChannels channels_;
  UserTerminal terminal_;
  const TtyArguments& arguments_;
  const Clock& clock_;
  TimePoint now_{};
  Phase phase_ = Phase::kWaiting;

  EscapeKey escape_key_;
  TerminalOutput output_;
  WindowSize size_;
  Held held_;
  bool menu_told_ = false;
  bool size_told_ = false;
  sys::TerminalMode own_settings_;  ///< as the kernel took them
  bool raw_ = false;                ///< the terminal has our settings
  bool entered_ = false;            ///< and our strings
  bool input_gone_ = false;         ///< end of file or error: never read again
  bool terminal_gone_ = false;      ///< nor written
  bool guard_gone_ = false;
  bool net_gone_ = false;
  bool screen_gone_ = false;
  bool net_full_ = false;
  bool screen_full_ = false;

  std::size_t unacknowledged_ = 0;  ///< typed bytes that net has not reported as Taken
  bool discarding_ = false;         ///< the queue was full and net takes nothing: only commands are looked for
  TimePoint full_since_ = kNever;

  privsep::client::Farewell::Kind farewell_ = privsep::client::Farewell::Kind::kUser;
  privsep::client::Done done_;
  TimePoint quit_at_ = kNever;        ///< when the end was asked for
  TimePoint quit_deadline_ = kNever;  ///< by when something must have come of that
  TimePoint deadline_ = kNever;       ///< of the phase

  std::array<pollfd, 5> poll_{};
  // Not initialised.
  std::array<std::byte, privsep::client::kMaxTypedPieceBytes> typed_;
  std::array<std::byte, privsep::kMaxElsewhereBytes> record_;
  TypedQueue queue_;
};

}  // namespace sallyport::client
