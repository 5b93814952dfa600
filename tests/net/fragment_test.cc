#include "net/fragment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <random>

#include "net/mtu.h"
#include "tests/crypto/hex.h"

namespace sallyport::net {
namespace {

Bytes pattern(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 31 + i / 256);
  return bytes;
}

Fragment piece(std::uint64_t id, std::uint16_t number, FragmentPlace place, std::span<const std::byte> slice) {
  return {.id = FragmentId(id), .number = FragmentNumber(number), .place = place, .slice = slice};
}
constexpr auto kMore = FragmentPlace::kMore;
constexpr auto kFinal = FragmentPlace::kFinal;

/// What add() delivered, or nothing.
std::optional<Bytes> delivered(FragmentAssembly& assembly, const Fragment& fragment) {
  const auto result = assembly.add(fragment);
  if (!result || !*result) return std::nullopt;
  return Bytes((*result)->begin(), (*result)->end());
}
std::optional<FragmentDrop> dropped(FragmentAssembly& assembly, const Fragment& fragment) {
  const auto result = assembly.add(fragment);
  if (result) return std::nullopt;
  return result.error();
}
bool is_incomplete(FragmentAssembly& assembly, const Fragment& fragment) {
  const auto result = assembly.add(fragment);
  return result.has_value() && !result->has_value();
}

TEST(Fragment, HasTheLayoutOfTheSpecification) {
  const Bytes slice = from_hex("789ce360");
  Bytes out(14);
  EXPECT_TRUE(
      std::ranges::equal(write_fragment(piece(1, 0, kFinal, slice), out), from_hex("00000000000000018000789ce360")));
  EXPECT_TRUE(std::ranges::equal(write_fragment(piece(0x0102030405060708, 0x7FFF, kMore, slice), out),
                                 from_hex("01020304050607087fff789ce360")));
  Bytes small(13);
  EXPECT_TRUE(write_fragment(piece(1, 0, kFinal, slice), small).empty());
}

TEST(Fragment, ReadsBackWhatItWrites) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 1000; ++i) {
    const Bytes slice = pattern(random() % 50);
    const Fragment fragment = piece(random(), random() & 0x7FFFU, random() % 2 == 0 ? kMore : kFinal, slice);
    Bytes out(60);
    const auto parsed = parse_fragment(write_fragment(fragment, out));
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->id, fragment.id);
    EXPECT_EQ(parsed->number, fragment.number);
    EXPECT_EQ(parsed->place, fragment.place);
    EXPECT_TRUE(std::ranges::equal(parsed->slice, slice));
  }
}

TEST(WireChecklist, Item21_DropsAPayloadShorterThanAFragmentHeader) {
  const Bytes header(10);
  for (std::size_t size = 0; size < 10; ++size)
    EXPECT_FALSE(parse_fragment(std::span(header).first(size)).has_value());
  EXPECT_TRUE(parse_fragment(header).has_value());
}

TEST(WireChecklist, Item17_AFullFragmentMakesADatagramOfExactlyTheLimit) {
  EXPECT_EQ(max_datagram_bytes(Family::kIpv4), 1252U);
  EXPECT_EQ(max_datagram_bytes(Family::kIpv6), 1216U);
  EXPECT_EQ(kFallbackDatagramBytes, 500U);
  for (const std::size_t limit : {kIpv4DatagramBytes, kIpv6DatagramBytes, kFallbackDatagramBytes}) {
    PacketLayer client(std::move(*crypto::SessionKey::parse("AAECAwQFBgcICQoLDA0ODw")), crypto::Direction::kToServer);
    Fragmenter fragmenter;
    const Bytes compressed = pattern(5000);
    const auto cut = fragmenter.cut(compressed, slice_limit(limit));
    ASSERT_TRUE(cut.has_value());
    for (std::size_t i = 0; i < cut->count(); ++i) {
      Bytes payload(2048), datagram(2048);
      const auto sealed = client.seal(write_fragment((*cut)[i], payload), TimePoint(), datagram);
      ASSERT_TRUE(sealed.has_value());
      if (i + 1 < cut->count()) {
        EXPECT_EQ(sealed->size(), limit);
      } else {
        EXPECT_LE(sealed->size(), limit);
      }
    }
  }
}

TEST(WireChecklist, Item19_CutsFullSlicesWithTheFinalBitOnTheLastOnly) {
  Fragmenter fragmenter;
  for (const std::size_t limit :
       {slice_limit(kIpv4DatagramBytes), slice_limit(kFallbackDatagramBytes), std::size_t{1}}) {
    for (const std::size_t size : {std::size_t{1}, limit - 1, limit, limit + 1, 2 * limit, 7 * limit + 3}) {
      if (size == 0) continue;
      const Bytes compressed = pattern(size);
      const auto cut = fragmenter.cut(compressed, limit);
      ASSERT_TRUE(cut.has_value());
      EXPECT_EQ(cut->count(), (size + limit - 1) / limit);
      Bytes joined;
      for (std::size_t i = 0; i < cut->count(); ++i) {
        const Fragment fragment = (*cut)[i];
        const bool last = i + 1 == cut->count();
        EXPECT_EQ(fragment.number.value(), i);
        EXPECT_EQ(fragment.place, last ? kFinal : kMore);
        EXPECT_TRUE(last ? !fragment.slice.empty() && fragment.slice.size() <= limit
                         : fragment.slice.size() == limit);
        joined.insert(joined.end(), fragment.slice.begin(), fragment.slice.end());
      }
      EXPECT_EQ(joined, compressed);
    }
  }
}

