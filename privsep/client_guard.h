// The boundary between the client's guard (sallyport-client itself, which the user's shell knows) and its three compartments.
// All of them link it. docs/architecture.md, section 9.
#pragma once

#include <cstdint>
#include <variant>

#include "privsep/client_tty_net.h"
#include "privsep/codec.h"
#include "privsep/log_message.h"

namespace sallyport::privsep::client {

enum class GuardMessage : std::uint8_t {
  kSignal = 0x61,
  kStart = 0x62,
  kReady = 0xE1,
  kSuspend = 0xE2,
  kDone = 0xE3,
};

// ---- guard to tty ----

/// Every compartment is locked down: take the terminal. Once.
struct Start {
  static constexpr GuardMessage kType = GuardMessage::kStart;
  std::uint8_t nothing = 0;  ///< in no record: GCC 12 takes a Signal's byte for uninitialised when this one is without any
  void put(ByteWriter&) const {}
  [[nodiscard]] bool get(ByteReader&) { return true; }
};

/// A signal that the guard received for the session.
struct Signal {
  static constexpr GuardMessage kType = GuardMessage::kSignal;
  enum class Kind : std::uint8_t {
    kEnd = 0,       ///< HUP, INT, TERM, PIPE, QUIT: end the session
    kResized = 1,   ///< WINCH
    kContinued = 2, ///< CONT: the terminal is ours again, in whatever state
    kStop = 3,      ///< TSTP: suspend as if the user had asked
  };
  Kind kind = Kind::kEnd;
  void put(ByteWriter& out) const { out.little_endian(static_cast<std::uint8_t>(kind)); }
  [[nodiscard]] bool get(ByteReader& in) {
    const auto value = in.little_endian<std::uint8_t>();
    kind = static_cast<Kind>(value);
    return value <= 3;
  }
};

using GuardToTty = std::variant<Start, Signal>;

// ---- every compartment to guard ----

/// Locked down. Once, first. (Log with kUnconfined instead: it could not be; kSandbox: which layers are active.)
struct Ready {
  static constexpr GuardMessage kType = GuardMessage::kReady;
  void put(ByteWriter&) const {}
  [[nodiscard]] bool get(ByteReader&) { return true; }
};

using WorkerToGuard = std::variant<Ready, Log>;

// ---- tty to guard ----

/// The terminal is restored: stop the process group. Guard answers with Signal kContinued once it goes on.
struct Suspend {
  static constexpr GuardMessage kType = GuardMessage::kSuspend;
  void put(ByteWriter&) const {}
  [[nodiscard]] bool get(ByteReader&) { return true; }
};

/// The terminal is restored for good and tty exits. Once, last. The guard prints why and sets the exit status.
struct Done {
  static constexpr GuardMessage kType = GuardMessage::kDone;
  enum class Reason : std::uint8_t {
    kSession = 0,          ///< net said how it ended: `ended`
    kNetFailed = 1,        ///< net is gone without a word, or sent what no honest one sends
    kScreenFailed = 2,     ///< the same of screen
    kTerminalFailed = 3,   ///< the terminal is gone
    kUserGaveUp = 4,       ///< asked twice, or waited long enough, for an end that nobody acknowledged
  };
  Reason reason = Reason::kSession;
  Ended::Reason ended = Ended::Reason::kAcknowledged;
  void put(ByteWriter& out) const {
    out.little_endian(static_cast<std::uint8_t>(reason));
    out.little_endian(static_cast<std::uint8_t>(ended));
  }
  [[nodiscard]] bool get(ByteReader& in) {
    const auto first = in.little_endian<std::uint8_t>();
    const auto second = in.little_endian<std::uint8_t>();
    reason = static_cast<Reason>(first);
    ended = static_cast<Ended::Reason>(second);
    return first <= 4 && second <= 5;
  }
};

using TtyToGuard = std::variant<Ready, Suspend, Done, Log>;

}  // namespace sallyport::privsep::client
