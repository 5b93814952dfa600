// Sealing and opening, beside OpenSSL's AES-128-OCB (which stock uses) in the same run. ocb_bench; the lengths are
// those of a key, a short frame, and a full datagram.
#include <benchmark/benchmark.h>
#include <dlfcn.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "base/check.h"
#include "crypto/ocb.h"

namespace {

using namespace sallyport::crypto;

constexpr std::array<std::byte, kKeyBytes> kKey{std::byte{1}};

std::vector<std::byte> bytes_of(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 31);
  return bytes;
}

void seal(benchmark::State& state) {
  Ocb ocb(kKey);
  const auto plain = bytes_of(static_cast<std::size_t>(state.range(0)));
  std::vector<std::byte> sealed(plain.size() + kTagBytes);
  std::uint64_t number = 0;
  for (auto _ : state) {
    ocb.seal(make_nonce(Direction::kToServer, SequenceNumber(++number)), plain, sealed);
    benchmark::DoNotOptimize(sealed.data());
  }
}

/// `damage` goes into the tag: what a forged datagram costs.
void open(benchmark::State& state, std::byte damage) {
  Ocb ocb(kKey);
  auto plain = bytes_of(static_cast<std::size_t>(state.range(0)));
  std::vector<std::byte> sealed(plain.size() + kTagBytes);
  const Nonce nonce = make_nonce(Direction::kToServer, SequenceNumber(7));
  ocb.seal(nonce, plain, sealed);
  sealed.back() ^= damage;
  for (auto _ : state) {
    CHECK(ocb.open(nonce, sealed, plain) == (damage == std::byte{0}));
    benchmark::DoNotOptimize(plain.data());
  }
}

/// OpenSSL's libcrypto in a namespace of its own, since BoringSSL has the same names. Empty without OpenSSL 3.
struct OpenSsl {
  using Context = void;
  Context* (*new_context)();
  const void* (*aes_128_ocb)();
  int (*init)(Context*, const void* cipher, void* engine, const std::uint8_t* key, const std::uint8_t* nonce,
              int encrypt);
  int (*update)(Context*, std::uint8_t* out, int* written, const std::uint8_t* in, int size);
  int (*final)(Context*, std::uint8_t* out, int* written);
  int (*control)(Context*, int what, int size, void* data);

  static const OpenSsl* get() {
    static const std::unique_ptr<OpenSsl> loaded = load();
    return loaded.get();
  }

 private:
  static std::unique_ptr<OpenSsl> load() {
    void* const library = ::dlmopen(LM_ID_NEWLM, "libcrypto.so.3", RTLD_NOW);
    if (library == nullptr) return nullptr;
    auto all = std::make_unique<OpenSsl>();
    const auto find = [&](auto& function, const char* name) {
      void* const found = ::dlsym(library, name);
      std::memcpy(&function, &found, sizeof function);
      return found != nullptr;
    };
    const bool found = find(all->new_context, "EVP_CIPHER_CTX_new") && find(all->aes_128_ocb, "EVP_aes_128_ocb") &&
                       find(all->init, "EVP_CipherInit_ex") && find(all->update, "EVP_CipherUpdate") &&
                       find(all->final, "EVP_CipherFinal_ex") && find(all->control, "EVP_CIPHER_CTX_ctrl");
    return found ? std::move(all) : nullptr;
  }
};
constexpr int kGetTag = 0x10, kSetTag = 0x11;  // OpenSSL's EVP_CTRL_AEAD_GET_TAG and EVP_CTRL_AEAD_SET_TAG

/// Each context lives as long as the program: this measures, it does not serve.
void openssl(benchmark::State& state, int encrypt) {
  const OpenSsl* const evp = OpenSsl::get();
  if (evp == nullptr) return state.SkipWithError("no libcrypto.so.3");
  const int size = static_cast<int>(state.range(0));
  std::vector<std::uint8_t> in(static_cast<std::size_t>(size) + 16), out(in.size()), tag(16);
  std::array<std::uint8_t, kKeyBytes> key{1};
  std::array<std::uint8_t, kNonceBytes> nonce{};
  OpenSsl::Context* const context = evp->new_context();
  CHECK(context != nullptr && evp->init(context, evp->aes_128_ocb(), nullptr, key.data(), nonce.data(), 1) == 1);
  int written = 0, rest = 0;
  const auto run = [&] {
    CHECK(evp->init(context, nullptr, nullptr, nullptr, nonce.data(), -1) == 1 &&
          evp->update(context, out.data(), &written, in.data(), size) == 1 &&
          evp->final(context, out.data() + written, &rest) == 1);
  };
  run();
  CHECK(evp->control(context, kGetTag, 16, tag.data()) == 1);
  if (encrypt == 0) {
    in = out;
    CHECK(evp->init(context, nullptr, nullptr, key.data(), nonce.data(), 0) == 1);
  }
  std::uint32_t number = 0;
  for (auto _ : state) {
    if (encrypt == 0) {
      CHECK(evp->control(context, kSetTag, 16, tag.data()) == 1);
      run();
    } else {
      ++number;
      std::memcpy(nonce.data() + 8, &number, sizeof number);
      run();
      CHECK(evp->control(context, kGetTag, 16, tag.data()) == 1);
    }
    benchmark::DoNotOptimize(out.data());
  }
}

void lengths(benchmark::internal::Benchmark* bench) { bench->Arg(28)->Arg(64)->Arg(512)->Arg(1400); }

BENCHMARK(seal)->Apply(lengths);
BENCHMARK_CAPTURE(openssl, seal, 1)->Apply(lengths);
BENCHMARK_CAPTURE(open, genuine, std::byte{0})->Apply(lengths);
BENCHMARK_CAPTURE(openssl, open, 0)->Apply(lengths);
BENCHMARK_CAPTURE(open, forged, std::byte{1})->Apply(lengths);

}  // namespace
