// Rows that more than one compartment has, and the flags that base/ and privsep/ pass. Internal to policies/.
#pragma once

#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>

#include "sandbox/policy.h"

namespace sallyport::sandbox {

/// privsep/channel.cc (DONTWAIT, CMSG_CLOEXEC) and net/udp_socket.cc (TRUNC: a datagram's true length).
inline constexpr std::uint64_t kReceiveFlags = MSG_DONTWAIT | MSG_CMSG_CLOEXEC | MSG_TRUNC;
inline constexpr std::uint64_t kSendFlags = MSG_DONTWAIT | MSG_NOSIGNAL;

inline constexpr Row kMonotonicTime = {
    SCMP_SYS(clock_gettime), "clock_gettime", 0, {}, {{0, Compare::kEqual32, CLOCK_MONOTONIC}},
    "time, on machines whose clock source the vDSO cannot read", "CommonRows.TellsMonotonicTime"};

inline constexpr Row kGrowHeapByMap = {
    SCMP_SYS(mmap), "mmap", 0, {},
    {{0, Compare::kEqual64, 0},
     {2, Compare::kEqual32, PROT_READ | PROT_WRITE},
     {3, Compare::kEqual32, MAP_PRIVATE | MAP_ANONYMOUS},
     {4, Compare::kEqual32, 0xFFFFFFFFU},
     {5, Compare::kEqual64, 0}},
    "malloc, where the heap's end has met another mapping (never given back: no munmap)",
    "CommonRows.HeapGrowsAndShrinks"};

inline constexpr Row kMoveHeapEnd = {
    SCMP_SYS(brk), "brk", 0, {}, {}, "malloc and free", "CommonRows.HeapGrowsAndShrinks"};

inline constexpr Row kEnd = {
    SCMP_SYS(exit_group), "exit_group", 0, {}, {}, "an orderly end", "CommonRows.Ends"};

}  // namespace sallyport::sandbox
