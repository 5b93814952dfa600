#include "crypto/ocb.h"

#include <openssl/cipher.h>
#include <openssl/mem.h>

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "base/wipe.h"

namespace sallyport::crypto {
namespace {

constexpr std::size_t kBlockBytes = 16;
constexpr std::size_t kMaxBlocks = kMaxOcbPlaintextBytes / kBlockBytes;

/// Sixteen bytes in memory order; only ever XORed, so the machine's byte order does not matter.
using Block = std::uint64_t __attribute__((vector_size(kBlockBytes)));

Block load(const std::byte* from) {
  Block block;
  std::memcpy(&block, from, sizeof block);
  return block;
}
void store(std::byte* to, Block block) { std::memcpy(to, &block, sizeof block); }

std::uint64_t swap_to_big_endian(std::uint64_t value) {
  return std::endian::native == std::endian::little ? __builtin_bswap64(value) : value;
}

/// RFC 7253 section 2: shift left by one in GF(2^128), in constant time.
Block double_block(Block block) {
  const std::uint64_t high = swap_to_big_endian(block[0]);
  const std::uint64_t low = swap_to_big_endian(block[1]);
  const std::uint64_t carry = (std::uint64_t{0} - (high >> 63U)) & 0x87U;
  return Block{swap_to_big_endian((high << 1U) | (low >> 63U)), swap_to_big_endian((low << 1U) ^ carry)};
}

/// `tail` (under 16 bytes), a single 1 bit, zeros.
Block pad(const std::byte* tail, std::size_t size) {
  std::array<std::byte, kBlockBytes> padded{};
  if (size != 0) std::memcpy(padded.data(), tail, size);
  padded[size] = std::byte{0x80};
  return load(padded.data());
}

/// One direction of AES over whole blocks. Its key schedule lies in protected memory through BoringSSL's allocation
/// hook.
class AesEcb {
 public:
  enum class Mode : int { kDecrypt = 0, kEncrypt = 1 };
  AesEcb(std::span<const std::byte, kKeyBytes> key, Mode mode) {
    EVP_CIPHER_CTX_init(&context_);
    CHECK(EVP_CipherInit_ex(&context_, EVP_aes_128_ecb(), nullptr, reinterpret_cast<const std::uint8_t*>(key.data()),
                            nullptr, static_cast<int>(mode)) == 1);
  }
  AesEcb(const AesEcb&) = delete;
  AesEcb& operator=(const AesEcb&) = delete;
  ~AesEcb() { EVP_CIPHER_CTX_cleanup(&context_); }

  /// In place. EVP_Cipher is the cipher itself, without EVP_CipherUpdate's buffering.
  void run(Block* blocks, std::size_t count) {
    auto* const bytes = reinterpret_cast<std::uint8_t*>(blocks);
    CHECK(EVP_Cipher(&context_, bytes, bytes, count * kBlockBytes) > 0);
  }

 private:
  EVP_CIPHER_CTX context_;
};

/// Ktop of the last nonce in one direction of use: it is the same for 64 consecutive sequence numbers.
struct KtopCache {
  Block top{};  ///< the nonce block without its last 6 bits; all zero never occurs, because of its 1 bit
  std::uint64_t high = 0;
  std::uint64_t low = 0;
};

}  // namespace

struct Ocb::State {
  [[gnu::noinline]] explicit State(std::span<const std::byte, kKeyBytes> key)
      : encrypt(key, AesEcb::Mode::kEncrypt), decrypt(key, AesEcb::Mode::kDecrypt) {
    Block mask{};
    encrypt.run(&mask, 1);
    l_star = mask;
    l_dollar = double_block(mask);
    // Offset_i of RFC 7253 is Offset_0 xor L_ntz(1) xor ... xor L_ntz(i). All but Offset_0 depends on the key alone,
    // so it is summed up here once and the blocks of a datagram do not wait for each other.
    std::array<Block, std::bit_width(kMaxBlocks)> l;  // L_0 .. L_7: ntz(128) is 7
    mask = l_dollar;
    for (Block& entry : l) {
      mask = double_block(mask);
      entry = mask;
    }
    Block sum{};
    for (std::size_t i = 0; i < kMaxBlocks; ++i) {
      sum ^= l[static_cast<std::size_t>(std::countr_zero(i + 1))];
      masks[i] = sum;
    }
    wipe(std::as_writable_bytes(std::span(l)));
  }

  // Never inlined, so that what they leave on the stack lies below their callers' frames: see Ocb::seal().
  [[gnu::noinline]] void seal(const Nonce& nonce, std::span<const std::byte> plaintext, std::span<std::byte> out);
  [[gnu::noinline]] bool open(const Nonce& nonce, std::span<const std::byte> sealed, std::span<std::byte> out);

  Block initial_offset(const Nonce& nonce, KtopCache& cache);
  /// Offset_count, once `first` is Offset_0.
  [[nodiscard]] Block offset_after(Block first, std::size_t count) const {
    return count == 0 ? first : first ^ masks[count - 1];
  }

