#include "crypto/ocb.h"

#include <gtest/gtest.h>
#include <openssl/aes.h>

#include <algorithm>
#include <random>

#include "tests/crypto/hex.h"

namespace sallyport::crypto {
namespace {

Ocb cipher_for(const Bytes& key) { return Ocb(std::span<const std::byte, kKeyBytes>(key.data(), kKeyBytes)); }

Nonce nonce_of(const Bytes& bytes) {
  Nonce nonce{};
  std::copy(bytes.begin(), bytes.end(), nonce.begin());
  return nonce;
}

Nonce nonce_of(std::uint64_t number) { return make_nonce(Direction::kToServer, SequenceNumber(number)); }

Bytes seal(Ocb& ocb, const Nonce& nonce, const Bytes& plaintext) {
  Bytes sealed(plaintext.size() + kTagBytes);
  ocb.seal(nonce, plaintext, sealed);
  return sealed;
}

Bytes random_bytes(std::mt19937_64& random, std::size_t size) {
  Bytes bytes(size);
  std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<std::byte>(random()); });
  return bytes;
}

/// RFC 7253 section 4.1, HASH(K, A), written independently of the product's code, which has no associated data. The
/// tag of a message with associated data is the tag without, xored with this.
class AssociatedDataHash {
 public:
  explicit AssociatedDataHash(const Bytes& key) {
    AES_set_encrypt_key(reinterpret_cast<const std::uint8_t*>(key.data()), 128, &key_);
  }
  Bytes operator()(const Bytes& data) const {
    Bytes sum(16), offset(16);
    const Bytes l_star = encrypt(Bytes(16));
    std::size_t at = 0;
    for (std::size_t i = 1; at + 16 <= data.size(); ++i, at += 16) {
      Bytes l = doubled(doubled(l_star));
      for (std::size_t n = i; n % 2 == 0; n /= 2) l = doubled(l);
      add(offset, l);
      Bytes block(data.begin() + static_cast<std::ptrdiff_t>(at),
                  data.begin() + static_cast<std::ptrdiff_t>(at) + 16);
      add(block, offset);
      add(sum, encrypt(block));
    }
    if (at < data.size()) {
      add(offset, l_star);
      Bytes block(data.begin() + static_cast<std::ptrdiff_t>(at), data.end());
      block.push_back(std::byte{0x80});
      block.resize(16);
      add(block, offset);
      add(sum, encrypt(block));
    }
    return sum;
  }

 private:
  Bytes encrypt(const Bytes& block) const {
    Bytes out(16);
    AES_encrypt(reinterpret_cast<const std::uint8_t*>(block.data()), reinterpret_cast<std::uint8_t*>(out.data()),
                &key_);
    return out;
  }
  static Bytes doubled(const Bytes& block) {
    Bytes out(16);
    for (std::size_t i = 0; i < 16; ++i) {
      out[i] = block[i] << 1U;
      if (i + 1 < 16) out[i] |= block[i + 1] >> 7U;
    }
    if ((block[0] >> 7U) != std::byte{0}) out[15] ^= std::byte{0x87};
    return out;
  }
  static void add(Bytes& to, const Bytes& other) {
    for (std::size_t i = 0; i < 16; ++i) to[i] ^= other[i];
  }
  AES_KEY key_;
};

Bytes seal_with_data(Ocb& ocb, const AssociatedDataHash& hash, const Nonce& nonce, const Bytes& data,
                     const Bytes& plaintext) {
  Bytes sealed = seal(ocb, nonce, plaintext);
  const Bytes mask = hash(data);
  for (std::size_t i = 0; i < 16; ++i) sealed[plaintext.size() + i] ^= mask[i];
  return sealed;
}

TEST(Ocb, ReproducesEveryVectorOfRfc7253) {
  const Bytes key = from_hex("000102030405060708090A0B0C0D0E0F");
  Ocb ocb = cipher_for(key);
  const AssociatedDataHash hash(key);
  const auto rows = read_vectors("rfc7253.txt");
  ASSERT_EQ(rows.size(), 16U);
  for (const auto& row : rows) {
    const Nonce nonce = nonce_of(from_hex(row[0]));
    EXPECT_EQ(seal_with_data(ocb, hash, nonce, from_hex(row[1]), from_hex(row[2])), from_hex(row[3])) << row[0];
    if (row[1] != "-") continue;  // the product opens nothing with associated data
    Bytes opened(from_hex(row[2]).size());
    EXPECT_TRUE(ocb.open(nonce, from_hex(row[3]), opened)) << row[0];
    EXPECT_EQ(opened, from_hex(row[2]));
  }
}

