// One end of a SOCK_SEQPACKET pair: whole records, never blocking, never passing descriptors. Owned by one compartment.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "base/result.h"
#include "base/unique_fd.h"
#include "privsep/codec.h"

namespace sallyport::privsep {

enum class SendOutcome { kSent, kFull, kClosed };

enum class ReceiveFailure {
  kNothing,   ///< no record is waiting
  kClosed,    ///< the other end is gone
  kViolation, ///< larger than the buffer, empty-bodied, or carrying a control message
};

class Channel {
 public:
  Channel() = default;
  explicit Channel(UniqueFd fd) : fd_(std::move(fd)) {}

  [[nodiscard]] BorrowedFd fd() const { return fd_; }
  [[nodiscard]] bool open() const { return fd_.valid(); }
  void close() { fd_.reset(); }

  /// Sends one record of at least one byte. kFull: nothing was sent, try when writable. kClosed for every other error.
  [[nodiscard]] SendOutcome send(std::span<const std::byte> record) const;

  /// Encodes and sends one message; `scratch` must hold it.
  template <typename Message>
  [[nodiscard]] SendOutcome send_message(const Message& message, std::span<std::byte> scratch) const {
    return send(encode(message, scratch));
  }

  /// Receives one record into `buffer`; the result borrows it. A record that does not fit is a violation.
  [[nodiscard]] Result<std::span<const std::byte>, ReceiveFailure> receive(std::span<std::byte> buffer) const;

 private:
  UniqueFd fd_;
};

/// A connected pair, both non-blocking and close-on-exec.
struct ChannelPair {
  UniqueFd first;
  UniqueFd second;
};
[[nodiscard]] Result<ChannelPair, SystemError> make_channel_pair();

}  // namespace sallyport::privsep
