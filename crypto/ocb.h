// AES-128-OCB3 with a 12-byte nonce, a 16-byte tag and no associated data, over BoringSSL's AES. Linked by net and
// the client worker. RFC 7253; wire protocol 2.3. BoringSSL offers no OCB itself; its bulk ECB keeps the AES units
// busy.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "crypto/nonce.h"
#include "crypto/protected_memory.h"
#include "crypto/session_key.h"

namespace sallyport::crypto {

inline constexpr std::size_t kTagBytes = 16;                ///< spec: wire 2.3
inline constexpr std::size_t kMaxOcbPlaintextBytes = 2048;  ///< ours: no datagram is larger (wire 3.6)

/// One key's cipher. Key schedule, tables and scratch space lie in protected memory. Move-only; empty after a move.
class Ocb {
 public:
  /// `key` may be wiped afterwards.
  explicit Ocb(std::span<const std::byte, kKeyBytes> key);
  Ocb(Ocb&&) noexcept;
  Ocb& operator=(Ocb&&) noexcept;
  ~Ocb();

  /// Writes ciphertext and tag to `out`, which is exactly 16 bytes longer than `plaintext` and may begin where it
  /// begins (any other overlap is not allowed). `plaintext` is at most kMaxOcbPlaintextBytes; breaking either rule
  /// traps. The caller never passes a nonce twice. No allocation, no system call.
  void seal(const Nonce& nonce, std::span<const std::byte> plaintext, std::span<std::byte> out);

  /// Verifies and decrypts `sealed` (ciphertext and tag) into `out`, 16 bytes shorter; may overlap in any way. False
  /// if the tag does not match or `sealed` is shorter than a tag or too long: then nothing has been written to `out`.
  /// The tag is compared in constant time. No allocation, no system call.
  [[nodiscard]] bool open(const Nonce& nonce, std::span<const std::byte> sealed, std::span<std::byte> out);

 private:
  struct State;
  ProtectedPtr<State> state_;
};

}  // namespace sallyport::crypto
