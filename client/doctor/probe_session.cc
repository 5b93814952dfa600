#include "client/doctor/probe_session.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

#include "base/byte_reader.h"
#include "base/bytes.h"
#include "base/sys/io.h"
#include "net/mtu.h"
#include "proto/user_message.h"

namespace sallyport::client {
namespace {

constexpr std::size_t kMessageBytes = 64;
constexpr std::size_t kPayloadOffset = crypto::kWireNonceBytes + net::kPacketHeaderBytes;
// ours: a screen that takes several full datagrams when it is noise.
constexpr proto::SentWindowSize kWindow{.columns = 160, .rows = 50};
// ours: a diff so large did not come in one datagram.
constexpr std::size_t kSeveralDatagrams = 2500;
// UDP payloads that are tried: what common links carry. 500: wire 3.5's fallback; 1252, 1216: its full sizes; 1392:
// over WireGuard; 1452: over PPPoE or IPv6; 1472: Ethernet.
constexpr std::array<std::size_t, 7> kSizes = {500, 1000, 1216, 1252, 1392, 1452, 1472};
constexpr std::size_t kIpv6More = 20;  // its header is larger than IPv4's

net::Address address_of(const ServerAddress& from, std::uint16_t port) {
  net::Address address;
  address.family = from.ipv6 ? net::Family::kIpv6 : net::Family::kIpv4;
  address.bytes = from.bytes;
  address.port = port;
  address.scope = from.scope;
  return address;
}

std::uint32_t microseconds(double ms) { return static_cast<std::uint32_t>(std::clamp(ms, 0.0, 60000.0) * 1000); }

std::uint16_t counted(std::size_t number) {
  return static_cast<std::uint16_t>(std::min<std::size_t>(number, UINT16_MAX));
}

}  // namespace

ProbeSession::ProbeSession(const privsep::Channel& doctor, net::ClientSockets sockets, crypto::SessionKey&& key,
                           const NetArguments& server, std::span<const std::byte, 32> chaff_seed, const Clock& clock,
                           const ProbeLimits& limits)
    : doctor_(doctor),
      sockets_(std::move(sockets)),
      clock_(clock),
      limits_(limits),
      packets_(std::move(key), crypto::Direction::kToServer),
      chaff_(chaff_seed),
      link_(packets_, chaff_, net::kIpv4DatagramBytes) {
  for (const ServerAddress& address : server.addresses) addresses_.push_back(address_of(address, server.port));
}

template <typename Message>
void ProbeSession::tell(const Message& message) {
  std::array<std::byte, kMessageBytes> scratch;
  if (doctor_.send_message(message, scratch) != privsep::SendOutcome::kSent) doctor_gone_ = true;
}

void ProbeSession::run() {
  tell(ProbeConfined{});
  if (!find_answer()) return;
  measure_round_trips();
  measure_upward();
  measure_downward();
  const bool closed = close();
  tell(ProbeDone{.reason = ProbeDone::Reason::kMeasured, .error = 0, .closed = closed});
}

bool ProbeSession::find_answer() {
  const TimePoint start = clock_.now();
  typed_.clear();
  proto::put_window_size(kWindow, typed_);
  last_sent_ = 1;
  ends_[last_sent_] = typed_.size();
  while (clock_.now() - start < limits_.first_answer && !doctor_gone_) {
    for (used_ = 0; used_ < addresses_.size(); ++used_) send(StateNumber(last_sent_), 0);
    if (wait([&] { return answered_by_.has_value(); }, limits_.repeat)) break;
  }
  if (!answered_by_) {
    ProbeDone done;
    done.reason = refused_             ? ProbeDone::Reason::kRefused
                  : not_authentic_ > 0 ? ProbeDone::Reason::kForged
                  : sent_any_          ? ProbeDone::Reason::kNoAnswer
                                       : ProbeDone::Reason::kNotSent;
    done.error = static_cast<std::uint32_t>(send_error_.value_or(0));
    tell(done);
    return false;
  }
  used_ = *answered_by_;
  const auto after = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now() - start).count();
  tell(ProbeAnswered{.address = static_cast<std::uint8_t>(used_), .after_ms = static_cast<std::uint32_t>(after)});
  return true;
}

