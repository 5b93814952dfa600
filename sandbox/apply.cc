#include "sandbox/apply.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <span>

#include "base/sys/io.h"
#include "sandbox/filter.h"
#include "sandbox/inventory.h"
#include "sandbox/steps.h"
#include "sandbox/testing_only/leave_out.h"

namespace sallyport::sandbox {
namespace {

constexpr int kSetMdwe = 65;              // PR_SET_MDWE, since 6.3: not in Debian 12's headers
constexpr unsigned long kRefuseExecGain = 1;

bool wanted(const Options& options, Mechanism mechanism) {
  return options.leave_out == nullptr || !options.leave_out->has(mechanism);
}

Failure failure(Mechanism mechanism, SystemError cause) { return {mechanism, cause, -1}; }

/// The step's result as an entry of the report, or as the failure to return.
Result<void, Failure> enter(Report& report, Mechanism mechanism, const Result<void, SystemError>& result) {
  if (!result) return std::unexpected(failure(mechanism, result.error()));
  report.active.add(mechanism);
  return {};
}

/// The step, unless it is left out.
template <typename Step>
Result<void, Failure> require(const Options& options, Report& report, Mechanism mechanism, Step step) {
  if (!wanted(options, mechanism)) return {};
  return enter(report, mechanism, step());
}

Result<void, Failure> check_inventory(const Policy& policy, const Options& options, InventoryStage stage) {
  if (!wanted(options, Mechanism::kInventory)) return {};
  const auto difference = find_difference(policy, stage);
  if (!difference) return std::unexpected(failure(Mechanism::kInventory, difference.error()));
  if (*difference) return std::unexpected(Failure{Mechanism::kInventory, {}, (*difference)->number()});
  return {};
}

/// With a PID namespace getppid() is 0 either way; the hang-up of the monitor's channel is the sign that it is gone.
Result<void, SystemError> die_with_parent(BorrowedFd parent) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0) return std::unexpected(SystemError{"prctl", errno});
  pollfd entry{parent.number(), POLLIN, 0};
  (void)TRY(sys::ppoll(std::span(&entry, 1), Duration::zero()));
  if ((entry.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) return std::unexpected(SystemError{"ppoll", ESRCH});
  return {};
}

Result<void, SystemError> forbid_new_privileges() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return std::unexpected(SystemError{"prctl", errno});
  if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return std::unexpected(SystemError{"prctl", EINVAL});
  return {};
}

/// Only root can, and only for root it means anything: no_new_privs makes it moot otherwise.
void drop_bounding_set(const Options& options, Report& report) {
  if (::geteuid() != 0 || !wanted(options, Mechanism::kBoundingSet)) return;
  (empty_bounding_set() ? report.active : report.missing).add(Mechanism::kBoundingSet);
}

Result<void, Failure> drop_root(const Policy& policy, const Options& options, Report& report) {
  if (policy.identity == IdentityRule::kKeep) return {};
  drop_bounding_set(options, report);  // before the ids change: afterwards nobody has the right to
  if (!wanted(options, Mechanism::kIdentity)) return {};
  const auto identity = take_identity();
  if (!identity) return std::unexpected(failure(Mechanism::kIdentity, identity.error()));
  report.identity = *identity;
  if (*identity == Identity::kDedicated || *identity == Identity::kNobody) report.active.add(Mechanism::kIdentity);
  if (*identity == Identity::kUnmapped) report.missing.add(Mechanism::kIdentity);
  return {};
}

