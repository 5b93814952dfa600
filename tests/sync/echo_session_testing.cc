#include "tests/sync/echo_session.h"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>

#include "base/bytes.h"
#include "proto/host_message.h"
#include "sync/client_transport.h"
#include "sync/transport.h"
#include "tests/sync/held_screens.h"
#include "tests/sync/simulator.h"
#include "tests/sync/stock_peer.h"

namespace sallyport::sync::sim {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kWholeScreen = 2500;            // ours: no diff is longer than a full repaint
constexpr std::size_t kPrompt = 100;
constexpr Duration kProgram = milliseconds(1);        // ours: what the far program takes to answer
constexpr Duration kEchoAck = milliseconds(50);       // spec: wire 7.5
constexpr Duration kLongestWait = std::chrono::seconds(60);

Duration from_ms(double ms) { return Duration(static_cast<std::int64_t>(ms * 1000)); }

/// A screen is how many writes it shows. Its host bytes are that number, and as many bytes as the writes between.
struct Screen {
  const std::vector<std::size_t>* bytes_before = nullptr;   ///< of writes 0..n-1, for each n
  std::uint64_t writes = 0;
  std::uint64_t echo_ack = 0;

  bool operator==(const Screen&) const = default;
  void subtract(const Screen&) {}
  [[nodiscard]] std::string host_bytes_from(const Screen& older) const {
    if (writes == older.writes) return {};
    const std::size_t size = std::min((*bytes_before)[writes] - (*bytes_before)[older.writes], kWholeScreen);
    std::string text = std::to_string(writes) + ' ';
    Random random(writes * 4096 + older.writes);
    while (text.size() < size) text.push_back(static_cast<char>(random.next()));
    return text;
  }
  [[nodiscard]] std::string diff_from(const Screen& older) const {
    const std::string bytes = host_bytes_from(older);
    proto::HostDiff diff{.echo_ack = {}, .size = {}, .host_bytes = bytes_of(bytes)};
    if (echo_ack != older.echo_ack) diff.echo_ack = StateNumber(echo_ack);
    const SecretBytes encoded = proto::encode(diff);
    return std::string(text_of(encoded));
  }
  bool apply(std::span<const std::byte> diff) {
    proto::HostMessageReader reader(diff);
    proto::HostInstruction instruction;
    while (reader.next(instruction)) {
      if (const auto* ack = std::get_if<proto::EchoAck>(&instruction)) echo_ack = ack->newest.value();
      const auto* bytes = std::get_if<proto::HostBytes>(&instruction);
      if (bytes != nullptr) writes = std::stoull(std::string(text_of(bytes->bytes)));
    }
    return reader.ok();
  }
};

// ---- path ----

class Path {
 public:
  Path(const EchoSettings& settings) : seed_(settings.seed), delay_(from_ms(settings.rtt_ms / 2)), loss_(settings.loss) {}
  struct Datagram {
    TimePoint at;
    std::uint64_t order;
    End to;
    std::vector<std::byte> bytes;
  };

  void send(End to, std::span<const std::byte> bytes, TimePoint now) {
    Side& side = sides_[to == End::kServer ? 0 : 1];
    ++side.traffic.datagrams;
    side.traffic.bytes += bytes.size();
    side.same_moment = now == side.last ? side.same_moment + 1 : 0;
    side.last = now;
    Random fate(seed_ * 2 + (to == End::kServer ? 0 : 1));
    fate = Random(fate.next() ^ (static_cast<std::uint64_t>(now.time_since_epoch().count()) * 64 + side.same_moment));
    if (fate.chance(loss_)) return;
    under_way_.push_back({now + delay_, 0, to, {bytes.begin(), bytes.end()}});
  }
  [[nodiscard]] TimePoint next() const { return under_way_.empty() ? kNever : under_way_.front().at; }
  std::optional<Datagram> take(TimePoint now) {
    if (next() > now) return std::nullopt;
    Datagram datagram = std::move(under_way_.front());
    under_way_.pop_front();
    return datagram;
  }
  [[nodiscard]] const Traffic& traffic(End to) const { return sides_[to == End::kServer ? 0 : 1].traffic; }

 private:
  struct Side {
    Traffic traffic;
    TimePoint last;
    std::uint64_t same_moment = 0;
  };
  std::uint64_t seed_;
  Duration delay_;
  double loss_;
  Side sides_[2];
  std::deque<Datagram> under_way_;   ///< both ways take the same time
};

class PathSink final : public DatagramSink {
 public:
  PathSink(Path& path, End to, const TimePoint& now) : path_(path), to_(to), now_(now) {}
  net::SendOutcome send(const net::Address&, std::span<const std::byte> datagram) override {
    path_.send(to_, datagram, now_);
    return net::SendOutcome::kSent;
  }

