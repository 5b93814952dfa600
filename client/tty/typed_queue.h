// Typed bytes that net has no credit for yet, in the pieces in which they were read: prediction and pastes depend on
// what one read was. Bounded; wiped as they go. Linked by tty alone. Never allocates: make it before the lock-down;
// pages that are never filled are never touched.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "privsep/client_tty_net.h"

namespace sallyport::client {

/// ours: a paste of this size while the server does not answer is kept whole.
inline constexpr std::size_t kMaxQueuedBytes = std::size_t{4} << 20U;

class TypedQueue {
 public:
  TypedQueue() = default;
  TypedQueue(const TypedQueue&) = delete;
  TypedQueue& operator=(const TypedQueue&) = delete;

  /// True if a piece of the largest size would fit.
  [[nodiscard]] bool has_room() const {
    return used_ - first_ + kLengthBytes + privsep::client::kMaxTypedPieceBytes <= bytes_.size();
  }
  /// Adds one piece of 1 to kMaxTypedPieceBytes bytes; has_room() must hold.
  void push(std::span<const std::byte> piece);
  /// The oldest piece, borrowed until the next change; empty if there is none.
  [[nodiscard]] std::span<const std::byte> front() const;
  /// Wipes and removes the oldest piece.
  void pop();
  [[nodiscard]] bool empty() const { return first_ == used_; }
  void clear();

 private:
  static constexpr std::size_t kLengthBytes = 2;
  static_assert(privsep::client::kMaxTypedPieceBytes <= UINT16_MAX);

  // Pieces one after another from first_ to used_, each behind its length. Not initialised.
  std::array<std::byte, kMaxQueuedBytes> bytes_;
  std::size_t first_ = 0;
  std::size_t used_ = 0;
};

}  // namespace sallyport::client
