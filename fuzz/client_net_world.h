// The whole net of the client on loopback sockets: the harness is the server with the key, tty and screen. Whatever the server
// says, what net says is checked here: to screen only whole states that apply to held ones, within the bounds of
// privsep/client_net_screen.h; to tty credit for what was typed, and one end; to the server only datagrams that open.
#pragma once

#include <sys/socket.h>

#include <array>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "base/sys/io.h"
#include "base/sys/udp.h"
#include "client/net/net_session.h"
#include "net/inflate.h"
#include "sync/instruction_link.h"

namespace sallyport::fuzz {

inline crypto::SessionKey client_harness_key() { return std::move(*crypto::SessionKey::parse("AAECAwQFBgcICQoLDA0ODw")); }

/// Whether there is such an address here.
inline bool can_bind(const char* text) {
  const auto address = sys::parse_address(text);
  auto fd = address ? sys::open_udp(address->family()) : std::unexpected(SystemError{});
  return fd && sys::bind(*fd, *address).has_value();
}

/// What net may say to screen and when, written once more and plainly from privsep/client_net_screen.h.
class ScreenReference {
 public:
  void on_window(WindowSize size) {
    largest_.columns = std::max(largest_.columns, size.columns);
    largest_.rows = std::max(largest_.rows, size.rows);
  }
  /// True if an honest net may say this now; it then counts as said.
  bool allows(const privsep::client::NetToScreen& message) {
    namespace messages = privsep::client;
    if (const auto* diff = std::get_if<messages::Diff>(&message)) {
      if (open_ || !held_.contains(diff->base) || held_.contains(diff->state) || diff->oldest_kept > diff->base) return false;
      open_ = *diff;
      return true;
    }
    if (std::holds_alternative<messages::DiffEnd>(message)) return open_ && end_diff();
    if (const auto* size = std::get_if<messages::ScreenSize>(&message)) {
      cells_ = std::max(cells_, std::size_t{size->size.columns} * size->size.rows);
      return open_ && size->size.columns <= largest_.columns && size->size.rows <= largest_.rows;
    }
    if (std::holds_alternative<messages::HostBytes>(message) || std::holds_alternative<messages::EchoAck>(message)) {
      return open_.has_value();
    }
    if (const auto* link = std::get_if<messages::Link>(&message)) {
      const bool back = (connected_ && !link->connected) || (closing_ && !link->closing) || link->heard_ns < heard_ns_;
      connected_ = link->connected;
      closing_ = link->closing;
      heard_ns_ = link->heard_ns;
      return !open_ && !back;
    }
    return !open_;
  }
  [[nodiscard]] const std::set<StateNumber>& held() const { return held_; }
  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] bool closing() const { return closing_; }

 private:
  bool end_diff() {
    held_.insert(open_->state);
    held_.erase(held_.begin(), held_.lower_bound(open_->oldest_kept));
    open_.reset();
    return held_.size() - held_.count(StateNumber(0)) <= privsep::client::max_held_states(cells_);
  }

  WindowSize largest_{80, 24};
  std::size_t cells_ = std::size_t{80} * 24;  ///< of the largest screen that was sent: a window may be news to net
  std::set<StateNumber> held_{StateNumber(0)};
  std::optional<privsep::client::Diff> open_;
  bool connected_ = false, closing_ = false;
  std::uint64_t heard_ns_ = 0;
};

class ClientNetWorld {
 public:
  /// `servers`: numeric addresses on this machine, the preferred one first.
  explicit ClientNetWorld(const std::vector<const char*>& servers = {"127.0.0.1"}) {
    auto guard = privsep::make_channel_pair();
    auto tty = privsep::make_channel_pair();
    auto screen = privsep::make_channel_pair();
    CHECK(guard && tty && screen);
    guard_ = privsep::Channel(std::move(guard->first));
    tty_ = privsep::Channel(std::move(tty->first));
    screen_ = privsep::Channel(std::move(screen->first));
    client::NetArguments arguments;
    // Another program may have the first address's port at the second.
    int tries = 0;
    while (!add_servers(servers, arguments)) CHECK(++tries < 100);
    std::array<std::byte, 32> seed{};
    session_ = std::make_unique<client::NetSession>(
        client::NetSession::Channels{privsep::Channel(std::move(guard->second)), privsep::Channel(std::move(tty->second)),
                                     privsep::Channel(std::move(screen->second))},
        client_sockets(arguments), client_harness_key(), arguments, seed, clock_);
    CHECK(session_->start({}));
  }

