// A buffer of fixed size whose bytes are not set at first, so that a page that nothing was ever written to costs no
// memory: for channel messages, most of which are a hundredth of the largest. Linked by every compartment.
#pragma once

#include <cstddef>
#include <memory>

namespace sallyport {

class RawBuffer {
 public:
  explicit RawBuffer(std::size_t size) : bytes_(std::make_unique_for_overwrite<std::byte[]>(size)), size_(size) {}
  [[nodiscard]] std::byte* data() const { return bytes_.get(); }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::byte* begin() const { return data(); }
  [[nodiscard]] std::byte* end() const { return data() + size_; }

 private:
  std::unique_ptr<std::byte[]> bytes_;
  std::size_t size_;
};

}  // namespace sallyport
