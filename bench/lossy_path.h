// A path between a client and a server on 127.0.0.1 that delays datagrams and loses some, each direction by itself and
// the same ones for the same seed (bench/paper/link_model.h). Runs in a thread of its own.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <thread>

#include "base/unique_fd.h"
#include "bench/paper/link_model.h"

namespace sallyport::bench {

class LossyPath {
 public:
  /// To 127.0.0.1:`server_port`. Exits on failure.
  LossyPath(std::uint16_t server_port, const PathSettings& both_ways, std::uint64_t seed);

  /// Where the client sends, on 127.0.0.1.
  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// Holds for datagrams that enter from now on.
  void set(const PathSettings& both_ways);

 private:
  void run(const std::stop_token& stop);
  /// Takes what waits at the server's or the client's side into its direction, then sends what is due.
  void receive(std::size_t side);
  void deliver(std::size_t direction);

  SystemClock clock_;
  std::array<UniqueFd, 2> sockets_;  ///< towards the client, towards the server
  std::uint16_t port_ = 0;
  std::uint16_t client_port_ = 0;  ///< where the client's last datagram came from
  std::uint16_t server_port_;
  std::mutex settings_;             ///< guards the links
  std::array<LinkModel, 2> links_;  ///< from the client, from the server
  std::jthread thread_;             ///< last: it uses all of the above
};

}  // namespace sallyport::bench
