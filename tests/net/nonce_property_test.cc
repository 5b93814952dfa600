// No nonce is ever used twice: properties over a million seals, gaps in time, failures, limits and forks.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <random>
#include <vector>

#include "base/byte_reader.h"
#include "crypto/datagram_cipher.h"
#include "net/packet.h"
#include "tests/crypto/hex.h"

namespace sallyport::crypto {
namespace {

constexpr std::uint64_t kSeals = 1'200'000;

SessionKey some_key() { return std::move(*SessionKey::parse("AAECAwQFBgcICQoLDA0ODw")); }

std::mt19937_64 seeded() {
  const char* const seed = std::getenv("SALLYPORT_SEED");
  return std::mt19937_64(seed != nullptr ? std::strtoull(seed, nullptr, 10) : 1);
}

/// Bit 63: direction; the rest: sequence number.
std::uint64_t wire_nonce(std::span<const std::byte> datagram) { return ByteReader(datagram).big_endian<std::uint64_t>(); }

TEST(NonceProperty, AMillionSealsCountUpByOneWhateverTheClockDoesAndWhateverComesIn) {
  std::mt19937_64 random = seeded();
  net::PacketLayer server(some_key(), Direction::kToClient);
  net::PacketLayer client(some_key(), Direction::kToServer);
  std::vector<std::byte> payload(200, std::byte{7});
  Bytes buffer(kMaxDatagramBytes);
  Bytes opened(kMaxDatagramBytes);
  TimePoint now{};
  for (std::uint64_t i = 0; i < kSeals; ++i) {
    // As after a suspend, or a clock that was set: hours forward, seconds back.
    const auto dice = random() % 1024;
    if (dice == 0) now += std::chrono::hours(random() % 1000);
    if (dice == 1) now -= std::chrono::milliseconds(random() % 5000);
    now += std::chrono::microseconds(random() % 2000);
    // A payload that does not fit is refused, and costs no number.
    if (dice == 2) {
      ASSERT_FALSE(server.seal(Bytes(net::kMaxPayloadBytes + 1), now, buffer).has_value());
    }
    const auto sealed = server.seal(std::span(payload).first(random() % payload.size()), now, buffer);
    ASSERT_TRUE(sealed.has_value());
    ASSERT_EQ(wire_nonce(*sealed), kSequenceNumberLimit | i) << "seed of SALLYPORT_SEED";
    // What comes in, good, reflected or damaged, does not touch the numbers that go out. Most is lost on the way.
    if (dice < 8) {
      ASSERT_TRUE(client.open(*sealed, net::Ecn::kNotCongested, now, opened).has_value());
      ASSERT_FALSE(server.open(*sealed, net::Ecn::kNotCongested, now, opened).has_value());
    }
  }
}

TEST(NonceProperty, TheTwoDirectionsNeverShareANonce) {
  DatagramCipher server(some_key(), Direction::kToClient);
  DatagramCipher client(some_key(), Direction::kToServer);
  Bytes one(kSealOverheadBytes);
  Bytes other(kSealOverheadBytes);
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t down = wire_nonce(*server.seal({}, one));
    const std::uint64_t up = wire_nonce(*client.seal({}, other));
    ASSERT_EQ(down, up | kSequenceNumberLimit);
    ASSERT_LT(up, kSequenceNumberLimit);
  }
}

TEST(NonceProperty, NeitherLimitIsEverPassedNorForgotten) {
  std::mt19937_64 random = seeded();
  Bytes out(kMaxDatagramBytes);
  for (int round = 0; round < 300; ++round) {
    const UsageLimits limits{.sequence_numbers = random() % 200, .sealed_blocks = 1 + random() % 4000};
    DatagramCipher cipher(some_key(), Direction::kToClient, limits);
    std::uint64_t numbers = 0;
    std::uint64_t blocks = 0;
    for (int i = 0; i < 400; ++i) {
      const std::size_t size = random() % kMaxPlaintextBytes;
      const std::uint64_t wanted = (size + 15) / 16;
      const auto sealed = cipher.seal(Bytes(size), out);
      const bool too_many_blocks = blocks + wanted >= limits.sealed_blocks;
      ASSERT_EQ(sealed.has_value(), !too_many_blocks && numbers < limits.sequence_numbers) << "round " << round;
      if (!sealed) {
        ASSERT_EQ(sealed.error(), too_many_blocks ? SealError::kUsageLimit : SealError::kSequenceExhausted);
        continue;
      }
      ASSERT_EQ(wire_nonce(*sealed), kSequenceNumberLimit | numbers);
      ++numbers;
      blocks += wanted;
    }
    ASSERT_LT(blocks, limits.sealed_blocks);
    ASSERT_LE(numbers, limits.sequence_numbers);
  }
}

TEST(NonceProperty, AForkedProcessCannotSealWithTheSameNumbers) {
  DatagramCipher cipher(some_key(), Direction::kToServer);
  Bytes out(kMaxDatagramBytes);
  ASSERT_TRUE(cipher.seal(Bytes(20), out).has_value());
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(10);
    const auto sealed = cipher.seal(Bytes(20, std::byte{1}), out);
    if (sealed) (void)!::write(ends[1], sealed->data(), sealed->size());
    ::_exit(0);
  }
  ::close(ends[1]);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  Bytes wire(kMaxDatagramBytes);
  const ssize_t size = ::read(ends[0], wire.data(), wire.size());
  ::close(ends[0]);
  // Its copy of the protected page is missing or blank: it dies, or what it seals is not the key's.
  DatagramCipher reader(some_key(), Direction::kToClient);
  EXPECT_FALSE(size > 0 && reader.open(std::span(wire).first(static_cast<std::size_t>(size)), out).has_value());
  EXPECT_TRUE(status != 0 || size > 0) << status;
  // The parent goes on where it was.
  EXPECT_EQ(wire_nonce(*cipher.seal(Bytes(20), out)), 1U);
}

}  // namespace
}  // namespace sallyport::crypto
