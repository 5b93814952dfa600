// The client's UDP sockets: two of each address family, connected to the server, so that the kernel keeps strangers out and says
// when the port is closed. A hop gives the older of a family's two a new port and with it a new source address, while the
// other one still listens. No system calls but receive, send and connect: it runs under the client net's filter. Linked by
// the client's net. Wire 3.6, 3.9, 3.10.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "net/address.h"
#include "net/udp_calls.h"
#include "net/udp_socket.h"

namespace sallyport::net {

inline constexpr std::size_t kClientSockets = 4;
/// A port that was left is listened to for this long (spec: wire 3.9).
inline constexpr Duration kOldPortKept = std::chrono::seconds(60);

class ClientSockets {
 public:
  /// IPv4 twice, then IPv6 twice, from sys::open_client_udp(); a family's may both be empty.
  explicit ClientSockets(std::array<UniqueFd, kClientSockets> sockets);

  [[nodiscard]] bool has(Family family) const { return slots_[first_of(family)].fd.valid(); }

  /// Sends to `to`, connecting to it first if that is not so. Never blocks. When the route or our own address has gone it
  /// takes a new port and tries once more, at most every kRepairInterval. The reason of a failure waits in
  /// take_send_error().
  SendOutcome send(const Address& to, std::span<const std::byte> datagram, TimePoint now);
  /// What goes to `to` leaves from a new port from now on. False (see take_send_error) if there is no way to `to` now.
  bool hop(const Address& to, TimePoint now);
  /// Ports that were left longer than kOldPortKept ago are listened to no more.
  void close_old_ports(TimePoint now);

  /// The next datagram of one socket; nothing if it has none. Never blocks. An error that ICMP left is swallowed and waits in
  /// take_receive_error().
  [[nodiscard]] std::optional<ReceivedDatagram> receive(std::size_t index,
                                                        std::span<std::byte, kReceiveBufferBytes> buffer);
  /// Where it is connected to, if anywhere.
  [[nodiscard]] const std::optional<Address>& connected(std::size_t index) const { return slots_[index].connected; }
  /// To wait for; not valid() while it is connected to nobody.
  [[nodiscard]] BorrowedFd fd(std::size_t index) const;

  /// errno of the newest failure since the last call; nothing if there was none.
  [[nodiscard]] std::optional<int> take_send_error() { return std::exchange(send_error_, std::nullopt); }
  [[nodiscard]] std::optional<int> take_receive_error() { return std::exchange(receive_error_, std::nullopt); }

 private:
  struct Slot {
    UniqueFd fd;
    std::optional<Address> connected;
    std::optional<TimePoint> left;  ///< when the other one of its family took over
  };
  [[nodiscard]] static std::size_t first_of(Family family) { return family == Family::kIpv4 ? 0 : 2; }
  [[nodiscard]] Slot& newest(Family family) { return slots_[first_of(family) + newest_[first_of(family) / 2]]; }
  void dissolve(Slot& slot);

  std::array<Slot, kClientSockets> slots_;
  std::array<std::size_t, 2> newest_{};  ///< 0 or 1 of each family
  std::optional<TimePoint> repaired_;
  std::optional<int> send_error_;
  std::optional<int> receive_error_;
};

}  // namespace sallyport::net
