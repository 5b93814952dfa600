// A session against its age, for bench/growth/run: age HOURS. Both ends' transports and the terminal compartment's
// frames in one process, in virtual time: keys and their echoes, lines, screens full of colour, new sizes, pauses, a
// path that delays and loses. Prints one line of JSON for each of a growing row of ages: bytes that are allocated then,
// and what was done until then.
#include <malloc.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "crypto/session_key.h"
#include "net/packet.h"
#include "sync/client_transport.h"
#include "sync/transport.h"
#include "terminal/frame_source.h"

namespace sallyport::bench {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration kOneWay = milliseconds(20);
constexpr std::uint32_t kLossPercent = 2;
constexpr std::size_t kInputPieceBytes = 8192;
constexpr WindowSize kWindow{.columns = 80, .rows = 24};
constexpr WindowSize kLargeWindow{.columns = 200, .rows = 60};
constexpr std::uint64_t kKeysPerPause = 3000;
constexpr std::uint64_t kKeysInLargeWindow = 200;
const net::Address kServer{net::Family::kIpv4, {10, 0, 0, 1}, 60001};
const net::Address kClient{net::Family::kIpv4, {10, 0, 0, 2}, 40000};

crypto::SessionKey key() {
  std::array<std::byte, crypto::kKeyBytes> bytes{std::byte{7}};
  return crypto::SessionKey::from_random(bytes);
}

/// The same in every run.
class Random {
 public:
  std::uint32_t below(std::uint32_t bound) {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::uint32_t>((state_ >> 33U) % bound);
  }

 private:
  std::uint64_t state_ = 1;
};

/// One direction of the path: delays, and loses some.
class Path final : public sync::DatagramSink {
 public:
  Path(Random& random, const TimePoint& now) : random_(random), now_(now) {}
  net::SendOutcome send(const net::Address&, std::span<const std::byte> datagram) override {
    ++sent;
    if (random_.below(100) >= kLossPercent)
      under_way_.emplace_back(now_ + kOneWay, std::vector(datagram.begin(), datagram.end()));
    return net::SendOutcome::kSent;
  }
  [[nodiscard]] TimePoint next() const { return under_way_.empty() ? kNever : under_way_.front().first; }
  std::vector<std::byte> take() {
    auto datagram = std::move(under_way_.front().second);
    under_way_.pop_front();
    return datagram;
  }
  std::uint64_t sent = 0;

 private:
  Random& random_;
  const TimePoint& now_;
  std::deque<std::pair<TimePoint, std::vector<std::byte>>> under_way_;
};

/// The terminal compartment.
class Screens final : public sync::StateProvider {
 public:
  explicit Screens(terminal::FrameSource& source) : source_(source) {}
  void attach(sync::ServerTransport& transport) { transport_ = &transport; }
  void request_frame(const sync::FrameRequest& request, TimePoint now) override {
    const auto frame = source_.take_frame(request.assumed, request.acknowledged, request.snapshot, now);
    if (!frame) std::abort();
    ++frames;
    dirty_told = false;
    const auto verdict =
        transport_->on_frame({frame->base, frame->snapshot, frame->version, frame->echo_ack, frame->echo_ack_changed,
                              frame->size, frame->size_changed, frame->host_bytes},
                             now);
    if (verdict != sync::FrameVerdict::kAccepted) std::abort();
  }
  void forget(SnapshotId oldest_kept) override { source_.forget(oldest_kept); }
  std::uint64_t frames = 0;
  bool dirty_told = false;  ///< and no frame asked for since

 private:
  terminal::FrameSource& source_;
  sync::ServerTransport* transport_ = nullptr;
};

/// A client that keeps no screen.
class NoScreens final : public sync::ScreenStates {
 public:
  bool accept(const sync::ReceivedState&) override { return true; }
};

class Session {
 public:
  Session()
      : server_({server_packets_, to_client_, screens_, server_chaff_, net::Family::kIpv4}, now_),
        client_({client_packets_, to_server_, no_screens_, client_chaff_}, kServer, now_) {
    screens_.attach(server_);
    client_.resize(kWindow, now_);
  }

  void run_until(TimePoint end) {
    while (now_ < end) {
      settle();
      const TimePoint next =
          std::min({to_server_.next(), to_client_.next(), server_.next_timer(now_), client_.next_timer(now_),
                    screens_.dirty_told ? kNever : source_.next_timer(), next_event_});
      now_ = std::max(now_, std::min(next, end));
    }
  }

