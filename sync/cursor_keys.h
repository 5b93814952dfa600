// The cursor-key filter (wire 6.5, terminal 5): clients keep the user's terminal in application cursor mode, so
// arrows arrive as ESC O A..D; they are rewritten to ESC [ A..D unless the program asked for application mode. Linked
// by net.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/secret_bytes.h"

namespace sallyport::sync {

/// DECCKM of the session's screen.
enum class CursorKeyMode : std::uint8_t { kNormal, kApplication };

/// One per session; its state survives any cutting of the input into pieces.
class CursorKeyFilter {
 public:
  /// Appends the filtered `input` to `output`: at most one byte more than `input` has. The O of ESC O is held back
  /// until the next byte, whose time decides which mode counts.
  void filter(std::span<const std::byte> input, CursorKeyMode mode, SecretBytes& output);

 private:
  enum class State : std::uint8_t { kGround, kEscape, kSs3 };
  State state_ = State::kGround;
};

}  // namespace sallyport::sync
