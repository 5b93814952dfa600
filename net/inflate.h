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

/// Packs at zlib's default level 6, or another. zlib's memory is taken at construction, and touched when it is first used. Wiped by
/// clear() and at the end alone. Not copied.
class Deflater {
 public:
  /// `level`: 0..9; ours to choose, peers accept any stream.
  explicit Deflater(int level = 6);
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;
  ~Deflater();

  /// Deflates `plain`, at most kMaxInstructionBytes: longer input gives an empty result (stock could never apply it).
  /// The result is borrowed until the next call.
  [[nodiscard]] std::span<const std::byte> deflate(std::span<const std::byte> plain);
  /// Wipes the last result and zlib's own state, when what was packed is typed input (70 KiB, after a long instruction 340).
  void clear();

 private:
  struct Stream;
  int level_;
  std::unique_ptr<Stream> short_;  ///< for instructions that need no large window
  std::unique_ptr<Stream> whole_;
  std::vector<std::byte> output_;
};

}  // namespace sallyport::net
