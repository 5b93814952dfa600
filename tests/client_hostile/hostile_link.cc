#include "tests/client_hostile/hostile_link.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "base/byte_writer.h"
#include "base/bytes.h"
#include "base/sys/io.h"
#include "base/sys/udp.h"
#include "crypto/session_key.h"
#include "proto/user_message.h"

namespace sallyport::hostile_server {
namespace {

constexpr std::array<std::byte, 32> kSeed = {std::byte{7}};
constexpr std::uint64_t kToClient = std::uint64_t{1} << 63U;
constexpr std::size_t kSlice = net::slice_limit(net::kIpv4DatagramBytes);
/// Datagrams in a row before the client gets a moment: its receive buffer holds about ninety.
constexpr std::uint64_t kBurst = 32;
constexpr std::uint16_t kFinalBit = 0x8000;

crypto::SessionKey session_key() {
  auto key = crypto::SessionKey::parse(kKeyText);
  if (!key) std::abort();
  return std::move(*key);
}

UniqueFd bound_socket() {
  auto socket = sys::open_udp(AF_INET);
  const auto address = sys::parse_address("127.0.0.1");
  if (!socket || !address || !sys::bind(socket->borrow(), *address)) {
    std::perror("hostile_server: socket");
    std::exit(1);
  }
  return std::move(*socket);
}

}  // namespace

HostileLink::HostileLink()
    : socket_(bound_socket()),
      packets_(session_key(), crypto::Direction::kToClient),
      chaff_(kSeed),
      link_(packets_, chaff_, net::kIpv4DatagramBytes),
      ocb_(session_key().bytes()) {}

std::uint16_t HostileLink::port() const {
  const auto local = sys::local_address(socket_.any_fd());
  return local ? local->port() : std::uint16_t{0};
}

void HostileLink::datagram(std::string_view bytes) {
  if (!client_) return;
  (void)socket_.send(*client_, bytes_of(bytes));
  if (++sent_since_pause_ % kBurst == 0) pump(std::chrono::milliseconds(1));
}

void HostileLink::packet_as(std::uint64_t wire_nonce, std::string_view plaintext) {
  const auto direction = (wire_nonce & kToClient) != 0 ? crypto::Direction::kToClient : crypto::Direction::kToServer;
  const auto nonce = crypto::make_nonce(direction, crypto::SequenceNumber(wire_nonce & ~kToClient));
  std::vector<std::byte> out(crypto::kWireNonceBytes + plaintext.size() + crypto::kTagBytes);
  std::copy_n(nonce.end() - crypto::kWireNonceBytes, crypto::kWireNonceBytes, out.begin());
  ocb_.seal(nonce, bytes_of(plaintext), std::span(out).subspan(crypto::kWireNonceBytes));
  datagram(text_of(out));
}

void HostileLink::packet(std::string_view plaintext) { packet_as(kToClient | sequence_++, plaintext); }

void HostileLink::payload_at(std::uint16_t timestamp, std::uint16_t reply, std::string_view bytes) {
  std::array<std::byte, 4> times;
  ByteWriter writer(times);
  writer.big_endian(timestamp);
  writer.big_endian(reply);
  packet(std::string(text_of(times)) + std::string(bytes));
}

void HostileLink::payload(std::string_view bytes) {
  payload_at(net::timestamp_at(clock_.now()), net::kNoTimestamp, bytes);
}

void HostileLink::fragment(std::uint64_t id, std::uint16_t number, bool final, std::string_view slice) {
  std::array<std::byte, net::kFragmentHeaderBytes> header;
  ByteWriter writer(header);
  writer.big_endian(id);
  writer.big_endian(static_cast<std::uint16_t>(number | (final ? kFinalBit : 0U)));
  payload(std::string(text_of(header)) + std::string(slice));
}

void HostileLink::stream(std::string_view compressed) {
  ++fragment_id_;
  std::uint16_t number = 0;
  do {
    const std::string_view slice = compressed.substr(0, kSlice);
    compressed.remove_prefix(slice.size());
    fragment(fragment_id_, number++, compressed.empty(), slice);
  } while (!compressed.empty());
}

void HostileLink::plain(std::string_view instruction) { stream(text_of(deflater_.deflate(bytes_of(instruction)))); }

Instruction HostileLink::next() const {
  Instruction instruction;
  instruction.old_num = acknowledged_;
  instruction.new_num = newest_ + 1;
  instruction.ack_num = client_newest_;
  instruction.throwaway_num = acknowledged_;
  return instruction;
}

std::uint64_t HostileLink::state(std::string_view diff) {
  Instruction honest = next();
  honest.diff = diff;
  newest_ = honest.new_num;
  instruction(honest);
  return newest_;
}

bool HostileLink::settle(std::string_view diff, Duration patience) {
  Instruction honest = next();
  honest.diff = diff;
  newest_ = honest.new_num;
  const TimePoint deadline = clock_.now() + patience;
  do {
    honest.ack_num = client_newest_;
    honest.old_num = honest.throwaway_num = acknowledged_;
    instruction(honest);
    if (wait([&] { return acknowledged_ == honest.new_num; }, std::chrono::milliseconds(300))) return true;
  } while (clock_.now() < deadline && !leaving());
  return false;
}

void HostileLink::close() {
  Instruction last = next();
  last.new_num = UINT64_MAX;
  instruction(last);
}

void HostileLink::pump(Duration time) {
  const TimePoint deadline = clock_.now() + time;
  for (;;) {
    std::array<std::byte, net::kReceiveBufferBytes> buffer;
    while (const auto received = socket_.receive(buffer)) {
      client_ = received->from;
      take(received->bytes, received->ecn);
    }
    const Duration left = deadline - clock_.now();
    if (left <= Duration::zero()) return;
    pollfd ready{socket_.any_fd().number(), POLLIN, 0};
    (void)sys::ppoll(std::span(&ready, 1), left);
  }
}

void HostileLink::take(std::span<std::byte> bytes, net::Ecn ecn) {
  const auto opened = link_.open(bytes, ecn, clock_.now());
  if (!opened || !opened->instruction) return;
  const proto::TransportInstruction& instruction = *opened->instruction;
  // The highest, not the newest: attacks make states that are out of order.
  if (instruction.ack_num.value() <= newest_) acknowledged_ = std::max(acknowledged_, instruction.ack_num.value());
  take_typing(instruction);
  client_newest_ = std::max(client_newest_, instruction.new_num.value());
}

void HostileLink::take_typing(const proto::TransportInstruction& instruction) {
  const auto base = typed_until_.find(instruction.old_num.value());
  if (base == typed_until_.end() || typed_until_.contains(instruction.new_num.value())) return;
  std::size_t end = base->second;
  proto::UserMessageReader reader(instruction.diff);
  proto::UserInstruction element;
  while (reader.next(element)) {
    const auto* keys = std::get_if<proto::Keystrokes>(&element);
    if (keys == nullptr) continue;
    const std::string_view text = text_of(keys->keys);
    if (end + text.size() > typed_.size()) typed_ += text.substr(typed_.size() - end);
    end += text.size();
  }
  typed_until_[instruction.new_num.value()] = end;
}

std::uint64_t HostileLink::random() {
  random_ ^= random_ << 13U;
  random_ ^= random_ >> 7U;
  random_ ^= random_ << 17U;
  return random_;
}

std::string HostileLink::random_bytes(std::size_t count) {
  std::string out(count, '\0');
  for (char& byte : out) byte = static_cast<char>(random() >> 32U);
  return out;
}

}  // namespace sallyport::hostile_server
