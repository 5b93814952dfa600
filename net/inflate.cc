#include "net/inflate.h"

#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/byte_writer.h"
#include "base/check.h"
#include "base/wipe.h"

namespace sallyport::net {
namespace {

/// Ours: output that is kept allocated between instructions.
constexpr std::size_t kKeptBytes = std::size_t{64} << 10U;
constexpr std::size_t kFirstBytes = std::size_t{4} << 10U;

/// All that zlib knows of one stream, in one block that can be wiped: the window holds typed input, and code tables,
/// symbols and the check sum say something about it.
class ZlibMemory {
 public:
  explicit ZlibMemory(std::size_t bytes) : bytes_(std::make_unique_for_overwrite<std::byte[]>(bytes)), size_(bytes) {}
  ZlibMemory(const ZlibMemory&) = delete;
  ZlibMemory& operator=(const ZlibMemory&) = delete;
  ~ZlibMemory() { clear(); }

  /// Wipes what was taken, and gives it out again.
  void clear() {
    wipe(std::span(bytes_.get(), used_));
    used_ = 0;
  }

  /// The two callbacks that zlib takes. Allocations are few and live as long as the stream, so nothing is reused.
  static voidpf allocate(voidpf self, uInt items, uInt size) {
    return static_cast<ZlibMemory*>(self)->take(std::size_t{items} * size);
  }
  static void release(voidpf, voidpf) {}

 private:
  voidpf take(std::size_t size) {
    constexpr std::size_t kAlign = alignof(std::max_align_t);
    const std::size_t rounded = (size + kAlign - 1) / kAlign * kAlign;
    if (rounded > size_ - used_) return Z_NULL;  // zlib answers Z_MEM_ERROR
    void* const memory = bytes_.get() + used_;
    used_ += rounded;
    return memory;
  }
  std::unique_ptr<std::byte[]> bytes_;
  std::size_t size_;
  std::size_t used_ = 0;
};
/// zlib 1.2.13 needs 7.1 + 32 KiB to inflate, others somewhat more. Pages that it does not touch cost nothing.
constexpr std::size_t kInflateBytes = std::size_t{96} << 10U;

/// How much of a stream's past a deflater looks at, and the memory that it takes for that.
struct DeflateShape {
  int window_bits;
  int memory_level;
  std::size_t bytes;  ///< 2^(window_bits + 2) + 2^(memory_level + 9) + 6 KiB; other versions need somewhat more
};
constexpr DeflateShape kWhole{15, 8, std::size_t{384} << 10U};
/// Ours: most instructions are an echo or a line. The whole shape clears a table of 64 KiB before each and wipes
/// 268 KiB after it; this one 16 and 70, and it looks as far back and packs as well while an instruction is short.
constexpr DeflateShape kShort{13, 6, std::size_t{96} << 10U};
constexpr std::size_t kShortBytes = 4095;  // as many symbols as fit into one block of that shape

constexpr std::size_t kZlibHeaderBytes = 2;   // spec: RFC 1950 2.2
constexpr std::size_t kZlibTrailerBytes = 4;  // spec: RFC 1950 2.2

/// spec: RFC 1950 2.2. A window of 32 KiB whatever was used of it, as stock says, and about how hard we tried.
std::uint16_t zlib_header(int level) {
  const unsigned effort = level < 2 ? 0 : level < 6 ? 1 : level == 6 ? 2 : 3;
  const unsigned header = (0x78U << 8U) | (effort << 6U);
  return static_cast<std::uint16_t>(header + 31 - header % 31);
}

/// zlib's input pointer is not const, though it only reads.
Bytef* input(std::span<const std::byte> bytes) {
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
}

/// Larger storage with the first `used` bytes of `buffer`, whose own storage is wiped.
void grow(std::vector<std::byte>& buffer, std::size_t used, std::size_t size) {
  std::vector<std::byte> larger(size);
  std::copy_n(buffer.begin(), used, larger.begin());
  wipe(buffer);
  buffer = std::move(larger);
}

}  // namespace

struct Inflater::Stream {
  ZlibMemory memory{kInflateBytes};
  z_stream zlib{};
  bool used = false;

