// The session key: 16 bytes in protected memory, move-only, wiped, without operator== and without stream output.
// Linked by net and the client worker. Wire protocol 2.1.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "base/wipe.h"
#include "crypto/protected_memory.h"

namespace sallyport::crypto {

inline constexpr std::size_t kKeyBytes = 16;           ///< spec: wire 2.1
inline constexpr std::size_t kKeyTextCharacters = 22;  ///< spec: wire 2.1, base64 without "=="

/// The printable form, wiped when destroyed. Lives in the caller, is neither copied nor moved.
class KeyText {
 public:
  KeyText() = default;
  KeyText(const KeyText&) = delete;
  KeyText& operator=(const KeyText&) = delete;
  ~KeyText() { wipe(std::as_writable_bytes(std::span(characters_))); }
  /// Borrows; valid as long as this object.
  [[nodiscard]] std::string_view view() const { return {characters_.data(), characters_.size()}; }
  [[nodiscard]] std::span<char, kKeyTextCharacters> characters() { return characters_; }

 private:
  std::array<char, kKeyTextCharacters> characters_{};
};

/// Why a text is not a key.
enum class KeyTextError : std::uint8_t {
  kWrongLength,     ///< not exactly 22 characters
  kWrongCharacter,  ///< outside A-Z a-z 0-9 + /
  kNotCanonical,    ///< the last character carries more than 2 bits
};

/// Empty after a move; using an empty key traps.
class SessionKey {
 public:
  /// Takes 16 bytes of the system's randomness and wipes `random`. Maps the protected memory if that has not happened
  /// (system calls, so: before lock-down); traps if no memory can be mapped.
  [[nodiscard]] static SessionKey from_random(std::span<std::byte, kKeyBytes> random);
  /// Reads the text form with all checks of wire 2.1, in time that depends on nothing but the verdict. `text` stays the
  /// caller's to wipe.
  [[nodiscard]] static Result<SessionKey, KeyTextError> parse(std::string_view text);

  /// Writes the text form, in time that does not depend on the key.
  void print(KeyText& out) const;
  /// Constant-time comparison.
  [[nodiscard]] bool equals(const SessionKey& other) const;
  /// The raw key, for ciphers of this room and their tests alone. Borrows.
  [[nodiscard]] std::span<const std::byte, kKeyBytes> bytes() const;

 private:
  using Storage = std::array<std::byte, kKeyBytes>;
  SessionKey();
  ProtectedPtr<Storage> storage_;
};

}  // namespace sallyport::crypto
