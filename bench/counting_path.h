// A path between a client and a server on 127.0.0.1 that counts what passes in each direction and delays it, both ways
// alike. Loses and reorders nothing. Runs in a thread of its own.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/unique_fd.h"

namespace sallyport::bench {

enum class Way : std::uint8_t { kUp, kDown };

/// What passed one way: datagrams and the bytes of their UDP payloads.
struct Passed {
  std::uint64_t datagrams = 0;
  std::uint64_t bytes = 0;
};

class CountingPath {
 public:
  /// To 127.0.0.1:`server_port`; each datagram takes `delay`. Exits on failure.
  CountingPath(std::uint16_t server_port, Duration delay);
  CountingPath(const CountingPath&) = delete;
  CountingPath& operator=(const CountingPath&) = delete;
  ~CountingPath();

  /// Where the client sends, on 127.0.0.1.
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] Passed passed(Way way) const;

 private:
  struct Held {
    TimePoint due;
    Way way;
    std::vector<char> bytes;
  };
  void run();
  void receive(Way way);
  void release_due();

  SystemClock clock_;
  Duration delay_;
  UniqueFd to_client_;
  UniqueFd to_server_;
  std::uint16_t port_ = 0;
  std::uint16_t client_port_ = 0;  ///< where the client's last datagram came from
  std::deque<Held> held_;
  std::array<std::atomic<std::uint64_t>, 2> datagrams_{};
  std::array<std::atomic<std::uint64_t>, 2> bytes_{};
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace sallyport::bench