TEST(Fragmenter, NumbersInstructionsFromOneAndUsesNoNumberForNothing) {
  Fragmenter fragmenter;
  const Bytes large(kMaxWireFragments + 1);
  EXPECT_EQ(fragmenter.cut(pattern(5), 100)->id(), FragmentId(1));
  EXPECT_FALSE(fragmenter.cut({}, 100).has_value());
  EXPECT_FALSE(fragmenter.cut(large, 1).has_value());
  EXPECT_EQ(fragmenter.cut(pattern(5), 100)->id(), FragmentId(2));
  EXPECT_EQ(fragmenter.cut(std::span(large).first(kMaxWireFragments), 1)->count(), kMaxWireFragments);
}

TEST(WireChecklist, Item20_ReassemblesInAnyOrder) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 300; ++round) {
    const Bytes compressed = pattern(1 + random() % 5000);
    Fragmenter fragmenter;
    const auto cut = fragmenter.cut(compressed, 1 + random() % 700);
    std::vector<std::size_t> order(cut->count());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::shuffle(order.begin(), order.end(), random);
    FragmentAssembly assembly;
    for (std::size_t i = 0; i < order.size(); ++i) {
      const auto whole = delivered(assembly, (*cut)[order[i]]);
      ASSERT_EQ(whole.has_value(), i + 1 == order.size());
      if (whole) {
        ASSERT_EQ(*whole, compressed);
      }
    }
    EXPECT_EQ(assembly.held_bytes(), 0U);
  }
}

TEST(WireChecklist, Item20_DiscardsOnAnotherIdEvenAnOlderOne) {
  const Bytes a = pattern(10), b = pattern(20);
  FragmentAssembly assembly;
  EXPECT_TRUE(is_incomplete(assembly, piece(5, 0, kMore, a)));
  EXPECT_TRUE(is_incomplete(assembly, piece(4, 1, kFinal, b)));  // drops instruction 5
  EXPECT_TRUE(is_incomplete(assembly, piece(5, 1, kFinal, b)));
  const auto whole = delivered(assembly, piece(5, 0, kMore, a));
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->size(), 30U);
}

TEST(WireChecklist, Item20_ToleratesDuplicatesBeforeAndAfterCompletion) {
  const Bytes a = pattern(10), b = pattern(20);
  FragmentAssembly assembly;
  EXPECT_TRUE(is_incomplete(assembly, piece(1, 0, kMore, a)));
  EXPECT_TRUE(is_incomplete(assembly, piece(1, 0, kMore, a)));
  EXPECT_TRUE(delivered(assembly, piece(1, 1, kFinal, b)).has_value());
  EXPECT_TRUE(is_incomplete(assembly, piece(1, 1, kFinal, b)));
  EXPECT_TRUE(delivered(assembly, piece(1, 0, kMore, a)).has_value());
  // A whole instruction in one fragment is delivered again; the layer above knows its number.
  EXPECT_EQ(delivered(assembly, piece(2, 0, kFinal, a)), a);
  EXPECT_EQ(delivered(assembly, piece(2, 0, kFinal, a)), a);
}

TEST(FragmentAssembly, TakesAnyFirstIdIncludingTheLargest) {
  const Bytes a = pattern(10);
  FragmentAssembly assembly;
  EXPECT_TRUE(is_incomplete(assembly, piece(UINT64_MAX, 1, kFinal, a)));
  EXPECT_TRUE(delivered(assembly, piece(UINT64_MAX, 0, kMore, a)).has_value());
}

TEST(WireChecklist, Item21_DropsTheAssemblyOnAConflictingCopy) {
  const Bytes a = pattern(10), b = pattern(20);
  FragmentAssembly assembly;
  EXPECT_TRUE(is_incomplete(assembly, piece(1, 1, kMore, a)));
  EXPECT_EQ(dropped(assembly, piece(1, 1, kMore, b)), FragmentDrop::kConflictingCopy);
  EXPECT_EQ(assembly.held_bytes(), 0U);
  EXPECT_TRUE(is_incomplete(assembly, piece(1, 1, kFinal, a)));
  EXPECT_EQ(dropped(assembly, piece(1, 1, kMore, a)), FragmentDrop::kConflictingCopy) << "same bytes, final bit gone";
  EXPECT_TRUE(is_incomplete(assembly, piece(1, 1, kMore, a)));
  EXPECT_EQ(dropped(assembly, piece(1, 1, kFinal, a)), FragmentDrop::kConflictingCopy) << "same bytes, final bit new";
}

