// A deterministic simulator of a session: both ends, the monitor and the terminal behind the server, and a network
// that loses, delays, reorders, duplicates and forgets addresses. The clock is virtual and every decision comes from
// one seed, which a failing test prints.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "crypto/session_key.h"
#include "net/packet.h"
#include "sync/client_transport.h"
#include "sync/transport.h"
#include "tests/sync/sim_screen.h"

namespace sallyport::sync::sim {

/// SplitMix64: small, and the same everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  /// 0 .. bound-1
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  bool chance(double probability) { return static_cast<double>(next() >> 11U) * 0x1.0p-53 < probability; }
  Duration between(Duration low, Duration high) {
    return low + Duration(static_cast<std::int64_t>(below(static_cast<std::uint64_t>((high - low).count()) + 1)));
  }

 private:
  std::uint64_t state_;
};

/// The one key of all simulated sessions, and what their padding is made from.
[[nodiscard]] crypto::SessionKey test_key();
[[nodiscard]] std::array<std::byte, 32> seed_bytes(std::uint64_t seed);

/// A thin link that several sessions send over, first come, first served.
struct Bottleneck {
  TimePoint busy_until;
};

/// One direction of the path.
struct LinkModel {
  Duration delay = std::chrono::milliseconds(20);
  Duration jitter{};            ///< up to so much more, drawn per datagram: reorders
  double loss = 0;
  double duplication = 0;
  double bytes_per_second = 0;  ///< of a bottleneck with an endless queue; 0: none
  Bottleneck* shared = nullptr; ///< whose queue it is; none: this session's own
  std::size_t largest = SIZE_MAX;  ///< longer datagrams are lost, and nobody is told
};

enum class End : std::uint8_t { kServer, kClient };

/// Datagrams under way.
class Network {
 public:
  Network(Random& random, LinkModel to_server, LinkModel to_client) : random_(random), links_{to_server, to_client} {}
  struct Datagram {
    TimePoint at;
    std::uint64_t order;
    End to;
    net::Address from;
    net::Address destination;
    std::vector<std::byte> bytes;
  };
  void send(End to, const net::Address& from, const net::Address& destination, std::span<const std::byte> bytes,
            TimePoint now);
  /// Sees every datagram before the link does, as somebody on the path would. False: it goes no further.
  std::function<bool(const Datagram&)> on_path;
  /// Puts a datagram on its way, to arrive at `at` whatever the link is like.
  void inject(Datagram datagram) {
    datagram.order = order_++;
    under_way_.push(std::move(datagram));
  }
  [[nodiscard]] TimePoint next() const { return under_way_.empty() ? kNever : under_way_.top().at; }
  [[nodiscard]] std::optional<Datagram> take(TimePoint now);
  LinkModel& link(End to) { return links_[to == End::kServer ? 0 : 1]; }
  /// Longest time that a datagram waited behind others at the bottleneck to the client, since the last call.
  [[nodiscard]] Duration take_longest_queue() { return std::exchange(longest_queue_, Duration(0)); }
  [[nodiscard]] std::uint64_t sent(End to) const { return sent_[to == End::kServer ? 0 : 1]; }
  [[nodiscard]] std::uint64_t sent_bytes(End to) const { return sent_bytes_[to == End::kServer ? 0 : 1]; }

 private:
  struct Later {
    bool operator()(const Datagram& a, const Datagram& b) const {
      return a.at != b.at ? a.at > b.at : a.order > b.order;
    }
  };
  Random& random_;
  LinkModel links_[2];
  TimePoint busy_until_[2] = {};
  Duration longest_queue_{};
  std::uint64_t sent_[2] = {};
  std::uint64_t sent_bytes_[2] = {};
  std::uint64_t order_ = 0;
  std::priority_queue<Datagram, std::vector<Datagram>, Later> under_way_;
};

/// The terminal compartment: a live screen and its snapshots. Answers after a latency, inside the call if that is
/// zero.
class SimTerminal final : public StateProvider {
 public:
  SimTerminal(Random& random, Duration latency) : random_(random), latency_(latency) { snapshots_[0] = live_; }
  void attach(ServerTransport& transport) { transport_ = &transport; }

  void print(const std::string& more, TimePoint now);
  void replace(std::string text, TimePoint now);
  void resize(WindowSize size, TimePoint now);
  void set_echo_ack(std::uint64_t newest, TimePoint now);
  /// A change that no diff shows: the version grows alone.
  void invisible_change(TimePoint now) { changed(now); }
  /// A hung terminal answers nothing until it is told otherwise.
  void set_hung(bool hung) { hung_ = hung; }

  void request_frame(const FrameRequest& request, TimePoint now) override;
  void forget(SnapshotId oldest_kept) override;
  [[nodiscard]] TimePoint next() const { return request_ && !hung_ ? answer_at_ : kNever; }
  void run(TimePoint now);

  [[nodiscard]] const SimScreen& live() const { return live_; }
  [[nodiscard]] std::uint64_t frames() const { return frames_; }
  [[nodiscard]] std::size_t kept() const { return snapshots_.size(); }
  /// Requests named a snapshot that was forgotten, or answers did not fit: a fault of the sender.
  [[nodiscard]] int mismatches() const { return mismatches_; }
  /// Called with each frame's time.
  std::function<void(TimePoint)> on_frame_taken;

