// DiffBuffer: reusable storage for the bytes of one screen difference. Grows to what is needed and keeps it; decimal
// numbers without printf. Linked by the terminal compartment. Specification: terminal 6.9, 8.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace sallyport::terminal {

/// Digits of `number` in decimal.
[[nodiscard]] constexpr std::uint32_t decimal_digits(std::uint32_t number) {
  std::uint32_t digits = 1;
  for (; number >= 10; number /= 10) {
    ++digits;
  }
  return digits;
}

class DiffBuffer {
 public:
  void clear() { used_ = 0; }
  /// Cuts back to `size`, which is at most size().
  void truncate(std::size_t size) { used_ = std::min(used_, size); }
  [[nodiscard]] std::size_t size() const { return used_; }
  [[nodiscard]] bool empty() const { return used_ == 0; }
  /// Borrowed until the next change.
  [[nodiscard]] std::span<const std::byte> bytes() const { return std::span(storage_).first(used_); }
  /// Gives back what a large frame took.
  void shrink() {
    storage_ = {};
    used_ = 0;
  }
  [[nodiscard]] std::size_t capacity() const { return storage_.size(); }

  void put(char byte) {
    if (used_ == storage_.size()) {
      grow(1);
    }
    storage_[used_++] = static_cast<std::byte>(byte);
  }
  void put(std::string_view text) {
    if (!text.empty()) {
      std::memcpy(append(text.size()), text.data(), text.size());
    }
  }
  void repeat(char byte, std::uint32_t count) { std::fill_n(append(count), count, static_cast<std::byte>(byte)); }
  /// Room for `count` more bytes, which the caller writes; valid until the next change.
  [[nodiscard]] std::byte* append(std::size_t count) {
    if (count > storage_.size() - used_) {
      grow(count);
    }
    std::byte* const place = storage_.data() + used_;
    used_ += count;
    return place;
  }
  void number(std::uint32_t value) {
    std::array<char, 10> digits;
    std::size_t place = digits.size();
    do {
      digits[--place] = static_cast<char>('0' + value % 10);
      value /= 10;
    } while (value != 0);
    put(std::string_view(digits.data() + place, digits.size() - place));
  }
  /// `code` as UTF-8; what is no printable code point becomes U+FFFD.
  void code_point(std::uint32_t code) {
    if (code >= 0x20 && code < 0x7F) {
      put(static_cast<char>(code));
    } else {
      encode(code);
    }
  }

 private:
  void grow(std::size_t more) { storage_.resize(std::max(used_ + more, storage_.size() * 2 + 256)); }
  void encode(std::uint32_t code) {
    if (code < 0xA0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
      code = 0xFFFD;
    }
    const auto tail = [code](unsigned shift) { return static_cast<char>(0x80U | (code >> shift & 0x3FU)); };
    if (code < 0x800) {
      put(static_cast<char>(0xC0U | code >> 6U));
    } else {
      if (code < 0x10000) {
        put(static_cast<char>(0xE0U | code >> 12U));
      } else {
        put(static_cast<char>(0xF0U | code >> 18U));
        put(tail(12));
      }
      put(tail(6));
    }
    put(tail(0));
  }

  std::vector<std::byte> storage_;
  std::size_t used_ = 0;
};

}  // namespace sallyport::terminal