  // ---- A server with the key ----
  void server_instruction(const proto::TransportInstruction& instruction) {
    link_.send(instruction, clock_.now(), [&](std::span<const std::byte> datagram) { server_datagram(datagram); });
  }
  /// Bytes as one serialised instruction, compressed and cut as an honest one.
  void server_serialised(std::span<const std::byte> serialised) { server_compressed(deflater_.deflate(serialised)); }
  void server_compressed(std::span<const std::byte> compressed) {
    const auto cut = fragmenter_.cut(compressed, 1000);
    for (std::size_t i = 0; cut && i < cut->count(); ++i) {
      std::array<std::byte, 1100> payload{};
      server_payload(net::write_fragment((*cut)[i], payload));
    }
  }
  void server_payload(std::span<const std::byte> payload) {
    std::array<std::byte, 1400> out{};
    const auto datagram = packets_.seal(payload.first(std::min<std::size_t>(payload.size(), 1200)), clock_.now(), out);
    CHECK(datagram.has_value());
    server_datagram(*datagram);
  }
  /// Anything at all, from the server's address.
  void server_datagram(std::span<const std::byte> datagram) {
    if (!client_) return;
    (void)::sendto(servers_[speaking_].borrow().number(), datagram.data(), datagram.size(), MSG_DONTWAIT,
                   reinterpret_cast<const sockaddr*>(&client_->storage), client_->length);
  }

  // ---- The other compartments ----
  void tty_says(std::span<const std::byte> record) {
    const auto message = privsep::decode<privsep::client::TtyToNet>(record);
    if (const auto* resized = message ? std::get_if<privsep::client::Resized>(&*message) : nullptr) {
      reference_.on_window(resized->size);
    }
    if (const auto* typed = message ? std::get_if<privsep::client::Typed>(&*message) : nullptr) typed_ += typed->bytes.size();
    if (!record.empty()) (void)tty_.send(record);
  }
  template <typename Message>
  void tty_tells(const Message& message) {
    tty_says(privsep::encode(message, scratch_));
  }
  /// The other ends: hostile ones, or gone.
  void screen_says(std::span<const std::byte> record) {
    if (!record.empty()) (void)screen_.send(record);
  }
  void guard_leaves() { guard_.close(); }
  void stall_screen(bool stalled) { stalled_ = stalled; }
  void advance(Duration by) { clock_.advance(by); }
  /// Its port is closed.
  void close_server() {
    for (UniqueFd& server : servers_) server.reset();
  }
  /// What the client sends is lost, for one address or all; by number.
  void cut(std::size_t server, bool cut) { cut_[server] = cut; }

  /// One turn. False once the session is over, and nothing more happens.
  bool turn() {
    if (over_) return false;
    over_ = !session_->turn(Duration(0));
    look_at_client();
    if (!stalled_) look_at_screen();
    look_at_tty();
    return !over_;
  }

  struct State {
    StateNumber number;
    std::string bytes;                        ///< host bytes put together
    std::vector<WindowSize> sizes;
    std::vector<StateNumber> echo_acks;
  };
  [[nodiscard]] const std::vector<State>& states() const { return states_; }
  [[nodiscard]] const std::vector<privsep::client::Notice>& notices() const { return notices_; }
  [[nodiscard]] const std::string& keys() const { return keys_; }
  [[nodiscard]] const std::vector<privsep::client::Keys>& key_records() const { return key_records_; }  ///< without their bytes
  [[nodiscard]] const std::optional<privsep::client::Link>& link() const { return newest_link_; }
  [[nodiscard]] const ScreenReference& reference() const { return reference_; }
  [[nodiscard]] std::size_t taken() const { return taken_; }
  [[nodiscard]] std::optional<privsep::client::Ended::Reason> ended() const { return ended_; }
  /// From the client: how many datagrams, from which ports, the newest of them, the newest numbers.
  [[nodiscard]] std::size_t datagrams() const { return datagrams_; }
  [[nodiscard]] std::size_t datagrams_at(std::size_t server) const { return datagrams_at_[server]; }
  [[nodiscard]] const std::set<std::uint16_t>& ports() const { return ports_; }
  [[nodiscard]] std::uint16_t client_port() const { return client_ ? client_->port() : std::uint16_t{0}; }
  [[nodiscard]] StateNumber newest_seen() const { return newest_seen_; }
  [[nodiscard]] StateNumber newest_ack() const { return newest_ack_; }
  [[nodiscard]] const std::vector<std::string>& diffs() const { return diffs_; }  ///< as they came, empty ones too
  [[nodiscard]] TimePoint now() const { return clock_.now(); }
  [[nodiscard]] client::NetSession& session() { return *session_; }

 private:
  bool add_servers(const std::vector<const char*>& servers, client::NetArguments& arguments) {
    arguments = {};
    servers_.clear();
    for (const char* text : servers) {
      if (!add_server(text, arguments)) return false;
    }
    cut_.assign(servers.size(), false);
    datagrams_at_.assign(servers.size(), 0);
    return true;
  }
  bool add_server(const char* text, client::NetArguments& arguments) {
    auto address = *sys::parse_address(text);
    address.set_port(arguments.port);  // one port for all, as a server has
    auto fd = sys::open_udp(address.family());
    if (!fd || !sys::bind(*fd, address)) return false;
    arguments.port = sys::local_address(*fd)->port();
    client::ServerAddress server;
    server.ipv6 = address.family() == AF_INET6;
    const auto* at = reinterpret_cast<const std::uint8_t*>(&address.storage) + (server.ipv6 ? 8 : 4);
    std::copy_n(at, server.ipv6 ? 16 : 4, server.bytes.begin());
    arguments.addresses.push_back(server);
    servers_.push_back(std::move(*fd));
    return true;
  }
  static net::ClientSockets client_sockets(const client::NetArguments& arguments) {
    std::array<UniqueFd, net::kClientSockets> sockets;
    for (const auto& address : arguments.addresses) {
      for (std::size_t i = address.ipv6 ? 2 : 0, end = i + 2; i < end; ++i) {
        if (sockets[i].valid()) continue;
        auto fd = sys::open_client_udp(address.ipv6 ? AF_INET6 : AF_INET);
        CHECK(fd.has_value());
        sockets[i] = std::move(*fd);
      }
    }
    return net::ClientSockets(std::move(sockets));
  }

