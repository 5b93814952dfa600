#include "crypto/session_key.h"

#include <openssl/base64.h>
#include <openssl/mem.h>

#include <algorithm>

#include "base/bytes.h"

namespace sallyport::crypto {
namespace {

/// What BoringSSL's encoder writes for 16 bytes: 24 characters and a zero.
using PaddedText = std::array<std::uint8_t, 25>;

void encode(std::span<const std::byte, kKeyBytes> key, PaddedText& text) {
  EVP_EncodeBlock(text.data(), reinterpret_cast<const std::uint8_t*>(key.data()), key.size());
}

/// All ones if first <= c <= last, else 0; for c below 256.
constexpr std::uint32_t in_range(std::uint32_t c, std::uint32_t first, std::uint32_t last) {
  return 0U - (((first - 1 - c) & (c - last - 1)) >> 31U);
}

/// 1 to 64 for the 64 characters in their order, 0 for any other. No branch and no table: the characters are the key.
constexpr std::uint32_t place_in_alphabet(char character) {
  const std::uint32_t c = static_cast<std::uint8_t>(character);
  return (in_range(c, 'A', 'Z') & (c - 'A' + 1)) | (in_range(c, 'a', 'z') & (c - 'a' + 27)) |
         (in_range(c, '0', '9') & (c - '0' + 53)) | (in_range(c, '+', '+') & 63U) | (in_range(c, '/', '/') & 64U);
}

/// The verdict is public, the bits are not: compared as a tag is.
bool any(std::uint32_t bits) {
  constexpr std::uint32_t kNone = 0;
  return CRYPTO_memcmp(&bits, &kNone, sizeof bits) != 0;
}

}  // namespace

SessionKey::SessionKey() {
  CHECK(protect_process_memory().has_value());
  storage_ = make_protected<Storage>();
}

SessionKey SessionKey::from_random(std::span<std::byte, kKeyBytes> random) {
  SessionKey key;
  std::copy(random.begin(), random.end(), key.storage_->begin());
  wipe(random);
  return key;
}

Result<SessionKey, KeyTextError> SessionKey::parse(std::string_view text) {
  if (text.size() != kKeyTextCharacters) return std::unexpected(KeyTextError::kWrongLength);
  SessionKey key;
  std::uint32_t wrong = 0;  // the sign bit of each character's place less one
  std::uint32_t bits = 0;
  std::size_t held = 0;  // of them, the lowest are not stored yet
  auto next = key.storage_->begin();
  for (const char character : text) {
    const std::uint32_t value = place_in_alphabet(character) - 1;
    wrong |= value >> 31U;
    bits = (bits << 6U) | (value & 63U);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    *next++ = static_cast<std::byte>(bits >> held);
  }
  if (any(wrong)) return std::unexpected(KeyTextError::kWrongCharacter);
  if (any(bits & 0xFU)) return std::unexpected(KeyTextError::kNotCanonical);  // 22 characters carry 4 bits too many
  return key;
}

void SessionKey::print(KeyText& out) const {
  PaddedText text{};
  encode(bytes(), text);
  std::copy_n(text.begin(), kKeyTextCharacters, out.characters().begin());
  wipe(std::as_writable_bytes(std::span(text)));
}

bool SessionKey::equals(const SessionKey& other) const {
  return CRYPTO_memcmp(bytes().data(), other.bytes().data(), kKeyBytes) == 0;
}

std::span<const std::byte, kKeyBytes> SessionKey::bytes() const {
  CHECK(storage_ != nullptr);
  return *storage_;
}

}  // namespace sallyport::crypto
