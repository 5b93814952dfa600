// What is on its way from the client's net to its screen: whole records, in order, bounded, never waited for. Linked by the
// client's net.
#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include "base/secret_bytes.h"
#include "base/wipe.h"
#include "privsep/channel.h"
#include "privsep/client_net_screen.h"

namespace sallyport::client {

/// Ours: room for two of the largest instructions.
inline constexpr std::size_t kMaxScreenQueueBytes = std::size_t{8} << 20U;
/// What a record takes beyond its message's bytes fields: its other fields, and its place in the queue.
inline constexpr std::size_t kRecordCostBytes = 96;

class ScreenQueue {
 public:
  explicit ScreenQueue(privsep::Channel screen);

  /// Whether records of `cost` bytes (kRecordCostBytes each, and their bytes fields) may be pushed.
  [[nodiscard]] bool has_room(std::size_t cost) const { return cost <= kMaxScreenQueueBytes - waiting_bytes_; }
  /// Nothing waits: what is pushed goes out with the next flush.
  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  /// Appends one message. Only after has_room().
  template <typename Message>
  void push(const Message& message) {
    const auto record = privsep::encode(message, scratch_);
    append(record);
    wipe(record);
  }
  /// Sends what the channel takes.
  void flush();

  /// The channel is gone, or screen, which has nothing to say here, has said something.
  [[nodiscard]] bool failed() const { return failed_; }
  /// Looks at the channel for that.
  void check();
  [[nodiscard]] BorrowedFd fd() const { return screen_.fd(); }
  [[nodiscard]] std::size_t waiting_bytes() const { return waiting_bytes_; }

 private:
  void append(std::span<const std::byte> record);

  privsep::Channel screen_;
  std::deque<SecretBytes> waiting_;
  std::size_t waiting_bytes_ = 0;
  bool failed_ = false;
  std::vector<std::byte> scratch_;
};

}  // namespace sallyport::client