 private:
  Path& path_;
  End to_;
  const TimePoint& now_;
};

// ---- ends ----

class Server {
 public:
  Server() = default;
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  virtual ~Server() = default;
  virtual void receive(std::span<std::byte> datagram, TimePoint now) = 0;
  virtual void tick(TimePoint now) = 0;
  [[nodiscard]] virtual TimePoint next(TimePoint now) const = 0;
  virtual void show(const Screen& screen, TimePoint now) = 0;
  /// Keys that came since the last call, and the client state that brought them.
  virtual std::pair<std::size_t, std::uint64_t> take_keys() = 0;
};

class Client {
 public:
  Client() = default;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  virtual ~Client() = default;
  virtual void press(TimePoint now) = 0;
  virtual void receive(std::span<std::byte> datagram, TimePoint now) = 0;
  virtual void tick(TimePoint now) = 0;
  [[nodiscard]] virtual TimePoint next(TimePoint now) const = 0;
  [[nodiscard]] virtual std::uint64_t writes_seen() const = 0;
};

struct EndParts {
  net::PacketLayer& packets;
  PathSink& sink;
  ChaffSource& chaff;
};

class OurServer final : public Server, private StateProvider {
 public:
  OurServer(const EndParts& parts, const Screen& initial, TimePoint now)
      : live_(initial),
        snapshots_{{0, initial}},
        transport_({parts.packets, parts.sink, *this, parts.chaff, net::Family::kIpv4}, now) {}
  void receive(std::span<std::byte> datagram, TimePoint now) override {
    net::Address from;
    from.port = 1;
    (void)transport_.receive(datagram, from, net::Ecn::kNotCongested, now);
  }
  void tick(TimePoint now) override { transport_.tick(now); }
  [[nodiscard]] TimePoint next(TimePoint now) const override { return transport_.next_timer(now); }
  void show(const Screen& screen, TimePoint now) override {
    live_ = screen;
    ++version_;
    transport_.on_dirty(now);
  }
  std::pair<std::size_t, std::uint64_t> take_keys() override {
    std::pair<std::size_t, std::uint64_t> taken;
    (void)transport_.input().take_resize();
    while (const auto piece = transport_.input().next(8192, CursorKeyMode::kNormal)) {
      taken = {taken.first + piece->bytes.size(), piece->state.value()};
    }
    return taken;
  }

 private:
  void request_frame(const FrameRequest& request, TimePoint now) override {
    const Screen& assumed = snapshots_.at(request.assumed.value());
    const Screen& acknowledged = snapshots_.at(request.acknowledged.value());
    const bool rebase = prefer_acknowledged_base(live_.diff_from(acknowledged).size(), live_.diff_from(assumed).size());
    const Screen& base = rebase ? acknowledged : assumed;
    const std::string bytes = live_.host_bytes_from(base);
    const FrameAnswer frame{.base = rebase ? request.acknowledged : request.assumed,
                            .snapshot = request.snapshot,
                            .version = ContentVersion(version_),
                            .echo_ack = StateNumber(live_.echo_ack),
                            .echo_ack_changed = live_.echo_ack != base.echo_ack,
                            .size = {},
                            .bytes = bytes_of(bytes)};
    snapshots_.emplace(request.snapshot.value(), live_);
    if (transport_.on_frame(frame, now) != FrameVerdict::kAccepted) __builtin_trap();
  }
  void forget(SnapshotId oldest_kept) override {
    snapshots_.erase(snapshots_.upper_bound(0), snapshots_.lower_bound(oldest_kept.value()));
  }

