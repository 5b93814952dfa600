#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/bytes.h"
#include "tests/sync/held_screens.h"
#include "tests/sync/simulator.h"
#include "tests/sync/stock_peer.h"

namespace sallyport::sync::sim {

crypto::SessionKey test_key() {
  auto key = crypto::SessionKey::parse("AAECAwQFBgcICQoLDA0ODw");
  if (!key) __builtin_trap();
  return std::move(*key);
}

std::array<std::byte, 32> seed_bytes(std::uint64_t seed) {
  std::array<std::byte, 32> bytes{};
  Random random(seed);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.next());
  return bytes;
}

namespace {

net::Address address(std::uint8_t host, std::uint16_t port) {
  net::Address made;
  made.bytes = {10, 0, 0, host};
  made.port = port;
  return made;
}

// Our client end, with the checks that a stock client would answer by an abort.
class OurClient final : public ClientEnd {
 public:
  OurClient(net::PacketLayer& packets, DatagramSink& sink, ChaffSource& chaff, const net::Address& server,
            SimScreen initial, TimePoint now)
      : screens_(std::move(initial)), transport_({packets, sink, screens_, chaff}, server, now) {}
  void type(const std::string& typed, TimePoint now) override { transport_.type(bytes_of(typed), now); }
  void resize(WindowSize size, TimePoint now) override { transport_.resize(size, now); }
  void receive(std::span<std::byte> datagram, TimePoint now) override {
    (void)transport_.receive(datagram, net::Ecn::kNotCongested, now);
  }
  void start_shutdown(TimePoint now) override { transport_.start_shutdown(now); }
  void tick(TimePoint now) override { transport_.tick(now); }
  [[nodiscard]] TimePoint next(TimePoint now) const override { return transport_.next_timer(now); }
  [[nodiscard]] bool ended(TimePoint now) const override { return transport_.ending(now) != Ending::kNotYet; }
  [[nodiscard]] const SimScreen& screen() const override { return screens_.newest(); }
  [[nodiscard]] int faults() const override { return screens_.wrong_numbers(); }
  [[nodiscard]] std::uint64_t screen_state() const override { return transport_.screen_state().value(); }

 private:
  HeldScreens<SimScreen> screens_;
  ClientTransport transport_;
};

}  // namespace

std::uint64_t Random::next() {
  state_ += 0x9E3779B97F4A7C15U;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31U);
}

// ---- network ----

void Network::send(End to, const net::Address& from, const net::Address& destination, std::span<const std::byte> bytes,
                   TimePoint now) {
  const std::size_t side = to == End::kServer ? 0 : 1;
  const LinkModel& model = links_[side];
  ++sent_[side];
  sent_bytes_[side] += bytes.size();
  if (on_path && !on_path({now, 0, to, from, destination, {bytes.begin(), bytes.end()}})) return;
  TimePoint leaves = now;
  if (model.bytes_per_second > 0) {
    TimePoint& busy_until = model.shared != nullptr ? model.shared->busy_until : busy_until_[side];
    if (to == End::kClient) longest_queue_ = std::max(longest_queue_, busy_until - now);
    const double microseconds = static_cast<double>(bytes.size()) * 1e6 / model.bytes_per_second;
    const auto carried = Duration(static_cast<std::int64_t>(microseconds));
    busy_until = std::max(busy_until, now) + carried;
    leaves = busy_until;
  }
  if (random_.chance(model.loss) || bytes.size() > model.largest) return;
  const int copies = random_.chance(model.duplication) ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    under_way_.push({leaves + model.delay + random_.between(Duration(0), model.jitter), order_++, to, from, destination,
                     {bytes.begin(), bytes.end()}});
  }
}

std::optional<Network::Datagram> Network::take(TimePoint now) {
  if (next() > now) return std::nullopt;
  Datagram datagram = under_way_.top();
  under_way_.pop();
  return datagram;
}

// ---- terminal ----

void SimTerminal::changed(TimePoint now) {
  ++version_;
  if (!dirty_told_ && transport_ != nullptr) {
    dirty_told_ = true;
    transport_->on_dirty(now);
  }
}

void SimTerminal::print(const std::string& more, TimePoint now) {
  constexpr std::size_t kKept = 400;
  std::string text = live_.text + more;
  if (text.size() > kKept) text.erase(0, text.size() - kKept);
  replace(std::move(text), now);
}

void SimTerminal::replace(std::string text, TimePoint now) {
  live_.text = std::move(text);
  ++live_.version;
  changed(now);
}

void SimTerminal::resize(WindowSize size, TimePoint now) {
  if (size == live_.size) return;
  live_.size = size;
  ++live_.version;
  changed(now);
}

void SimTerminal::set_echo_ack(std::uint64_t newest, TimePoint now) {
  if (newest == live_.echo_ack) return;
  live_.echo_ack = newest;
  changed(now);
}

