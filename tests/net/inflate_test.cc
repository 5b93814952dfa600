#include "net/inflate.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <random>
#include <string>

#include "tests/crypto/hex.h"

namespace sallyport::net {
namespace {

Bytes copy(std::span<const std::byte> bytes) { return {bytes.begin(), bytes.end()}; }

Bytes deflated(std::span<const std::byte> plain) {
  Deflater deflater;
  return copy(deflater.deflate(plain));
}

/// As zlib's one-call function makes it, at any size and level.
Bytes foreign(const Bytes& plain, int level) {
  uLongf size = compressBound(plain.size());
  Bytes out(size);
  EXPECT_EQ(compress2(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(plain.data()),
                      plain.size(), level),
            Z_OK);
  out.resize(size);
  return out;
}

TEST(Inflater, ReadsTheSpecificationsStream) {
  Inflater inflater;
  const auto plain = inflater.inflate(from_hex("789ce360126090605460d06030e2e0629362d1083090b0620000105301de"));
  ASSERT_TRUE(plain.has_value());
  EXPECT_TRUE(std::ranges::equal(*plain, from_hex("0802100018012000280032080a061a04285030183a00")));
}

TEST(Inflater, ReadsEveryLevelAndItsOwnDeflatersOutput) {
  std::mt19937_64 random(1);
  Inflater inflater;
  for (const std::size_t size : {0U, 1U, 22U, 4095U, 4096U, 4097U, 70000U, 1000000U}) {
    Bytes plain(size);
    std::generate(plain.begin(), plain.end(), [&] { return static_cast<std::byte>(random() % 20); });
    for (int level = 0; level <= 9; ++level) {
      const auto out = inflater.inflate(foreign(plain, level));
      ASSERT_TRUE(out.has_value()) << size << " level " << level;
      ASSERT_TRUE(std::ranges::equal(*out, plain));
      Deflater deflater(level);
      ASSERT_TRUE(std::ranges::equal(*inflater.inflate(deflater.deflate(plain)), plain));
    }
  }
}

TEST(Deflater, StartsItsStreamsAsStockDoesAndKeepsNoStateBetweenThem) {
  Deflater deflater;
  const Bytes plain(300, std::byte{'x'});
  const Bytes first = copy(deflater.deflate(plain));
  EXPECT_EQ(first[0], std::byte{0x78});
  EXPECT_EQ(first[1], std::byte{0x9C});
  EXPECT_EQ(copy(deflater.deflate(plain)), first);
  EXPECT_EQ(first, foreign(plain, 6));
}

/// Text like a coloured listing's, or bytes that do not compress.
Bytes content(std::mt19937_64& random, std::size_t size) {
  Bytes plain;
  if (random() % 4 == 0) {
    plain.resize(size);
    std::generate(plain.begin(), plain.end(), [&] { return static_cast<std::byte>(random()); });
  }
  while (plain.size() < size) {
    const std::string word = "\x1b[" + std::to_string(30 + random() % 8) + "mfile" + std::to_string(random() % 300) + ".cc ";
    const auto bytes = std::as_bytes(std::span(word));
    plain.insert(plain.end(), bytes.begin(), bytes.end());
  }
  plain.resize(size);
  return plain;
}

TEST(Deflater, PacksShortInstructionsLikeLongOnesByTurns) {
  std::mt19937_64 random(5);
  for (int level = 0; level <= 9; ++level) {
    Deflater deflater(level);
    Inflater inflater;
    std::size_t ours = 0;
    std::size_t zlibs = 0;
    for (const std::size_t base : {0U, 1U, 2U, 3U, 30U, 200U, 2040U, 4090U, 4094U, 4095U, 4096U, 4097U, 9000U}) {
      const Bytes plain = content(random, base + (base > 200 ? 0 : random() % 20));
      const Bytes packed = copy(deflater.deflate(plain));
      const Bytes wanted = foreign(plain, level);
      ASSERT_TRUE(std::equal(packed.begin(), packed.begin() + 2, wanted.begin())) << "zlib's header, level " << level;
      ASSERT_TRUE(std::equal(packed.end() - 4, packed.end(), wanted.end() - 4)) << "check sum, size " << base;
      const auto back = inflater.inflate(packed);
      ASSERT_TRUE(back && std::ranges::equal(*back, plain)) << base << " level " << level;
      if (plain.size() > 4095) {
        EXPECT_EQ(packed, wanted) << base << " level " << level;
      }
      ours += packed.size();
      zlibs += wanted.size();
      if (random() % 3 == 0) deflater.clear();
    }
    EXPECT_LE(ours, zlibs + zlibs / 200) << "level " << level;
  }
}

TEST(Deflater, RefusesAnInstructionThatNoPeerCouldApply) {
  Deflater deflater;
  const Bytes large(kMaxInstructionBytes + 1);
  EXPECT_TRUE(deflater.deflate(large).empty());
  Inflater inflater;
  EXPECT_EQ(inflater.inflate(deflater.deflate(std::span(large).first(kMaxInstructionBytes)))->size(),
            kMaxInstructionBytes);
}

TEST(WireChecklist, Item22_RefusesToInflateBeyond4194304Bytes) {
  Inflater inflater;
  EXPECT_EQ(inflater.inflate(foreign(Bytes(4194304), 9))->size(), 4194304U);
  EXPECT_EQ(inflater.inflate(foreign(Bytes(4194305), 9)).error(), InflateError::kTooLarge);
  EXPECT_EQ(inflater.inflate(foreign(Bytes(4194305), 0)).error(), InflateError::kTooLarge);
  EXPECT_EQ(inflater.inflate(foreign(Bytes(64U << 20U), 9)).error(), InflateError::kTooLarge);
  EXPECT_EQ(inflater.inflate(foreign(Bytes(10), 9))->size(), 10U);
}

TEST(WireChecklist, Item21_DropsCorruptAndTruncatedStreams) {
  Inflater inflater;
  std::mt19937_64 random(2);
  Bytes plain(3000);
  std::generate(plain.begin(), plain.end(), [&] { return static_cast<std::byte>(random() % 30); });
  Bytes stream = deflated(plain);
  for (std::size_t size = 0; size < stream.size(); ++size) {
    ASSERT_EQ(inflater.inflate(std::span(stream).first(size)).error(), InflateError::kTruncated) << size;
  }
  for (std::size_t i = 0; i < stream.size(); ++i) {
    stream[i] ^= std::byte{0x10};
    const auto out = inflater.inflate(stream);
    // A flip in the header's unused level bits may go unnoticed; then the content is still right.
    if (out) {
      ASSERT_TRUE(std::ranges::equal(*out, plain)) << i;
    }
    stream[i] ^= std::byte{0x10};
  }
  for (int i = 0; i < 2000; ++i) {
    Bytes junk(random() % 200);
    std::generate(junk.begin(), junk.end(), [&] { return static_cast<std::byte>(random()); });
    if (junk.size() > 2) {
      junk[0] = std::byte{0x78};
      junk[1] = std::byte{0x9C};
    }
    ASSERT_FALSE(inflater.inflate(junk).has_value());
  }
  EXPECT_TRUE(std::ranges::equal(*inflater.inflate(stream), plain));
}

TEST(Inflater, RefusesAStreamThatWantsADictionary) {
  Inflater inflater;
  EXPECT_EQ(inflater.inflate(from_hex("78bb00000001030000000001")).error(), InflateError::kCorrupt);
}

TEST(Inflater, IgnoresBytesAfterTheEndOfTheStream) {
  Inflater inflater;
  Bytes stream = deflated(Bytes(100, std::byte{'y'}));
  stream.insert(stream.end(), 50, std::byte{0xFF});
  EXPECT_EQ(inflater.inflate(stream)->size(), 100U);
}

TEST(Inflater, WipesItsOutputWhenCleared) {
  Inflater inflater;
  const auto plain = inflater.inflate(deflated(Bytes(100, std::byte{'p'})));
  ASSERT_TRUE(plain.has_value());
  inflater.clear();
  EXPECT_TRUE(std::ranges::all_of(*plain, [](std::byte b) { return b == std::byte{0}; }));
}

}  // namespace
}  // namespace sallyport::net
