// What net may do after its lock-down (architecture 1, 4): datagrams on two sockets, messages on two channels, time,
// its heap, and an end. Its randomness was read before.
#include <seccomp.h>

#include "privsep/descriptors.h"
#include "sandbox/policies/common_rows.h"
#include "sandbox/policy.h"

namespace sallyport::sandbox {
namespace {

namespace fd = privsep::net_fd;

/// Ours: both channels, both sockets.
constexpr std::uint64_t kMaxPolled = 4;
/// sizeof(sockaddr_in6), the larger of the two families; connecting to AF_UNSPEC takes less.
constexpr std::uint64_t kMaxAddressBytes = 28;

constexpr Row kRows[] = {
    {SCMP_SYS(recvmsg), "recvmsg", 0, {fd::kMonitor, fd::kTerminal, fd::kUdp, fd::kUdpPeer},
     {{2, Compare::kOnly32, kReceiveFlags}},
     "datagrams and channel messages", "NetPolicy.CarriesMessages"},
    {SCMP_SYS(sendmsg), "sendmsg", 0, {fd::kMonitor, fd::kTerminal, fd::kUdp, fd::kUdpPeer},
     {{2, Compare::kOnly32, kSendFlags}},
     "datagrams and channel messages", "NetPolicy.CarriesMessages"},
    {SCMP_SYS(ppoll), "ppoll", 0, {},
     {{1, Compare::kAtMost, kMaxPolled}, {3, Compare::kEqual64, 0}},
     "waiting; never with a signal mask", "NetPolicy.Waits"},
    {SCMP_SYS(connect), "connect", 0, {fd::kUdpPeer},
     {{2, Compare::kAtMost, kMaxAddressBytes}},
     "roaming: socket B follows the validated peer", "NetPolicy.ConnectsSocketB"},
    kMonotonicTime,
    kGrowHeapByMap,
    kMoveHeapEnd,
    kEnd,
};

constexpr DescriptorRule kDescriptors[] = {
    {privsep::kStdin, DescriptorKind::kNull, Presence::kRequired, "standard input"},
    {fd::kAnnounce, DescriptorKind::kAnnounce, Presence::kRequired, "announce output"},
    {privsep::kStderr, DescriptorKind::kNull, Presence::kRequired, "standard error"},
    {fd::kMonitor, DescriptorKind::kChannel, Presence::kRequired, "channel to the monitor"},
    {fd::kTerminal, DescriptorKind::kChannel, Presence::kRequired, "channel to terminal"},
    {fd::kUdp, DescriptorKind::kUdp, Presence::kRequired, "UDP socket A"},
    {fd::kUdpPeer, DescriptorKind::kUdp, Presence::kOptional, "UDP socket B"},
};

constexpr Policy kPolicy = {
    .name = "net",
    .process_name = "sallyport-net",
    .budget = 10,
    .rows = kRows,
    .descriptors = kDescriptors,
    // Ours: libraries take 30 MiB of address space; 1 MiB of input, 4 MiB instructions inflated and assembled, and
    // states take less than 16 MiB together. What is left is for fragmentation.
    .limits = {.address_space_bytes = std::uint64_t{96} << 20U},
    .identity = IdentityRule::kDropFromRoot,
    .parent = ParentRule::kDiesWithParent,
    .signals = SignalRule::kMayNot,
    .memory = MemoryRule::kGrows,
};

}  // namespace

const Policy& net_policy() { return kPolicy; }

}  // namespace sallyport::sandbox
