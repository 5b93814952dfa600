// Shared<T>: one value with several owners in one thread, copied when an owner wants to change it while others look.
// What makes a snapshot of the screen cheap. Linked by the terminal compartment. Specification: terminal 1.3, 8.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

namespace sallyport::terminal {

template <typename T>
class Shared {
 public:
  /// A value-initialised T of our own.
  Shared() : node_(std::make_unique<Node>().release()) {}
  explicit Shared(T value) : node_(std::make_unique<Node>(1U, std::move(value)).release()) {}
  Shared(const Shared& other) : node_(other.node_) { ++node_->owners; }
  Shared(Shared&& other) noexcept : node_(other.node_) { ++node_->owners; }  // never empty: `other` stays an owner
  Shared& operator=(const Shared& other) {
    if (this == &other) return *this;
    Shared copy(other);
    swap(copy);
    return *this;
  }
  Shared& operator=(Shared&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Shared() {
    if (--node_->owners == 0) const std::unique_ptr<Node> last(node_);
  }

  void swap(Shared& other) noexcept { std::swap(node_, other.node_); }
  [[nodiscard]] const T& operator*() const { return node_->value; }
  [[nodiscard]] const T* operator->() const { return &node_->value; }
  [[nodiscard]] bool same_as(const Shared& other) const { return node_ == other.node_; }

  /// The value for changing: first copied, if it has other owners.
  [[nodiscard]] T& mutate() {
    if (node_->owners > 1) {
      Node* const mine = std::make_unique<Node>(1U, node_->value).release();
      --node_->owners;
      node_ = mine;
    }
    return node_->value;
  }

 private:
  struct Node {
    std::uint32_t owners = 1;
    T value{};
    Node() = default;
    Node(std::uint32_t count, T initial) : owners(count), value(std::move(initial)) {}
  };
  Node* node_;
};

}  // namespace sallyport::terminal
