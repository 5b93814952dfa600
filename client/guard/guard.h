// The guard after its lock-down (docs/architecture.md 9): takes signals, stops itself with its job, waits for its
// compartments, restores the terminal if tty did not, and says how it ended. Linked by sallyport-client alone. It
// allocates nothing, and reads neither the terminal nor the network.
#pragma once

#include <poll.h>

#include <array>
#include <cstddef>
#include <optional>

#include "base/clock.h"
#include "client/guard/setup.h"
#include "client/guard/words.h"

namespace sallyport::client {

class Guard {
 public:
  /// `clock` must outlive the guard.
  Guard(GuardResources resources, const Clock& clock) : resources_(std::move(resources)), clock_(clock) {}
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  /// Gives tty the terminal.
  void start();
  /// Waits for one event and handles everything that is ready. False once the session is over: last_words() then.
  [[nodiscard]] bool turn(Duration at_most = Duration::max());
  /// Restores the terminal if tty did not, ends what still runs, says how it ended, and returns the exit status.
  [[nodiscard]] int conclude();

 private:
  void wait_for_events(Duration at_most);
  void read_signals();
  void send_signals();
  void read_tty();
  void read_worker(Worker& worker, Compartment which);
  void check_exits();
  void check_exit(Worker& worker, Compartment which);
  void broke(Compartment which, std::optional<sys::ExitStatus> status);
  void restore_terminal();
  void write_out(BorrowedFd fd, std::string_view text);
  [[nodiscard]] Worker& worker(Compartment which);

  GuardResources resources_;
  const Clock& clock_;
  TimePoint now_{};
  Ending ending_;
  bool done_ = false;  ///< tty said so
  bool over_ = false;
  bool suspended_ = false;         ///< tty has restored the terminal, and not taken it back
  std::array<bool, 4> waiting_{};  ///< by Signal::Kind: to be passed on
  std::array<bool, 3> gone_{};     ///< by Compartment
  std::array<bool, 3> silent_{};   ///< by Compartment: its channel is closed
  TimePoint end_asked_ = kNever;
  TimePoint deadline_ = kNever;  ///< when tty must have said Done
  std::array<pollfd, 7> poll_{};
};

}  // namespace sallyport::client
