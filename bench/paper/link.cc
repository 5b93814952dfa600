// paper_link [--seed N] [--tun PATH]: a simulated path between two network namespaces, for bench/paper/run.
//
// Says "ready PID NEAR FAR": the namespaces are /proc/PID/fd/NEAR and .../FAR. Then takes lines on standard input until
// it ends:
//   set up|down DELAY_MS JITTER_MS LOSS BITS_PER_SECOND QUEUE_BYTES    (up: near to far)
//   counts                                                             answered by one line of JSON
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/sys/io.h"
#include "base/sys/process.h"
#include "bench/paper/link_model.h"
#include "bench/paper/tun_pair.h"

namespace sallyport::bench {
namespace {

constexpr std::size_t kMaxPacketBytes = 65536;
constexpr unsigned long kTimerSlackNs = 1000;

class Link {
 public:
  Link(TunPair ends, std::uint64_t seed) : ends_(std::move(ends)), up_(seed * 2), down_(seed * 2 + 1) {}

  /// Until standard input ends.
  void run() {
    for (;;) {
      std::array<pollfd, 3> entries = {pollfd{STDIN_FILENO, POLLIN, 0}, pollfd{near_tun().number(), POLLIN, 0},
                                       pollfd{far_tun().number(), POLLIN, 0}};
      const TimePoint due = std::min(up_.next_due(), down_.next_due());
      const auto timeout = due == kNever ? std::nullopt : std::optional<Duration>(due - clock_.now());
      if (!sys::ppoll(entries, timeout)) return;
      if (entries[1].revents != 0) receive(near_tun(), up_);
      if (entries[2].revents != 0) receive(far_tun(), down_);
      send_due(up_, far_tun());
      send_due(down_, near_tun());
      if (entries[0].revents != 0 && !take_commands()) return;
    }
  }

 private:
  [[nodiscard]] BorrowedFd near_tun() const { return ends_.near_end.tun; }
  [[nodiscard]] BorrowedFd far_tun() const { return ends_.far_end.tun; }

  void receive(BorrowedFd tun, LinkModel& direction) {
    // Not for ever: what is due must leave in time, however much comes.
    for (int i = 0; i < 64; ++i) {
      const auto size = sys::read(tun, buffer_);
      if (!size) return;
      direction.offer(clock_.now(),
                      LinkModel::Packet(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(*size)));
    }
  }

  void send_due(LinkModel& direction, BorrowedFd tun) {
    while (const auto packet = direction.take(clock_.now())) (void)sys::write(tun, *packet);
  }

  bool take_commands() {
    std::array<std::byte, 4096> piece{};
    const auto size = sys::read(BorrowedFd(STDIN_FILENO), piece);
    if (!size || *size == 0) return false;
    input_.append(reinterpret_cast<const char*>(piece.data()), *size);
    for (auto end = input_.find('\n'); end != std::string::npos; end = input_.find('\n')) {
      obey(input_.substr(0, end));
      input_.erase(0, end + 1);
    }
    return true;
  }

  void obey(const std::string& line) {
    std::array<char, 8> which{};
    double delay_ms = 0;
    double jitter_ms = 0;
    double loss = 0;
    unsigned long long bits = 0;
    unsigned long long queue = 0;
    if (line == "counts") {
      std::printf("{\"up\": %s, \"down\": %s}\n", counts(up_).c_str(), counts(down_).c_str());
    } else if (std::sscanf(line.c_str(), "set %7s %lf %lf %lf %llu %llu", which.data(), &delay_ms, &jitter_ms, &loss,
                           &bits, &queue) == 6) {
      (std::strcmp(which.data(), "up") == 0 ? up_ : down_)
          .set({.delay = Duration(static_cast<std::int64_t>(delay_ms * 1000)),
                .jitter = Duration(static_cast<std::int64_t>(jitter_ms * 1000)),
                .loss = loss,
                .bits_per_second = bits,
                .queue_bytes = queue});
    } else {
      std::fprintf(stderr, "paper_link: not understood: %s\n", line.c_str());
    }
    (void)std::fflush(stdout);
  }

  std::string counts(const LinkModel& direction) const {
    const PathCounts& c = direction.counts();
    std::array<char, 512> text{};
    const double mean =
        c.delivered == 0 ? 0 : static_cast<double>(c.late_total.count()) / static_cast<double>(c.delivered);
    const int size = std::snprintf(
        text.data(), text.size(),
        R"({"offered": %llu, "lost": %llu, "dropped": %llu, "delivered": %llu, "queued_ms": %.1f, "late_mean_us": %.0f, "late_most_us": %lld})",
        static_cast<unsigned long long>(c.offered), static_cast<unsigned long long>(c.lost),
        static_cast<unsigned long long>(c.dropped), static_cast<unsigned long long>(c.delivered),
        static_cast<double>(direction.queued(clock_.now()).count()) / 1000, mean,
        static_cast<long long>(c.late_most.count()));
    return {text.data(), static_cast<std::size_t>(size)};
  }

  SystemClock clock_;
  TunPair ends_;
  LinkModel up_;
  LinkModel down_;
  std::array<std::byte, kMaxPacketBytes> buffer_{};
  std::string input_;
};

int main_of(int argc, char** argv) {
  const char* tun_path = "/dev/net/tun";
  std::uint64_t seed = 1;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--seed") == 0) seed = std::strtoull(argv[i + 1], nullptr, 10);
    if (std::strcmp(argv[i], "--tun") == 0) tun_path = argv[i + 1];
  }
  sys::set_timer_slack(kTimerSlackNs);
  auto ends = make_tun_pair(tun_path);
  if (!ends) {
    std::fprintf(stderr, "paper_link: %s: %s\n", ends.error().call, std::strerror(ends.error().number));
    return 1;
  }
  std::printf("ready %d %d %d\n", ::getpid(), ends->near_end.network.borrow().number(),
              ends->far_end.network.borrow().number());
  (void)std::fflush(stdout);
  Link(std::move(*ends), seed).run();
  return 0;
}

}  // namespace
}  // namespace sallyport::bench

int main(int argc, char** argv) { return sallyport::bench::main_of(argc, argv); }
