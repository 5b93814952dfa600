// Starts a compartment (architecture 1, 4): a process of its own executable, in namespaces of its own where the host
// allows it, with an exact list of descriptors at fixed numbers, the given arguments, an empty environment, default
// signal dispositions and an empty mask. Linked by the monitor (net and terminal only use NamespaceSet).
//
// What the new process must know: in a PID namespace it is process 1. A signal with default action that is sent to it
// is ignored there, except SIGKILL and SIGSTOP from outside and what the kernel forces (a fault, a filter's kill); so a
// compartment is ended by SIGKILL alone. getppid() is 0 there, so it learns that the monitor died before
// PR_SET_PDEATHSIG was set from the hang-up of its channel (sandbox/apply.h). That works because nobody else holds the
// monitor's end: every process that the monitor starts closes all that it was not given.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace sallyport::privsep {

/// Which namespaces a compartment has to itself.
class NamespaceSet {
 public:
  enum Bit : std::uint8_t { kUser = 1, kNet = 2, kMount = 4, kIpc = 8, kUts = 16, kPid = 32 };
  static constexpr std::uint8_t kAllBits = 63;

  constexpr NamespaceSet() = default;
  /// Bits that do not exist are dropped, so any integer is acceptable.
  constexpr explicit NamespaceSet(std::uint64_t bits) : bits_(static_cast<std::uint8_t>(bits & kAllBits)) {}
  /// What an ordinary user asks for, and what root does: root needs no user namespace to make the others, and inside
  /// one without an id map it could not take another identity any more (setresuid fails with EINVAL).
  [[nodiscard]] static constexpr NamespaceSet for_user() { return NamespaceSet(kAllBits); }
  [[nodiscard]] static constexpr NamespaceSet for_root() { return NamespaceSet(kAllBits & ~std::uint64_t{kUser}); }

  [[nodiscard]] constexpr bool has(Bit bit) const { return (bits_ & bit) != 0; }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  [[nodiscard]] constexpr std::uint8_t bits() const { return bits_; }
  constexpr bool operator==(const NamespaceSet&) const = default;

 private:
  std::uint8_t bits_ = 0;
};

/// One descriptor of the new process: `source` here becomes number `target` there (0 to 63). Sources and targets may
/// overlap.
struct Placement {
  BorrowedFd source;
  BorrowedFd target;
};

enum class Isolation : std::uint8_t {
  kNamespaces,  ///< own namespaces, or none where the host refuses them (Spawned says which)
  kNone,        ///< none: for login-record and other helpers with the user's authority
};

enum class Session : std::uint8_t {
  kOwn,      ///< leads a session of its own: a key pressed in the starter's terminal is not for it
  kCallers,  ///< stays in the caller's session and process group: the client's tty, which reads the terminal as part of the job
};

struct SpawnRequest {
  BorrowedFd executable;                    ///< an ELF file, from open_executable()
  std::span<const std::string> arguments;   ///< including argv[0]; nothing in them is secret
  std::span<const Placement> descriptors;   ///< 0, 1 and 2 are /dev/null unless named here; nothing else is inherited
  Isolation isolation = Isolation::kNamespaces;
  Session session = Session::kOwn;
};

/// A running child.
struct Spawned {
  UniqueFd pidfd;           ///< close-on-exec; readable when the process has ended; reap with waitid(P_PIDFD)
  pid_t pid = 0;            ///< as seen from here
  NamespaceSet namespaces;  ///< pass on to the compartment for its report
  UniqueFd exec_report;     ///< for await_exec(): end of file once the executable has been entered
};

/// Starts the process and returns at once; its executable is entered while the caller goes on. Borrows everything for the
/// call only. The working directory of the child is /.
[[nodiscard]] Result<Spawned, SystemError> begin_spawn(const SpawnRequest& request);
/// Waits until the executable of `spawned` has been entered. On failure the child has said why and is ending by itself: the
/// error names the call that failed there ("execveat", "dup3", ...).
[[nodiscard]] Result<void, SystemError> await_exec(Spawned& spawned);
/// Both: returns once the executable has been entered. On failure nothing is left running.
[[nodiscard]] Result<Spawned, SystemError> spawn(const SpawnRequest& request);

/// Opens a program to be spawned (O_PATH, close-on-exec). ENOENT and friends come as "open", EACCES also if not
/// executable.
[[nodiscard]] Result<UniqueFd, SystemError> open_executable(const char* path);

/// The namespaces that spawn() would get for this process now: tries, and ends the child at once.
[[nodiscard]] NamespaceSet probe_namespaces();

}  // namespace sallyport::privsep
