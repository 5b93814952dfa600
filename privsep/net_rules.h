// All that net may say to the monitor, by phase, on one screen (architecture 3), and the state that judges it. Linked by the
// monitor; pure logic, no system call, no allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/strong_id.h"
#include "privsep/codec.h"
#include "privsep/net_monitor.h"

namespace sallyport::privsep {

enum class NetPhase : std::uint8_t {
  kAnnounced,  ///< Announce is sent, net is not locked down yet
  kReady,      ///< net is locked down, no client has come
  kRunning,    ///< a client has come
  kOver,       ///< Goodbye was said
};
inline constexpr std::size_t kNetPhases = 4;

enum class Repeat : std::uint8_t { kOnce, kMany };

struct NetRule {
  std::uint8_t type;
  bool announced;  ///< permitted in that phase
  bool ready;
  bool running;
  Repeat repeat;
};

/// One row per message. Nothing is permitted once Goodbye was said.
inline constexpr std::array<NetRule, 9> kFromNet = {{
    // type                                                   announced ready  running
    {static_cast<std::uint8_t>(NetMessage::kReady), true, false, false, Repeat::kOnce},
    {static_cast<std::uint8_t>(NetMessage::kFirstContact), false, true, false, Repeat::kOnce},
    {static_cast<std::uint8_t>(NetMessage::kPeerMoved), false, false, true, Repeat::kMany},
    {static_cast<std::uint8_t>(NetMessage::kInput), false, false, true, Repeat::kMany},
    {static_cast<std::uint8_t>(NetMessage::kResize), false, false, true, Repeat::kMany},
    {static_cast<std::uint8_t>(NetMessage::kSilent), false, false, true, Repeat::kMany},
    {static_cast<std::uint8_t>(NetMessage::kHeard), false, false, true, Repeat::kMany},
    {static_cast<std::uint8_t>(NetMessage::kGoodbye), true, true, true, Repeat::kOnce},
    {Log::kType, true, true, true, Repeat::kMany},
}};

/// Judges net's messages in order: phase, once-only kinds, input credit, state numbers that never decrease.
class NetConduct {
 public:
  explicit NetConduct(NetPhase start) : phase_(start) {}

  [[nodiscard]] NetPhase phase() const { return phase_; }

  /// Whether `message` is permitted now; if so its effect on the phase and the credit is taken. After a violation the object
  /// must not be asked again: its compartment is ended.
  [[nodiscard]] std::optional<Violation> judge(const NetToMonitor& message);

  /// Net was told that so many bytes of its input went into the PTY: it may send so many again.
  void give_back(std::size_t bytes);
  [[nodiscard]] std::size_t credit() const { return credit_; }

 private:
  NetPhase phase_;
  std::size_t credit_ = kInputCreditBytes;
  StateNumber newest_input_{0};
  StateNumber newest_resize_{0};
};

}  // namespace sallyport::privsep
