// Run under valgrind by constant_time_test.cc. Keys and plaintexts are marked undefined, as ctgrind did first: valgrind
// then reports each branch and each address that depends on them. Prints one line "CASE reports" for each case. What is
// declassified is said where it happens: the verdicts of CRYPTO_memcmp (wrapped below), what is on the wire anyway, and
// nothing else.
#include <valgrind/memcheck.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "base/check.h"
#include "crypto/datagram_cipher.h"
#include "crypto/ocb.h"
#include "crypto/session_key.h"

extern "C" {
int __real_CRYPTO_memcmp(const void* a, const void* b, std::size_t size);
/// The linker sends every call of ours here. Whether a tag is right is public: the datagram is dropped or not.
int __wrap_CRYPTO_memcmp(const void* a, const void* b, std::size_t size) {
  int verdict = __real_CRYPTO_memcmp(a, b, size);
  VALGRIND_MAKE_MEM_DEFINED(&verdict, sizeof verdict);
  return verdict;
}
}

namespace sallyport::crypto {
namespace {

using Bytes = std::span<std::byte>;

void hide(Bytes secret) { VALGRIND_MAKE_MEM_UNDEFINED(secret.data(), secret.size()); }
void show(Bytes secret) { VALGRIND_MAKE_MEM_DEFINED(secret.data(), secret.size()); }
/// That the marks arrived: every byte of a result depends on the secret. Otherwise "no report" would say nothing.
bool hidden(Bytes bytes) {
  return std::ranges::all_of(bytes, [](std::byte& byte) {
    unsigned char bits = 0;
    (void)VALGRIND_GET_VBITS(&byte, &bits, 1);
    return bits != 0;
  });
}

SessionKey hidden_key() {
  std::array<std::byte, kKeyBytes> random{};
  for (std::size_t i = 0; i < random.size(); ++i) random[i] = static_cast<std::byte>(i * 37 + 5);
  hide(random);
  return SessionKey::from_random(random);
}

constexpr std::size_t kLongest = 1400;
constexpr bool measured(std::size_t size) { return size <= 80 || size == 500 || size == kLongest; }

struct Buffers {
  std::array<std::byte, kLongest> plain{};
  std::array<std::byte, kLongest> opened{};
  std::array<std::byte, kLongest + kSealOverheadBytes> wire{};
};

/// Every length of the last block, a long one; every position of a nonce's last six bits.
void seals_and_opens() {
  Buffers b;
  DatagramCipher server(hidden_key(), Direction::kToClient);
  DatagramCipher client(hidden_key(), Direction::kToServer);
  for (std::size_t size = 0; size <= kLongest; ++size) {
    if (!measured(size)) continue;
    const Bytes plain = Bytes(b.plain).first(size);
    hide(plain);
    const auto sealed = server.seal(plain, b.wire);
    CHECK(sealed.has_value() && hidden(sealed->subspan(kWireNonceBytes)));
    show(*sealed);  // it goes over the network
    const auto opened = client.open(*sealed, b.opened);
    CHECK(opened.has_value() && hidden(opened->plaintext));
    show(opened->plaintext);
    show(plain);
    CHECK(std::ranges::equal(opened->plaintext, plain));
  }
}

/// What an attacker sends: a bit is wrong at each place in turn.
void refuses_forgeries() {
  Buffers b;
  DatagramCipher server(hidden_key(), Direction::kToClient);
  DatagramCipher client(hidden_key(), Direction::kToServer);
  const auto sealed = client.seal(Bytes(b.plain).first(100), b.wire);
  CHECK(sealed.has_value());
  show(*sealed);
  for (std::byte& byte : *sealed) {
    byte ^= std::byte{0x10};
    CHECK(!server.open(*sealed, b.opened).has_value());
    byte ^= std::byte{0x10};
  }
}

void prints_keys() {
  KeyText text;
  const SessionKey key = hidden_key();
  key.print(text);
  CHECK(hidden(std::as_writable_bytes(text.characters())));
  CHECK(key.equals(hidden_key()));
}

void parses_keys() {
  for (const char* const words : {"AAECAwQFBgcICQoLDA0ODw", "zz/+09azAZ9876543210+A"}) {
    std::array<char, kKeyTextCharacters> text{};
    std::memcpy(text.data(), words, text.size());
    hide(std::as_writable_bytes(std::span(text)));
    const auto key = SessionKey::parse({text.data(), text.size()});
    CHECK(key.has_value());
  }
}

// The controls: what a careless hand would write must be reported.
/// Neither the compiler nor valgrind's translation may leave out what leads here.
void keep(std::size_t value) {
  volatile std::size_t kept = value;
  asm volatile("" : : "m"(kept));
}

void compares_carelessly() {
  std::array<unsigned char, kTagBytes> tag{};
  const std::array<unsigned char, kTagBytes> expected{1};
  hide(std::as_writable_bytes(std::span(tag)));
  for (std::size_t i = 0; i < tag.size(); ++i) {
    if (static_cast<const volatile unsigned char&>(tag[i]) != expected[i]) break;
    keep(i);
  }
}

void looks_up_a_table() {
  static const std::array<unsigned char, 256> table{3, 1, 4, 1, 5};
  unsigned char secret = 9;
  hide(std::as_writable_bytes(std::span(&secret, 1)));
  keep(table[secret]);
}

void forgets_to_declassify() {
  std::array<std::byte, kTagBytes> tag{};
  const std::array<std::byte, kTagBytes> expected{};
  hide(tag);
  if (__real_CRYPTO_memcmp(tag.data(), expected.data(), tag.size()) == 0) keep(1);
}

struct Case {
  const char* name;
  void (*run)();
};
constexpr Case kCases[] = {
    {"SealsAndOpens", seals_and_opens},
    {"RefusesForgeries", refuses_forgeries},
    {"PrintsKeys", prints_keys},
    {"ParsesKeys", parses_keys},
    {"ComparesCarelessly", compares_carelessly},
    {"LooksUpATable", looks_up_a_table},
    {"ForgetsToDeclassify", forgets_to_declassify},
};

}  // namespace
}  // namespace sallyport::crypto

int main() {
  if (RUNNING_ON_VALGRIND == 0) {
    std::fputs("constant_time_subject: shows nothing without valgrind\n", stderr);
    return 2;
  }
  for (const auto& [name, run] : sallyport::crypto::kCases) {
    const unsigned long before = VALGRIND_COUNT_ERRORS;
    run();
    std::printf("%s %lu\n", name, VALGRIND_COUNT_ERRORS - before);
    std::fflush(stdout);
  }
  return 0;
}
