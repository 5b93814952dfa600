// What of the confinement is active in a process or available on a host, small enough for three integers of a log
// message, and its rendering for people and programs (architecture 4). Linked by every compartment; the monitor
// renders.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "privsep/spawn.h"

namespace sallyport::sandbox {

enum class Mechanism : std::uint8_t {
  kNonDumpable = 0,
  kInventory = 1,      ///< exactly the declared descriptors
  kIdentity = 2,       ///< started by root: no longer root
  kParentDeath = 3,    ///< dies with the monitor
  kLimits = 4,
  kCapabilities = 5,   ///< none left (a root monitor: CAP_KILL)
  kBoundingSet = 6,    ///< the bounding set too; only root can empty it
  kNoNewPrivs = 7,
  kLandlock = 8,
  kWriteExecute = 9,   ///< PR_SET_MDWE
  kSeccomp = 10,
  kNamespaces = 11,
  kKeyMemory = 12,     ///< net: memfd_secret, out of reach of root's tools; else the key is locked and not dumped, no more
};
inline constexpr std::uint8_t kMechanisms = 13;

/// "seccomp", "memory-deny-write-execute", ...: constant words for messages.
[[nodiscard]] const char* mechanism_name(Mechanism mechanism);
/// True for those without which nothing starts. kBoundingSet and kIdentity are neither: see Report::missing.
[[nodiscard]] bool is_mandatory(Mechanism mechanism);

class MechanismSet {
 public:
  constexpr MechanismSet() = default;
  constexpr explicit MechanismSet(std::uint32_t bits) : bits_(bits & ((1U << kMechanisms) - 1)) {}
  constexpr void add(Mechanism mechanism) { bits_ |= 1U << static_cast<unsigned>(mechanism); }
  [[nodiscard]] constexpr bool has(Mechanism mechanism) const {
    return (bits_ >> static_cast<unsigned>(mechanism) & 1U) != 0;
  }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  [[nodiscard]] constexpr std::uint32_t bits() const { return bits_; }
  constexpr bool operator==(const MechanismSet&) const = default;

 private:
  std::uint32_t bits_ = 0;
};

enum class Identity : std::uint8_t {
  kUser = 0,       ///< the login user's (an ordinary user's session, or the monitor)
  kDedicated = 1,  ///< account _sallyport
  kNobody = 2,     ///< 65534: started by root, no such account
  kUnmapped = 3,   ///< started by a "root" whose user namespace has no other id: unchanged, counted as missing
};

/// Plain values; no heap, so it can be made after lock-down.
struct Report {
  MechanismSet active;
  MechanismSet missing;  ///< optional, lacking or refused; of an ordinary user's bounding set nobody speaks
  std::uint8_t landlock_abi = 0;  ///< 0: none
  privsep::NamespaceSet namespaces;
  Identity identity = Identity::kUser;
  bool operator==(const Report&) const = default;

  /// For privsep::LogEvent::kSandbox: active mechanisms with namespaces (bits 16 up) and identity (bits 24 up);
  /// Landlock's ABI; missing mechanisms.
  [[nodiscard]] std::array<std::uint64_t, 3> to_log_values() const;
  /// The inverse. Any three integers give a report (a hostile compartment may lie: the result is for the log alone).
  [[nodiscard]] static Report from_log_values(const std::array<std::uint64_t, 3>& values);
};

/// Why a process could not be confined: say so and exit with kExitUnconfined.
struct Failure {
  Mechanism mechanism = Mechanism::kSeccomp;
  SystemError cause;   ///< number 0: no system call failed; `call` may be empty
  int detail = -1;     ///< kInventory without a cause: the descriptor that is missing, undeclared or of the wrong kind
};
/// Ours, from the sysexits family's neighbourhood (confinement 3): "a mandatory mechanism is missing".
inline constexpr int kExitUnconfined = 70;

/// One line without newline, e.g. "sandbox: no_new_privs: prctl: Invalid argument".
[[nodiscard]] std::string describe(const Failure& failure);
/// One line: "namespaces user,net,mount,ipc,uts,pid; landlock ABI 7; ...".
[[nodiscard]] std::string describe(const Report& report);
/// Several lines for `sallyport-server sandbox-report`, each ended by a newline.
[[nodiscard]] std::string render_words(const Report& report);
/// One JSON object, no newline: {"landlock_abi":7,"namespaces":[...],"mechanisms":{"seccomp":"active",...},...}.
[[nodiscard]] std::string render_json(const Report& report);

/// Tries every mechanism in short-lived children of this process, as spawn() and lock_down() would use them for net on
/// this host, and returns what worked. A mandatory mechanism may be missing here. Fails only if no child can be made.
/// Leaves this process unchanged.
[[nodiscard]] Result<Report, SystemError> probe_host();

}  // namespace sallyport::sandbox
