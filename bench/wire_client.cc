#include "bench/wire_client.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "base/bytes.h"
#include "base/sys/io.h"
#include "base/sys/udp.h"
#include "proto/host_message.h"
#include "sync/user_stream.h"

namespace sallyport::bench {
namespace {

crypto::SessionKey parse_key(std::string_view text) {
  auto key = crypto::SessionKey::parse(text);
  if (!key) {
    std::fprintf(stderr, "bench: not a key\n");
    std::exit(1);
  }
  return std::move(*key);
}

constexpr std::array<std::byte, 32> kSeed = {std::byte{42}};
constexpr Duration kDelayedAck = std::chrono::milliseconds(100);  // spec: wire 5.4
constexpr Duration kHeartbeat = std::chrono::milliseconds(3000);  // spec: wire 5.4
constexpr Duration kShortestInterval = std::chrono::milliseconds(20);   // spec: wire 5.4
constexpr Duration kLongestInterval = std::chrono::milliseconds(250);   // spec: wire 5.4

}  // namespace

WireClient::WireClient(std::string_view key, std::uint16_t port, WindowSize window)
    : window_(window),
      socket_(UniqueFd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0))),
      server_{net::Family::kIpv4, {127, 0, 0, 1}, port},
      packets_(parse_key(key), crypto::Direction::kToServer),
      chaff_(kSeed),
      link_(packets_, chaff_, net::kIpv4DatagramBytes),
      heartbeat_due_(now() + kHeartbeat) {}

std::uint16_t WireClient::local_port() const {
  const auto local = sys::local_address(socket_.any_fd());
  return local ? local->port() : std::uint16_t{0};
}

void WireClient::type(std::string_view keys) {
  sync::UserStream events;
  if (last_sent_ == 0) events.append(window_);
  if (!keys.empty()) events.append(bytes_of(keys));
  const auto diff = events.diff(sync::UserPosition(0));
  if (unacknowledged_.empty()) typed_ = now();
  unacknowledged_ += text_of(diff);
  ++last_sent_;
  ends_.emplace(last_sent_, unacknowledged_.size());
  send(unacknowledged_, StateNumber(last_sent_));
}

void WireClient::send(std::string_view diff, StateNumber number) {
  proto::TransportInstruction instruction;
  instruction.old_num = StateNumber(acknowledged_);
  instruction.new_num = number;
  instruction.ack_num = StateNumber(*received_.rbegin());
  instruction.throwaway_num = StateNumber(acknowledged_);
  instruction.diff = bytes_of(diff);
  (void)link_.send(instruction, now(),
                   [&](std::span<const std::byte> datagram) {
                     (void)socket_.send(server_, datagram);
                     if (recorded_.size() < kRecorded) recorded_.emplace_back();
                     recorded_[sent_datagrams_++ % kRecorded].assign(datagram.begin(), datagram.end());
                   });
  ack_due_ = kNever;
  sent_ = now();
  heartbeat_due_ = sent_ + kHeartbeat;
}

TimePoint WireClient::resend_due() const {
  if (unacknowledged_.empty()) return kNever;
  const auto half = Duration(static_cast<std::int64_t>(link_.rtt().srtt_ms() * 500));
  return std::max(typed_ + link_.rtt().rto() + kDelayedAck, sent_ + std::clamp(half, kShortestInterval, kLongestInterval));
}

bool WireClient::wait_for(std::string_view wanted, TimePoint deadline) {
  for (;;) {
    std::array<std::byte, net::kReceiveBufferBytes> buffer;
    while (const auto datagram = socket_.receive(buffer)) {
      if (take(datagram->bytes, datagram->ecn, wanted)) return true;
    }
    const TimePoint at = now();
    if (at >= deadline) return false;
    if (at >= resend_due()) send(unacknowledged_, StateNumber(last_sent_));
    if (at >= std::min(ack_due_, heartbeat_due_)) {
      // An ack is a state of its own.
      ++last_sent_;
      ends_.emplace(last_sent_, unacknowledged_.size());
      send(unacknowledged_, StateNumber(last_sent_));
    }
    pollfd ready{socket_.any_fd().number(), POLLIN, 0};
    (void)sys::ppoll(std::span(&ready, 1), std::min({deadline, ack_due_, heartbeat_due_, resend_due()}) - now());
  }
}

bool WireClient::take(std::span<std::byte> datagram, net::Ecn ecn, std::string_view wanted) {
  const std::size_t size = datagram.size();
  const auto opened = link_.open(datagram, ecn, now());
  if (!opened || !opened->instruction) return false;
  const proto::TransportInstruction& instruction = *opened->instruction;
  bytes_received_ += size;
  const std::uint64_t acked = instruction.ack_num.value();
  if (const auto end = std::find_if(ends_.begin(), ends_.end(), [&](const auto& e) { return e.first == acked; });
      end != ends_.end()) {
    const std::size_t gone = end->second;
    unacknowledged_.erase(0, gone);
    acknowledged_ = acked;
    std::set<std::pair<std::uint64_t, std::size_t>> rest;
    for (const auto& [number, length] : ends_) {
      if (number > acked) rest.emplace(number, length - gone);
    }
    ends_ = std::move(rest);
  }
  if (received_.contains(instruction.new_num.value()) || !received_.contains(instruction.old_num.value())) return false;
  received_.insert(instruction.new_num.value());
  received_.erase(received_.begin(), received_.lower_bound(instruction.throwaway_num.value()));
  if (on_state_) on_state_(instruction);
  if (instruction.diff.empty()) return false;
  ++frames_received_;
  ack_due_ = std::min(ack_due_, now() + kDelayedAck);
  proto::HostMessageReader reader(instruction.diff);
  proto::HostInstruction element;
  bool found = false;
  while (reader.next(element)) {
    if (const auto* host = std::get_if<proto::HostBytes>(&element)) {
      found = found || text_of(host->bytes).find(wanted) != std::string_view::npos;
    }
  }
  return found;
}

void WireClient::leave() {
  for (int i = 0; i < 20; ++i) {
    send(unacknowledged_, kShutdownState);
    const TimePoint until = now() + std::chrono::milliseconds(50);
    (void)wait_for("\xFF never sent", until);
    if (acknowledged_ == kShutdownState.value()) return;
    if (i == 0) ends_.emplace(kShutdownState.value(), unacknowledged_.size());
  }
}

}  // namespace sallyport::bench
