// What terminal may do after its lock-down (architecture 1, 4): messages on two channels, time, its heap, and an end.
#include <seccomp.h>

#include "privsep/descriptors.h"
#include "sandbox/policies/common_rows.h"
#include "sandbox/policy.h"

namespace sallyport::sandbox {
namespace {

namespace fd = privsep::terminal_fd;

/// Ours: both channels.
constexpr std::uint64_t kMaxPolled = 2;

constexpr Row kRows[] = {
    {SCMP_SYS(recvmsg), "recvmsg", 0, {fd::kMonitor, fd::kNet}, {{2, Compare::kOnly32, kReceiveFlags}},
     "channel messages", "TerminalPolicy.CarriesMessages"},
    {SCMP_SYS(sendmsg), "sendmsg", 0, {fd::kMonitor, fd::kNet}, {{2, Compare::kOnly32, kSendFlags}},
     "channel messages", "TerminalPolicy.CarriesMessages"},
    {SCMP_SYS(ppoll), "ppoll", 0, {}, {{1, Compare::kAtMost, kMaxPolled}, {3, Compare::kEqual64, 0}},
     "waiting; never with a signal mask", "TerminalPolicy.Waits"},
    kMonotonicTime,
    kGrowHeapByMap,
    kMoveHeapEnd,
    kEnd,
};

constexpr DescriptorRule kDescriptors[] = {
    {privsep::kStdin, DescriptorKind::kNull, Presence::kRequired, "standard input"},
    {privsep::kStdout, DescriptorKind::kNull, Presence::kRequired, "standard output"},
    {privsep::kStderr, DescriptorKind::kNull, Presence::kRequired, "standard error"},
    {fd::kMonitor, DescriptorKind::kChannel, Presence::kRequired, "channel to the monitor"},
    {fd::kNet, DescriptorKind::kChannel, Presence::kRequired, "channel to net"},
};

constexpr Policy kPolicy = {
    .name = "terminal",
    .process_name = "sallyport-term",
    .budget = 8,
    .rows = kRows,
    .descriptors = kDescriptors,
    // Ours: a screen may have 4 Mi cells (base/strong_id.h), there are two of them, a resize holds old and new, and
    // kept snapshots share rows only where nothing changed: the largest screen that a client may ask for must fit.
    .limits = {.address_space_bytes = std::uint64_t{1} << 30U},
    .identity = IdentityRule::kDropFromRoot,
    .parent = ParentRule::kDiesWithParent,
    .signals = SignalRule::kMayNot,
    .memory = MemoryRule::kGrows,
};

}  // namespace

const Policy& terminal_policy() { return kPolicy; }

}  // namespace sallyport::sandbox
