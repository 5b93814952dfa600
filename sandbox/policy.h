// A compartment's policy as data (architecture 4): one row per permission, each with its reason and the test that needs
// it; the descriptors it must hold; its limits. The policies themselves are in policies/, one file per compartment.
// Linked by every compartment. Everything that no row permits kills the process.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>

#include "base/unique_fd.h"

namespace sallyport::sandbox {

/// How one argument of a system call is compared. The kernel reads an `int` argument from the low half of the register,
/// so such arguments are compared in 32 bits whatever the high half holds (a C library may sign-extend). Pointers are
/// compared whole, and so are bounds: a count with a bit in the high half is refused, although the kernel would not see
/// that bit.
enum class Compare : std::uint8_t {
  kEqual32,  ///< low half equals `value`
  kOnly32,   ///< low half has no bit that is not in `value` (flags)
  kEqual64,  ///< all 64 bits equal `value`
  kAtMost,   ///< all 64 bits, unsigned, are at most `value`
};

struct ArgumentRule {
  std::uint8_t index = 0;  ///< 0 to 5
  Compare compare = Compare::kEqual32;
  std::uint64_t value = 0;
};

/// At most this many rules, and descriptors, stand on one row.
inline constexpr std::size_t kMaxRowRules = 6;
inline constexpr std::size_t kMaxRowDescriptors = 12;

/// A short list written in braces; longer than N does not compile (in a constant expression) or traps.
template <typename T, std::size_t N>
class FixedList {
 public:
  constexpr FixedList() = default;
  constexpr FixedList(std::initializer_list<T> items) {  // NOLINT(google-explicit-constructor)
    for (const T& item : items) {
      if (size_ == N) __builtin_trap();
      items_[size_++] = item;
    }
  }
  [[nodiscard]] constexpr const T* begin() const { return items_.data(); }
  [[nodiscard]] constexpr const T* end() const { return items_.data() + size_; }
  [[nodiscard]] constexpr std::size_t size() const { return size_; }
  [[nodiscard]] constexpr bool empty() const { return size_ == 0; }

 private:
  std::array<T, N> items_{};
  std::size_t size_ = 0;
};

/// One permission: `call`, if its descriptor argument is one of `descriptors` (none named: no such condition) and every
/// rule holds. Several rows may permit the same call.
struct Row {
  int call = 0;            ///< SCMP_SYS(name)
  const char* name = "";   ///< of the call
  std::uint8_t descriptor_index = 0;  ///< which argument the descriptors are compared with
  FixedList<BorrowedFd, kMaxRowDescriptors> descriptors;
  FixedList<ArgumentRule, kMaxRowRules> rules;
  const char* reason = ""; ///< why the compartment needs it
  const char* test = "";   ///< a test that fails without the row
};

/// What a descriptor is, as far as the kernel tells.
enum class DescriptorKind : std::uint8_t {
  kNull,           ///< /dev/null
  kChannel,        ///< Unix SOCK_SEQPACKET socket
  kUnixSocket,     ///< Unix datagram or SOCK_SEQPACKET socket
  kUdp,            ///< IPv4 or IPv6 datagram socket
  kPipeWriter,     ///< writing end of a pipe
  kPty,            ///< controlling side of a pseudoterminal
  kSignals,        ///< signalfd
  kPid,            ///< pidfd
  kAnnounce,       ///< anything until lock-down, /dev/null from then on
  kAny,            ///< the user's own standard streams: a terminal, a pipe, a file
};

enum class Presence : std::uint8_t { kRequired, kOptional };

struct DescriptorRule {
  BorrowedFd fd;
  DescriptorKind kind = DescriptorKind::kNull;
  Presence presence = Presence::kRequired;
  const char* name = "";
};

/// Resource limits, hard and soft. Always besides these: CORE, MSGQUEUE, MEMLOCK (after the key's page is locked), and
/// last FSIZE and NPROC are 0, NOFILE is one more than the highest declared descriptor.
struct Limits {
  std::uint64_t address_space_bytes = 0;
  bool keeps_file_size = false;  ///< FSIZE stays as it is: the user's own standard streams may be files
};

enum class IdentityRule : std::uint8_t {
  kKeep,          ///< the monitor: the login user
  kDropFromRoot,  ///< started by root: account _sallyport, else 65534
};
enum class ParentRule : std::uint8_t {
  kOutlives,        ///< nobody started it that it goes by: the monitor, the client's guard
  kDiesWithParent,  ///< killed by the kernel
  kEndsAfterParent, ///< ends by itself when its channel hangs up, having something to put right first: the client's tty
};
enum class SignalRule : std::uint8_t {
  kMaySignal,  ///< Landlock leaves signals alone, and CAP_KILL stays if the process is root's: the monitor
  kMayNot,
};
enum class MemoryRule : std::uint8_t {
  kGrows,   ///< the heap may grow and shrink after lock-down
  kFrozen,  ///< nothing is allocated after lock-down; what is freed stays with the process
};

struct Policy {
  const char* name = "";          ///< "net", "terminal", "monitor"
  const char* process_name = "";  ///< at most 15 characters, for ps
  std::size_t budget = 0;         ///< most system calls that it may ever permit (architecture 6)
  std::span<const Row> rows;
  std::span<const DescriptorRule> descriptors;
  Limits limits;
  IdentityRule identity = IdentityRule::kDropFromRoot;
  ParentRule parent = ParentRule::kDiesWithParent;
  SignalRule signals = SignalRule::kMayNot;
  MemoryRule memory = MemoryRule::kGrows;
};

/// The policies; valid for the program's life.
[[nodiscard]] const Policy& net_policy();
[[nodiscard]] const Policy& terminal_policy();
[[nodiscard]] const Policy& monitor_policy();
[[nodiscard]] const Policy& client_guard_policy();
[[nodiscard]] const Policy& client_tty_policy();
[[nodiscard]] const Policy& client_net_policy();
[[nodiscard]] const Policy& client_screen_policy();
/// All of them, in this order.
[[nodiscard]] std::span<const Policy* const> all_policies();

/// How many different system calls the policy permits.
[[nodiscard]] std::size_t permitted_calls(const Policy& policy);
/// One more than the highest declared descriptor number.
[[nodiscard]] int descriptor_end(const Policy& policy);
/// What sanitizers need on top of every policy: empty in every build without sanitizers (instrumented/additions.h).
[[nodiscard]] std::span<const Row> instrumented_rows();

}  // namespace sallyport::sandbox