void SimTerminal::request_frame(const FrameRequest& request, TimePoint now) {
  if (request_ || request.acknowledged > request.assumed || request.assumed >= request.snapshot) ++mismatches_;
  request_ = request;
  answer_at_ = now + random_.between(Duration(0), latency_);
  if (latency_ == Duration(0) && !hung_) answer(now);
}

void SimTerminal::run(TimePoint now) {
  if (now >= next()) answer(now);
}

void SimTerminal::answer(TimePoint now) {
  const FrameRequest request = *std::exchange(request_, std::nullopt);
  dirty_told_ = false;
  const auto assumed = snapshots_.find(request.assumed.value());
  const auto acknowledged = snapshots_.find(request.acknowledged.value());
  if (assumed == snapshots_.end() || acknowledged == snapshots_.end()) {
    ++mismatches_;
    return;
  }
  ++frames_;
  if (on_frame_taken) on_frame_taken(now);
  const bool rebase = prefer_acknowledged_base(live_.diff_from(acknowledged->second).size(),
                                               live_.diff_from(assumed->second).size());
  const SimScreen& base = rebase ? acknowledged->second : assumed->second;
  const std::string bytes = live_.host_bytes_from(base);
  const FrameAnswer frame{.base = rebase ? request.acknowledged : request.assumed,
                          .snapshot = request.snapshot,
                          .version = ContentVersion(version_),
                          .echo_ack = StateNumber(live_.echo_ack),
                          .echo_ack_changed = live_.echo_ack != base.echo_ack,
                          .size = live_.size,
                          .size_changed = live_.size != base.size,
                          .bytes = bytes_of(bytes)};
  snapshots_[request.snapshot.value()] = live_;
  if (transport_->on_frame(frame, now) != FrameVerdict::kAccepted) ++mismatches_;
}

void SimTerminal::forget(SnapshotId oldest_kept) {
  std::erase_if(snapshots_, [&](const auto& entry) { return entry.first != 0 && entry.first < oldest_kept.value(); });
}

// ---- monitor and program ----

void SimMonitor::take_from(ServerTransport& transport, TimePoint now) {
  if (const auto resize = transport.input().take_resize()) terminal_.resize(resize->size, now);
  while (auto piece = transport.input().next(std::min<std::size_t>(credit_, 8192), CursorKeyMode::kNormal)) {
    credit_ -= piece->bytes.size();
    pieces_.push_back(std::move(*piece));
    if (reads_at_ == kNever) reads_at_ = now + random_.between(Duration(0), Duration(2000));
  }
}

TimePoint SimMonitor::next() const {
  const TimePoint reads = reading_ && !pieces_.empty() ? reads_at_ : kNever;
  return echo_acks_.empty() ? reads : std::min(reads, echo_acks_.front().second);
}

void SimMonitor::run(TimePoint now) {
  if (reading_ && !pieces_.empty() && now >= reads_at_) {
    const InputPiece piece = std::move(pieces_.front());
    pieces_.pop_front();
    credit_ += piece.bytes.size();
    const std::string text(text_of(piece.bytes));
    typed_ += text;
    if (echo && !text.empty()) terminal_.print(text, now);
    if (piece.last) written(piece.state.value(), now);
    reads_at_ = pieces_.empty() ? kNever : now + random_.between(Duration(0), Duration(2000));
  }
  while (!echo_acks_.empty() && now >= echo_acks_.front().second) {
    terminal_.set_echo_ack(echo_acks_.front().first, now);
    echo_acks_.pop_front();
  }
}

void SimMonitor::written(std::uint64_t state, TimePoint now) {
  newest_state_ = state;
  echo_acks_.emplace_back(state, now + std::chrono::milliseconds(50));
}

// ---- session ----

class Session::ServerSink final : public DatagramSink {
 public:
  explicit ServerSink(Session& session) : session_(session) {}
  net::SendOutcome send(const net::Address& to, std::span<const std::byte> datagram) override {
    session_.network.send(End::kClient, session_.server_address_, to, datagram, session_.now_);
    return net::SendOutcome::kSent;
  }

 private:
  Session& session_;
};

class Session::ClientSink final : public DatagramSink {
 public:
  explicit ClientSink(Session& session) : session_(session) {}
  net::SendOutcome send(const net::Address& to, std::span<const std::byte> datagram) override {
    session_.network.send(End::kServer, session_.client_address_, to, datagram, session_.now_);
    return net::SendOutcome::kSent;
  }

 private:
  Session& session_;
};

