// What the client's screen may do after its lock-down (docs/architecture.md 9): messages on three channels, time, its heap, and an end.
#include <seccomp.h>

#include "privsep/descriptors.h"
#include "sandbox/policies/common_rows.h"
#include "sandbox/policy.h"

namespace sallyport::sandbox {
namespace {

namespace fd = privsep::client_screen_fd;

/// Ours: all three channels.
constexpr std::uint64_t kMaxPolled = 3;

constexpr Row kRows[] = {
    {SCMP_SYS(recvmsg), "recvmsg", 0, {fd::kGuard, fd::kTty, fd::kNet}, {{2, Compare::kOnly32, kReceiveFlags}},
     "channel messages", "ClientScreenPolicy.CarriesMessages"},
    {SCMP_SYS(sendmsg), "sendmsg", 0, {fd::kGuard, fd::kTty}, {{2, Compare::kOnly32, kSendFlags}},
     "channel messages; it has nothing to say to net", "ClientScreenPolicy.CarriesMessages"},
    {SCMP_SYS(ppoll), "ppoll", 0, {}, {{1, Compare::kAtMost, kMaxPolled}, {3, Compare::kEqual64, 0}},
     "waiting; never with a signal mask", "ClientScreenPolicy.Waits"},
    kMonotonicTime,
    {SCMP_SYS(clock_gettime), "clock_gettime", 0, {}, {{0, Compare::kEqual32, CLOCK_REALTIME}},
     "the hour of the last contact, on machines whose clock source the vDSO cannot read", "ClientScreenPolicy.TellsTheHour"},
    kGrowHeapByMap,
    kMoveHeapEnd,
    kEnd,
};

constexpr DescriptorRule kDescriptors[] = {
    {privsep::kStdin, DescriptorKind::kNull, Presence::kRequired, "standard input"},
    {privsep::kStdout, DescriptorKind::kNull, Presence::kRequired, "standard output"},
    {privsep::kStderr, DescriptorKind::kNull, Presence::kRequired, "standard error"},
    {fd::kGuard, DescriptorKind::kChannel, Presence::kRequired, "channel to the guard"},
    {fd::kTty, DescriptorKind::kChannel, Presence::kRequired, "channel to tty"},
    {fd::kNet, DescriptorKind::kChannel, Presence::kRequired, "channel to net"},
};

constexpr Policy kPolicy = {
    .name = "client-screen",
    .process_name = "sallyport-scrn",
    .budget = 8,
    .rows = kRows,
    .descriptors = kDescriptors,
    // Ours: held states within their budget, two screens of our own and the largest frame; a hostile server must not take more.
    .limits = {.address_space_bytes = std::uint64_t{192} << 20U},
    .identity = IdentityRule::kDropFromRoot,
    .parent = ParentRule::kDiesWithParent,
    .signals = SignalRule::kMayNot,
    .memory = MemoryRule::kGrows,
};

}  // namespace

const Policy& client_screen_policy() { return kPolicy; }

}  // namespace sallyport::sandbox
