// AES-128-OCB3 with a 12-byte nonce, a 16-byte tag and no associated data, straight from the text of RFC 7253, section
// 4: one block at a time, one bit at a time, nothing kept. What crypto::Ocb is compared with.
#pragma once

#include <openssl/aes.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sallyport::fuzz {

class OcbReference {
 public:
  explicit OcbReference(std::span<const std::byte> key) {
    (void)AES_set_encrypt_key(reinterpret_cast<const std::uint8_t*>(key.data()), 128, &key_);
    star_ = enciphered({});
    dollar_ = doubled(star_);
  }

  /// Ciphertext, then tag.
  [[nodiscard]] std::vector<std::byte> seal(std::span<const std::byte> nonce,
                                            std::span<const std::byte> plaintext) const {
    std::vector<std::byte> out;
    Block offset = first_offset(nonce);
    Block checksum{};
    for (std::uint64_t i = 1; plaintext.size() >= 16; ++i, plaintext = plaintext.subspan(16)) {
      Block l = doubled(dollar_);
      for (int n = 0; n < std::countr_zero(i); ++n) l = doubled(l);
      offset = sum(offset, l);
      const Block p = block_of(plaintext.first(16));
      append(out, sum(offset, enciphered(sum(p, offset))), 16);
      checksum = sum(checksum, p);
    }
    if (!plaintext.empty()) {
      offset = sum(offset, star_);
      Block p = block_of(plaintext);
      append(out, sum(p, enciphered(offset)), plaintext.size());
      p[plaintext.size()] = 0x80;
      checksum = sum(checksum, p);
    }
    append(out, enciphered(sum(sum(checksum, offset), dollar_)), 16);
    return out;
  }

 private:
  using Block = std::array<std::uint8_t, 16>;

  static Block block_of(std::span<const std::byte> bytes) {
    Block block{};
    for (std::size_t i = 0; i < bytes.size(); ++i) block[i] = std::to_integer<std::uint8_t>(bytes[i]);
    return block;
  }
  static Block sum(const Block& a, const Block& b) {
    Block c{};
    for (std::size_t i = 0; i < 16; ++i) c[i] = a[i] ^ b[i];
    return c;
  }
  static bool bit(std::span<const std::uint8_t> bytes, std::size_t at) {
    return ((bytes[at / 8] >> (7 - at % 8)) & 1U) != 0;
  }
  static Block doubled(const Block& block) {
    Block twice{};
    for (std::size_t i = 0; i + 1 < 128; ++i) {
      if (bit(block, i + 1)) twice[i / 8] |= static_cast<std::uint8_t>(0x80U >> i % 8);
    }
    if (bit(block, 0)) twice[15] ^= 0x87;
    return twice;
  }
  static void append(std::vector<std::byte>& out, const Block& block, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) out.push_back(std::byte{block[i]});
  }
  [[nodiscard]] Block enciphered(const Block& block) const {
    Block out{};
    AES_encrypt(block.data(), out.data(), &key_);
    return out;
  }
  [[nodiscard]] Block first_offset(std::span<const std::byte> nonce) const {
    Block top{0, 0, 0, 1};
    for (std::size_t i = 0; i < 12; ++i) top[4 + i] = std::to_integer<std::uint8_t>(nonce[i]);
    const std::size_t bottom = top[15] & 0x3FU;
    top[15] &= 0xC0;
    const Block k = enciphered(top);
    std::array<std::uint8_t, 24> stretch{};
    for (std::size_t i = 0; i < 16; ++i) stretch[i] = k[i];
    for (std::size_t i = 0; i < 8; ++i) stretch[16 + i] = k[i] ^ k[i + 1];
    Block offset{};
    for (std::size_t i = 0; i < 128; ++i) {
      if (bit(stretch, bottom + i)) offset[i / 8] |= static_cast<std::uint8_t>(0x80U >> i % 8);
    }
    return offset;
  }

  AES_KEY key_{};
  Block star_{};
  Block dollar_{};
};

}  // namespace sallyport::fuzz
