// A session under measurement: a server with a program in it, the client at its other end, and what the screen shows.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/strong_id.h"
#include "bench/client.h"
#include "bench/server_process.h"
#include "bench/shown_screen.h"

namespace sallyport::bench {

/// In place of a server's path: a program on a pseudoterminal of ours, with no server at all.
inline constexpr std::string_view kBarePty = "pty";

/// What a program prints first, and last. It clears the screen, on which a server may have put something of its own.
inline constexpr std::string_view kGreeting = "\033[H\033[2Jready";
inline constexpr std::string_view kReady = "ready";
inline constexpr std::string_view kFinished = "FINISHED";

class WireClient;

class Session {
 public:
  /// Where the client should send, given the server's port.
  using Way = std::function<std::uint16_t(std::uint16_t server_port)>;
  static constexpr WindowSize kWindow{.columns = 80, .rows = 24};

  /// `server`: a path, bench/floor's, or kBarePty. `script` is for /bin/sh. Exits on failure.
  Session(const std::string& server, const std::string& script, WindowSize window = kWindow, const Way& way = {});

  [[nodiscard]] Client& client() { return *client_; }
  [[nodiscard]] bool has_server() const { return process_.has_value(); }
  /// Of the server's processes; nothing for kBarePty.
  [[nodiscard]] Cost cost() const { return process_ ? process_->cost() : Cost{}; }
  [[nodiscard]] double connect_ms() const { return process_ ? process_->connect_ms() : 0; }
  [[nodiscard]] std::uint16_t port() const { return process_ ? process_->port() : std::uint16_t{0}; }
  /// The client as one of the wire protocol, if it is.
  [[nodiscard]] WireClient* wire() { return wire_; }

  /// Forgets the client without a word: the server's session stays.
  void drop_client();

  /// Makes contact and waits until the script has printed kReady, then until both ends know their round trip.
  bool begin(Duration settle);
  /// Until kFinished is the last thing before the cursor.
  bool wait_for_finish(TimePoint deadline);
  /// What differs from a screen on which the program printed this, in words. Empty if nothing does, or if there is no
  /// screen.
  [[nodiscard]] std::string difference(std::string_view printed) const;

 private:
  std::optional<ServerProcess> process_;
  std::unique_ptr<ShownScreen> shown_;
  std::unique_ptr<Client> client_;
  WireClient* wire_ = nullptr;
};

/// A program in a raw terminal that prints kGreeting, the file at a key, then kFinished, and stays.
[[nodiscard]] std::string printing_script(const std::string& path);
/// A program in a raw terminal that prints kGreeting and then repeats what it is sent.
[[nodiscard]] std::string echoing_script();
/// A program that prints kGreeting and stays.
[[nodiscard]] std::string greeting_script();

}  // namespace sallyport::bench
