#include "net/inflate.h"

#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <utility>

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
/// zlib 1.2.13 needs 7.1 + 32 KiB and 6 + 256 KiB, others somewhat more. Pages that it does not touch cost nothing.
constexpr std::size_t kInflateBytes = std::size_t{96} << 10U;
constexpr std::size_t kDeflateBytes = std::size_t{384} << 10U;

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

struct Deflater::Stream {
  ZlibMemory memory{kDeflateBytes};
  z_stream zlib{};
  int level;

  explicit Stream(int wanted) : level(wanted) { begin(); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { deflateEnd(&zlib); }

  void begin() {
    zlib = z_stream{};
    zlib.zalloc = ZlibMemory::allocate;
    zlib.zfree = ZlibMemory::release;
    zlib.opaque = &memory;
    CHECK(level >= 0 && level <= 9 && deflateInit(&zlib, level) == Z_OK);
  }
};

Deflater::Deflater(int level) : stream_(std::make_unique<Stream>(level)) {}

Deflater::~Deflater() = default;

void Deflater::clear() {
  deflateEnd(&stream_->zlib);
  stream_->memory.clear();
  stream_->begin();
  wipe(output_);
}

std::span<const std::byte> Deflater::deflate(std::span<const std::byte> plain) {
  if (plain.size() > kMaxInstructionBytes) return {};
  z_stream& zlib = stream_->zlib;
  CHECK(deflateReset(&zlib) == Z_OK);
  const std::size_t bound = deflateBound(&zlib, static_cast<uLong>(plain.size()));
  if (output_.size() < bound || output_.size() > std::max(bound, kKeptBytes)) {
    std::vector<std::byte>(std::max(bound, kFirstBytes)).swap(output_);
  }
  zlib.next_in = input(plain);
  zlib.avail_in = static_cast<uInt>(plain.size());
  zlib.next_out = reinterpret_cast<Bytef*>(output_.data());
  zlib.avail_out = static_cast<uInt>(output_.size());
  CHECK(::deflate(&zlib, Z_FINISH) == Z_STREAM_END);  // deflateBound promises that it fits
  return std::span<const std::byte>(output_).first(output_.size() - zlib.avail_out);
}

}  // namespace sallyport::net
