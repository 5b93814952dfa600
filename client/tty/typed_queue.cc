#include "client/tty/typed_queue.h"

#include <cstring>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/check.h"
#include "base/wipe.h"

namespace sallyport::client {

void TypedQueue::push(std::span<const std::byte> piece) {
  CHECK(!piece.empty() && piece.size() <= privsep::client::kMaxTypedPieceBytes && has_room());
  if (used_ + kLengthBytes + piece.size() > bytes_.size()) {
    const std::size_t kept = used_ - first_;
    std::memmove(bytes_.data(), bytes_.data() + first_, kept);
    wipe(std::span(bytes_).subspan(kept, used_ - kept));
    first_ = 0;
    used_ = kept;
  }
  ByteWriter writer(std::span<std::byte>(bytes_).subspan(used_));
  writer.little_endian(static_cast<std::uint16_t>(piece.size()));
  writer.bytes(piece);
  used_ += kLengthBytes + piece.size();
}

std::span<const std::byte> TypedQueue::front() const {
  if (empty()) return {};
  ByteReader reader(std::span<const std::byte>(bytes_).subspan(first_, used_ - first_));
  return reader.take(reader.little_endian<std::uint16_t>());
}

void TypedQueue::pop() {
  const std::size_t size = kLengthBytes + front().size();
  wipe(std::span(bytes_).subspan(first_, size));
  first_ += size;
  if (empty()) first_ = used_ = 0;
}

void TypedQueue::clear() {
  wipe(std::span(bytes_).subspan(first_, used_ - first_));
  first_ = used_ = 0;
}

}  // namespace sallyport::client