  Screen live_;
  std::uint64_t version_ = 0;
  std::map<std::uint64_t, Screen> snapshots_;
  ServerTransport transport_;
};

class StockServer final : public Server {
 public:
  StockServer(const EndParts& parts, const Screen& initial, TimePoint now)
      : end_({.packets = parts.packets,
              .chaff = parts.chaff,
              .datagram_bytes = net::max_datagram_bytes(net::Family::kIpv4),
              .mindelay_ms = 8,
              .has_remote = false,
              .emit = [&parts](std::span<const std::byte> datagram) { (void)parts.sink.send({}, datagram); }},
             initial, {}, now) {}
  void receive(std::span<std::byte> datagram, TimePoint now) override { end_.receive(datagram, now); }
  void tick(TimePoint now) override { end_.tick(now); }
  [[nodiscard]] TimePoint next(TimePoint now) const override { return end_.next(now); }
  void show(const Screen& screen, TimePoint) override { end_.current = screen; }
  std::pair<std::size_t, std::uint64_t> take_keys() override {
    const auto& events = end_.seen().events;
    std::size_t keys = 0;
    for (; taken_ < events.size(); ++taken_) keys += events[taken_] < 256 ? 1 : 0;
    return {keys, end_.seen_state()};
  }

 private:
  StockEnd<Screen, StockUserStream> end_;
  std::size_t taken_ = 0;
};

class OurClient final : public Client {
 public:
  OurClient(const EndParts& parts, const Screen& initial, TimePoint now)
      : screens_(initial), transport_({parts.packets, parts.sink, screens_, parts.chaff}, {}, now) {
    transport_.resize({80, 24}, now);
  }
  void press(TimePoint now) override { transport_.type(bytes_of(std::string_view("k")), now); }
  void receive(std::span<std::byte> datagram, TimePoint now) override {
    (void)transport_.receive(datagram, net::Ecn::kNotCongested, now);
  }
  void tick(TimePoint now) override { transport_.tick(now); }
  [[nodiscard]] TimePoint next(TimePoint now) const override { return transport_.next_timer(now); }
  [[nodiscard]] std::uint64_t writes_seen() const override { return screens_.newest().writes; }

 private:
  HeldScreens<Screen> screens_;
  ClientTransport transport_;
};

class StockClientEnd final : public Client {
 public:
  StockClientEnd(const EndParts& parts, const Screen& initial, TimePoint now)
      : end_({.packets = parts.packets,
              .chaff = parts.chaff,
              .datagram_bytes = net::max_datagram_bytes(net::Family::kIpv4),
              .mindelay_ms = 1,
              .has_remote = true,
              .emit = [&parts](std::span<const std::byte> datagram) { (void)parts.sink.send({}, datagram); }},
             {}, initial, now) {
    end_.current.resize(80, 24);
  }
  void press(TimePoint) override { end_.current.type("k"); }
  void receive(std::span<std::byte> datagram, TimePoint now) override { end_.receive(datagram, now); }
  void tick(TimePoint now) override { end_.tick(now); }
  [[nodiscard]] TimePoint next(TimePoint now) const override { return end_.next(now); }
  [[nodiscard]] std::uint64_t writes_seen() const override { return end_.seen().writes; }

 private:
  StockEnd<StockUserStream, Screen> end_;
};

// ---- session ----

class EchoSession {
 public:
  EchoSession(const EchoSettings& settings, const std::vector<ScreenEvent>& events)
      : settings_(settings), path_(settings) {
    // Who connects sees a prompt before typing anything.
    const Duration lead = 4 * from_ms(settings.rtt_ms) + std::chrono::seconds(2);
    events_.push_back({0, false, kPrompt});
    happens_.push_back(kStart + from_ms(settings.rtt_ms));
    for (const ScreenEvent& event : events) {
      events_.push_back(event);
      happens_.push_back(kStart + lead + from_ms(event.at_ms));
    }
    write_of_event_.resize(events_.size());
    const Screen initial{.bytes_before = &bytes_before_};
    if (settings.server == Rules::kOurs) {
      server_ = std::make_unique<OurServer>(server_parts_, initial, now_);
    } else {
      server_ = std::make_unique<StockServer>(server_parts_, initial, now_);
    }
    if (settings.client == Rules::kOurs) {
      client_ = std::make_unique<OurClient>(client_parts_, initial, now_);
    } else {
      client_ = std::make_unique<StockClientEnd>(client_parts_, initial, now_);
    }
    live_ = initial;
    client_->tick(now_);
  }

  EchoResult run() {
    result_.delays_ms.resize(events_.size());
    const TimePoint end = happens_.back() + kLongestWait;
    while (seen_ < events_.size() && now_ < end) {
      const TimePoint next = std::min({path_.next(), next_event(), next_write(), next_echo_ack(), server_->next(now_),
                                       client_->next(now_)});
      now_ = std::clamp(next, now_, end);
      step();
    }
    for (std::size_t i = 0; i < events_.size(); ++i) {
      if (!arrived(i)) result_.delays_ms[i] = static_cast<double>(kLongestWait.count()) / 1000;
    }
    result_.delays_ms.erase(result_.delays_ms.begin());
    result_.to_server = path_.traffic(End::kServer);
    result_.to_client = path_.traffic(End::kClient);
    result_.seconds = static_cast<double>((now_ - kStart).count()) / 1e6;
    return result_;
  }

