#include "net/client_sockets.h"

#include <cerrno>
#include <utility>

namespace sallyport::net {
namespace {

// ours: where every send fails, no more than so many attempts to find another way.
constexpr Duration kRepairInterval = std::chrono::milliseconds(200);

}  // namespace

ClientSockets::ClientSockets(std::array<UniqueFd, kClientSockets> sockets) {
  for (std::size_t i = 0; i < kClientSockets; ++i) slots_[i].fd = std::move(sockets[i]);
}

void ClientSockets::dissolve(Slot& slot) {
  if (slot.connected) (void)dissolve_connection(slot.fd);
  slot.connected.reset();
  slot.left.reset();
}

bool ClientSockets::hop(const Address& to, TimePoint now) {
  if (!has(to.family)) {
    send_error_ = EAFNOSUPPORT;
    return false;
  }
  const std::size_t family = first_of(to.family) / 2;
  Slot& next = slots_[first_of(to.family) + 1 - newest_[family]];
  dissolve(next);
  if (const int error = connect_socket(next.fd, to)) {
    (void)dissolve_connection(next.fd);  // of a connect that failed half-way the port may be left
    send_error_ = error;
    return false;
  }
  next.connected = to;
  if (newest(to.family).connected) newest(to.family).left = now;
  newest_[family] = 1 - newest_[family];
  return true;
}

SendOutcome ClientSockets::send(const Address& to, std::span<const std::byte> datagram, TimePoint now) {
  const bool may_repair = !repaired_ || now - *repaired_ >= kRepairInterval;
  if (!has(to.family) || newest(to.family).connected != to) {
    if (has(to.family) && !may_repair) return SendOutcome::kFailed;
    if (!hop(to, now)) {
      repaired_ = now;
      return SendOutcome::kFailed;
    }
  }
  int error = send_datagram(newest(to.family).fd, nullptr, datagram);
  if (error == ECONNREFUSED) {
    // Left by ICMP for an earlier datagram; reporting it has cleared it, and this one was not sent.
    receive_error_ = error;
    error = send_datagram(newest(to.family).fd, nullptr, datagram);
  }
  const bool no_way = error != 0 && error != EAGAIN && error != ENOBUFS && error != EMSGSIZE && error != ECONNREFUSED;
  if (no_way && may_repair) {
    repaired_ = now;
    if (hop(to, now)) error = send_datagram(newest(to.family).fd, nullptr, datagram);
  }
  if (error == 0) return SendOutcome::kSent;
  if (error == EMSGSIZE) return SendOutcome::kTooBig;
  send_error_ = error;
  return SendOutcome::kFailed;
}

void ClientSockets::close_old_ports(TimePoint now) {
  for (Slot& slot : slots_) {
    if (slot.left && now - *slot.left > kOldPortKept) dissolve(slot);
  }
}

std::optional<ReceivedDatagram> ClientSockets::receive(std::size_t index,
                                                       std::span<std::byte, kReceiveBufferBytes> buffer) {
  constexpr int kAttempts = 4;  // ours: three errors and one datagram
  if (!slots_[index].connected) return std::nullopt;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const auto datagram = receive_datagram(slots_[index].fd, buffer);
    if (datagram) return *datagram;
    if (datagram.error() == EAGAIN) return std::nullopt;
    if (datagram.error() != EMSGSIZE) receive_error_ = datagram.error();
  }
  return std::nullopt;
}

BorrowedFd ClientSockets::fd(std::size_t index) const {
  return slots_[index].connected ? slots_[index].fd.borrow() : BorrowedFd{};
}

}  // namespace sallyport::net
