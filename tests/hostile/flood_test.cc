// Ten million messages of an evil net and an evil terminal: the monitor never dies, hangs, grows, or lets anything but
// permitted input and the closed list of replies reach the program. And the judge that says so is itself judged.
#include "tests/hostile/flood.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <string>

#include "base/sys/io.h"
#include "tests/hostile/environment_number.h"
#include "tests/hostile/permitted.h"

namespace sallyport::hostile {
namespace {

constexpr std::uint64_t kWorkers = 2;
/// SALLYPORT_HOSTILE_MESSAGES and SALLYPORT_HOSTILE_SEED change these.
constexpr std::uint64_t kMessages = kUnderSanitizers ? 300'000 : 10'000'000;
constexpr std::uint64_t kSeed = 20'260'101;
/// A flood in a process of its own, so that a monitor that dies is seen here.
struct Worker {
  pid_t pid = -1;
  sys::Pipe result;
};

Worker start(const FloodPlan& plan) {
  Worker worker{-1, std::move(*sys::pipe())};
  worker.pid = ::fork();
  if (worker.pid != 0) return worker;
  const FloodReport report = flood(plan);
  (void)!::write(worker.result.writer.borrow().number(), &report, sizeof report);
  ::_exit(0);
}

/// Its report; nothing if the process, and with it a monitor, died.
std::optional<FloodReport> finish(Worker& worker) {
  worker.result.writer.reset();
  FloodReport report;
  const ssize_t n = ::read(worker.result.reader.borrow().number(), &report, sizeof report);
  int status = 0;
  ::waitpid(worker.pid, &status, 0);
  if (n == sizeof report && status == 0) return report;
  return std::nullopt;
}

void print(const FloodReport& all) {
  std::printf(
      "%llu messages in %llu sessions: %llu permitted, %llu violations, %llu with a descriptor; %llu bytes reached "
      "programs, "
      "%llu replies to %llu queries; longest turn %lld us, %lld KiB grown\n",
      static_cast<unsigned long long>(all.judged), static_cast<unsigned long long>(all.sessions),
      static_cast<unsigned long long>(all.accepted), static_cast<unsigned long long>(all.violations),
      static_cast<unsigned long long>(all.descriptors), static_cast<unsigned long long>(all.typed_bytes),
      static_cast<unsigned long long>(all.replies), static_cast<unsigned long long>(all.queries),
      static_cast<long long>(all.longest_turn_us), static_cast<long long>(all.grown_kib));
}

TEST(HostileFlood, TenMillionMessagesLetNothingThroughThatIsNotPermitted) {
  const std::uint64_t messages = environment_number("SALLYPORT_HOSTILE_MESSAGES", kMessages);
  const std::uint64_t seed = environment_number("SALLYPORT_HOSTILE_SEED", kSeed);
  std::array<Worker, kWorkers> workers;
  for (std::uint64_t i = 0; i < kWorkers; ++i) workers[i] = start({seed + i, messages / kWorkers, Tampering::kNone});
  FloodReport all;
  for (std::uint64_t i = 0; i < kWorkers; ++i) {
    const auto report = finish(workers[i]);
    ASSERT_TRUE(report) << "a monitor died; seed " << seed + i;
    EXPECT_EQ(report->objection, nullptr)
        << report->objection << "; seed " << seed + i << ", session " << report->sessions;
    all.judged += report->judged;
    all.accepted += report->accepted;
    all.sessions += report->sessions;
    all.violations += report->violations;
    all.descriptors += report->descriptors;
    all.typed_bytes += report->typed_bytes;
    all.queries += report->queries;
    all.replies += report->replies;
    all.longest_turn_us = std::max(all.longest_turn_us, report->longest_turn_us);
    all.grown_kib = std::max(all.grown_kib, report->grown_kib);
  }
  print(all);
  // It met what it was made for.
  EXPECT_GE(all.judged, messages / kWorkers * kWorkers);
  EXPECT_GT(all.accepted, messages / 2);
  EXPECT_GT(all.violations, messages / 100);
  EXPECT_GT(all.descriptors, messages / 1000);
  EXPECT_GT(all.replies, messages / 1000);
}

class HostileFloodJudge : public ::testing::TestWithParam<Tampering> {};

TEST_P(HostileFloodJudge, SeesOneByteThatIsNotPermitted) {
  EXPECT_NE(flood({.seed = 3, .messages = 50'000, .tampering = GetParam()}).objection, nullptr);
}

INSTANTIATE_TEST_SUITE_P(Each, HostileFloodJudge,
                         ::testing::Values(Tampering::kExtraByte, Tampering::kReplyWithoutQuery,
                                           Tampering::kOlderInputAgain, Tampering::kRandomByteLate));

class HostileFloodMutant : public ::testing::TestWithParam<const char*> {};

TEST_P(HostileFloodMutant, IsFoundOut) {
  if (kUnderSanitizers && std::string(GetParam()) == "leaks")
    GTEST_SKIP() << "skipped: a sanitizer keeps what is freed, so growth says nothing";
  const pid_t mutant = ::fork();
  if (mutant == 0) {
    const std::string program = std::string(HOSTILE_MUTANTS) + "/mutant_" + GetParam();
    ::execl(program.c_str(), program.c_str(), nullptr);
    ::_exit(127);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(mutant, &status, 0), mutant);
  // It objects, or the mutant dies of its own CHECK; 0 is "nothing was seen".
  EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 1) << "status " << status;
}

INSTANTIATE_TEST_SUITE_P(Each, HostileFloodMutant, ::testing::Values(HOSTILE_MUTANT_NAMES),
                         [](const auto& instance) { return std::string(instance.param); });

TEST(HostileFloodLanguage, KnowsTheClosedListOfReplies) {
  EXPECT_TRUE(only_replies("\033[0n\033[24;80R\033[?25;1$y\033P0$r\033\\"));
  for (const char* text :
       {"\033[1n", "\033[0nx", "\033[24;80", "\033[?25;5$y", "\033P1$r\033\\", "\033P>|sallyport x\033\\", "ls\r"}) {
    EXPECT_FALSE(only_replies(text)) << text;
  }
}

}  // namespace
}  // namespace sallyport::hostile