void apply_optional(const Policy& policy, const Options& options, const Result<Ruleset, SystemError>& ruleset,
                    Report& report) {
  if (wanted(options, Mechanism::kLandlock)) {
    const bool restricted = ruleset && restrict_to(*ruleset);
    report.landlock_abi = restricted ? ruleset->abi : 0;
    (restricted ? report.active : report.missing).add(Mechanism::kLandlock);
  }
  if (wanted(options, Mechanism::kWriteExecute)) {
    const bool set = ::prctl(kSetMdwe, kRefuseExecGain, 0, 0, 0) == 0;
    (set ? report.active : report.missing).add(Mechanism::kWriteExecute);
  }
  if (options.key_memory != KeyMemory::kNoKey) {
    (options.key_memory == KeyMemory::kSecret ? report.active : report.missing).add(Mechanism::kKeyMemory);
  }
  if (policy.parent != ParentRule::kOutlives) {
    report.namespaces = options.namespaces;
    (options.namespaces.empty() ? report.missing : report.active).add(Mechanism::kNamespaces);
  }
}

/// What kFull makes of the missing ones.
Result<void, Failure> require_all(const Report& report) {
  for (std::uint8_t i = 0; i < kMechanisms; ++i) {
    if (report.missing.has(static_cast<Mechanism>(i))) {
      return std::unexpected(failure(static_cast<Mechanism>(i), {}));
    }
  }
  return {};
}

}  // namespace

Result<void, Failure> make_undumpable() {
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0) {
    return std::unexpected(failure(Mechanism::kNonDumpable, SystemError{"prctl", errno}));
  }
  return {};
}

Result<Report, Failure> begin(const Policy& policy, const Options& options) {
  Report report;
  if (wanted(options, Mechanism::kNonDumpable)) TRY_VOID(make_undumpable());
  (void)::prctl(PR_SET_NAME, policy.process_name, 0, 0, 0);  // execveat left a descriptor's number there
  prepare_allocator(policy.memory);
  // The monitor gathers its descriptors between the two steps, so only lock_down() can check them.
  if (policy.parent != ParentRule::kOutlives) TRY_VOID(check_inventory(policy, options, InventoryStage::kBeginning));
  TRY_VOID(drop_root(policy, options, report));
  // A change of ids resets both of these, so they come (again) after it.
  if (wanted(options, Mechanism::kNonDumpable)) {
    TRY_VOID(make_undumpable());
    report.active.add(Mechanism::kNonDumpable);
  }
  if (policy.parent == ParentRule::kDiesWithParent) {
    TRY_VOID(require(options, report, Mechanism::kParentDeath, [&] { return die_with_parent(options.parent); }));
  }
  return report;
}

Result<Report, Failure> lock_down(const Policy& policy, const Options& options, const Report& begun) {
  Report report = begun;
  TRY_VOID(check_inventory(policy, options, InventoryStage::kLockDown));
  if (wanted(options, Mechanism::kInventory)) report.active.add(Mechanism::kInventory);
  // The shell's child is forked before this and must keep its bounding set, so the monitor drops its own only now.
  if (policy.identity == IdentityRule::kKeep) drop_bounding_set(options, report);
  // What needs a descriptor comes before the limits.
  Program program;
  if (const auto made = generate(policy, program); !made) {
    return std::unexpected(failure(Mechanism::kSeccomp, made.error()));
  }
  give_back_free_memory();  // of set-up, and of libseccomp
  Result<Ruleset, SystemError> ruleset = make_ruleset(policy.signals);
  TRY_VOID(require(options, report, Mechanism::kLimits, [&] { return set_limits(policy); }));
  TRY_VOID(require(options, report, Mechanism::kCapabilities, [&] { return clear_capabilities(policy.signals); }));
  TRY_VOID(require(options, report, Mechanism::kNoNewPrivs, forbid_new_privileges));
  apply_optional(policy, options, ruleset, report);
  if (ruleset) ruleset->fd.reset();  // here, and not on return: `close` is about to be forbidden
  if (options.requirement == Requirement::kFull) TRY_VOID(require_all(report));
  if (!wanted(options, Mechanism::kSeccomp)) return report;
  report.active.add(Mechanism::kSeccomp);
  if (const auto installed = install(program); !installed) {
    return std::unexpected(failure(Mechanism::kSeccomp, installed.error()));
  }
  return report;
}

}  // namespace sallyport::sandbox
