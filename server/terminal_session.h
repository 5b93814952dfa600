// The terminal compartment's event loop (architecture 1, 3): host output and resizes from the monitor, frame requests from
// net, replies and reports back. A thin shell around terminal::FrameSource. Holds two channels and nothing else. Linked by
// the terminal program alone.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/raw_buffer.h"
#include "privsep/channel.h"
#include "privsep/net_terminal.h"
#include "privsep/terminal_monitor.h"
#include "terminal/frame_source.h"

namespace sallyport::server {

/// The one frame on its way, in parts; its bytes are kept while net's channel is full.
struct PendingFrame {
  privsep::Frame header;
  std::vector<std::byte> bytes;
  std::size_t sent = 0;
};

class TerminalSession {
 public:
  /// `initial` must equal the PTY's size. `clock` must outlive the session.
  TerminalSession(privsep::Channel monitor, privsep::Channel net, WindowSize initial, const Clock& clock);

  /// Waits for one event, no longer than `at_most`, and handles everything that is ready. False when a channel closed or
  /// carried a violation: the process exits, which the monitor sees.
  [[nodiscard]] bool turn(Duration at_most = Duration::max());

  /// For reports before the first turn.
  [[nodiscard]] const privsep::Channel& monitor() const { return monitor_; }

 private:
  /// What the wait found something at: what it found empty is not asked again.
  struct Ready {
    bool monitor = false;
    bool net = false;
  };
  [[nodiscard]] Ready wait_for_events(Duration at_most);
  [[nodiscard]] bool read_monitor(std::size_t most_bytes);
  [[nodiscard]] bool take_monitor_message(const privsep::MonitorToTerminal& message, TimePoint now);
  [[nodiscard]] bool read_net();
  [[nodiscard]] bool answer(const privsep::TakeFrame& request);
  [[nodiscard]] bool flush_frame();
  [[nodiscard]] bool flush_reports();
  [[nodiscard]] bool flush_replies();

  privsep::Channel monitor_;
  privsep::Channel net_;
  const Clock& clock_;
  terminal::FrameSource source_;

  std::optional<PendingFrame> pending_;
  bool dirty_told_ = false;                ///< Dirty was sent and not yet answered by a TakeFrame
  std::optional<bool> cursor_keys_told_;   ///< the last InputModes that net has
  std::optional<terminal::Reply> held_reply_;
  bool monitor_full_ = false;
  bool net_full_ = false;
  RawBuffer record_;   ///< receive buffer, 64 KiB
  RawBuffer scratch_;  ///< send buffer, 64 KiB
};

}  // namespace sallyport::server