  Stream() { begin(); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { inflateEnd(&zlib); }

  void begin() {
    zlib = z_stream{};
    zlib.zalloc = ZlibMemory::allocate;
    zlib.zfree = ZlibMemory::release;
    zlib.opaque = &memory;
    CHECK(inflateInit(&zlib) == Z_OK);
  }
  /// A fresh stream in wiped memory, at the cost of 7 KiB to clear (40 when the last output was long).
  void renew() {
    if (!std::exchange(used, false)) return;
    inflateEnd(&zlib);
    memory.clear();
    begin();
  }
};

Inflater::Inflater() : stream_(std::make_unique<Stream>()), output_(kFirstBytes) {}

Inflater::~Inflater() { wipe(output_); }

void Inflater::clear() {
  stream_->renew();
  wipe(std::span(output_).first(used_));
  used_ = 0;
  if (output_.size() > kKeptBytes) std::vector<std::byte>(kFirstBytes).swap(output_);
}

Result<std::span<const std::byte>, InflateError> Inflater::inflate(std::span<const std::byte> compressed) {
  clear();
  z_stream& zlib = stream_->zlib;
  if (compressed.size() > UINT32_MAX) return std::unexpected(InflateError::kTooLarge);
  stream_->used = true;
  zlib.next_in = input(compressed);
  zlib.avail_in = static_cast<uInt>(compressed.size());
  for (;;) {
    zlib.next_out = reinterpret_cast<Bytef*>(output_.data() + used_);
    zlib.avail_out = static_cast<uInt>(output_.size() - used_);
    const int answer = ::inflate(&zlib, Z_FINISH);
    used_ = output_.size() - zlib.avail_out;
    if (answer == Z_STREAM_END) {
      if (used_ > kMaxInstructionBytes) return std::unexpected(InflateError::kTooLarge);
      return std::span<const std::byte>(output_).first(used_);
    }
    if (answer != Z_BUF_ERROR && answer != Z_OK) return std::unexpected(InflateError::kCorrupt);
    if (zlib.avail_out != 0) return std::unexpected(InflateError::kTruncated);
    // One byte more than allowed tells a stream that ends exactly there from one that goes on.
    if (used_ > kMaxInstructionBytes) return std::unexpected(InflateError::kTooLarge);
    grow(output_, used_, std::min(2 * output_.size(), kMaxInstructionBytes + 1));
  }
}

/// A raw stream, around which deflate() puts zlib's header and check sum.
struct Deflater::Stream {
  DeflateShape shape;
  ZlibMemory memory;
  z_stream zlib{};
  bool begun = false;

  explicit Stream(const DeflateShape& wanted) : shape(wanted), memory(wanted.bytes) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { clear(); }

  z_stream& fresh(int level) {
    if (begun) {
      CHECK(deflateReset(&zlib) == Z_OK);
      return zlib;
    }
    zlib = z_stream{};
    zlib.zalloc = ZlibMemory::allocate;
    zlib.zfree = ZlibMemory::release;
    zlib.opaque = &memory;
    CHECK(deflateInit2(&zlib, level, Z_DEFLATED, -shape.window_bits, shape.memory_level, Z_DEFAULT_STRATEGY) == Z_OK);
    begun = true;
    return zlib;
  }
  void clear() {
    if (begun) deflateEnd(&zlib);
    begun = false;
    memory.clear();
  }
};

Deflater::Deflater(int level)
    : level_(level), short_(std::make_unique<Stream>(kShort)), whole_(std::make_unique<Stream>(kWhole)) {
  CHECK(level >= 0 && level <= 9);
}

Deflater::~Deflater() { wipe(output_); }

void Deflater::clear() {
  short_->clear();
  whole_->clear();
  wipe(output_);
}

std::span<const std::byte> Deflater::deflate(std::span<const std::byte> plain) {
  if (plain.size() > kMaxInstructionBytes) return {};
  z_stream& zlib = (plain.size() <= kShortBytes ? *short_ : *whole_).fresh(level_);
  constexpr std::size_t kAroundIt = kZlibHeaderBytes + kZlibTrailerBytes;
  const std::size_t bound = deflateBound(&zlib, static_cast<uLong>(plain.size())) + kAroundIt;
  if (output_.size() < bound || output_.size() > std::max(bound, kKeptBytes)) {
    std::vector<std::byte>(std::max(bound, kFirstBytes)).swap(output_);
  }
  ByteWriter(output_).big_endian(zlib_header(level_));
  zlib.next_in = input(plain);
  zlib.avail_in = static_cast<uInt>(plain.size());
  zlib.next_out = reinterpret_cast<Bytef*>(output_.data() + kZlibHeaderBytes);
  zlib.avail_out = static_cast<uInt>(output_.size() - kAroundIt);
  CHECK(::deflate(&zlib, Z_FINISH) == Z_STREAM_END);  // deflateBound promises that it fits
  const std::size_t end = kZlibHeaderBytes + zlib.total_out;
  const uLong sum = adler32(adler32(0, Z_NULL, 0), input(plain), static_cast<uInt>(plain.size()));
  ByteWriter(std::span(output_).subspan(end)).big_endian(static_cast<std::uint32_t>(sum));
  return std::span<const std::byte>(output_).first(end + kZlibTrailerBytes);
}

}  // namespace sallyport::net
