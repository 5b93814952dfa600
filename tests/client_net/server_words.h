// What a server's instructions are made of, for tests that play the server.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "fuzz/client_net_world.h"
#include "host.pb.h"  // generated

namespace sallyport::client {

inline std::string host_bytes(std::string_view bytes) {
  HostBuffers::HostMessage message;
  message.add_instruction()->mutable_hostbytes()->set_hoststring(std::string(bytes));
  return message.SerializeAsString();
}
inline std::string size_of(std::int32_t columns, std::int32_t rows) {
  HostBuffers::HostMessage message;
  auto* resize = message.add_instruction()->mutable_resize();
  resize->set_width(columns);
  resize->set_height(rows);
  return message.SerializeAsString();
}
inline std::string echo_ack(std::uint64_t number) {
  HostBuffers::HostMessage message;
  message.add_instruction()->mutable_echoack()->set_echo_ack_num(number);
  return message.SerializeAsString();
}

/// A session with one server: the window is known, the first datagram is out.
class Connected {
 public:
  explicit Connected(const std::vector<const char*>& servers = {"127.0.0.1"}) : world(servers) {
    world.tty_tells(privsep::client::Resized{{80, 24}});
    (void)world.turn();
  }
  /// State `to` from `from`, acknowledging all that was seen.
  void say(std::uint64_t from, std::uint64_t to, std::string_view diff, std::uint64_t throwaway = 0) {
    world.server_instruction({StateNumber(from), StateNumber(to), world.newest_seen(), StateNumber(throwaway), bytes_of(diff), {}});
    (void)world.turn();
  }
  void type(std::string_view keys) {
    world.tty_tells(privsep::client::Typed{bytes_of(keys)});
    (void)world.turn();
  }
  /// Turns at every step of a virtual time that passes. False once the session is over.
  bool run_for(Duration time, Duration step = std::chrono::milliseconds(20)) {
    for (Duration passed{}; passed < time; passed += step) {
      world.advance(step);
      if (!world.turn()) return false;
    }
    return true;
  }
  /// As above, with a server that answers each heartbeat.
  bool run_answered(Duration time, Duration step = std::chrono::milliseconds(20)) {
    for (Duration passed{}; passed < time; passed += step) {
      world.advance(step);
      if (world.newest_seen() != answered_) {
        answered_ = world.newest_seen();
        say(state_, state_ + 1, "", state_);
        ++state_;
      }
      if (!world.turn()) return false;
    }
    return true;
  }

  fuzz::ClientNetWorld world;

 private:
  StateNumber answered_;
  std::uint64_t state_ = 0;
};

}  // namespace sallyport::client
