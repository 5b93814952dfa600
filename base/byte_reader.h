// The only place where bytes become integers. A reader never reads past its span: once a read fails it stays failed, reads
// zero, and ok() is false, so that a decoder checks once at its end.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

namespace sallyport {

class ByteReader {
 public:
  /// Borrows `bytes` for the reader's life.
  explicit ByteReader(std::span<const std::byte> bytes) : rest_(bytes) {}

  template <std::unsigned_integral T>
  [[nodiscard]] T little_endian() {
    const auto bytes = take(sizeof(T));
    T value = 0;
    for (std::size_t i = bytes.size(); i > 0; --i) {
      value = static_cast<T>((std::uint64_t{value} << 8U) | std::to_integer<std::uint64_t>(bytes[i - 1]));
    }
    return value;
  }

  template <std::unsigned_integral T>
  [[nodiscard]] T big_endian() {
    const auto bytes = take(sizeof(T));
    T value = 0;
    for (const std::byte byte : bytes) {
      value = static_cast<T>((std::uint64_t{value} << 8U) | std::to_integer<std::uint64_t>(byte));
    }
    return value;
  }

  /// The next `count` bytes, or an empty span and failure.
  [[nodiscard]] std::span<const std::byte> take(std::size_t count) {
    if (failed_ || count > rest_.size()) {
      failed_ = true;
      return {};
    }
    const auto taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

  /// All that is left.
  [[nodiscard]] std::span<const std::byte> rest() { return take(rest_.size()); }

  [[nodiscard]] bool ok() const { return !failed_; }
  /// True if nothing failed and every byte was consumed.
  [[nodiscard]] bool finished() const { return !failed_ && rest_.empty(); }
  [[nodiscard]] std::size_t remaining() const { return rest_.size(); }

 private:
  std::span<const std::byte> rest_;
  bool failed_ = false;
};

}  // namespace sallyport