 private:
  void changed(TimePoint now);
  void answer(TimePoint now);

  Random& random_;
  Duration latency_;
  ServerTransport* transport_ = nullptr;
  SimScreen live_;
  std::uint64_t version_ = 0;
  std::map<std::uint64_t, SimScreen> snapshots_;
  std::optional<FrameRequest> request_;
  TimePoint answer_at_ = kNever;
  bool dirty_told_ = false;
  bool hung_ = false;
  std::uint64_t frames_ = 0;
  int mismatches_ = 0;
};

/// The monitor and the program: reads input within the credit and echoes it; echo acks 50 ms later.
class SimMonitor {
 public:
  SimMonitor(Random& random, SimTerminal& terminal) : random_(random), terminal_(terminal) {}
  void take_from(ServerTransport& transport, TimePoint now);
  /// A program that does not read keeps its input in the PTY, and so the credit.
  void set_reading(bool reading) { reading_ = reading; }
  [[nodiscard]] TimePoint next() const;
  void run(TimePoint now);

  [[nodiscard]] const std::string& typed() const { return typed_; }
  [[nodiscard]] std::uint64_t newest_state() const { return newest_state_; }
  bool echo = true;

 private:
  void written(std::uint64_t state, TimePoint now);

  Random& random_;
  SimTerminal& terminal_;
  bool reading_ = true;
  std::size_t credit_ = 65536;
  std::deque<InputPiece> pieces_;
  TimePoint reads_at_ = kNever;
  std::string typed_;
  std::uint64_t newest_state_ = 0;
  std::deque<std::pair<std::uint64_t, TimePoint>> echo_acks_;
};

/// What the client end has to offer to the simulator: ours, or a scripted stock one (stock_peer.h).
class ClientEnd {
 public:
  ClientEnd() = default;
  ClientEnd(const ClientEnd&) = delete;
  ClientEnd& operator=(const ClientEnd&) = delete;
  virtual ~ClientEnd() = default;
  virtual void type(const std::string& typed, TimePoint now) = 0;
  virtual void resize(WindowSize size, TimePoint now) = 0;
  virtual void receive(std::span<std::byte> datagram, TimePoint now) = 0;
  virtual void start_shutdown(TimePoint now) = 0;
  virtual void tick(TimePoint now) = 0;
  [[nodiscard]] virtual TimePoint next(TimePoint now) const = 0;
  [[nodiscard]] virtual bool ended(TimePoint now) const = 0;
  [[nodiscard]] virtual const SimScreen& screen() const = 0;
  [[nodiscard]] virtual std::uint64_t screen_state() const = 0;
  /// What it was handed that no correct transport hands on.
  [[nodiscard]] virtual int faults() const { return 0; }
};

struct Settings {
  std::uint64_t seed = 1;
  LinkModel to_server;
  LinkModel to_client;
  Duration terminal_latency{};
  bool stock_client = false;
  PacingRule pacing;
};

/// One whole session.
class Session final {
 public:
  explicit Session(const Settings& settings);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Runs until the virtual time is `until`.
  void run_until(TimePoint until);
  void run_for(Duration duration) { run_until(now_ + duration); }
  /// Calls `script` at `at`.
  void at(TimePoint at, std::function<void()> script) { script_.emplace(at, std::move(script)); }

  void type(const std::string& typed);
  void resize(WindowSize size);
  /// The client is somewhere else from now on; what was sent to its old address is lost.
  void roam();
  [[nodiscard]] const net::Address& client_address() const { return client_address_; }
  /// The path works again, or not at all, in both directions.
  void set_loss(double loss);

  [[nodiscard]] TimePoint now() const { return now_; }
  [[nodiscard]] bool converged() const;
  /// Empty if nothing has gone wrong that may never go wrong; else what.
  [[nodiscard]] std::string faults() const;

  Random random;
  Network network;
  SimTerminal terminal;
  SimMonitor monitor;
  net::PacketLayer server_packets;
  net::PacketLayer client_packets;
  std::unique_ptr<ServerTransport> server;
  std::unique_ptr<ClientEnd> client;
  std::string typed;            ///< all that was typed so far
  Faults seen;
  std::uint64_t steps = 0;

 private:
  class ServerSink;
  class ClientSink;
  void step();
  void deliver(Network::Datagram datagram);
  void observe_client();

  TimePoint now_;
  net::Address client_address_;
  net::Address server_address_;
  std::unique_ptr<ChaffSource> server_chaff_;
  std::unique_ptr<ChaffSource> client_chaff_;
  std::unique_ptr<ServerSink> server_sink_;
  std::unique_ptr<ClientSink> client_sink_;
  std::multimap<TimePoint, std::function<void()>> script_;
  std::uint64_t shown_state_ = 0;
  std::uint64_t shown_version_ = 0;
  std::uint64_t shown_echo_ack_ = 0;
  TimePoint on_trial_;          ///< when the client's address was a candidate for the last time
  bool stuck_ = false;
};

}  // namespace sallyport::sync::sim