  AesEcb encrypt;
  AesEcb decrypt;
  Block l_star;
  Block l_dollar;
  KtopCache seal_ktop;
  KtopCache open_ktop;
  std::array<Block, kMaxBlocks> masks;  ///< Offset_(i+1) xor Offset_0
  // Two more than the full blocks: the pad of a partial block and the tag go through AES together with them.
  std::array<Block, kMaxBlocks + 2> blocks;
};

Block Ocb::State::initial_offset(const Nonce& nonce, KtopCache& cache) {
  // RFC 7253 section 4.2 with TAGLEN 128: 7 zero bits, 24 zero bits, a 1 bit, the 96-bit nonce.
  std::array<std::byte, kBlockBytes> formatted{};
  formatted[3] = std::byte{1};
  std::memcpy(formatted.data() + 4, nonce.data(), nonce.size());
  const auto bottom = std::to_integer<unsigned>(formatted[15] & std::byte{0x3F});
  formatted[15] &= std::byte{0xC0};
  const Block top = load(formatted.data());
  if (top[0] != cache.top[0] || top[1] != cache.top[1]) {  // nonces are public: no secret in this branch
    Block ktop = top;
    encrypt.run(&ktop, 1);
    cache.top = top;
    cache.high = swap_to_big_endian(ktop[0]);
    cache.low = swap_to_big_endian(ktop[1]);
  }
  if (bottom == 0) return Block{swap_to_big_endian(cache.high), swap_to_big_endian(cache.low)};
  const std::uint64_t stretch = cache.high ^ ((cache.high << 8U) | (cache.low >> 56U));
  return Block{swap_to_big_endian((cache.high << bottom) | (cache.low >> (64 - bottom))),
               swap_to_big_endian((cache.low << bottom) | (stretch >> (64 - bottom)))};
}

void Ocb::State::seal(const Nonce& nonce, std::span<const std::byte> plaintext, std::span<std::byte> out) {
  const std::size_t full = plaintext.size() / kBlockBytes;
  const std::size_t tail = plaintext.size() % kBlockBytes;
  const std::byte* const in = plaintext.data();
  const Block first = initial_offset(nonce, seal_ktop);
  Block offset = offset_after(first, full);
  Block checksum{};
  for (std::size_t i = 0; i < full; ++i) {
    const Block block = load(in + i * kBlockBytes);
    checksum ^= block;
    blocks[i] = block ^ first ^ masks[i];
  }
  // Everything that must be enciphered is known by now: one pass for the blocks, the last block's pad and the tag.
  std::size_t count = full;
  std::array<std::byte, kBlockBytes> last{};
  if (tail != 0) {
    std::memcpy(last.data(), in + full * kBlockBytes, tail);
    checksum ^= pad(last.data(), tail);
    offset ^= l_star;
    blocks[count++] = offset;
  }
  blocks[count++] = checksum ^ offset ^ l_dollar;
  encrypt.run(blocks.data(), count);
  for (std::size_t i = 0; i < full; ++i) {
    store(out.data() + i * kBlockBytes, blocks[i] ^ first ^ masks[i]);
  }
  if (tail != 0) {
    store(last.data(), load(last.data()) ^ blocks[full]);
    std::memcpy(out.data() + full * kBlockBytes, last.data(), tail);
  }
  store(out.data() + plaintext.size(), blocks[count - 1]);
}

bool Ocb::State::open(const Nonce& nonce, std::span<const std::byte> sealed, std::span<std::byte> out) {
  const std::size_t size = out.size();
  const std::size_t full = size / kBlockBytes;
  const std::size_t tail = size % kBlockBytes;
  const Block first = initial_offset(nonce, open_ktop);
  Block offset = offset_after(first, full);
  for (std::size_t i = 0; i < full; ++i) {
    blocks[i] = load(sealed.data() + i * kBlockBytes) ^ first ^ masks[i];
  }
  decrypt.run(blocks.data(), full);
  Block checksum{};
  for (std::size_t i = 0; i < full; ++i) {
    blocks[i] ^= first ^ masks[i];
    checksum ^= blocks[i];
  }
  if (tail != 0) {
    offset ^= l_star;
    Block stream = offset;
    encrypt.run(&stream, 1);
    std::array<std::byte, kBlockBytes> last{};
    std::memcpy(last.data(), sealed.data() + full * kBlockBytes, tail);
    store(last.data(), load(last.data()) ^ stream);
    blocks[full] = pad(last.data(), tail);
    checksum ^= blocks[full];
  }
  Block tag = checksum ^ offset ^ l_dollar;
  encrypt.run(&tag, 1);
  const bool authentic = CRYPTO_memcmp(&tag, sealed.data() + size, kTagBytes) == 0;
  const auto plaintext = std::as_writable_bytes(std::span(blocks)).first(size);
  if (authentic && size != 0) std::memcpy(out.data(), plaintext.data(), size);
  wipe(std::as_writable_bytes(std::span(blocks).first(full + (tail != 0 ? 1 : 0))));
  return authentic;
}

Ocb::Ocb(std::span<const std::byte, kKeyBytes> key) {
  CHECK(protect_process_memory().has_value());
  state_ = make_protected<State>(key);
  wipe_stack();
}
Ocb::Ocb(Ocb&&) noexcept = default;
Ocb& Ocb::operator=(Ocb&&) noexcept = default;
Ocb::~Ocb() = default;

// Offsets, checksums, pads and what AES returns pass through registers that calls save to the stack, where the compiler
// likes. All of it follows from the key or is plaintext; it goes when the work is done.
void Ocb::seal(const Nonce& nonce, std::span<const std::byte> plaintext, std::span<std::byte> out) {
  CHECK(plaintext.size() <= kMaxOcbPlaintextBytes && out.size() == plaintext.size() + kTagBytes);
  state_->seal(nonce, plaintext, out);
  wipe_stack();
}

bool Ocb::open(const Nonce& nonce, std::span<const std::byte> sealed, std::span<std::byte> out) {
  if (sealed.size() < kTagBytes || sealed.size() - kTagBytes > kMaxOcbPlaintextBytes) return false;
  CHECK(out.size() == sealed.size() - kTagBytes);
  const bool authentic = state_->open(nonce, sealed, out);
  wipe_stack();
  return authentic;
}

}  // namespace sallyport::crypto