Session::Session(const Settings& settings)
    : random(settings.seed),
      network(random, settings.to_server, settings.to_client),
      terminal(random, settings.terminal_latency),
      monitor(random, terminal),
      server_packets(test_key(), crypto::Direction::kToClient),
      client_packets(test_key(), crypto::Direction::kToServer),
      now_(std::chrono::hours(1)),
      client_address_(address(2, 40000)),
      server_address_(address(1, 60001)),
      server_chaff_(std::make_unique<ChaffSource>(std::span<const std::byte, 32>(seed_bytes(settings.seed)))),
      client_chaff_(std::make_unique<ChaffSource>(std::span<const std::byte, 32>(seed_bytes(settings.seed + 1)))),
      server_sink_(std::make_unique<ServerSink>(*this)),
      client_sink_(std::make_unique<ClientSink>(*this)) {
  server = std::make_unique<ServerTransport>(
      ServerTransport::Parts{server_packets, *server_sink_, terminal, *server_chaff_, net::Family::kIpv4}, now_,
      settings.pacing);
  terminal.attach(*server);
  SimScreen initial;
  initial.faults = &seen;
  if (settings.stock_client) {
    client = std::make_unique<StockClient>(client_packets, *client_sink_, *client_chaff_, server_address_, initial,
                                           now_);
  } else {
    client = std::make_unique<OurClient>(client_packets, *client_sink_, *client_chaff_, server_address_, initial, now_);
  }
  client->resize({80, 24}, now_);
  client->tick(now_);
}

Session::~Session() = default;

void Session::run_until(TimePoint until) {
  while (!stuck_) {
    TimePoint next = std::min({network.next(), terminal.next(), monitor.next()});
    if (server->ending(now_) == Ending::kNotYet) next = std::min(next, server->next_timer(now_));
    if (!client->ended(now_)) next = std::min(next, client->next(now_));
    if (!script_.empty()) next = std::min(next, script_.begin()->first);
    if (next > until) break;
    if (next > now_) {
      now_ = next;
      steps = 0;
    } else if (++steps > 10000) {
      stuck_ = true;
    }
    step();
  }
  now_ = std::max(now_, until);
}

void Session::step() {
  if (server->peer().candidate() == client_address_) on_trial_ = now_;
  while (!script_.empty() && script_.begin()->first <= now_) {
    const auto script = std::move(script_.begin()->second);
    script_.erase(script_.begin());
    script();
  }
  if (auto datagram = network.take(now_)) deliver(std::move(*datagram));
  monitor.take_from(*server, now_);
  monitor.run(now_);
  terminal.run(now_);
  if (server->ending(now_) == Ending::kNotYet) server->tick(now_);
  if (!client->ended(now_)) client->tick(now_);
}

void Session::deliver(Network::Datagram datagram) {
  if (datagram.to == End::kServer) {
    if (server->ending(now_) != Ending::kNotYet) return;
    (void)server->receive(datagram.bytes, datagram.from, net::Ecn::kNotCongested, now_);
  } else if (datagram.destination == client_address_ && !client->ended(now_)) {
    client->receive(datagram.bytes, now_);
    observe_client();
  }
}

void Session::observe_client() {
  if (client->screen_state() == shown_state_) return;
  shown_state_ = client->screen_state();
  // A client whose new address is on trial may be asked with a state that it has acknowledged (Sender::probe_acknowledged).
  const bool on_trial = now_ - on_trial_ < std::chrono::seconds(2);
  const bool back = client->screen().version < shown_version_ || client->screen().echo_ack < shown_echo_ack_;
  if (back && !on_trial) ++seen.screen_went_back;
  shown_version_ = client->screen().version;
  shown_echo_ack_ = client->screen().echo_ack;
}

void Session::type(const std::string& text) {
  typed += text;
  client->type(text, now_);
}

void Session::resize(WindowSize size) { client->resize(size, now_); }

void Session::roam() { client_address_ = address(static_cast<std::uint8_t>(3 + random.below(200)), 40001); }

void Session::set_loss(double loss) {
  network.link(End::kServer).loss = loss;
  network.link(End::kClient).loss = loss;
}

bool Session::converged() const {
  return monitor.typed() == typed && client->screen().shows_same(terminal.live());
}

std::string Session::faults() const {
  std::string text;
  if (stuck_) text += " busy loop;";
  if (seen.total() > 0) {
    text += " wrong base " + std::to_string(seen.wrong_base) + ", echo ack decreased " +
            std::to_string(seen.echo_ack_decreased) + ", undecodable " + std::to_string(seen.undecodable) +
            ", bad throwaway " + std::to_string(seen.bad_throwaway) + ", went back " +
            std::to_string(seen.screen_went_back) + ";";
  }
  if (terminal.mismatches() > 0) text += " mismatches with the terminal " + std::to_string(terminal.mismatches()) + ";";
  if (client->faults() > 0) text += " states that do not fit " + std::to_string(client->faults()) + ";";
  if (!typed.starts_with(monitor.typed())) text += " input damaged;";
  return text;
}

}  // namespace sallyport::sync::sim