TEST(Ocb, ReproducesTheIterativeTestOfRfc7253) {
  Bytes key(16);
  key[15] = std::byte{128};  // KEYLEN-8 zero bits and the tag length
  Ocb ocb = cipher_for(key);
  const AssociatedDataHash hash(key);
  Bytes all;
  const auto add = [&](const Bytes& sealed) { all.insert(all.end(), sealed.begin(), sealed.end()); };
  for (std::uint64_t i = 0; i < 128; ++i) {
    const Bytes zeros(i);
    add(seal_with_data(ocb, hash, nonce_of(3 * i + 1), zeros, zeros));
    add(seal(ocb, nonce_of(3 * i + 2), zeros));
    add(seal_with_data(ocb, hash, nonce_of(3 * i + 3), zeros, {}));
  }
  EXPECT_EQ(all.size(), 22400U);
  EXPECT_EQ(seal_with_data(ocb, hash, nonce_of(385), all, {}), from_hex("67E944D23256C5E0B6C61FA22FDF1EA2"));
}

TEST(Ocb, OpensEveryLengthThatItSealsApartAndInPlace) {
  std::mt19937_64 random(1);
  Ocb ocb = cipher_for(random_bytes(random, 16));
  for (std::size_t size = 0; size <= kMaxOcbPlaintextBytes; ++size) {
    const Bytes plaintext = random_bytes(random, size);
    const Bytes sealed = seal(ocb, nonce_of(size), plaintext);
    Bytes apart(size);
    ASSERT_TRUE(ocb.open(nonce_of(size), sealed, apart)) << size;
    ASSERT_EQ(apart, plaintext) << size;
    Bytes in_place = plaintext;
    in_place.resize(size + kTagBytes);
    ocb.seal(nonce_of(size), std::span(in_place).first(size), in_place);
    ASSERT_EQ(in_place, sealed) << size;
    ASSERT_TRUE(ocb.open(nonce_of(size), in_place, std::span(in_place).first(size))) << size;
    ASSERT_TRUE(std::equal(plaintext.begin(), plaintext.end(), in_place.begin())) << size;
  }
}

TEST(Ocb, NeverOpensAFlippedBitAndThenWritesNothing) {
  std::mt19937_64 random(2);
  Ocb ocb = cipher_for(random_bytes(random, 16));
  for (const std::size_t size : {0U, 1U, 15U, 16U, 17U, 64U, 200U}) {
    const Bytes plaintext = random_bytes(random, size);
    Bytes sealed = seal(ocb, nonce_of(size), plaintext);
    const Bytes untouched(size, std::byte{0x5A});
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
      sealed[bit / 8] ^= std::byte{1} << (bit % 8);
      Bytes out = untouched;
      ASSERT_FALSE(ocb.open(nonce_of(size), sealed, out)) << size << " bit " << bit;
      ASSERT_EQ(out, untouched);
      sealed[bit / 8] ^= std::byte{1} << (bit % 8);
    }
    for (std::size_t bit = 0; bit < 96; ++bit) {
      Nonce nonce = nonce_of(size);
      nonce[bit / 8] ^= std::byte{1} << (bit % 8);
      Bytes out = untouched;
      ASSERT_FALSE(ocb.open(nonce, sealed, out)) << size << " nonce bit " << bit;
      ASSERT_EQ(out, untouched);
    }
    Bytes out(size);
    EXPECT_TRUE(ocb.open(nonce_of(size), sealed, out));
  }
}

TEST(Ocb, OpensNothingShorterThanATagOrLongerThanADatagram) {
  std::mt19937_64 random(3);
  Ocb ocb = cipher_for(random_bytes(random, 16));
  const Bytes plaintext = random_bytes(random, 64);
  const Bytes sealed = seal(ocb, nonce_of(1), plaintext);
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    Bytes out(size < kTagBytes ? 0 : size - kTagBytes);
    EXPECT_FALSE(ocb.open(nonce_of(1), std::span(sealed).first(size), out)) << size;
  }
  const Bytes huge(kMaxOcbPlaintextBytes + kTagBytes + 1);
  Bytes out(huge.size() - kTagBytes);
  EXPECT_FALSE(ocb.open(nonce_of(1), huge, out));
}

TEST(Ocb, GivesTheSameBytesWhateverNonceCameBefore) {
  std::mt19937_64 random(4);
  const Bytes key = random_bytes(random, 16);
  Ocb one = cipher_for(key);
  const Bytes plaintext = random_bytes(random, 40);
  for (int i = 0; i < 2000; ++i) {
    const Nonce nonce = nonce_of(random() % 200);  // revisits and leaves the cached Ktop
    Ocb fresh = cipher_for(key);
    ASSERT_EQ(seal(one, nonce, plaintext), seal(fresh, nonce, plaintext));
  }
}

}  // namespace
}  // namespace sallyport::crypto
