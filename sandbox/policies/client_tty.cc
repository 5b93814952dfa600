// What the client's tty owner may do after its lock-down (docs/architecture.md 9): read and write the user's terminal, set its mode
// and learn its size, messages on three channels, and an end. It allocates nothing.
#include <linux/sockios.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "privsep/descriptors.h"
#include "sandbox/policies/common_rows.h"
#include "sandbox/policy.h"

namespace sallyport::sandbox {
namespace {

namespace fd = privsep::client_tty_fd;

/// Ours: three channels, the terminal's input and output.
constexpr std::uint64_t kMaxPolled = 5;

constexpr Row kRows[] = {
    {SCMP_SYS(read), "read", 0, {fd::kInput}, {}, "what is typed", "ClientTtyPolicy.ReadsTheTerminal"},
    {SCMP_SYS(write), "write", 0, {fd::kOutput}, {}, "what is shown", "ClientTtyPolicy.WritesTheTerminal"},
    {SCMP_SYS(ioctl), "ioctl", 0, {fd::kInput}, {{1, Compare::kEqual32, TIOCGWINSZ}},
     "the window's size", "ClientTtyPolicy.LearnsTheWindowsSize"},
    {SCMP_SYS(ioctl), "ioctl", 0, {fd::kInput}, {{1, Compare::kEqual32, TCGETS}},
     "whether the shell has set the mode since", "ClientTtyPolicy.LearnsTheTerminalsMode"},
    {SCMP_SYS(ioctl), "ioctl", 0, {fd::kInput}, {{1, Compare::kEqual32, TCSETS}},
     "raw mode and back, never waiting for output", "ClientTtyPolicy.SetsTheTerminalsMode"},
    {SCMP_SYS(ioctl), "ioctl", 0, {fd::kNet}, {{1, Compare::kEqual32, SIOCOUTQ}},
     "whether net has read the wish to end, or is hung", "ClientTtyPolicy.LearnsWhetherNetReads"},
    {SCMP_SYS(recvmsg), "recvmsg", 0, {fd::kGuard, fd::kNet, fd::kScreen}, {{2, Compare::kOnly32, kReceiveFlags}},
     "channel messages", "ClientTtyPolicy.CarriesMessages"},
    {SCMP_SYS(sendmsg), "sendmsg", 0, {fd::kGuard, fd::kNet, fd::kScreen}, {{2, Compare::kOnly32, kSendFlags}},
     "channel messages", "ClientTtyPolicy.CarriesMessages"},
    {SCMP_SYS(ppoll), "ppoll", 0, {}, {{1, Compare::kAtMost, kMaxPolled}, {3, Compare::kEqual64, 0}},
     "waiting; never with a signal mask", "ClientTtyPolicy.Waits"},
    kMonotonicTime,
    kEnd,
};

constexpr DescriptorRule kDescriptors[] = {
    {fd::kInput, DescriptorKind::kAny, Presence::kRequired, "the terminal's input"},
    {fd::kOutput, DescriptorKind::kAny, Presence::kRequired, "the terminal's output"},
    {privsep::kStderr, DescriptorKind::kNull, Presence::kRequired, "standard error"},
    {fd::kGuard, DescriptorKind::kChannel, Presence::kRequired, "channel to the guard"},
    {fd::kNet, DescriptorKind::kChannel, Presence::kRequired, "channel to net"},
    {fd::kScreen, DescriptorKind::kChannel, Presence::kRequired, "channel to screen"},
};

constexpr Policy kPolicy = {
    .name = "client-tty",
    .process_name = "sallyport-tty",
    .budget = 9,
    .rows = kRows,
    .descriptors = kDescriptors,
    // Ours: one frame (8 MiB), one read of typing and the program itself.
    .limits = {.address_space_bytes = std::uint64_t{48} << 20U, .keeps_file_size = true},
    .identity = IdentityRule::kDropFromRoot,
    // A terminal is restored when the guard is killed.
    .parent = ParentRule::kEndsAfterParent,
    .signals = SignalRule::kMayNot,
    .memory = MemoryRule::kFrozen,
};

}  // namespace

const Policy& client_tty_policy() { return kPolicy; }

}  // namespace sallyport::sandbox
