// When the socket that anybody can write to is next looked at. Each wake-up costs several times what refusing a
// datagram does: while one refused datagram follows another, those of a millisecond are taken together. Pure logic,
// time is a parameter. Linked by net. Architecture 4.
//
// Only while the client has a socket of its own, which is waited on all the time: so nobody is kept waiting but a
// client that moves, beside a flood.
#pragma once

#include <cstddef>
#include <optional>

#include "base/clock.h"

namespace sallyport::net {

/// Ours: at 60,000 datagrams a second some 60 of them, a quarter of what a socket's usual buffer holds.
inline constexpr Duration kFloodPause = std::chrono::milliseconds(1);

class FloodPause {
 public:
  /// What reading the socket brought.
  struct Reading {
    std::size_t taken = 0;    ///< authentic and new
    std::size_t refused = 0;  ///< anything else
    bool more = false;        ///< the budget was used up: more may be waiting
  };
  /// `client_apart`: what the client sends comes by a socket of its own.
  void on_read(const Reading& reading, bool client_apart, TimePoint now) {
    const bool refused_only = reading.taken == 0 && reading.refused > 0;
    // The first of them is no flood yet. More than a budget is waiting: there is enough to do.
    const bool flood = refused_only && refused_ && now - *refused_ <= 2 * kFloodPause && !reading.more && client_apart;
    pauses_until_ = flood ? std::optional(now + kFloodPause) : std::nullopt;
    refused_ = refused_only ? std::optional(now) : std::nullopt;
  }
  /// The socket is left out of the wait until then; nothing: it is waited on.
  [[nodiscard]] std::optional<TimePoint> pauses_until() const { return pauses_until_; }

 private:
  std::optional<TimePoint> refused_;  ///< when the last reading was, if it brought nothing else
  std::optional<TimePoint> pauses_until_;
};

}  // namespace sallyport::net
