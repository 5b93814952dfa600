// Runs a function in a child process that has exactly a compartment's descriptors and has locked itself down by begin()
// and lock_down(), and says how it ended. For tests/sandbox and tests/escape.
#pragma once

#include <seccomp.h>

#include <cerrno>
#include <functional>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "sandbox/apply.h"
#include "sandbox/policy.h"

namespace sallyport::sandbox::testing {

/// How a child ended.
struct Outcome {
  bool killed = false;
  int number = 0;  ///< exit status, or signal
  bool operator==(const Outcome&) const = default;
};
/// For readable failure messages.
void PrintTo(const Outcome& outcome, std::ostream* out);

[[nodiscard]] Outcome exited(int status);
/// Killed by the filter.
[[nodiscard]] Outcome refused();

/// The child's exit status if it could not be set up; if it could not be confined, failed_by() says which.
inline constexpr int kSetupFailed = 99;
/// begin() or lock_down() failed for this mechanism.
[[nodiscard]] Outcome failed_by(Mechanism mechanism);

/// As whom the child begins.
enum class Starter { kAsWeAre, kOrdinaryUser };
/// An id that no account has, for kOrdinaryUser when the tests run as root.
inline constexpr unsigned kUnusedId = 54321;

struct Plan {
  const Policy* policy = nullptr;
  Options options;                       ///< `parent` is filled in
  Starter starter = Starter::kAsWeAre;
  std::function<void()> before;          ///< in the child, before begin(): denies a mechanism, leaks a descriptor, ...
  std::function<void()> between;         ///< in the child, between begin() and lock_down()
  std::function<int(const Report&)> body;///< in the child, after lock_down(): its result is the exit status
};

/// Whose children the processes are that a policy's pidfds stand for.
enum class Stand {
  kEachOwn,  ///< of the confined process, made for it: it may collect them
  kShared,   ///< of the rig, which ends them: cheaper
};

/// The descriptors of one policy and their other ends, which stay here; may be used for any number of children.
class Rig {
 public:
  explicit Rig(const Policy& policy, Stand processes = Stand::kEachOwn);
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;
  ~Rig();
  [[nodiscard]] Outcome run(const Plan& plan) const;
  /// The other end of the descriptor `number` (of a channel, socket or pipe), or invalid.
  [[nodiscard]] BorrowedFd other_end(BorrowedFd number) const;

 private:
  struct Ends {
    UniqueFd ours;
    UniqueFd theirs;
  };
  [[noreturn]] void become(const Plan& plan) const;
  [[nodiscard]] bool settle_descriptors() const;

  const Policy& policy_;
  std::map<int, Ends> ends_;
};

/// A Rig for one child.
[[nodiscard]] Outcome run_confined(const Plan& plan);

/// The child process of the calling process ended so.
[[nodiscard]] Outcome await(pid_t child);

/// A system call, and conditions on its arguments, that a container's filter may deny.
using Conditions = std::vector<scmp_arg_cmp>;
/// Makes it fail with `error` in this process from now on.
void deny(int call, const Conditions& when = {}, int error = EPERM);
/// No further filter can be installed.
void deny_seccomp();

/// The policy's name as part of a test's: "client_net".
[[nodiscard]] std::string name_of(const Policy& policy);

/// Whether these tests run as root.
[[nodiscard]] bool are_root();

}  // namespace sallyport::sandbox::testing
