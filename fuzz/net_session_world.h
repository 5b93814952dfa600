// The whole net compartment on loopback sockets: the harness is the client with the key, somebody without it, the
// terminal and the monitor. Whatever these say, what net says is checked here: to the monitor within the table of
// architecture 3, to the terminal one request at a time, to clients nothing before one has proved itself, and only
// datagrams that open.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "base/sys/io.h"
#include "base/sys/udp.h"
#include "fuzz/net_reference.h"
#include "net/inflate.h"
#include "server/net_session.h"
#include "sync/instruction_link.h"

namespace sallyport::fuzz {

inline crypto::SessionKey harness_key() { return std::move(*crypto::SessionKey::parse("AAECAwQFBgcICQoLDA0ODw")); }
inline UniqueFd loopback_socket() {
  auto fd = sys::open_udp(AF_INET);
  CHECK(fd && sys::bind(*fd, *sys::parse_address("127.0.0.1")));
  return std::move(*fd);
}

class NetSessionWorld {
 public:
  NetSessionWorld() {
    auto to_monitor = privsep::make_channel_pair();
    auto to_terminal = privsep::make_channel_pair();
    monitor_ = privsep::Channel(std::move(to_monitor->first));
    terminal_ = privsep::Channel(std::move(to_terminal->first));
    UniqueFd any = loopback_socket();
    const auto address = sys::local_address(any);
    for (UniqueFd& client : clients_) {
      client = loopback_socket();
      CHECK(::connect(client.borrow().number(), reinterpret_cast<const sockaddr*>(&address->storage),
                      address->length) == 0);
    }
    std::array<std::byte, 32> seed{};
    session_ = std::make_unique<server::NetSession>(
        privsep::Channel(std::move(to_monitor->second)), privsep::Channel(std::move(to_terminal->second)),
        net::UdpEndpoint(std::move(any)), harness_key(), server::NetArguments{.port = 1}, seed, clock_);
    CHECK(session_->start({}));
  }

  // ---- A client with the key ----
  void client_instruction(std::size_t from, const proto::TransportInstruction& instruction) {
    link_.send(instruction, clock_.now(), [&](std::span<const std::byte> datagram) { send(from, datagram); });
    state_possible_ = true;
    note_authentic(from, instruction.diff.size());
  }
  /// Bytes as one serialised instruction, compressed and cut as an honest one.
  void client_serialised(std::size_t from, std::span<const std::byte> serialised) {
    const auto cut = fragmenter_.cut(deflater_.deflate(serialised), 1000);
    for (std::size_t i = 0; cut && i < cut->count(); ++i) {
      std::array<std::byte, 1100> payload{};
      client_payload(from, net::write_fragment((*cut)[i], payload));
    }
    state_possible_ = true;
    note_authentic(from, serialised.size());
  }
  void client_payload(std::size_t from, std::span<const std::byte> payload) {
    std::array<std::byte, 1400> out{};
    const auto datagram = packets_.seal(payload.first(std::min<std::size_t>(payload.size(), 1200)), clock_.now(), out);
    CHECK(datagram.has_value());
    send(from, *datagram);
    // Nothing is complete without a final fragment, and a compressed payload may bring more than its own bytes.
    const auto fragment = net::parse_fragment(payload);
    state_possible_ = state_possible_ || (fragment && fragment->place == net::FragmentPlace::kFinal);
    note_authentic(from, payload.size() * 1100);
  }
  [[nodiscard]] StateNumber newest_seen() const { return newest_seen_; }

  // ---- Anybody ----
  void stranger(std::span<const std::byte> datagram) { send(kStranger, datagram); }

  // ---- The other compartments ----
  void monitor_says(std::span<const std::byte> record) {
    const auto message = privsep::decode<privsep::MonitorToNet>(record);
    if (const auto* consumed = message ? std::get_if<privsep::Consumed>(&*message) : nullptr) {
      if (consumed->bytes > reference_.owed()) return;  // the monitor is trusted to count
      reference_.consumed(consumed->bytes);
    }
    if (!record.empty()) (void)monitor_.send(record);
  }
  void terminal_says(std::span<const std::byte> record) {
    if (record.empty() || terminal_.send(record) != privsep::SendOutcome::kSent) return;
    const auto message = privsep::decode<privsep::TerminalToNet>(record);
    if (!message || std::holds_alternative<privsep::Frame>(*message)) terminal_at_fault_ = true;
    // Told once until the next request, which one may cross on its way.
    if (message && std::holds_alternative<privsep::Dirty>(*message) && dirty_allowed_-- == 0) terminal_at_fault_ = true;
  }
  /// As an honest terminal, if a frame was asked for.
  void terminal_answers(std::span<const std::byte> bytes, bool acknowledged_base) {
    if (!asked_ || terminal_at_fault_) return;
    std::vector<std::byte> scratch(privsep::kMaxElsewhereBytes);
    const privsep::Frame frame{.base = acknowledged_base ? asked_->acknowledged : asked_->assumed,
                               .snapshot = asked_->snapshot,
                               .version = ContentVersion(version_ += bytes.empty() ? 0 : 1),
                               .last = true,
                               .bytes = bytes};
    if (terminal_.send_message(frame, scratch) == privsep::SendOutcome::kSent) asked_.reset();
  }
  void advance(Duration by) { clock_.advance(by); }
  void stall(bool monitor) { monitor_stalled_ = monitor; }

