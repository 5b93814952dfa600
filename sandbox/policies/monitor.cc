// What the monitor may do after its lock-down (architecture 1, 4). It allocates nothing then: there is no mmap, munmap
// or brk. accept4 has a place left for the control socket of a later step and is not permitted today.
#include <linux/wait.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>

#include "privsep/descriptors.h"
#include "sandbox/policies/common_rows.h"
#include "sandbox/policy.h"

namespace sallyport::sandbox {
namespace {

namespace fd = privsep::monitor_fd;

/// Ours: PTY, signals, two channels, three processes.
constexpr std::uint64_t kMaxPolled = 7;

constexpr Row kRows[] = {
    {SCMP_SYS(read), "read", 0, {fd::kPty, fd::kSignals}, {},
     "host output; signals", "MonitorPolicy.ReadsPtyAndSignals"},
    {SCMP_SYS(write), "write", 0, {fd::kPty, fd::kRelease, fd::kLoginRecord, fd::kRelay, fd::kStarter}, {},
     "typed input and replies; the shell's release; the login record; log lines of -v; that the lock-down is done",
     "MonitorPolicy.WritesPtyAndPipes"},
    {SCMP_SYS(recvmsg), "recvmsg", 0, {fd::kNet, fd::kTerminal}, {{2, Compare::kOnly32, kReceiveFlags}},
     "channel messages", "MonitorPolicy.CarriesMessages"},
    {SCMP_SYS(sendmsg), "sendmsg", 0, {fd::kNet, fd::kTerminal, fd::kLog}, {{2, Compare::kOnly32, kSendFlags}},
     "channel messages; log lines", "MonitorPolicy.CarriesMessages"},
    {SCMP_SYS(ppoll), "ppoll", 0, {}, {{1, Compare::kAtMost, kMaxPolled}, {3, Compare::kEqual64, 0}},
     "waiting; never with a signal mask", "MonitorPolicy.Waits"},
    {SCMP_SYS(ioctl), "ioctl", 0, {fd::kPty}, {{1, Compare::kEqual32, TIOCSWINSZ}},
     "the window's size, and nothing else that an ioctl can do (TIOCSTI)", "MonitorPolicy.SetsWindowSize"},
    {SCMP_SYS(waitid), "waitid", 1, {fd::kShellPid, fd::kNetPid, fd::kTerminalPid},
     {{0, Compare::kEqual32, P_PIDFD}, {3, Compare::kOnly32, WEXITED | WNOHANG}, {4, Compare::kEqual64, 0}},
     "how a child ended; by descriptor, so that no number can be reused", "MonitorPolicy.CollectsChildren"},
    {SCMP_SYS(pidfd_send_signal), "pidfd_send_signal", 0, {fd::kNetPid, fd::kTerminalPid},
     {{1, Compare::kEqual32, SIGKILL}, {2, Compare::kEqual64, 0}, {3, Compare::kEqual32, 0}},
     "ends a compartment", "MonitorPolicy.EndsChildren"},
    kMonotonicTime,
    {SCMP_SYS(close), "close", 0,
     {fd::kPty, fd::kRelease, fd::kLoginRecord, fd::kStarter}, {},
     "hang-up by closing the PTY, the shell's release, the login record's end, the starter's",
     "MonitorPolicy.ClosesItsOwn"},
    kEnd,
};

constexpr DescriptorRule kDescriptors[] = {
    {privsep::kStdin, DescriptorKind::kNull, Presence::kRequired, "standard input"},
    {privsep::kStdout, DescriptorKind::kNull, Presence::kRequired, "standard output"},
    {privsep::kStderr, DescriptorKind::kNull, Presence::kRequired, "standard error"},
    {fd::kPty, DescriptorKind::kPty, Presence::kRequired, "PTY's controlling side"},
    {fd::kSignals, DescriptorKind::kSignals, Presence::kRequired, "signalfd"},
    {fd::kNet, DescriptorKind::kChannel, Presence::kRequired, "channel to net"},
    {fd::kTerminal, DescriptorKind::kChannel, Presence::kRequired, "channel to terminal"},
    {fd::kShellPid, DescriptorKind::kPid, Presence::kRequired, "the shell's pidfd"},
    {fd::kNetPid, DescriptorKind::kPid, Presence::kRequired, "net's pidfd"},
    {fd::kTerminalPid, DescriptorKind::kPid, Presence::kRequired, "terminal's pidfd"},
    {fd::kRelease, DescriptorKind::kPipeWriter, Presence::kOptional, "the shell's release pipe"},
    {fd::kLoginRecord, DescriptorKind::kPipeWriter, Presence::kOptional, "pipe to login-record"},
    {fd::kLog, DescriptorKind::kUnixSocket, Presence::kOptional, "log socket"},
    {fd::kRelay, DescriptorKind::kPipeWriter, Presence::kOptional, "pipe to the log relay"},
    {fd::kStarter, DescriptorKind::kPipeWriter, Presence::kOptional, "pipe to the starter"},
};

constexpr Policy kPolicy = {
    .name = "monitor",
    .process_name = "sallyport-serve",
    .budget = 13,
    .rows = kRows,
    .descriptors = kDescriptors,
    // Ours: its libraries and fixed buffers take a third of it, and nothing is allocated any more.
    .limits = {.address_space_bytes = std::uint64_t{64} << 20U},
    .identity = IdentityRule::kKeep,
    .parent = ParentRule::kOutlives,
    .signals = SignalRule::kMaySignal,
    .memory = MemoryRule::kFrozen,
};

}  // namespace

const Policy& monitor_policy() { return kPolicy; }

}  // namespace sallyport::sandbox
