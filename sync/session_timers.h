// When a session ends, or counts as silent, by time or signal (wire 8.3, 8.4, 8.6). Pure logic; the net process owns
// one and does what it answers. The 40 s association timeout is net/roaming.h's. Linked by net.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace sallyport::sync {

inline constexpr Duration kNoClientTimeout = std::chrono::milliseconds(60000);   // spec: wire 8.3
inline constexpr Duration kSilentAfter = std::chrono::milliseconds(30000);       // spec: wire 8.6
/// Ours: how long the closing instruction of an idle timeout may be repeated before the end (stock: one datagram).
inline constexpr Duration kIdleFarewell = std::chrono::seconds(1);

/// From the environment; zero is "not set" (wire 8.3).
struct SessionTimeouts {
  Duration network{};   ///< MOSH_SERVER_NETWORK_TMOUT
  Duration signal{};    ///< MOSH_SERVER_SIGNAL_TMOUT
};
/// Reads one of the two variables: decimal seconds. Empty is zero. Nothing, which deserves a warning and counts as
/// unset, if it is no integer, negative, or more than a century.
[[nodiscard]] std::optional<Duration> parse_timeout_seconds(std::string_view text);

/// What the owner is to do now.
enum class SessionStep : std::uint8_t {
  kNone,
  kStartShutdown,   ///< ServerTransport::start_shutdown
  kEndNoClient,     ///< end at once: nobody came
  kEndIdle,         ///< end at once: the network timeout passed
  kEndSignalled,    ///< end at once: a signal
};

/// Whether there is an address to send to.
enum class Attachment : std::uint8_t { kDetached, kAttached };

class SessionTimers {
 public:
  SessionTimers(TimePoint start, SessionTimeouts timeouts) : timeouts_(timeouts), newest_(start) {}

  /// A new client state became the newest. True if the client was reported silent: say Heard.
  bool on_client_state(TimePoint now);
  /// The closing handshake has been started, by whatever cause.
  void on_shutdown_started() { closing_ = true; }

  /// SIGTERM or SIGINT: the handshake once, while attached; otherwise, and the second time, the end.
  [[nodiscard]] SessionStep on_terminate(Attachment attachment) const;
  /// SIGUSR1: as SIGTERM if the client has been silent for the signal timeout or none is set, else swallowed.
  [[nodiscard]] SessionStep on_usr1(TimePoint now, Attachment attachment) const;
  /// Time passed.
  [[nodiscard]] SessionStep on_time(TimePoint now, Attachment attachment) const;
  /// True once per silence, when it has lasted kSilentAfter: say Silent. Never before the first client state.
  [[nodiscard]] bool take_silent(TimePoint now);

  /// When on_time() or take_silent() has something new; kNever if nothing will.
  [[nodiscard]] TimePoint next_deadline() const;

 private:
  SessionTimeouts timeouts_;
  TimePoint newest_;             ///< arrival of the newest client state, or the start
  bool contacted_ = false;
  bool silent_ = false;
  bool closing_ = false;
};

}  // namespace sallyport::sync
