#include "sandbox/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <string>

#include "tests/sandbox/confined_testing.h"

namespace sallyport::sandbox {
namespace {

using privsep::NamespaceSet;
using ::testing::HasSubstr;

Report full_report() {
  Report report;
  for (std::uint8_t i = 0; i < kMechanisms; ++i) report.active.add(static_cast<Mechanism>(i));
  report.landlock_abi = 7;
  report.namespaces = NamespaceSet::for_root();
  report.identity = Identity::kDedicated;
  return report;
}

TEST(Report, SurvivesTheThreeIntegersOfALogMessage) {
  const Report full = full_report();
  EXPECT_EQ(Report::from_log_values(full.to_log_values()), full);
  Report poor;
  poor.missing.add(Mechanism::kLandlock);
  poor.missing.add(Mechanism::kNamespaces);
  poor.identity = Identity::kUnmapped;
  EXPECT_EQ(Report::from_log_values(poor.to_log_values()), poor);
}

TEST(Report, OfAnyThreeIntegersCanBeRendered) {
  for (const std::uint64_t value :
       {std::uint64_t{0}, UINT64_MAX, std::uint64_t{0x8000'0000'0000'0000}, std::uint64_t{1} << 16U}) {
    const Report report = Report::from_log_values({value, value, value});
    EXPECT_LE(report.landlock_abi, 255);
    EXPECT_LT(describe(report).size(), 500U);
    EXPECT_EQ(Report::from_log_values(report.to_log_values()), report);
  }
}

TEST(Report, GivesEachMechanismItsOwnWord) {
  std::set<std::string> names;
  for (std::uint8_t i = 0; i < kMechanisms; ++i) {
    EXPECT_TRUE(names.insert(mechanism_name(static_cast<Mechanism>(i))).second);
  }
  EXPECT_FALSE(names.contains("unknown"));
}

TEST(Report, NamesTheMandatoryMechanismsOfTheArchitecture) {
  for (const auto mechanism : {Mechanism::kNoNewPrivs, Mechanism::kSeccomp, Mechanism::kLimits, Mechanism::kNonDumpable,
                               Mechanism::kInventory}) {
    EXPECT_TRUE(is_mandatory(mechanism)) << mechanism_name(mechanism);
  }
  for (const auto mechanism : {Mechanism::kLandlock, Mechanism::kNamespaces, Mechanism::kWriteExecute,
                               Mechanism::kKeyMemory}) {
    EXPECT_FALSE(is_mandatory(mechanism)) << mechanism_name(mechanism);
  }
}

TEST(Report, RendersJson) {
  Report report = full_report();
  report.active = MechanismSet(report.active.bits() & ~(1U << static_cast<unsigned>(Mechanism::kLandlock)));
  report.missing.add(Mechanism::kLandlock);
  report.landlock_abi = 0;
  const std::string json = render_json(report);
  EXPECT_THAT(json, HasSubstr(R"("landlock":{"state":"missing","mandatory":false})"));
  EXPECT_THAT(json, HasSubstr(R"("seccomp":{"state":"active","mandatory":true})"));
  EXPECT_THAT(json, HasSubstr(R"("landlock_abi":0)"));
  EXPECT_THAT(json, HasSubstr(R"("namespaces":["net","mount","ipc","uts","pid"])"));
  EXPECT_THAT(json, HasSubstr(R"("identity":"dedicated")"));
}

TEST(Report, RendersWordsOneLinePerMechanism) {
  Report report = full_report();
  report.active = MechanismSet(report.active.bits() & ~(1U << static_cast<unsigned>(Mechanism::kSeccomp)));
  report.missing.add(Mechanism::kSeccomp);
  const std::string words = render_words(report);
  EXPECT_EQ(std::count(words.begin(), words.end(), '\n'), kMechanisms);
  EXPECT_THAT(words, HasSubstr("active (ABI 7)"));
  EXPECT_THAT(words, HasSubstr("active (net,mount,ipc,uts,pid)"));
  EXPECT_THAT(words, HasSubstr("missing (mandatory: nothing starts without it)"));
}

TEST(Failure, IsOneLineThatNamesMechanismAndCause) {
  EXPECT_EQ(describe(Failure{Mechanism::kNoNewPrivs, {"prctl", EINVAL}, -1}),
            "sandbox: no_new_privs: prctl: Invalid argument");
  EXPECT_EQ(describe(Failure{Mechanism::kInventory, {}, 7}),
            "sandbox: descriptor-inventory: descriptor 7 is missing, undeclared or of the wrong kind");
  EXPECT_EQ(describe(Failure{Mechanism::kLandlock, {}, -1}), "sandbox: landlock: not available on this host");
  EXPECT_EQ(describe(Failure{Mechanism::kSeccomp, {"", EPERM}, 0}), "sandbox: seccomp: Operation not permitted");
}

TEST(ProbeHost, FindsWhatThisHostHas) {
  const auto report = probe_host();
  ASSERT_TRUE(report);
  for (const auto mechanism :
       {Mechanism::kNonDumpable, Mechanism::kInventory, Mechanism::kParentDeath, Mechanism::kLimits,
        Mechanism::kCapabilities, Mechanism::kNoNewPrivs, Mechanism::kSeccomp}) {
    EXPECT_TRUE(report->active.has(mechanism)) << mechanism_name(mechanism);
  }
  EXPECT_EQ(report->namespaces, privsep::probe_namespaces());
  EXPECT_EQ(report->active.has(Mechanism::kLandlock), report->landlock_abi > 0);
  EXPECT_EQ(report->active.has(Mechanism::kIdentity), testing::are_root());
}

TEST(ProbeHost, LeavesTheCallingProcessAsItWas) {
  ASSERT_TRUE(probe_host());
  EXPECT_EQ(::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 1);
  EXPECT_EQ(::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
}

TEST(ProbeHost, ReportsAHostWithoutSeccomp) {
  const pid_t child = ::fork();
  if (child == 0) {
    testing::deny_seccomp();
    const auto report = probe_host();
    const bool right = report && report->missing.has(Mechanism::kSeccomp) && !report->active.has(Mechanism::kSeccomp) &&
                       report->active.has(Mechanism::kNonDumpable);
    ::_exit(right ? 0 : 1);
  }
  EXPECT_EQ(testing::await(child), testing::exited(0));
}

}  // namespace
}  // namespace sallyport::sandbox
