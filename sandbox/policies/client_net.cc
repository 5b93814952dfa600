// What the client's net may do after its lock-down (docs/architecture.md 9): datagrams on up to four sockets, messages on three
// channels, time, its heap, and an end. Its randomness was read before.
#include <seccomp.h>

#include "privsep/descriptors.h"
#include "sandbox/policies/common_rows.h"
#include "sandbox/policy.h"

namespace sallyport::sandbox {
namespace {

namespace fd = privsep::client_net_fd;

/// Ours: three channels, four sockets.
constexpr std::uint64_t kMaxPolled = 7;
/// sizeof(sockaddr_in6), the larger of the two families; connecting to AF_UNSPEC takes less.
constexpr std::uint64_t kMaxAddressBytes = 28;

constexpr Row kRows[] = {
    {SCMP_SYS(recvmsg), "recvmsg", 0,
     {fd::kGuard, fd::kTty, fd::kScreen, fd::kIpv4, fd::kIpv4Next, fd::kIpv6, fd::kIpv6Next},
     {{2, Compare::kOnly32, kReceiveFlags}},
     "datagrams and channel messages", "ClientNetPolicy.CarriesMessages"},
    {SCMP_SYS(sendmsg), "sendmsg", 0,
     {fd::kGuard, fd::kTty, fd::kScreen, fd::kIpv4, fd::kIpv4Next, fd::kIpv6, fd::kIpv6Next},
     {{2, Compare::kOnly32, kSendFlags}},
     "datagrams and channel messages", "ClientNetPolicy.CarriesMessages"},
    {SCMP_SYS(ppoll), "ppoll", 0, {},
     {{1, Compare::kAtMost, kMaxPolled}, {3, Compare::kEqual64, 0}},
     "waiting; never with a signal mask", "ClientNetPolicy.Waits"},
    {SCMP_SYS(connect), "connect", 0, {fd::kIpv4, fd::kIpv4Next, fd::kIpv6, fd::kIpv6Next},
     {{2, Compare::kAtMost, kMaxAddressBytes}},
     "a new port (by way of AF_UNSPEC), and no datagrams from strangers", "ClientNetPolicy.ConnectsSockets"},
    kMonotonicTime,
    kGrowHeapByMap,
    kMoveHeapEnd,
    kEnd,
};

constexpr DescriptorRule kDescriptors[] = {
    {fd::kKey, DescriptorKind::kAnnounce, Presence::kRequired, "the key's text"},
    {privsep::kStdout, DescriptorKind::kNull, Presence::kRequired, "standard output"},
    {privsep::kStderr, DescriptorKind::kNull, Presence::kRequired, "standard error"},
    {fd::kGuard, DescriptorKind::kChannel, Presence::kRequired, "channel to the guard"},
    {fd::kTty, DescriptorKind::kChannel, Presence::kRequired, "channel to tty"},
    {fd::kScreen, DescriptorKind::kChannel, Presence::kRequired, "channel to screen"},
    {fd::kIpv4, DescriptorKind::kUdp, Presence::kOptional, "UDP socket, IPv4"},
    {fd::kIpv4Next, DescriptorKind::kUdp, Presence::kOptional, "UDP socket, IPv4, the other port"},
    {fd::kIpv6, DescriptorKind::kUdp, Presence::kOptional, "UDP socket, IPv6"},
    {fd::kIpv6Next, DescriptorKind::kUdp, Presence::kOptional, "UDP socket, IPv6, the other port"},
};

constexpr Policy kPolicy = {
    .name = "client-net",
    .process_name = "sallyport-cnet",
    .budget = 10,
    .rows = kRows,
    .descriptors = kDescriptors,
    // Ours: libraries take 30 MiB of address space; typed input, 4 MiB instructions inflated and assembled, and
    // one diff on its way to screen take less than 24 MiB together. What is left is for fragmentation.
    .limits = {.address_space_bytes = std::uint64_t{96} << 20U},
    .identity = IdentityRule::kDropFromRoot,
    .parent = ParentRule::kDiesWithParent,
    .signals = SignalRule::kMayNot,
    .memory = MemoryRule::kGrows,
};

}  // namespace

const Policy& client_net_policy() { return kPolicy; }

}  // namespace sallyport::sandbox
