// CHECK: for invariants of our own that a peer, a program or another compartment can never break. On in every build.
// Dies at once by an illegal instruction, without a system call: the locked-down compartments may make none, and the
// monitor logs how they died.
#pragma once

#define CHECK(condition)  \
  do {                    \
    if (!(condition)) {   \
      __builtin_trap();   \
    }                     \
  } while (false)