void ProbeSession::measure_round_trips() {
  const TimePoint end = clock_.now() + limits_.all_round_trips;
  // The first exchanges of a session are not like the later ones.
  (void)wait([&] { return acknowledged_ == last_sent_; }, limits_.one_answer);
  sequences_.clear();
  round_trips_ms_.clear();
  ProbeRoundTrips result;
  while (result.sent < limits_.round_trips && clock_.now() < end && !doctor_gone_) {
    const StateNumber number = type("x");
    ++result.sent;
    if (!wait([&] { return acknowledged_ >= number.value(); }, limits_.one_answer)) ++result.lost_upward;
  }
  if (!sequences_.empty()) {
    const std::uint64_t expected = *sequences_.rbegin() - *sequences_.begin() + 1;
    result.expected_back = counted(expected);
    result.lost_downward =
        static_cast<std::uint16_t>(result.expected_back - std::min(result.expected_back, counted(sequences_.size())));
  }
  if (!round_trips_ms_.empty()) {
    std::ranges::sort(round_trips_ms_);
    result.least_us = microseconds(round_trips_ms_.front());
    result.median_us = microseconds(round_trips_ms_[round_trips_ms_.size() / 2]);
    result.most_us = microseconds(round_trips_ms_.back());
  }
  tell(result);
}

bool ProbeSession::passes(std::size_t bytes) {
  for (unsigned i = 0; i < limits_.tries && !doctor_gone_; ++i) {
    const StateNumber number = type("x", bytes);
    if (wait([&] { return acknowledged_ >= number.value(); }, limits_.one_answer)) return true;
  }
  return false;
}

void ProbeSession::measure_upward() {
  ProbeUpward result;
  const bool ipv6 = addresses_[used_].family == net::Family::kIpv6;
  const bool never_fragmented = sockets_.hop(addresses_[used_], clock_.now());
  if (never_fragmented) {
    for (const std::size_t size : kSizes) {
      const std::size_t bytes = ipv6 && size > net::kIpv4DatagramBytes ? size - kIpv6More : size;
      if (passes(bytes)) {
        result.largest_passed = counted(bytes);
      } else {
        result.smallest_lost = counted(bytes);
        break;
      }
    }
    (void)sockets_.hop(addresses_[used_], clock_.now());
  }
  const std::size_t full = net::max_datagram_bytes(addresses_[used_].family);
  result.fragments_pass = result.largest_passed >= full || passes(full);
  tell(result);
}

void ProbeSession::measure_downward() {
  largest_received_ = largest_diff_ = 0;
  const TimePoint end = clock_.now() + limits_.noise;
  const auto whole = [&] { return largest_diff_ >= kSeveralDatagrams; };
  while (!whole() && clock_.now() < end && !doctor_gone_) {
    (void)type("\r");
    (void)wait(whole, limits_.one_answer);
  }
  tell(ProbeDownward{.largest = counted(largest_received_), .whole = whole()});
}

bool ProbeSession::close() {
  const TimePoint end = clock_.now() + limits_.closing;
  ends_[kShutdownState.value()] = typed_.size();
  last_sent_ = kShutdownState.value();
  while (clock_.now() < end) {
    send(kShutdownState, 0);
    if (wait([&] { return acknowledged_ == kShutdownState.value(); }, limits_.repeat)) return true;
  }
  return false;
}

StateNumber ProbeSession::type(std::string_view keys, std::size_t bytes) {
  proto::put_keystrokes(bytes_of(keys), typed_);
  ends_[++last_sent_] = typed_.size();
  send(StateNumber(last_sent_), bytes);
  return StateNumber(last_sent_);
}

