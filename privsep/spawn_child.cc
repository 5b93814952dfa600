#include "privsep/spawn_child.h"

#include <fcntl.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "base/sys/process.h"
#include "privsep/close_range.h"

namespace sallyport::privsep {
namespace {

/// Targets are 0 to 63 (spawn.h); every descriptor is first copied out of that range, so that none is overwritten
/// early.
constexpr int kTargetEnd = 64;
/// Shell exit status for "cannot execute"; nobody reads it.
constexpr int kExitNoExec = 126;

[[noreturn]] void fail(BorrowedFd report, ChildStep step) {
  const ChildFailure failure{step, errno};
  // If even this fails the parent reads end of file from a process that is already gone; it will see that by the pidfd.
  (void)!::write(report.number(), &failure, sizeof failure);
  ::_exit(kExitNoExec);
}

/// A close-on-exec copy above all targets.
BorrowedFd copy_away(BorrowedFd fd, BorrowedFd report) {
  const int copy = ::fcntl(fd.number(), F_DUPFD_CLOEXEC, kTargetEnd);
  if (copy < 0) fail(report, ChildStep::kFcntl);
  return BorrowedFd(copy);
}

/// Each target gets its source, 0 to 2 the null device where they are no target, everything else but the two is closed.
void place_descriptors(const ChildPlan& plan, BorrowedFd executable, BorrowedFd report) {
  std::array<std::optional<BorrowedFd>, kTargetEnd> sources{};
  for (std::size_t i = 0; i < 3; ++i) sources[i] = copy_away(plan.null, report);
  for (const Placement& placement : plan.descriptors) {
    const auto target = static_cast<std::size_t>(placement.target.number());
    if (target >= sources.size()) {
      errno = EBADF;
      fail(report, ChildStep::kDup3);
    }
    sources[target] = copy_away(placement.source, report);
  }
  for (std::size_t target = 0; target < sources.size(); ++target) {
    const int number = static_cast<int>(target);
    if (!sources[target]) {
      ::close(number);
    } else if (::dup3(sources[target]->number(), number, 0) < 0) {
      fail(report, ChildStep::kDup3);
    }
  }
  const auto low = static_cast<unsigned>(std::min(executable.number(), report.number()));
  const auto high = static_cast<unsigned>(std::max(executable.number(), report.number()));
  close_range(kTargetEnd, low - 1);
  close_range(low + 1, high - 1);
  close_range(high + 1, ~0U);
}

}  // namespace

ChildFailure ChildFailure::from(std::span<const std::byte> bytes) {
  ChildFailure failure;
  if (bytes.size() == sizeof failure) std::memcpy(&failure, bytes.data(), sizeof failure);
  return failure;
}

const char* child_step_name(ChildStep step) {
  switch (step) {
    case ChildStep::kFcntl:
      return "fcntl";
    case ChildStep::kDup3:
      return "dup3";
    case ChildStep::kExec:
      break;
  }
  return "execveat";
}

void become(const ChildPlan& plan) {
  // Handlers first: with the mask open, a signal must find its default action and not the parent's handler.
  sys::default_signals();
  const BorrowedFd report = copy_away(plan.report, plan.report);
  const BorrowedFd executable = copy_away(plan.executable, report);
  place_descriptors(plan, executable, report);
  if (plan.session == Session::kOwn) ::setsid();
  (void)!::chdir("/");
  // A starter without address randomisation, or with other ways of long ago, keeps them to itself.
  (void)::personality(PER_LINUX);
  std::array<char*, 1> no_environment{nullptr};
  ::syscall(SYS_execveat, executable.number(), "", plan.arguments.data(), no_environment.data(), AT_EMPTY_PATH);
  fail(report, ChildStep::kExec);
}

}  // namespace sallyport::privsep