  void report(double age_hours) const {
    const auto memory = ::mallinfo2();
    std::printf("{\"hours\": %g, \"allocated_bytes\": %zu, \"keys\": %llu, \"frames\": %llu, \"datagrams\": %llu}\n",
                age_hours, memory.uordblks + memory.hblkhd, static_cast<unsigned long long>(keys_),
                static_cast<unsigned long long>(screens_.frames),
                static_cast<unsigned long long>(to_client_.sent + to_server_.sent));
    std::fflush(stdout);
  }
  [[nodiscard]] TimePoint start() const { return start_; }

 private:
  /// All that is due now.
  void settle() {
    while (to_server_.next() <= now_) {
      auto datagram = to_server_.take();
      (void)server_.receive(datagram, kClient, net::Ecn::kNotCongested, now_);
    }
    while (to_client_.next() <= now_) {
      auto datagram = to_client_.take();
      (void)client_.receive(datagram, net::Ecn::kNotCongested, now_);
    }
    if (next_event_ <= now_) person();
    if (const auto size = server_.input().take_resize()) source_.resize(size->size, now_);
    while (const auto piece = server_.input().next(kInputPieceBytes, sync::CursorKeyMode::kNormal)) program(*piece);
    while (source_.next_reply()) {
    }
    if (!screens_.dirty_told && source_.dirty(now_)) {
      screens_.dirty_told = true;
      server_.on_dirty(now_);
    }
    server_.tick(now_);
    client_.tick(now_);
  }

  /// A key; in each hour a pause of ten minutes, and a larger window for some time.
  void person() {
    ++keys_;
    const std::string typed(1, keys_ % 40 == 0 ? '\r' : static_cast<char>('a' + random_.below(26)));
    client_.type(bytes_of(typed), now_);
    next_event_ = now_ + milliseconds(200 + random_.below(1600));
    if (keys_ % kKeysPerPause == 0) {
      next_event_ = now_ + minutes(10);
      client_.resize(kLargeWindow, now_);
    }
    if (keys_ % kKeysPerPause == kKeysInLargeWindow) client_.resize(kWindow, now_);
  }

  /// Echoes; a return brings a line, and some of them a screen full of colour and a title.
  void program(const sync::InputPiece& piece) {
    std::string output(text_of(piece.bytes));
    if (output.find('\r') != std::string::npos) {
      output += "\nline " + std::to_string(random_.below(1000000)) + "\r\n";
      if (random_.below(10) == 0) output += screen();
    }
    if (!output.empty()) source_.host_output(bytes_of(output), now_);
    if (piece.last) source_.input_written(piece.state, now_);
  }

  std::string screen() {
    std::string text = "\x1b]0;title " + std::to_string(random_.below(1000000)) + "\a\x1b[2J\x1b[H";
    for (int row = 0; row < 24; ++row) {
      for (int i = 0; i < 12; ++i) {
        text += "\x1b[38;2;" + std::to_string(random_.below(256)) + ";9;9m\xC3\xA4\xE4\xB8\x96word";
      }
      text += "\r\n";
    }
    return text + "\x1b[0m";
  }

  const TimePoint start_{hours(1)};
  TimePoint now_ = start_;
  Random random_;
  Path to_server_{random_, now_};
  Path to_client_{random_, now_};
  terminal::FrameSource source_;
  Screens screens_{source_};
  NoScreens no_screens_;
  net::PacketLayer server_packets_{key(), crypto::Direction::kToClient};
  net::PacketLayer client_packets_{key(), crypto::Direction::kToServer};
  std::array<std::byte, 32> server_seed_{std::byte{1}};
  std::array<std::byte, 32> client_seed_{std::byte{2}};
  sync::ChaffSource server_chaff_{server_seed_};
  sync::ChaffSource client_chaff_{client_seed_};
  sync::ServerTransport server_;
  sync::ClientTransport client_;
  TimePoint next_event_ = start_ + seconds(1);
  std::uint64_t keys_ = 0;
};

}  // namespace
}  // namespace sallyport::bench

int main(int argc, char** argv) {
  using namespace sallyport;
  const double most_hours = argc == 2 ? std::atof(argv[1]) : 0;
  if (most_hours <= 0) {
    std::fprintf(stderr, "usage: age HOURS\n");
    return 2;
  }
  bench::Session session;
  for (double age = 0.1; age <= most_hours * 1.001; age *= 2.15443469) {  // three to a decade
    session.run_until(session.start() +
                      std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::ratio<3600>>(age)));
    session.report(age);
  }
}
