// Input on its way from the client to the monitor: waits here for credit, passes the cursor-key filter, and leaves in
// pieces that name the client state they came in (architecture 3). Window sizes overtake it. Linked by net. Wiped on
// release.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "base/secret_bytes.h"
#include "base/strong_id.h"
#include "sync/cursor_keys.h"
#include "sync/user_events.h"

namespace sallyport::sync {

/// One piece for the monitor: privsep::Input without its encoding.
struct InputPiece {
  StateNumber state;
  bool last = false;   ///< the last piece of that state; only then may `bytes` be empty
  SecretBytes bytes;
};

struct PendingResize {
  StateNumber state;
  WindowSize size;
};

class InputQueue {
 public:
  /// Takes what a new client state brought. States come in ascending order.
  void push(UserEvents&& events);

  /// Bytes that wait. UserReceiver refuses more above kMaxHeldInputBytes.
  [[nodiscard]] std::size_t held_bytes() const { return held_; }
  /// True if next() would have something, given credit.
  [[nodiscard]] bool empty() const { return marks_.empty(); }

  /// The newest window size not yet taken, once.
  [[nodiscard]] std::optional<PendingResize> take_resize();
  /// The next piece of at most `limit` bytes (the smaller of credit and largest piece). Nothing if nothing waits or
  /// `limit` is below 2: the filter may add a byte to a piece. A state without input gives one empty piece, for its
  /// echo ack.
  [[nodiscard]] std::optional<InputPiece> next(std::size_t limit, CursorKeyMode mode);

 private:
  struct Mark {
    StateNumber state;
    std::uint64_t end;  ///< position in the stream of input bytes after this state's last one
  };
  void take(std::size_t count, CursorKeyMode mode, SecretBytes& output);

  std::deque<SecretBytes> chunks_;
  std::size_t head_ = 0;        ///< bytes of the first chunk already taken
  std::size_t held_ = 0;
  std::uint64_t taken_ = 0;     ///< position of the next byte
  std::deque<Mark> marks_;
  std::optional<PendingResize> resize_;
  CursorKeyFilter filter_;
};

}  // namespace sallyport::sync
