// The monitor after its lock-down (architecture 1 to 3): owns the PTY, passes host output to the terminal and typed input to
// the program, judges what net and terminal say, and ends the session when any part of it ends. Linked by sallyport-server
// alone. Everything that runs from here on counts as privileged code: it allocates nothing, parses only fixed-layout channel
// messages and makes only the system calls of sandbox/policies/monitor.cc.
#pragma once

#include <poll.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/clock.h"
#include "privsep/channel.h"
#include "privsep/login_record_messages.h"
#include "privsep/net_rules.h"
#include "privsep/pty_queue.h"
#include "privsep/reply_credit.h"
#include "privsep/terminal_monitor.h"
#include "server/monitor_log.h"
#include "server/monitor_resources.h"

namespace sallyport::server {

class Monitor {
 public:
  /// Takes the session's resources; net must already be locked down and Ready. `clock` must outlive the monitor.
  Monitor(MonitorResources resources, const Clock& clock);
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  /// Says in the log which layers of confinement are active.
  void log_start();

  /// Waits for one event, no longer than `at_most`, and handles everything that is ready. False once the session is over and
  /// torn down.
  [[nodiscard]] bool turn(Duration at_most = Duration::max());

 private:
  /// ours: credit goes back in pieces of this, so that net is not woken for every key; it has enough until then.
  static constexpr std::size_t kConsumedBatchBytes = privsep::kInputCreditBytes / 8;
  /// Why the session ends; each has its log line.
  enum class End : std::uint8_t { kGoodbye, kNetDied, kTerminalDied, kNetViolation, kTerminalViolation, kOverdue };

  void wait_for_events(Duration at_most);
  void read_signals();
  void read_pty();
  void write_pty();
  void read_net();
  void read_terminal();
  template <typename Messages, typename Take>
  void read_channel(const privsep::Channel& channel, End died, End violated, Take take);
  void on_input(const privsep::Input& input);
  void on_resize(const privsep::NetResize& resize);
  void on_peer(const privsep::PeerAddress& peer);
  void on_reply(const privsep::Reply& reply);
  void take_net_message(const privsep::NetToMonitor& message);
  void take_terminal_message(const privsep::TerminalToMonitor& message);
  void release_shell();
  void flush_to_terminal();
  void flush_to_net();
  void check_compartments();
  void check_shell();
  void check_time();
  void program_gone();
  /// What the program did not read goes, and its credit back to net.
  void drop_unread();
  void end(End reason, privsep::Violation violation = privsep::Violation::kEmpty);
  void tear_down();
  void record(const privsep::LoginRecordMessage& message);

  [[nodiscard]] bool net_waits() const {
    return term_waiting_ || usr1_waiting_ || (child_exited_waiting_ && !host_output_blocked()) || consumed_ >= kConsumedBatchBytes;
  }
  [[nodiscard]] bool host_output_blocked() const { return held_output_ > 0 || held_resize_ || now_ >= written_due_; }

  MonitorResources resources_;
  const Clock& clock_;
  MonitorLog log_;
  TimePoint now_{};

  privsep::NetConduct net_conduct_{privsep::NetPhase::kReady};
  privsep::PtyQueue to_pty_;
  privsep::ReplyCredit reply_credit_;
  WindowSize size_;
  WindowSize largest_size_;
  privsep::PeerAddress peer_;

  // Held back while the terminal's channel is full, in this order; the PTY is not read until all of it is sent.
  // The large buffers are not initialised: pages that a session never needs are never touched.
  std::array<std::byte, privsep::kMaxHostOutputBytes + 1> output_;
  std::size_t held_output_ = 0;
  std::optional<privsep::TerminalResize> held_resize_;
  StateNumber written_;               ///< the newest state whose input is in the PTY
  TimePoint written_due_ = kNever;    ///< when the terminal is to be told of it
  // Held back while net's channel is full; merged, never queued.
  std::size_t consumed_ = 0;
  bool term_waiting_ = false;
  bool usr1_waiting_ = false;
  bool child_exited_waiting_ = false;

  std::array<std::byte, privsep::kMaxToMonitorBytes> record_buffer_;
  std::size_t replies_dropped_ = 0;
  int terms_seen_ = 0;
  bool pty_open_ = true;
  bool shell_ended_ = false;
  bool program_gone_ = false;
  bool pty_drained_ = true;         ///< the last read found the PTY empty
  bool over_ = false;
  TimePoint drain_until_ = kNever;  ///< after the shell's exit: when to look whether the PTY is drained
  TimePoint drain_limit_ = kNever;  ///< and when it no longer matters
  TimePoint deadline_ = kNever;     ///< when the session ends even if net does not say Goodbye

  std::array<pollfd, 7> poll_{};
};

/// Runs the session to its end and ends the process. `monitor` is where it is made: taken before the lock-down, after
/// which nothing is allocated, and not on the stack, where the protection against clashes would touch every page of
/// buffers that are rarely needed.
[[noreturn]] void run_monitor(MonitorResources resources, std::optional<Monitor>& monitor);

}  // namespace sallyport::server
