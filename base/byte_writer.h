// The only place where integers become bytes: writes into a caller's buffer, never past its end. Once a write does not fit
// the writer stays failed and ok() is false.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

namespace sallyport {

class ByteWriter {
 public:
  /// Borrows `buffer` for the writer's life.
  explicit ByteWriter(std::span<std::byte> buffer) : buffer_(buffer) {}

  template <std::unsigned_integral T>
  void little_endian(T value) {
    for (std::byte& byte : reserve(sizeof(T))) {
      byte = static_cast<std::byte>(value & 0xFFU);
      value = static_cast<T>(std::uint64_t{value} >> 8U);
    }
  }

  template <std::unsigned_integral T>
  void big_endian(T value) {
    const auto place = reserve(sizeof(T));
    for (std::size_t i = place.size(); i > 0; --i) {
      place[i - 1] = static_cast<std::byte>(value & 0xFFU);
      value = static_cast<T>(std::uint64_t{value} >> 8U);
    }
  }

  void bytes(std::span<const std::byte> data) {
    const auto place = reserve(data.size());
    if (place.size() == data.size()) {
      std::copy(data.begin(), data.end(), place.begin());
    }
  }

  [[nodiscard]] bool ok() const { return !failed_; }
  /// What has been written so far; only meaningful while ok().
  [[nodiscard]] std::span<std::byte> written() const { return buffer_.first(used_); }

 private:
  std::span<std::byte> reserve(std::size_t count) {
    if (failed_ || count > buffer_.size() - used_) {
      failed_ = true;
      return {};
    }
    const auto place = buffer_.subspan(used_, count);
    used_ += count;
    return place;
  }

  std::span<std::byte> buffer_;
  std::size_t used_ = 0;
  bool failed_ = false;
};

}  // namespace sallyport