  void look_at_client() {
    for (std::size_t i = 0; i < servers_.size(); ++i) {
      sys::SocketAddress from;
      for (;;) {
        from.length = sizeof from.storage;
        const auto size = ::recvfrom(servers_[i].borrow().number(), buffer_.data(), buffer_.size(), MSG_DONTWAIT,
                                     reinterpret_cast<sockaddr*>(&from.storage), &from.length);
        if (size < 0) break;
        ++datagrams_;
        ++datagrams_at_[i];
        ports_.insert(from.port());
        if (cut_[i]) continue;
        CHECK(static_cast<std::size_t>(size) <= net::kIpv4DatagramBytes);
        client_ = from;
        speaking_ = i;
        const auto opened = link_.open(std::span(buffer_).first(static_cast<std::size_t>(size)), net::Ecn::kNotCongested, clock_.now());
        CHECK(opened.has_value());
        if (opened->instruction) note(*opened->instruction);
        link_.done();
      }
    }
    CHECK(link_.drops().datagrams + link_.drops().streams + link_.drops().instructions == 0);
  }
  void note(const proto::TransportInstruction& instruction) {
    if (instruction.new_num != kShutdownState) newest_seen_ = std::max(newest_seen_, instruction.new_num);
    newest_ack_ = instruction.ack_num;
    diffs_.emplace_back(text_of(instruction.diff));
  }
  void look_at_screen() {
    while (const auto record = screen_.receive(buffer_)) {
      const auto message = privsep::decode<privsep::client::NetToScreen>(*record);
      CHECK(message && reference_.allows(*message));
      std::visit([this](const auto& one) { take(one); }, *message);
    }
  }
  void take(const privsep::client::Diff& diff) { states_.push_back({diff.state, {}, {}, {}}); }
  void take(const privsep::client::EchoAck& ack) { states_.back().echo_acks.push_back(ack.state); }
  void take(const privsep::client::ScreenSize& size) { states_.back().sizes.push_back(size.size); }
  void take(const privsep::client::HostBytes& bytes) { states_.back().bytes += text_of(bytes.bytes); }
  void take(const privsep::client::DiffEnd&) {}
  void take(const privsep::client::Keys& keys) {
    keys_ += text_of(keys.bytes);
    key_records_.push_back({keys.sent, keys.read_bytes, {}});
    CHECK(keys_.size() <= typed_);
  }
  void take(const privsep::client::Link& link) { newest_link_ = link; }
  void take(const privsep::client::Notice& notice) { notices_.push_back(notice); }
  void look_at_tty() {
    while (const auto record = tty_.receive(buffer_)) {
      const auto message = privsep::decode<privsep::client::NetToTty>(*record);
      CHECK(message && !ended_);
      if (const auto* taken = std::get_if<privsep::client::Taken>(&*message)) taken_ += taken->bytes;
      if (const auto* ended = std::get_if<privsep::client::Ended>(&*message)) ended_ = ended->reason;
      CHECK(taken_ <= typed_);
    }
  }

  FakeClock clock_;
  net::PacketLayer packets_{client_harness_key(), crypto::Direction::kToClient};
  std::array<std::byte, 32> seed_{};
  sync::ChaffSource chaff_{seed_};
  sync::InstructionLink link_{packets_, chaff_, net::kIpv4DatagramBytes};
  net::Fragmenter fragmenter_;
  net::Deflater deflater_;
  std::vector<UniqueFd> servers_;
  std::vector<bool> cut_;
  std::vector<std::size_t> datagrams_at_;
  std::set<std::uint16_t> ports_;
  std::optional<sys::SocketAddress> client_;
  std::size_t speaking_ = 0;
  privsep::Channel guard_, tty_, screen_;
  std::unique_ptr<client::NetSession> session_;
  ScreenReference reference_;
  bool stalled_ = false, over_ = false;
  std::vector<State> states_;
  std::vector<privsep::client::Notice> notices_;
  std::string keys_;
  std::vector<privsep::client::Keys> key_records_;
  std::optional<privsep::client::Link> newest_link_;
  std::size_t typed_ = 0, taken_ = 0, datagrams_ = 0;
  std::optional<privsep::client::Ended::Reason> ended_;
  StateNumber newest_seen_, newest_ack_;
  std::vector<std::string> diffs_;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(privsep::kMaxElsewhereBytes);
  std::vector<std::byte> scratch_ = std::vector<std::byte>(privsep::kMaxElsewhereBytes);
};

}  // namespace sallyport::fuzz
