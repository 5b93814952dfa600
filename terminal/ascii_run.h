// Runs of printable ASCII: where one ends, and its cells. Sixteen bytes at a time where the machine has SSE2, which
// every x86-64 has; the plain ways do the same for the rest of a run and for other machines. Linked by the terminal
// compartment. Specification: terminal 2.1, 3.1.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "terminal/cell.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace sallyport::terminal {

/// The end of the run of 0x20..0x7E that begins at `at`: `end`, or the first other byte. The plain way: eight at a
/// time.
[[nodiscard]] inline const std::uint8_t* printable_end_plain(const std::uint8_t* at, const std::uint8_t* end) {
  constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
  constexpr std::uint64_t kTops = 0x8080808080808080ULL;
  while (end - at >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    // Top bit of a byte: below 0x20 (borrow), 0x7F (carry) or at least 0x80. Exact up to the first such byte.
    const std::uint64_t odd = ((word - kOnes * 0x20) | (word + kOnes) | word) & kTops;
    if (odd != 0) {
      if constexpr (std::endian::native == std::endian::little) return at + std::countr_zero(odd) / 8;
      break;
    }
    at += 8;
  }
  while (at != end && *at >= 0x20 && *at < 0x7F) ++at;
  return at;
}

/// `count` cells of one style for the ASCII text `from`. The plain way: one at a time.
inline void put_ascii_plain(Cell* to, const char* from, std::size_t count, StyleId style) {
  const std::uint64_t bits = Cell::empty(style).bits();
  for (std::size_t i = 0; i < count; ++i) to[i] = Cell(bits | static_cast<unsigned char>(from[i]));
}

#ifdef __SSE2__

[[nodiscard]] inline const std::uint8_t* printable_end(const std::uint8_t* at, const std::uint8_t* end) {
  while (end - at >= 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    // As signed numbers, bytes from 0x80 on are below 0x20 too.
    const __m128i odd =
        _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)), _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7F)));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(odd));
    if (mask != 0) return at + std::countr_zero(mask);
    at += 16;
  }
  return printable_end_plain(at, end);
}

inline void put_ascii(Cell* to, const char* from, std::size_t count, StyleId style) {
  const __m128i zero = _mm_setzero_si128();
  const __m128i styles = _mm_set1_epi32(static_cast<int>(style.value()));
  const auto put_four = [=](std::size_t at) {
    std::uint32_t bytes = 0;
    std::memcpy(&bytes, from + at, sizeof bytes);
    const __m128i words = _mm_unpacklo_epi8(_mm_cvtsi32_si128(static_cast<int>(bytes)), zero);
    const __m128i code_points = _mm_unpacklo_epi16(words, zero);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + at), _mm_unpacklo_epi32(code_points, styles));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + at + 2), _mm_unpackhi_epi32(code_points, styles));
  };
  if (count < 4) return put_ascii_plain(to, from, count, style);
  for (std::size_t at = 0; at + 4 < count; at += 4) put_four(at);
  put_four(count - 4);  // perhaps some of it for the second time
}

#else

[[nodiscard]] inline const std::uint8_t* printable_end(const std::uint8_t* at, const std::uint8_t* end) {
  return printable_end_plain(at, end);
}
inline void put_ascii(Cell* to, const char* from, std::size_t count, StyleId style) {
  put_ascii_plain(to, from, count, style);
}

#endif

}  // namespace sallyport::terminal
