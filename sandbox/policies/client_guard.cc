// What the client's guard may do after its lock-down (docs/architecture.md 9): wait for its compartments and signals, pass
// signals on, stop itself with its job, restore the terminal and say why. It reads neither the terminal nor the network.
#include <seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>

#include "privsep/descriptors.h"
#include "sandbox/policies/common_rows.h"
#include "sandbox/policy.h"

namespace sallyport::sandbox {
namespace {

namespace fd = privsep::client_guard_fd;

/// Ours: three channels, three pidfds, the signals.
constexpr std::uint64_t kMaxPolled = 7;

constexpr Row kRows[] = {
    {SCMP_SYS(read), "read", 0, {fd::kSignals}, {}, "signals to the session", "ClientGuardPolicy.ReadsSignals"},
    {SCMP_SYS(write), "write", 0, {privsep::kStdout, privsep::kStderr}, {},
     "restoring the terminal, and how the session ended", "ClientGuardPolicy.SpeaksToTheUser"},
    {SCMP_SYS(ioctl), "ioctl", 0, {privsep::kStdin}, {{1, Compare::kEqual32, TCSETS}},
     "restoring the terminal", "ClientGuardPolicy.RestoresTheTerminal"},
    {SCMP_SYS(ioctl), "ioctl", 0, {privsep::kStdin}, {{1, Compare::kEqual32, TIOCGPGRP}},
     "continued in the background or in the foreground", "ClientGuardPolicy.LearnsWhoseTheTerminalIs"},
    {SCMP_SYS(recvmsg), "recvmsg", 0, {fd::kTty, fd::kNet, fd::kScreen}, {{2, Compare::kOnly32, kReceiveFlags}},
     "channel messages", "ClientGuardPolicy.CarriesMessages"},
    {SCMP_SYS(sendmsg), "sendmsg", 0, {fd::kTty}, {{2, Compare::kOnly32, kSendFlags}},
     "channel messages", "ClientGuardPolicy.CarriesMessages"},
    {SCMP_SYS(ppoll), "ppoll", 0, {}, {{1, Compare::kAtMost, kMaxPolled}, {3, Compare::kEqual64, 0}},
     "waiting; never with a signal mask", "ClientGuardPolicy.Waits"},
    {SCMP_SYS(kill), "kill", 0, {}, {{0, Compare::kEqual32, 0}, {1, Compare::kEqual32, SIGSTOP}},
     "suspension: its own process group", "ClientGuardPolicy.StopsItsJob"},
    {SCMP_SYS(pidfd_send_signal), "pidfd_send_signal", 0, {fd::kTtyPid, fd::kNetPid, fd::kScreenPid},
     {{1, Compare::kEqual32, SIGKILL}, {2, Compare::kEqual64, 0}, {3, Compare::kEqual32, 0}},
     "ending a compartment", "ClientGuardPolicy.EndsCompartments"},
    {SCMP_SYS(waitid), "waitid", 1, {fd::kTtyPid, fd::kNetPid, fd::kScreenPid},
     {{0, Compare::kEqual32, P_PIDFD}, {3, Compare::kOnly32, WEXITED | WNOHANG}, {4, Compare::kEqual64, 0}},
     "how a compartment ended; by descriptor, so that no number can be reused", "ClientGuardPolicy.ReapsCompartments"},
    kMonotonicTime,
    kEnd,
};

constexpr DescriptorRule kDescriptors[] = {
    {privsep::kStdin, DescriptorKind::kAny, Presence::kRequired, "the user's terminal"},
    {privsep::kStdout, DescriptorKind::kAny, Presence::kRequired, "standard output"},
    {privsep::kStderr, DescriptorKind::kAny, Presence::kRequired, "standard error"},
    {fd::kSignals, DescriptorKind::kSignals, Presence::kRequired, "signals"},
    {fd::kTty, DescriptorKind::kChannel, Presence::kRequired, "channel to tty"},
    {fd::kNet, DescriptorKind::kChannel, Presence::kRequired, "channel to net"},
    {fd::kScreen, DescriptorKind::kChannel, Presence::kRequired, "channel to screen"},
    {fd::kTtyPid, DescriptorKind::kPid, Presence::kRequired, "tty's process"},
    {fd::kNetPid, DescriptorKind::kPid, Presence::kRequired, "net's process"},
    {fd::kScreenPid, DescriptorKind::kPid, Presence::kRequired, "screen's process"},
};

constexpr Policy kPolicy = {
    .name = "client-guard",
    .process_name = "sallyport-clnt",
    .budget = 12,
    .rows = kRows,
    .descriptors = kDescriptors,
    .limits = {.address_space_bytes = std::uint64_t{64} << 20U, .keeps_file_size = true},
    .identity = IdentityRule::kKeep,
    .parent = ParentRule::kOutlives,
    .signals = SignalRule::kMaySignal,
    .memory = MemoryRule::kFrozen,
};

}  // namespace

const Policy& client_guard_policy() { return kPolicy; }

}  // namespace sallyport::sandbox