TEST(WireChecklist, Item21_DropsTheAssemblyOnAFinalBelowAHeldNumber) {
  const Bytes a = pattern(10);
  FragmentAssembly assembly;
  EXPECT_TRUE(is_incomplete(assembly, piece(1, 7, kMore, a)));
  EXPECT_EQ(dropped(assembly, piece(1, 3, kFinal, a)), FragmentDrop::kBeyondFinal);
  EXPECT_EQ(assembly.held_bytes(), 0U);
  EXPECT_TRUE(is_incomplete(assembly, piece(1, 3, kFinal, a)));
  EXPECT_EQ(dropped(assembly, piece(1, 4, kMore, a)), FragmentDrop::kBeyondFinal);
  EXPECT_TRUE(is_incomplete(assembly, piece(1, 3, kFinal, a)));
  EXPECT_EQ(dropped(assembly, piece(1, 4, kFinal, a)), FragmentDrop::kConflictingCopy) << "a second total";
  EXPECT_TRUE(is_incomplete(assembly, piece(1, 2, kMore, a)));
  EXPECT_EQ(dropped(assembly, piece(1, 0, kFinal, a)), FragmentDrop::kBeyondFinal) << "one-fragment instruction";
}

TEST(FragmentAssembly, StaysSparseHoweverHighTheNumber) {
  const Bytes a = pattern(10);
  FragmentAssembly assembly;
  EXPECT_TRUE(is_incomplete(assembly, piece(1, kMaxAssemblyFragments - 1, kFinal, a)));
  EXPECT_EQ(assembly.held_bytes(), 10U);
  EXPECT_EQ(dropped(assembly, piece(1, kMaxAssemblyFragments, kMore, a)), FragmentDrop::kTooManyFragments);
  EXPECT_EQ(dropped(assembly, piece(1, 32767, kFinal, a)), FragmentDrop::kTooManyFragments);
  EXPECT_EQ(assembly.held_bytes(), 10U);
}

TEST(FragmentAssembly, HoldsAtMost4MiBOfSlices) {
  const Bytes slice = pattern(2000);
  FragmentAssembly assembly;
  std::uint16_t number = 1;
  for (; (number * slice.size()) <= kMaxAssemblyBytes; ++number) {
    ASSERT_TRUE(is_incomplete(assembly, piece(1, number, kMore, slice))) << number;
  }
  EXPECT_EQ(dropped(assembly, piece(1, number, kMore, slice)), FragmentDrop::kTooLarge);
  EXPECT_EQ(assembly.held_bytes(), 0U);
}

TEST(FragmentAssembly, DeliversTheLargestInstructionInReverseOrder) {
  const Bytes compressed = pattern(kMaxAssemblyBytes);
  Fragmenter fragmenter;
  const auto cut = fragmenter.cut(compressed, slice_limit(kFallbackDatagramBytes));
  FragmentAssembly assembly;
  for (std::size_t i = cut->count(); i-- > 1;) ASSERT_TRUE(is_incomplete(assembly, (*cut)[i]));
  EXPECT_EQ(delivered(assembly, (*cut)[0]), compressed);
}

TEST(FragmentAssembly, AgreesWithTheSpecificationsPseudocodeOnRandomFragments) {
  // Small alphabets, so that ids, numbers and finals collide all the time; slices depend on the number alone, so that
  // only totals conflict.
  std::mt19937_64 random(4);
  FragmentAssembly assembly;
  std::optional<std::uint64_t> current;
  std::map<std::uint16_t, Bytes> have;
  std::size_t total = 0;  // 0: unknown
  int deliveries = 0;
  for (int i = 0; i < 200000; ++i) {
    if (random() % 4 == 0) current = current.value_or(0);
    const std::uint64_t id = random() % 16 == 0 ? random() % 3 : current.value_or(0);
    const auto number = static_cast<std::uint16_t>(random() % 4);
    const bool final = random() % 8 == 0 ? number == 2 : number == 3;
    const Bytes slice = pattern(number * 3 + 1);
    if (id != current || !current) {
      have.clear();
      total = 0;
    }
    current = id;
    const bool was_final = total == number + 1U;
    const bool conflict =
        (final && ((total != 0 && total != number + 1U) || (!have.empty() && have.rbegin()->first > number))) ||
        (total != 0 && number >= total) || (have.contains(number) && was_final != final);
    const auto result = assembly.add(piece(id, number, final ? kFinal : kMore, slice));
    if (conflict) {
      have.clear();
      total = 0;
      ASSERT_FALSE(result.has_value()) << i;
      continue;
    }
    have.emplace(number, slice);
    if (final) total = number + 1U;
    ASSERT_TRUE(result.has_value()) << i;
    ASSERT_EQ(result->has_value(), total != 0 && have.size() == total) << i;
    if (!*result) continue;
    Bytes expected;
    for (const auto& [n, bytes] : have) expected.insert(expected.end(), bytes.begin(), bytes.end());
    ASSERT_TRUE(std::ranges::equal(**result, expected)) << i;
    have.clear();
    total = 0;
    ++deliveries;
  }
  EXPECT_GT(deliveries, 1000);
}

}  // namespace
}  // namespace sallyport::net
