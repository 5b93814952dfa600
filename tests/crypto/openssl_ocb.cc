// openssl_ocb SEED COUNT: writes what OpenSSL's AES-128-OCB makes of the inputs of ocb_inputs.h, ciphertext then tag,
// one after the other. openssl_ocb speed: prints nanoseconds per operation. A program of its own, because OpenSSL's
// libcrypto and BoringSSL's define the same symbols.
#include <openssl/evp.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "ocb_inputs.h"

namespace {

void require(int answer) {
  if (answer <= 0) std::abort();
}

int write_opinions(std::uint64_t seed, std::uint64_t count) {
  OcbInputs inputs(seed);
  OcbInput input;
  std::vector<std::uint8_t> out;
  EVP_CIPHER_CTX* const context = EVP_CIPHER_CTX_new();
  require(EVP_EncryptInit_ex(context, EVP_aes_128_ocb(), nullptr, nullptr, nullptr));
  require(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, 12, nullptr));
  require(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, nullptr));
  for (std::uint64_t i = 0; i < count; ++i) {
    inputs.next(input);
    const std::size_t size = input.plaintext.size();
    out.resize(size + 32);
    int written = 0, rest = 0;
    require(EVP_EncryptInit_ex(context, nullptr, nullptr, input.key, input.nonce));
    if (size != 0)
      require(EVP_EncryptUpdate(context, out.data(), &written, input.plaintext.data(), static_cast<int>(size)));
    require(EVP_EncryptFinal_ex(context, out.data() + written, &rest));
    require(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, out.data() + size));
    if (std::fwrite(out.data(), 1, size + 16, stdout) != size + 16) return 1;
  }
  EVP_CIPHER_CTX_free(context);
  return std::fflush(stdout) == 0 ? 0 : 1;
}

template <typename Operation>
double best_ns(Operation operation) {
  constexpr int kRounds = 15, kRepeats = 20000;
  double best = 1e9;
  for (int round = 0; round < kRounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < kRepeats; ++i) operation();
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
    best = std::min(best, took.count() / kRepeats);
  }
  return best;
}

void print_speed() {
  const std::uint8_t key[16] = {1};
  std::uint8_t nonce[12] = {}, plain[1400] = {}, sealed[1400], opened[1400], tag[16];
  EVP_CIPHER_CTX* const seal = EVP_CIPHER_CTX_new();
  EVP_CIPHER_CTX* const open = EVP_CIPHER_CTX_new();
  require(EVP_EncryptInit_ex(seal, EVP_aes_128_ocb(), nullptr, key, nonce));
  require(EVP_DecryptInit_ex(open, EVP_aes_128_ocb(), nullptr, key, nonce));
  for (const int size : {28, 64, 512, 1400}) {
    int written = 0, rest = 0;
    std::uint32_t number = 0;
    const double seal_ns = best_ns([&] {
      ++number;
      std::memcpy(nonce + 8, &number, sizeof number);
      require(EVP_EncryptInit_ex(seal, nullptr, nullptr, nullptr, nonce));
      require(EVP_EncryptUpdate(seal, sealed, &written, plain, size));
      require(EVP_EncryptFinal_ex(seal, sealed + written, &rest));
      require(EVP_CIPHER_CTX_ctrl(seal, EVP_CTRL_AEAD_GET_TAG, 16, tag));
    });
    const double open_ns = best_ns([&] {
      require(EVP_CIPHER_CTX_ctrl(open, EVP_CTRL_AEAD_SET_TAG, 16, tag));
      require(EVP_DecryptInit_ex(open, nullptr, nullptr, nullptr, nonce));
      require(EVP_DecryptUpdate(open, opened, &written, sealed, size));
      require(EVP_DecryptFinal_ex(open, opened + written, &rest));
    });
    std::printf("openssl   %4d bytes: seal %4.0f ns, open %4.0f ns\n", size, seal_ns, open_ns);
  }
  EVP_CIPHER_CTX_free(seal);
  EVP_CIPHER_CTX_free(open);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "speed") == 0) {
    print_speed();
    return 0;
  }
  if (argc != 3) return 2;
  return write_opinions(std::strtoull(argv[1], nullptr, 10), std::strtoull(argv[2], nullptr, 10));
}
