#include "crypto/datagram_cipher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <type_traits>

#include "tests/crypto/hex.h"

namespace sallyport::crypto {
namespace {

constexpr std::string_view kText = "AAECAwQFBgcICQoLDA0ODw";

SessionKey key_of(std::string_view text) { return std::move(*SessionKey::parse(text)); }

Bytes seal(DatagramCipher& cipher, const Bytes& plaintext) {
  Bytes out(plaintext.size() + kSealOverheadBytes);
  const auto sealed = cipher.seal(plaintext, out);
  EXPECT_TRUE(sealed.has_value());
  return out;
}

static_assert(!std::is_copy_constructible_v<DatagramCipher> && !std::is_move_constructible_v<DatagramCipher>);
static_assert(!std::is_copy_constructible_v<NonceSource> && !std::is_move_constructible_v<NonceSource>);
static_assert(!std::is_copy_constructible_v<SessionKey> && !std::is_copy_constructible_v<KeyText>);

TEST(WireChecklist, Item02_ReproducesTheDatagramVectorsInBothDirections) {
  const auto rows = read_vectors("datagrams.txt");
  ASSERT_EQ(rows.size(), 6U);
  for (const auto& row : rows) {
    const auto direction = row[2] == "0" ? Direction::kToServer : Direction::kToClient;
    const SequenceNumber sequence(std::strtoull(row[3].c_str(), nullptr, 16));
    const Bytes plaintext = from_hex(row[4]);
    const Bytes datagram = from_hex(row[5]);

    const Nonce nonce = make_nonce(direction, sequence);
    EXPECT_TRUE(std::equal(nonce.end() - kWireNonceBytes, nonce.end(), datagram.begin())) << row[0];
    Bytes sealed(plaintext.size() + kTagBytes);
    Ocb(key_of(row[1]).bytes()).seal(nonce, plaintext, sealed);
    EXPECT_TRUE(std::equal(sealed.begin(), sealed.end(), datagram.begin() + kWireNonceBytes, datagram.end()))
        << row[0];

    DatagramCipher receiver(key_of(row[1]), opposite(direction));
    Bytes out(plaintext.size());
    const auto opened = receiver.open(datagram, out);
    ASSERT_TRUE(opened.has_value()) << row[0];
    EXPECT_EQ(opened->sequence, sequence);
    EXPECT_TRUE(std::ranges::equal(opened->plaintext, plaintext));

    if (sequence.value() > 1) continue;  // no nonce source can be set forward
    DatagramCipher sender(key_of(row[1]), direction);
    for (std::uint64_t i = 0; i < sequence.value(); ++i) (void)seal(sender, {});
    EXPECT_EQ(seal(sender, plaintext), datagram) << row[0];
  }
}

TEST(WireChecklist, Item03_StartsEachDirectionAtZeroAndNeverReusesANumber) {
  DatagramCipher server(key_of(kText), Direction::kToClient);
  DatagramCipher client(key_of(kText), Direction::kToServer);
  for (std::uint64_t number = 0; number < 300; ++number) {
    // A datagram whose send fails is simply not used: the number is spent when it is sealed.
    const Bytes to_client = seal(server, Bytes(4));
    const Bytes to_server = seal(client, Bytes(4));
    Bytes out(4);
    EXPECT_EQ(client.open(to_client, out)->sequence, SequenceNumber(number));
    EXPECT_EQ(server.open(to_server, out)->sequence, SequenceNumber(number));
    EXPECT_NE(to_client, to_server);
  }
}

TEST(WireChecklist, Item03_StopsWhenTheNumbersAreUsedUp) {
  DatagramCipher sender(key_of(kText), Direction::kToServer, {.sequence_numbers = 3});
  Bytes out(100);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(sender.seal(Bytes(4), out).has_value());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(sender.seal(Bytes(4), out).error(), SealError::kSequenceExhausted);
  NonceSource raised(UINT64_MAX);
  EXPECT_EQ(raised.next(), SequenceNumber(0));
}

TEST(WireChecklist, Item04_DropsShortUnauthenticAndReflectedDatagrams) {
  DatagramCipher sender(key_of(kText), Direction::kToServer);
  DatagramCipher receiver(key_of(kText), Direction::kToClient);
  Bytes datagram = seal(sender, Bytes(40, std::byte{7}));
  const Bytes untouched(kMaxDatagramBytes, std::byte{0x5A});
  Bytes out = untouched;
  for (std::size_t size = 0; size < datagram.size(); ++size) {
    const auto expected = size < 24 ? DropReason::kTooShort : DropReason::kNotAuthentic;
    EXPECT_EQ(receiver.open(std::span(datagram).first(size), out).error(), expected) << size;
  }
  // Authentic, but sent by ourselves.
  EXPECT_EQ(sender.open(datagram, out).error(), DropReason::kWrongDirection);
  EXPECT_TRUE(std::all_of(out.begin(), out.begin() + 40, [](std::byte b) { return b == std::byte{0}; }));
  EXPECT_TRUE(std::equal(out.begin() + 40, out.end(), untouched.begin()));
  // None of that disturbed either end.
  EXPECT_TRUE(receiver.open(datagram, out).has_value());
}

TEST(WireChecklist, Item05_AcceptsDatagramsUpTo2048BytesAndSurvivesLongerOnes) {
  DatagramCipher sender(key_of(kText), Direction::kToServer);
  DatagramCipher receiver(key_of(kText), Direction::kToClient);
  for (std::size_t size = 24; size <= 2100; ++size) {
    Bytes sealed(size);
    const Bytes plaintext(size - kSealOverheadBytes, static_cast<std::byte>(size));
    const auto made = sender.seal(plaintext, sealed);
    ASSERT_EQ(made.has_value(), size <= 2048) << size;
    Bytes out(size);
    const auto opened = receiver.open(sealed, out);
    ASSERT_EQ(opened.has_value(), size <= 2048) << size;
    if (opened) {
      ASSERT_TRUE(std::ranges::equal(opened->plaintext, plaintext));
    }
    if (!opened) {
      ASSERT_EQ(opened.error(), DropReason::kTooLong);
    }
    if (!made) {
      ASSERT_EQ(made.error(), SealError::kTooLong);
    }
  }
}

TEST(DatagramCipher, NeverWritesBeyondTheCallersBuffer) {
  DatagramCipher sender(key_of(kText), Direction::kToServer);
  DatagramCipher receiver(key_of(kText), Direction::kToClient);
  Bytes small(63);
  EXPECT_EQ(sender.seal(Bytes(40), small).error(), SealError::kTooLong);
  const Bytes datagram = seal(sender, Bytes(40));
  Bytes out(39);
  EXPECT_EQ(receiver.open(datagram, out).error(), DropReason::kTooLong);
  EXPECT_EQ(receiver.open(datagram, small)->sequence, SequenceNumber(0)) << "a refused plaintext costs no number";
}

TEST(WireChecklist, Item06_EndsBeforeTheBlockLimit) {
  EXPECT_EQ(kSealedBlockLimit, std::uint64_t{1} << 47U);
  DatagramCipher sender(key_of(kText), Direction::kToServer, {.sealed_blocks = 10});
  Bytes out(2048);
  EXPECT_TRUE(sender.seal(Bytes(33), out).has_value());                   // 3 blocks
  EXPECT_TRUE(sender.seal(Bytes(96), out).has_value());                   // 9 in all
  EXPECT_TRUE(sender.seal(Bytes(), out).has_value());                     // no block
  EXPECT_EQ(sender.seal(Bytes(1), out).error(), SealError::kUsageLimit);  // the tenth would reach the limit
  EXPECT_EQ(sender.seal(Bytes(1), out).error(), SealError::kUsageLimit);
}

TEST(WireChecklist, Item07_ProcessesNothingBeforeTheTagIsVerified) {
  DatagramCipher sender(key_of(kText), Direction::kToServer);
  DatagramCipher receiver(key_of(kText), Direction::kToClient);
  Bytes datagram = seal(sender, from_hex("1234ffff00000000000000018000789c"));
  const Bytes untouched(datagram.size(), std::byte{0x5A});
  for (std::size_t bit = 0; bit < datagram.size() * 8; ++bit) {
    datagram[bit / 8] ^= std::byte{1} << (bit % 8);
    Bytes out = untouched;
    ASSERT_EQ(receiver.open(datagram, out).error(), DropReason::kNotAuthentic) << bit;
    ASSERT_EQ(out, untouched) << bit;
    datagram[bit / 8] ^= std::byte{1} << (bit % 8);
  }
  Bytes out(64);
  EXPECT_TRUE(receiver.open(datagram, out).has_value());
}

TEST(DatagramCipher, OpensInTheReceiveBufferItself) {
  DatagramCipher sender(key_of(kText), Direction::kToServer);
  DatagramCipher receiver(key_of(kText), Direction::kToClient);
  const Bytes plaintext = from_hex("0001020304050607080910111213141516171819202122232425");
  Bytes buffer = seal(sender, plaintext);
  const auto opened = receiver.open(buffer, buffer);
  ASSERT_TRUE(opened.has_value());
  EXPECT_TRUE(std::ranges::equal(opened->plaintext, plaintext));
}

TEST(DatagramCipher, WipesTheKeyThatItConsumes) {
  SessionKey key = key_of(kText);
  const std::byte* const where = key.bytes().data();
  const DatagramCipher cipher(std::move(key), Direction::kToServer);
  EXPECT_TRUE(std::all_of(where, where + kKeyBytes, [](std::byte b) { return b == std::byte{0}; }));
}

}  // namespace
}  // namespace sallyport::crypto
