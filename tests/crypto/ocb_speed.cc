// ocb_speed: prints nanoseconds per seal and open, to be put beside `openssl_ocb speed`.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "base/check.h"
#include "crypto/ocb.h"

namespace {

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

}  // namespace

int main() {
  using namespace sallyport::crypto;
  const std::array<std::byte, kKeyBytes> key{std::byte{1}};
  Ocb ocb(key);
  static std::array<std::byte, 1400 + kTagBytes> plain, sealed, opened;
  for (const std::size_t size : {28U, 64U, 512U, 1400U}) {
    std::uint64_t number = 0;
    const double seal_ns = best_ns([&] {
      ocb.seal(make_nonce(Direction::kToServer, SequenceNumber(++number)), std::span(plain).first(size),
               std::span(sealed).first(size + kTagBytes));
    });
    const Nonce nonce = make_nonce(Direction::kToServer, SequenceNumber(number));
    const double open_ns = best_ns(
        [&] { CHECK(ocb.open(nonce, std::span(sealed).first(size + kTagBytes), std::span(opened).first(size))); });
    std::printf("sallyport %4zu bytes: seal %4.0f ns, open %4.0f ns\n", size, seal_ns, open_ns);
  }
}