 private:
  struct Write {
    TimePoint at;
    std::size_t event;
  };
  [[nodiscard]] TimePoint next_event() const { return next_event_ < events_.size() ? happens_[next_event_] : kNever; }
  [[nodiscard]] TimePoint next_write() const { return writes_.empty() ? kNever : writes_.front().at; }
  [[nodiscard]] TimePoint next_echo_ack() const { return echo_acks_.empty() ? kNever : echo_acks_.front().second; }
  [[nodiscard]] bool arrived(std::size_t event) const {
    return write_of_event_[event] != 0 && write_of_event_[event] <= writes_seen_;
  }

  void step() {
    for (; next_event() <= now_; ++next_event_) {
      if (events_[next_event_].key) {
        pressed_.push_back(next_event_);
        client_->press(now_);
      } else {
        write(next_event_);
      }
    }
    while (auto datagram = path_.take(now_)) {
      if (datagram->to == End::kServer) {
        server_->receive(datagram->bytes, now_);
        on_server_heard();
      } else {
        client_->receive(datagram->bytes, now_);
        on_client_heard();
      }
    }
    for (; next_write() <= now_; writes_.pop_front()) write(writes_.front().event);
    for (; next_echo_ack() <= now_; echo_acks_.pop_front()) {
      live_.echo_ack = echo_acks_.front().first;
      server_->show(live_, now_);
    }
    server_->tick(now_);
    client_->tick(now_);
  }

  void on_server_heard() {
    const auto [keys, state] = server_->take_keys();
    for (std::size_t i = 0; i < keys; ++i) writes_.push_back({now_ + kProgram, pressed_[keys_read_++]});
    if (keys > 0) echo_acks_.emplace_back(state, now_ + kEchoAck);
  }

  void write(std::size_t event) {
    bytes_before_.push_back(bytes_before_.back() + events_[event].bytes);
    write_of_event_[event] = ++live_.writes;
    event_of_write_.push_back(event);
    server_->show(live_, now_);
  }

  void on_client_heard() {
    for (; writes_seen_ < client_->writes_seen(); ++writes_seen_, ++seen_) {
      const std::size_t event = event_of_write_[writes_seen_];
      const bool key = events_[event].key;
      const double taken = static_cast<double>((now_ - happens_[event]).count()) / 1000;
      const double own = key ? settings_.rtt_ms + 1 : settings_.rtt_ms / 2;
      result_.delays_ms[event] = taken - own;
    }
  }

  static constexpr TimePoint kStart{std::chrono::hours(1)};
  EchoSettings settings_;
  std::vector<ScreenEvent> events_;           ///< the prompt, and those that are asked about
  std::vector<TimePoint> happens_;
  TimePoint now_ = kStart;
  Path path_;
  PathSink server_sink_{path_, End::kClient, now_};
  PathSink client_sink_{path_, End::kServer, now_};
  net::PacketLayer server_packets_{test_key(), crypto::Direction::kToClient};
  net::PacketLayer client_packets_{test_key(), crypto::Direction::kToServer};
  ChaffSource server_chaff_{seed_bytes(settings_.seed)};
  ChaffSource client_chaff_{seed_bytes(settings_.seed + 1)};
  EndParts server_parts_{server_packets_, server_sink_, server_chaff_};
  EndParts client_parts_{client_packets_, client_sink_, client_chaff_};
  std::vector<std::size_t> bytes_before_{0};
  Screen live_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<Client> client_;
  std::deque<Write> writes_;
  std::deque<std::pair<std::uint64_t, TimePoint>> echo_acks_;
  std::vector<std::size_t> pressed_;          ///< events of the keys, in their order
  std::size_t keys_read_ = 0;
  std::vector<std::uint64_t> write_of_event_; ///< 0: not yet
  std::vector<std::size_t> event_of_write_;
  std::size_t next_event_ = 0;
  std::uint64_t writes_seen_ = 0;
  std::size_t seen_ = 0;
  EchoResult result_;
};

}  // namespace

EchoResult run_echo_session(const EchoSettings& settings, const std::vector<ScreenEvent>& events) {
  return EchoSession(settings, events).run();
}

}  // namespace sallyport::sync::sim
