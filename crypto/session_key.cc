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

bool in_alphabet(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
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
  if (!std::all_of(text.begin(), text.end(), in_alphabet)) return std::unexpected(KeyTextError::kWrongCharacter);
  PaddedText padded{};
  std::copy(text.begin(), text.end(), padded.begin());
  std::fill_n(padded.begin() + kKeyTextCharacters, 2, std::uint8_t{'='});
  SessionKey key;
  std::size_t length = 0;
  // BoringSSL writes whole groups of three, so it needs room for 18 bytes.
  std::array<std::uint8_t, 18> decoded{};
  const bool valid =
      EVP_DecodeBase64(decoded.data(), &length, decoded.size(), padded.data(), 24) == 1 && length == kKeyBytes;
  std::copy_n(std::as_bytes(std::span(decoded)).begin(), kKeyBytes, key.storage_->begin());
  wipe(std::as_writable_bytes(std::span(decoded)));
  PaddedText again{};
  encode(key.bytes(), again);
  const bool canonical = CRYPTO_memcmp(again.data(), padded.data(), kKeyTextCharacters) == 0;
  wipe(std::as_writable_bytes(std::span(padded)));
  wipe(std::as_writable_bytes(std::span(again)));
  if (!valid || !canonical) return std::unexpected(KeyTextError::kNotCanonical);
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
