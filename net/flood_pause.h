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
    std::size_t taken = 0;      ///< authentic and new
    std::size_t refused = 0;    ///< anything else
    bool emptied = false;       ///< nothing is left there
    bool client_apart = false;  ///< what the client sends comes by a socket of its own
  };
  void on_read(const Reading& reading, TimePoint now) {
    pauses_until_.reset();
    if (reading.taken > 0) refused_.reset();
    if (reading.taken > 0 || reading.refused == 0) return;
    // The first of them is no flood yet. More than a budget is waiting: there is enough to do.
    const bool follows = refused_ && now - *refused_ <= 2 * kFloodPause;
    if (follows && reading.emptied && reading.client_apart) pauses_until_ = now + kFloodPause;
    refused_ = now;
  }
  /// The socket is left out of the wait until then; nothing: it is waited on.
  [[nodiscard]] std::optional<TimePoint> pauses_until() const { return pauses_until_; }

 private:
  std::optional<TimePoint> refused_;  ///< when something was last, and nothing taken since
  std::optional<TimePoint> pauses_until_;
};

}  // namespace sallyport::net