void ProbeSession::send(StateNumber number, std::size_t bytes) {
  proto::TransportInstruction instruction;
  instruction.old_num = instruction.throwaway_num = StateNumber(acknowledged_);
  instruction.new_num = number;
  instruction.ack_num = StateNumber(*received_.rbegin());
  instruction.diff = std::span(typed_).first(ends_[number.value()]);
  instruction.chaff = chaff_.draw();
  SecretBytes plain = proto::encode(instruction);
  const std::size_t bare = deflater_.deflate(plain).size() + net::kSliceOverheadBytes;
  if (bytes > bare + 3) {
    // Chaff once more: the last occurrence counts, and its bytes for nothing. Two bytes of length, one of tag.
    const std::size_t padding = bytes - bare - 3;
    for (const std::size_t byte : {std::size_t{0x3A}, (padding & 0x7FU) | 0x80U, padding >> 7U})
      plain.push_back(static_cast<std::byte>(byte));
    plain.insert(plain.end(), padding, std::byte{});
  }
  std::array<std::byte, crypto::kMaxDatagramBytes> buffer;
  const net::Fragment fragment{net::FragmentId(++fragment_id_), net::FragmentNumber(0), net::FragmentPlace::kFinal,
                               deflater_.deflate(plain)};
  const auto payload = net::write_fragment(
      fragment, std::span(buffer).subspan(kPayloadOffset, crypto::kMaxPlaintextBytes - net::kPacketHeaderBytes));
  if (payload.empty()) return;
  const auto sealed = packets_.seal(payload, clock_.now(), buffer);
  if (!sealed) return;
  const net::SendOutcome outcome = sockets_.send(addresses_[used_], *sealed, clock_.now());
  sent_any_ = sent_any_ || outcome == net::SendOutcome::kSent;
  if (const auto error = sockets_.take_send_error()) send_error_ = error;
}

template <typename Condition>
bool ProbeSession::wait(Condition condition, Duration limit) {
  const TimePoint deadline = clock_.now() + limit;
  for (;;) {
    receive_all();
    if (condition()) return true;
    const Duration left = deadline - clock_.now();
    if (left <= Duration::zero() || doctor_gone_) return false;
    wait_for_datagram(left);
  }
}

void ProbeSession::wait_for_datagram(Duration limit) {
  std::array<pollfd, net::kClientSockets + 1> entries{};
  std::size_t count = 0;
  entries[count++] = {doctor_.fd().number(), 0, 0};
  for (std::size_t i = 0; i < net::kClientSockets; ++i) {
    if (sockets_.fd(i).valid()) entries[count++] = {sockets_.fd(i).number(), POLLIN, 0};
  }
  (void)sys::ppoll(std::span(entries).first(count), limit);
  if ((entries[0].revents & (POLLHUP | POLLERR)) != 0) doctor_gone_ = true;
}

void ProbeSession::receive_all() {
  for (std::size_t i = 0; i < net::kClientSockets; ++i) {
    std::array<std::byte, net::kReceiveBufferBytes> buffer;
    while (const auto datagram = sockets_.receive(i, buffer)) take(*datagram);
  }
  if (sockets_.take_receive_error() == ECONNREFUSED) refused_ = true;
}

void ProbeSession::take(const net::ReceivedDatagram& datagram) {
  ByteReader wire(datagram.bytes);
  const std::uint64_t sequence = wire.big_endian<std::uint64_t>();
  const std::size_t size = datagram.bytes.size();
  const auto opened = link_.open(datagram.bytes, datagram.ecn, clock_.now());
  if (!opened) {
    ++not_authentic_;
    return;
  }
  if (!answered_by_) {
    for (std::size_t i = 0; i < addresses_.size(); ++i) {
      if (addresses_[i] == datagram.from) answered_by_ = i;
    }
    if (!answered_by_) answered_by_ = 0;
  }
  sequences_.insert(sequence);
  largest_received_ = std::max(largest_received_, size);
  if (opened->round_trip_ms) round_trips_ms_.push_back(*opened->round_trip_ms);
  if (opened->instruction) take_instruction(*opened->instruction);
}

void ProbeSession::take_instruction(const proto::TransportInstruction& instruction) {
  forget_acknowledged(instruction.ack_num.value());
  const std::uint64_t state = instruction.new_num.value();
  if (received_.contains(state) || !received_.contains(instruction.old_num.value())) return;
  // A server that never lets go of a state must not make us hold all of them.
  constexpr std::size_t kMostStates = 1024;
  if (received_.size() >= kMostStates) return;
  received_.insert(state);
  if (instruction.throwaway_num <= instruction.old_num) {
    received_.erase(received_.begin(), received_.lower_bound(instruction.throwaway_num.value()));
  }
  largest_diff_ = std::max(largest_diff_, instruction.diff.size());
}

void ProbeSession::forget_acknowledged(std::uint64_t number) {
  const auto end = ends_.find(number);
  if (end == ends_.end() || number <= acknowledged_) return;
  const std::size_t gone = end->second;
  acknowledged_ = number;
  typed_.erase(typed_.begin(), typed_.begin() + static_cast<std::ptrdiff_t>(gone));
  ends_.erase(ends_.begin(), end);
  for (auto& [state, length] : ends_) length -= gone;
}

}  // namespace sallyport::client
