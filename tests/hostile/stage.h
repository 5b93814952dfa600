// The monitor's world, cheap to begin again: one PTY for all sessions, and for the processes and pipes stand-ins that
// need no process. The test plays net, the terminal and the program.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "privsep/channel.h"
#include "server/monitor.h"
#include "tests/hostile/raw_channel.h"

namespace sallyport::hostile {

class Stage {
 public:
  Stage();

  /// A new monitor, as after the lock-down: net has said Ready. `keeps_record`: with a login record and a log.
  void begin(bool keeps_record) { begin(keeps_record, copy_of(process_), copy_of(process_), copy_of(process_)); }
  /// The same with pidfds of real processes.
  void begin(bool keeps_record, UniqueFd shell, UniqueFd net, UniqueFd terminal);
  /// The same between channels that are made elsewhere: the monitor's ends.
  void begin_between(UniqueFd net, UniqueFd terminal);
  /// From now on the monitor's is the only controlling side of the PTY, and only once more is there a monitor.
  void share_nothing() { shares_ = false; }
  /// One turn; unless told otherwise it does not wait. False once the session is over.
  [[nodiscard]] bool turn(Duration at_most = Duration(0)) { return monitor_->turn(at_most); }

  /// A record on net's or the terminal's real channel, with a descriptor attached if wanted. False if it is full.
  [[nodiscard]] bool net_sends(std::string_view record, bool descriptor) const {
    return send_raw(net_, record, descriptor);
  }
  [[nodiscard]] bool terminal_sends(std::string_view record, bool descriptor) const {
    return send_raw(terminal_, record, descriptor);
  }
  /// The records that wait for the terminal and for net.
  [[nodiscard]] std::vector<std::string> terminal_hears() { return records(terminal_); }
  [[nodiscard]] std::vector<std::string> net_hears() { return records(net_); }

  void program_prints(std::string_view text) const;
  /// As much of it as there is room for now.
  [[nodiscard]] std::size_t program_offers(std::string_view text) const;
  /// What has come for the program; waits up to ten seconds until there are `least` bytes.
  [[nodiscard]] std::string program_reads(std::size_t least) const;
  [[nodiscard]] bool program_released() const;
  [[nodiscard]] BorrowedFd tty() const { return tty_; }
  void program_leaves() { tty_.reset(); }
  /// What the login record's keeper and the system's log got.
  [[nodiscard]] std::string record_heard() const;
  [[nodiscard]] std::string log_heard() const;

  /// Into the PTY behind the monitor's back: what a broken monitor would do.
  void write_into_pty(std::string_view bytes) const;

  FakeClock& clock() { return clock_; }

 private:
  static UniqueFd copy_of(const UniqueFd& fd);
  [[nodiscard]] server::MonitorResources resources();
  std::vector<std::string> records(const UniqueFd& channel);

  FakeClock clock_;
  UniqueFd pty_, tty_, signals_, process_, living_, living_writer_;
  UniqueFd release_, release_writer_, record_, record_writer_, log_, log_writer_;
  UniqueFd net_, terminal_;
  std::unique_ptr<server::Monitor> monitor_;
  bool shares_ = true;
  std::array<char, 65536> buffer_{};
};

}  // namespace sallyport::hostile
