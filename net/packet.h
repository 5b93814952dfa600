// The packet layer: timestamps and their echo, round-trip samples, replay window, liveness. One object per end of a
// session, no sockets, time as a parameter. Linked by net and the client worker. Wire protocol 3.1 to 3.4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/datagram_cipher.h"
#include "crypto/replay_window.h"
#include "net/ecn.h"
#include "net/rtt.h"

namespace sallyport::net {

inline constexpr std::size_t kPacketHeaderBytes = 4;   ///< spec: wire 3.1
inline constexpr std::uint16_t kNoTimestamp = 0xFFFF;  ///< spec: wire 3.1
inline constexpr std::size_t kMaxPayloadBytes = crypto::kMaxPlaintextBytes - kPacketHeaderBytes;

/// Sender's clock in milliseconds modulo 65536, never kNoTimestamp.
[[nodiscard]] std::uint16_t timestamp_at(TimePoint now);

/// A packet's plaintext, taken apart.
struct PacketPlaintext {
  std::uint16_t timestamp = kNoTimestamp;
  std::uint16_t timestamp_reply = kNoTimestamp;
  std::span<const std::byte> payload;  ///< borrowed
};
/// Nothing if `plaintext` is shorter than both timestamps.
[[nodiscard]] std::optional<PacketPlaintext> parse_packet(std::span<const std::byte> plaintext);

/// Whether a packet may move the peer's address and clocks.
enum class Order : std::uint8_t {
  kInOrder,  ///< newest so far
  kLate,     ///< overtaken by another: only its payload counts
};

/// An accepted packet. `payload` lies in the caller's buffer: one fragment.
struct ReceivedPacket {
  crypto::SequenceNumber sequence;
  Order order = Order::kInOrder;
  std::span<const std::byte> payload;
};

/// One end's packet layer. Neither copied nor moved.
class PacketLayer {
 public:
  /// `sends`: kToClient for a server, kToServer for a client.
  PacketLayer(crypto::SessionKey&& key, crypto::Direction sends, crypto::UsageLimits limits = {})
      : cipher_(std::move(key), sends, limits) {}

  /// Builds and seals the next packet around `payload` (at most kMaxPayloadBytes, normally one fragment) into the
  /// front of `out` and returns the datagram, a part of `out`. `payload` may lie at out[12], where it ends up. Echoes
  /// the saved timestamp if it has been held for less than a second; each is echoed once. kSequenceExhausted and
  /// kUsageLimit end the session.
  [[nodiscard]] Result<std::span<std::byte>, crypto::SealError> seal(std::span<const std::byte> payload,
                                                                     TimePoint now, std::span<std::byte> out);

  /// Opens one UDP payload into `out` (kMaxDatagramBytes is always enough; may be the receive buffer itself). An
  /// in-order packet updates the saved timestamp, the round trip and last_heard; a late one that is still in the
  /// replay window and was not seen before is handed up and changes nothing else; on any failure no state changes
  /// and no plaintext is left in `out`.
  [[nodiscard]] Result<ReceivedPacket, crypto::DropReason> open(std::span<const std::byte> datagram, Ecn ecn,
                                                                TimePoint now, std::span<std::byte> out);

  [[nodiscard]] const RttEstimator& rtt() const { return rtt_; }
  /// Arrival of the newest in-order packet; nothing before the first.
  [[nodiscard]] std::optional<TimePoint> last_heard() const { return last_heard_; }

 private:
  struct SavedTimestamp {
    std::uint16_t value = 0;
    TimePoint arrived;
  };
  [[nodiscard]] std::uint16_t take_reply(TimePoint now);
  void note_in_order(const PacketPlaintext& packet, Ecn ecn, TimePoint now);

  crypto::DatagramCipher cipher_;
  crypto::ReplayWindow window_;
  RttEstimator rtt_;
  std::optional<SavedTimestamp> saved_;
  std::optional<TimePoint> last_heard_;
};

}  // namespace sallyport::net
