// The pipe from the monitor to the login-record program (architecture 1): whether a client is connected and from which
// binary address, nothing else. Fixed 24-byte records in the channels' codec, so that one write() is one record (a pipe
// keeps writes of up to PIPE_BUF whole). The end of file is the order to remove the record. Both ends link it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>

#include "privsep/codec.h"
#include "privsep/net_monitor.h"

namespace sallyport::privsep {

inline constexpr std::size_t kLoginRecordBytes = 24;

enum class LoginRecordType : std::uint8_t { kConnected = 0x01, kSilent = 0x02 };

namespace internal {
/// Padding keeps all records the same length; it must be zero.
template <std::size_t kBytes>
void put_padding(ByteWriter& out) {
  out.bytes(std::array<std::byte, kBytes>{});
}
template <std::size_t kBytes>
[[nodiscard]] bool get_padding(ByteReader& in) {
  return std::ranges::all_of(in.take(kBytes), [](std::byte byte) { return byte == std::byte{0}; });
}
}  // namespace internal

/// A client is connected from this address: `ADDRESS via mosh [PID]`. Repeated when the address changes.
struct LoginConnected {
  static constexpr LoginRecordType kType = LoginRecordType::kConnected;
  PeerAddress peer;
  bool operator==(const LoginConnected&) const = default;
  void put(ByteWriter& out) const {
    peer.put(out);
    internal::put_padding<4>(out);
  }
  [[nodiscard]] bool get(ByteReader& in) {
    const bool in_range = peer.get(in);
    return internal::get_padding<4>(in) && in_range;
  }
};

/// The client has been silent for 30 s: `mosh [PID]`.
struct LoginSilent {
  static constexpr LoginRecordType kType = LoginRecordType::kSilent;
  bool operator==(const LoginSilent&) const = default;
  void put(ByteWriter& out) const { internal::put_padding<kLoginRecordBytes - 1>(out); }
  [[nodiscard]] bool get(ByteReader& in) { return internal::get_padding<kLoginRecordBytes - 1>(in); }
};

using LoginRecordMessage = std::variant<LoginConnected, LoginSilent>;

/// The record's bytes. No allocation.
[[nodiscard]] inline std::array<std::byte, kLoginRecordBytes> encode_login_record(const LoginRecordMessage& message) {
  std::array<std::byte, kLoginRecordBytes> record{};
  std::visit([&](const auto& one) { (void)encode(one, record); }, message);
  return record;
}

[[nodiscard]] inline Result<LoginRecordMessage, Violation> decode_login_record(
    std::span<const std::byte, kLoginRecordBytes> record) {
  return decode<LoginRecordMessage>(record);
}

}  // namespace sallyport::privsep
