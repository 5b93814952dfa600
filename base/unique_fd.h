// Ownership of descriptors in the type: UniqueFd closes, BorrowedFd only looks. A bare int descriptor appears in base/sys
// alone. Linked by every compartment.
#pragma once

#include <utility>

namespace sallyport {

/// A descriptor that somebody else owns and keeps open for as long as this is used.
class BorrowedFd {
 public:
  constexpr BorrowedFd() = default;
  constexpr explicit BorrowedFd(int number) : number_(number) {}
  [[nodiscard]] constexpr int number() const { return number_; }
  [[nodiscard]] constexpr bool valid() const { return number_ >= 0; }

 private:
  int number_ = -1;
};

/// The only owner of a descriptor; closes it when destroyed. Empty after a move.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int number) : number_(number) {}
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  UniqueFd(UniqueFd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) {
      reset();
      number_ = std::exchange(other.number_, -1);
    }
    return *this;
  }
  ~UniqueFd() { reset(); }

  [[nodiscard]] BorrowedFd borrow() const { return BorrowedFd(number_); }
  operator BorrowedFd() const { return borrow(); }  // NOLINT(google-explicit-constructor): looking is always fine
  [[nodiscard]] bool valid() const { return number_ >= 0; }
  /// Gives up ownership.
  [[nodiscard]] int release() { return std::exchange(number_, -1); }
  /// Closes now; nothing if empty.
  void reset();

 private:
  int number_ = -1;
};

}  // namespace sallyport
