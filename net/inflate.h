// Bounded zlib, both ways: one stream per instruction, no state kept between them, buffers and zlib's memory reused.
// Linked by net and the client worker. Wire protocol 4.5.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"

namespace sallyport::net {

/// Largest instruction before compression, enforced while inflating (spec: wire 4.5).
inline constexpr std::size_t kMaxInstructionBytes = 4194304;

enum class InflateError : std::uint8_t {
  kTooLarge,   ///< more than kMaxInstructionBytes would come out
  kTruncated,  ///< the stream does not end
  kCorrupt,    ///< not a zlib stream, wrong check sum, or it wants a dictionary
};

/// Unpacks. zlib's memory is taken at construction; later calls allocate only when an instruction is larger than
/// every earlier one of late. Output and all that zlib knows of it are wiped before they are reused or released. Not
/// copied.
class Inflater {
 public:
  Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater();

  /// Inflates one stream; bytes after its end are ignored. The result is borrowed until the next call of either
  /// function.
  [[nodiscard]] Result<std::span<const std::byte>, InflateError> inflate(std::span<const std::byte> compressed);
  /// Wipes the last result and zlib's own state, when the caller is done with typed input.
  void clear();

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
  std::vector<std::byte> output_;
  std::size_t used_ = 0;
};

/// Packs at zlib's default level 6, or another. zlib's memory is taken at construction, and touched when it is first
/// used. Wiped by clear() and at the end alone. Not copied.
class Deflater {
 public:
  /// `level`: 0..9; ours to choose, peers accept any stream. Why 6, measured on instructions of bench/wire_bytes and on full
  /// redraws of coloured words (bytes out, CPU of each):
  ///   editor, 350 of 84 bytes:  level 1: 22.5 kB, 5.0 us;  5: 22.2, 5.0;  6: 22.2, 5.0;  9: 22.2, 5.1
  ///   log, 295 of 173 bytes:    level 1: 47.3 kB, 8.6 us;  5: 47.2, 9.6;  6: 47.2, 9.6;  9: 47.2, 9.1
  ///   80x24, 2.9 kB:            level 1: 1.40 kB, 33 us;   5: 1.29, 48;   6: 1.28, 66;   9: 1.28, 73
  ///   1000x1000, 1.6 MB:        level 1: 735 kB, 13 ms;    5: 662, 45;    6: 646, 60;    9: 627, 351
  /// Short instructions do not care; long ones are rare, and a slow link's time costs more than ours. zlib's other
  /// strategies gain nothing: fixed codes 0 to 0.5 % more bytes, filtered 0.3 to 5 %, Huffman alone 1 to 36 %.
  explicit Deflater(int level = 6);
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;
  ~Deflater();

  /// Deflates `plain`, at most kMaxInstructionBytes: longer input gives an empty result (stock could never apply it).
  /// The result is borrowed until the next call.
  [[nodiscard]] std::span<const std::byte> deflate(std::span<const std::byte> plain);
  /// Wipes the last result and zlib's own state, when what was packed is typed input (70 KiB, after a long
  /// instruction 340).
  void clear();

 private:
  struct Stream;
  int level_;
  std::unique_ptr<Stream> short_;  ///< for instructions that need no large window
  std::unique_ptr<Stream> whole_;
  std::vector<std::byte> output_;
};

}  // namespace sallyport::net
