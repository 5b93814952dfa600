// What the sanitizers' runtimes ask of the kernel after lock-down. Included by policy.cc, and only where the build
// defines SALLYPORT_SANITIZED; a test asserts that other builds add nothing.
#pragma once

#ifndef SALLYPORT_SANITIZED
#error "these permissions are for sanitizer builds alone"
#endif

#include <seccomp.h>
#include <sys/mman.h>

#include "sandbox/policy.h"

namespace sallyport::sandbox {

inline constexpr Row kInstrumentedRows[] = {
    {SCMP_SYS(mmap), "mmap", 0, {}, {{2, Compare::kOnly32, PROT_READ | PROT_WRITE}}, "sanitizer: shadow and heap",
     "the same tests, sanitized"},
    {SCMP_SYS(munmap), "munmap", 0, {}, {}, "sanitizer: heap", "the same tests, sanitized"},
    {SCMP_SYS(madvise), "madvise", 0, {}, {}, "sanitizer: gives shadow back", "the same tests, sanitized"},
    {SCMP_SYS(sched_yield), "sched_yield", 0, {}, {}, "sanitizer: its locks", "the same tests, sanitized"},
    {SCMP_SYS(futex), "futex", 0, {}, {}, "sanitizer: its locks", "the same tests, sanitized"},
    {SCMP_SYS(getpid), "getpid", 0, {}, {}, "sanitizer: reports", "the same tests, sanitized"},
    {SCMP_SYS(gettid), "gettid", 0, {}, {}, "sanitizer: reports", "the same tests, sanitized"},
    {SCMP_SYS(write), "write", 0, {BorrowedFd(2)}, {}, "sanitizer: reports", "the same tests, sanitized"},
    {SCMP_SYS(sigaltstack), "sigaltstack", 0, {}, {}, "sanitizer: end of the thread", "the same tests, sanitized"},
};

}  // namespace sallyport::sandbox
