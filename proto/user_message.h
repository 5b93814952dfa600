// The client's diff (wire 6.2, 6.3): keystrokes and window sizes in the order in which they happened. Linked by net,
// later by the client. What is decoded here is what a person typed: nothing is copied out of the caller's buffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>

#include "base/secret_bytes.h"
#include "proto/fields.h"

namespace sallyport::proto {

/// Bytes typed, uninterpreted; possibly none.
struct Keystrokes {
  std::span<const std::byte> keys;  ///< borrowed
};
/// A window's size as the peer sent it: anything, also below 1. The receiver bounds it (wire 6.5).
struct SentWindowSize {
  std::int32_t columns = 0;
  std::int32_t rows = 0;
};
/// monostate: an element with neither, to be ignored. With both, only the keystrokes count.
using UserInstruction = std::variant<std::monostate, Keystrokes, SentWindowSize>;

/// Reads a UserMessage element by element; copies and allocates nothing, however many elements there are.
class UserMessageReader {
 public:
  /// Borrows `message` for the reader's life.
  explicit UserMessageReader(std::span<const std::byte> message) : fields_(message) {}
  /// Puts the next element into `instruction`. False at the end and at the first malformed byte; then see ok().
  [[nodiscard]] bool next(UserInstruction& instruction);
  /// Whether the whole message was well-formed. Meaningful once next() returned false.
  [[nodiscard]] bool ok() const { return fields_.ok() && !failed_; }

 private:
  FieldReader fields_;
  bool failed_ = false;
};

/// Append one element to a UserMessage in `out`.
void put_keystrokes(std::span<const std::byte> keys, SecretBytes& out);
void put_window_size(SentWindowSize size, SecretBytes& out);

}  // namespace sallyport::proto
