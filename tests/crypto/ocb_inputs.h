// The inputs of the second opinion on OCB, made alike on both sides of the pipe: keys, nonces and plaintexts from one
// seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

struct OcbInput {
  std::uint8_t key[16];
  std::uint8_t nonce[12];
  std::vector<std::uint8_t> plaintext;
};

class OcbInputs {
 public:
  explicit OcbInputs(std::uint64_t seed) : random_(seed) {}
  /// Three quarters up to 128 bytes, the rest up to 2048. A quarter keeps the key, and half of those the nonce's
  /// upper bits.
  void next(OcbInput& input) {
    const std::uint64_t choice = random_();
    const bool keep_key = filled_ && choice % 4 == 0;
    if (!keep_key) fill(input.key, sizeof input.key);
    if (keep_key && choice % 8 == 0) {
      input.nonce[11] = static_cast<std::uint8_t>(random_());
    } else {
      fill(input.nonce, sizeof input.nonce);
    }
    input.plaintext.resize(random_() % ((choice >> 8U) % 4 == 0 ? 2049 : 129));
    fill(input.plaintext.data(), input.plaintext.size());
    filled_ = true;
  }

 private:
  void fill(std::uint8_t* to, std::size_t size) {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < size; ++i) {
      if (i % 8 == 0) word = random_();
      to[i] = static_cast<std::uint8_t>(word >> (8 * (i % 8)));
    }
  }
  std::mt19937_64 random_;
  bool filled_ = false;
};
