// What begin() and lock_down() leave behind, and what they do on a host that lacks a mechanism.
#include "sandbox/apply.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <tuple>

#include "privsep/descriptors.h"
#include "sandbox/testing_only/leave_out.h"
#include "tests/sandbox/confined_testing.h"

namespace sallyport::sandbox {
namespace {

using testing::deny;
using testing::exited;
using testing::failed_by;
using testing::Outcome;
using testing::Plan;
using testing::refused;
using testing::run_confined;
using testing::Starter;

const testing_only::LeaveOut& without_seccomp() {
  static const testing_only::LeaveOut kLeaveOut{MechanismSet(1U << static_cast<unsigned>(Mechanism::kSeccomp))};
  return kLeaveOut;
}

class EachCompartment : public ::testing::TestWithParam<std::tuple<const Policy*, Starter>> {
 protected:
  [[nodiscard]] static const Policy& policy() { return *std::get<0>(GetParam()); }
  [[nodiscard]] static Plan plan() { return {.policy = &policy(), .starter = std::get<1>(GetParam())}; }
  /// Everything but the filter, so that the body may ask the kernel what is in force.
  [[nodiscard]] static Outcome run_unfiltered(std::function<int(const Report&)> body) {
    Plan p = plan();
    p.options.leave_out = &without_seccomp();
    p.body = std::move(body);
    return run_confined(p);
  }
};

TEST_P(EachCompartment, ReachesLockDownAndEndsOrderly) {
  Plan p = plan();
  p.body = [](const Report& report) {
    return report.active.has(Mechanism::kSeccomp) && report.active.has(Mechanism::kNoNewPrivs) ? 0 : 1;
  };
  EXPECT_EQ(run_confined(p), exited(0));
}

TEST_P(EachCompartment, IsKilledForACallThatNoRowPermits) {
  Plan p = plan();
  p.body = [](const Report&) { return static_cast<int>(::syscall(SYS_getuid)); };
  EXPECT_EQ(run_confined(p), refused());
}

TEST_P(EachCompartment, KeepsNoCapability) {
  EXPECT_EQ(run_unfiltered([](const Report&) {
    const cap_t empty = ::cap_init();
    const cap_t now = ::cap_get_proc();
    if (policy().signals == SignalRule::kMaySignal && ::geteuid() == 0) {
      const cap_value_t kill = CAP_KILL;
      ::cap_set_flag(empty, CAP_PERMITTED, 1, &kill, CAP_SET);
      ::cap_set_flag(empty, CAP_EFFECTIVE, 1, &kill, CAP_SET);
    }
    return ::cap_compare(empty, now) == 0 ? 0 : 1;
  }), exited(0));
}

TEST_P(EachCompartment, OfRootEmptiesTheBoundingSet) {
  EXPECT_EQ(run_unfiltered([](const Report& report) {
    bool empty = true;
    for (cap_value_t value = 0; value < ::cap_max_bits(); ++value) empty = empty && ::cap_get_bound(value) == 0;
    return empty == report.active.has(Mechanism::kBoundingSet) ? 0 : 1;
  }), exited(0));
}

TEST_P(EachCompartment, IsNotDumpableAndDiesWithItsParentAsDeclared) {
  EXPECT_EQ(run_unfiltered([](const Report&) {
    int signal = -1;
    ::prctl(PR_GET_PDEATHSIG, &signal, 0, 0, 0);
    const int expected = policy().parent == ParentRule::kDiesWithParent ? SIGKILL : 0;
    return ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 && signal == expected ? 0 : 1;
  }), exited(0));
}

TEST_P(EachCompartment, HasItsLimits) {
  EXPECT_EQ(run_unfiltered([](const Report&) {
    const auto is = [](__rlimit_resource_t resource, rlim_t value) {
      rlimit limit{};
      ::getrlimit(resource, &limit);
      return limit.rlim_cur == value && limit.rlim_max == value;
    };
    for (const auto zero : {RLIMIT_CORE, RLIMIT_MSGQUEUE, RLIMIT_MEMLOCK, RLIMIT_NPROC}) {
      if (!is(zero, 0)) return 1;
    }
    if (!policy().limits.keeps_file_size && !is(RLIMIT_FSIZE, 0)) return 4;
    if (!is(RLIMIT_NOFILE, static_cast<rlim_t>(descriptor_end(policy())))) return 2;
#ifndef SALLYPORT_SANITIZED
    if (!is(RLIMIT_AS, policy().limits.address_space_bytes)) return 3;
#endif
    return 0;
  }), exited(0));
}

TEST_P(EachCompartment, TakesAnIdentityOfItsOwnOnlyWhereStartedByRoot) {
  const bool drops = policy().identity == IdentityRule::kDropFromRoot && std::get<1>(GetParam()) == Starter::kAsWeAre &&
                     testing::are_root();
  EXPECT_EQ(run_unfiltered([drops](const Report& report) {
    uid_t real = 0, effective = 0, saved = 0;
    ::getresuid(&real, &effective, &saved);
    if (real != effective || real != saved) return 1;
    if (drops) {
      return real != 0 && ::getgroups(0, nullptr) == 0 && ::setresuid(0, 0, 0) < 0 &&
             report.active.has(Mechanism::kIdentity) ? 0 : 2;
    }
    return report.identity == Identity::kUser ? 0 : 3;
  }), exited(0));
}

TEST_P(EachCompartment, RefusesADescriptorThatItDoesNotDeclare) {
  Plan p = plan();
  p.before = [] { ::dup2(0, 50); };
  const Outcome inventory = failed_by(Mechanism::kInventory);
  EXPECT_EQ(run_confined(p), inventory);
  p.before = [] { ::dup2(0, 1000); };
  EXPECT_EQ(run_confined(p), inventory);
}

TEST_P(EachCompartment, RefusesAMissingDescriptorAndOneOfAnotherKind) {
  Plan p = plan();
  const Outcome inventory = failed_by(Mechanism::kInventory);
  for (const DescriptorRule& rule : policy().descriptors) {
    const int number = rule.fd.number();
    if (rule.presence == Presence::kRequired && rule.kind != DescriptorKind::kAnnounce) {
      p.before = [number] { ::close(number); };
      EXPECT_EQ(run_confined(p), inventory) << number;
    }
    // A file can be opened and is none of the kinds; for the announce output the lock-down must notice.
    p.before = [number] { ::dup2(::memfd_create("other", 0), number); };
    EXPECT_EQ(run_confined(p), inventory) << number;
  }
}

scmp_arg_cmp first_is(std::uint64_t value) { return {0, SCMP_CMP_EQ, value, 0}; }

struct Denial {
  const char* name;
  Mechanism mechanism;
  void (*before)();
};
const Denial kMandatory[] = {
    {"dumpable", Mechanism::kNonDumpable, [] { deny(SCMP_SYS(prctl), {first_is(PR_SET_DUMPABLE)}); }},
    {"no_new_privs", Mechanism::kNoNewPrivs, [] { deny(SCMP_SYS(prctl), {first_is(PR_SET_NO_NEW_PRIVS)}); }},
    {"limits", Mechanism::kLimits, [] {
       deny(SCMP_SYS(prlimit64), {{2, SCMP_CMP_NE, 0, 0}});
       deny(SCMP_SYS(setrlimit));
     }},
    {"capabilities", Mechanism::kCapabilities, [] { deny(SCMP_SYS(capset)); }},
    {"seccomp", Mechanism::kSeccomp, [] { testing::deny_seccomp(); }},
};
const Denial kOptional[] = {
    {"landlock", Mechanism::kLandlock, [] { deny(SCMP_SYS(landlock_create_ruleset)); }},
    {"landlock restrict", Mechanism::kLandlock, [] { deny(SCMP_SYS(landlock_restrict_self)); }},
    {"mdwe", Mechanism::kWriteExecute, [] { deny(SCMP_SYS(prctl), {first_is(65)}); }},
};

TEST_P(EachCompartment, DoesNotStartWithoutAMandatoryMechanism) {
  for (const Denial& denial : kMandatory) {
    Plan p = plan();
    p.before = denial.before;
    EXPECT_EQ(run_confined(p), failed_by(denial.mechanism)) << denial.name;
  }
}

TEST_P(EachCompartment, StartsWithoutAnOptionalMechanismAndSaysSo) {
  for (const Denial& denial : kOptional) {
    Plan p = plan();
    p.before = denial.before;
    p.body = [&](const Report& report) {
      return report.missing.has(denial.mechanism) && !report.active.has(denial.mechanism) ? 0 : 1;
    };
    EXPECT_EQ(run_confined(p), exited(0)) << denial.name;
  }
}

TEST_P(EachCompartment, DoesNotStartWithoutAnOptionalMechanismWhereAllAreRequired) {
  for (const Denial& denial : kOptional) {
    Plan p = plan();
    p.before = denial.before;
    p.options.requirement = Requirement::kFull;
    p.options.namespaces = privsep::NamespaceSet::for_user();
    EXPECT_EQ(run_confined(p), failed_by(denial.mechanism)) << denial.name;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Apply, EachCompartment,
    ::testing::Combine(::testing::ValuesIn(all_policies().begin(), all_policies().end()),
                       ::testing::Values(Starter::kAsWeAre, Starter::kOrdinaryUser)),
    [](const auto& instance) {
      return testing::name_of(*std::get<0>(instance.param)) +
             (std::get<1>(instance.param) == Starter::kAsWeAre ? "AsWeAre" : "AsOrdinaryUser");
    });

TEST(Apply, RequiresNamespacesOfACompartmentWhereAllAreRequired) {
  Plan p{.policy = &net_policy(), .options = {.requirement = Requirement::kFull}};
  EXPECT_EQ(run_confined(p), failed_by(Mechanism::kNamespaces));
}

TEST(Apply, RefusesToGoOnWhenTheMonitorIsGone) {
  Plan p{.policy = &terminal_policy()};
  p.before = [] {
    int pair[2];
    ::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair);
    ::dup2(pair[0], 3);
    ::close(pair[0]);
    ::close(pair[1]);
  };
  EXPECT_EQ(run_confined(p), failed_by(Mechanism::kParentDeath));
}

}  // namespace
}  // namespace sallyport::sandbox
