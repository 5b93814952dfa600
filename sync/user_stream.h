// The client's object (wire 6): everything that was typed and every window size, in order, as one log that only grows
// at its end. A state is a position in it. Linked by the client; the server keeps positions alone (user_events.h).
// Bytes are held as bytes and wiped when they are forgotten.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>

#include "base/secret_bytes.h"
#include "base/strong_id.h"
#include "proto/user_message.h"

namespace sallyport::sync {

/// Number of events (a byte, or a window size) since the start of the stream. Wire 6.4's equality is equality of
/// positions.
using UserPosition = StrongId<struct UserPositionTag>;

class UserStream {
 public:
  UserStream() = default;
  UserStream(const UserStream&) = delete;
  UserStream& operator=(const UserStream&) = delete;

  void append(std::span<const std::byte> typed);
  void append(WindowSize size);

  [[nodiscard]] UserPosition end() const { return UserPosition(bytes_end() + sizes_before_ + sizes_.size()); }
  /// A serialised UserMessage of all events from `from` (not forgotten) to `to` (at least `from`, at most end()); runs of
  /// bytes become one element each (wire 6.3). Empty if there are none.
  [[nodiscard]] SecretBytes diff(UserPosition from, UserPosition to) const;
  [[nodiscard]] SecretBytes diff(UserPosition from) const { return diff(from, end()); }
  /// Events before `position` will not be asked for again (wire 6.3, subtract).
  void forget_before(UserPosition position);

  /// Bytes of typed input held, forgotten ones that still await their release included; for tests.
  [[nodiscard]] std::size_t held_bytes() const { return bytes_.size(); }

 private:
  struct Size {
    std::uint64_t position;
    WindowSize size;
  };
  [[nodiscard]] std::uint64_t bytes_end() const { return bytes_before_ + bytes_.size(); }
  /// How many bytes lie before `position`.
  [[nodiscard]] std::uint64_t byte_index(std::uint64_t position) const;

  std::uint64_t bytes_before_ = 0;  ///< bytes released from the front
  std::uint64_t sizes_before_ = 0;
  std::uint64_t forgotten_ = 0;     ///< position
  SecretBytes bytes_;
  std::deque<Size> sizes_;
};

}  // namespace sallyport::sync