  /// One turn. False once the session is over.
  bool turn() {
    send(kStranger, bytes_of("."));  // never waits for long: something has come
    const bool alive = session_->turn();
    if (!monitor_stalled_) look_at_monitor();
    look_at_terminal();
    look_at_clients();
    CHECK(alive || monitor_stalled_ || goodbye_);
    return alive;
  }

 private:
  static constexpr std::size_t kStranger = 2;

  void send(std::size_t from, std::span<const std::byte> datagram) { (void)sys::send_record(clients_[from], datagram); }
  void note_authentic(std::size_t from, std::size_t diff_bytes) {
    authentic_[from] = true;
    typed_at_most_ += diff_bytes;
  }
  void look_at_monitor() {
    while (const auto record = monitor_.receive(buffer_)) {
      const auto message = privsep::decode<privsep::NetToMonitor>(*record);
      CHECK(message && record->size() <= privsep::kMaxToMonitorBytes && reference_.allows(*message));
      CHECK(!reference_.contact() || state_possible_);  // an authentic datagram alone is no contact yet
      if (const auto* input = std::get_if<privsep::Input>(&*message)) typed_ += input->bytes.size();
      CHECK(typed_ <= typed_at_most_);
      if (const auto* goodbye = std::get_if<privsep::Goodbye>(&*message)) {
        CHECK(terminal_at_fault_ || goodbye->reason != privsep::Goodbye::Reason::kTerminalFailed);
        goodbye_ = true;
      }
    }
  }
  void look_at_terminal() {
    while (const auto record = terminal_.receive(buffer_)) {
      const auto message = privsep::decode<privsep::NetToTerminal>(*record);
      CHECK(message.has_value());
      const auto* take = std::get_if<privsep::TakeFrame>(&*message);
      if (take == nullptr) continue;
      CHECK(terminal_at_fault_ || !asked_);
      CHECK(take->snapshot > newest_snapshot_);
      newest_snapshot_ = take->snapshot;
      dirty_allowed_ = std::min(dirty_allowed_ + 1, 2);
      asked_ = *take;
    }
  }
  void look_at_clients() {
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      while (const auto count = sys::read(clients_[i], buffer_)) {
        CHECK(i != kStranger && authentic_[i] && *count <= net::kIpv4DatagramBytes);
        // Under trial an address gets what the other gets, the same sealed bytes.
        if (!seen_.insert(std::string(text_of(std::span(buffer_).first(*count)))).second) continue;
        const auto opened = link_.open(std::span(buffer_).first(*count), net::Ecn::kNotCongested, clock_.now());
        CHECK(opened.has_value());
        if (opened->instruction && opened->instruction->new_num != kShutdownState)
          newest_seen_ = std::max(newest_seen_, opened->instruction->new_num);
        link_.done();
      }
    }
    CHECK(link_.drops().datagrams + link_.drops().fragments + link_.drops().streams + link_.drops().instructions == 0);
  }

  FakeClock clock_;
  net::PacketLayer packets_{harness_key(), crypto::Direction::kToServer};
  std::array<std::byte, 32> seed_{};
  sync::ChaffSource chaff_{seed_};
  sync::InstructionLink link_{packets_, chaff_, net::kIpv4DatagramBytes};
  net::Fragmenter fragmenter_;
  net::Deflater deflater_;
  std::array<UniqueFd, 3> clients_;  ///< two of the client's addresses, and a stranger's
  privsep::Channel monitor_, terminal_;
  std::unique_ptr<server::NetSession> session_;
  NetReference reference_{false};
  std::array<bool, 3> authentic_{};
  bool state_possible_ = false;
  std::size_t typed_ = 0, typed_at_most_ = 0;
  std::optional<privsep::TakeFrame> asked_;
  SnapshotId newest_snapshot_;
  StateNumber newest_seen_;
  std::set<std::string> seen_;
  std::uint64_t version_ = 0;
  int dirty_allowed_ = 1;
  bool terminal_at_fault_ = false, goodbye_ = false, monitor_stalled_ = false;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(privsep::kMaxElsewhereBytes);
};

}  // namespace sallyport::fuzz
