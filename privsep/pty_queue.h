// What is on its way into the PTY: typed input and device replies in one order, in a fixed ring. Linked by the monitor;
// allocates nothing after construction, and wipes typed bytes as they leave.
//
// Bounds: input is bounded by net's credit, replies by kReplyBytes (more are dropped). Runs of one kind are merged, so the
// list of runs is bounded too: when it is nearly full replies are dropped, never input.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/strong_id.h"
#include "privsep/net_monitor.h"

namespace sallyport::privsep {

class PtyQueue {
 public:
  static constexpr std::size_t kReplyBytes = std::size_t{64} << 10U;  // ours: architecture 3, "pending replies over 64 KiB"
  static constexpr std::size_t kCapacityBytes = kInputCreditBytes + kReplyBytes;
  static constexpr std::size_t kMostRuns = 512;  // ours: bounds the list of alternating runs

  PtyQueue() = default;
  PtyQueue(const PtyQueue&) = delete;
  PtyQueue& operator=(const PtyQueue&) = delete;

  /// Appends typed input of client state `state`; `last` if that state's input ends here. The caller has checked the credit,
  /// so that it fits.
  void push_input(std::span<const std::byte> bytes, StateNumber state, bool last);

  /// Appends a reply, or drops it whole and returns false.
  [[nodiscard]] bool push_reply(std::span<const std::byte> bytes);

  /// The next contiguous bytes to write; empty if there are none.
  [[nodiscard]] std::span<const std::byte> front() const;

  struct Written {
    std::size_t input_bytes = 0;             ///< how many of them were typed input: credit to give back
    std::optional<StateNumber> completed;    ///< the newest client state whose input is now wholly in the PTY
  };
  /// `count` bytes of front() went into the PTY: they are wiped.
  Written pop(std::size_t count);

  [[nodiscard]] bool empty() const { return used_ == 0 && runs_ == 0; }
  [[nodiscard]] std::size_t size() const { return used_; }

  /// Takes a state whose input completed without a byte left to write (its last piece was empty and nothing is ahead).
  [[nodiscard]] std::optional<StateNumber> take_completed();

 private:
  struct Run {
    std::size_t bytes = 0;
    bool input = false;
    bool completes = false;
    StateNumber state;
  };
  void append(std::span<const std::byte> bytes);
  Run& new_run(bool input);
  Run& back() { return run_list_[(first_run_ + runs_ - 1) % kMostRuns]; }

  std::array<std::byte, kCapacityBytes> ring_;  // not initialised: untouched pages cost nothing
  std::array<Run, kMostRuns> run_list_{};
  std::size_t first_ = 0;
  std::size_t used_ = 0;
  std::size_t first_run_ = 0;
  std::size_t runs_ = 0;
  std::size_t reply_bytes_ = 0;
};

}  // namespace sallyport::privsep
