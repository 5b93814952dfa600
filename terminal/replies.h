// Answers that the emulator owes the session's program: kinds from a closed list and two numbers, never text. Whoever
// drives the emulator takes them in order; the monitor prints them. Linked by the terminal compartment. Specification:
// terminal 4.8, architecture 3 (Replies).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace sallyport::terminal {

/// One to one the kinds of privsep's terminal_monitor.h, with the same values.
enum class ReplyKind : std::uint8_t {
  kPrimaryAttributes = 0,    ///< DA1
  kSecondaryAttributes = 1,  ///< DA2
  kStatusOk = 2,             ///< DSR 5
  kCursorPosition = 3,       ///< DSR 6: a = row, b = column, from 1
  kPrivateMode = 4,          ///< DECRQM of a private mode: a = mode, b = 0 unknown, 1 set, 2 reset
  kAnsiMode = 5,             ///< DECRQM of an ANSI mode, the same
  kVersion = 6,              ///< XTVERSION
  kWindowSize = 7,           ///< CSI 18 t; the monitor knows the size
  kRefusedStatusString = 8,  ///< DECRQSS
  kRefusedTermcap = 9,       ///< XTGETTCAP
};

struct Reply {
  ReplyKind kind = ReplyKind::kStatusOk;
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  constexpr bool operator==(const Reply&) const = default;
};

/// Ours: the monitor answers at most 32 introducers at a time (architecture 3), so more waiting replies than these are
/// a flood.
inline constexpr std::size_t kMaxPendingReplies = 256;

class ReplyQueue {
 public:
  /// Dropped and counted if kMaxPendingReplies are waiting.
  void push(Reply reply) {
    if (waiting_.size() < kMaxPendingReplies) {
      waiting_.push_back(reply);
    } else {
      ++dropped_;
    }
  }
  /// The oldest reply, taken out; none if there is none.
  [[nodiscard]] std::optional<Reply> take() {
    if (waiting_.empty()) return std::nullopt;
    const Reply oldest = waiting_.front();
    waiting_.pop_front();
    return oldest;
  }
  [[nodiscard]] std::size_t size() const { return waiting_.size(); }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  std::deque<Reply> waiting_;
  std::uint64_t dropped_ = 0;
};

}  // namespace sallyport::terminal
