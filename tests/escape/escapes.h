// Named ways out of a compartment, each tried by a victim program (victim.cc) and expected to fail (escape_test.cc).
#pragma once

#include <span>

namespace sallyport::escape {

/// Whether the attempt is stopped, too, when the filter is left out: by Landlock, limits, namespaces, capabilities or
/// memory-deny-write-execute. "No" means that seccomp alone carries it (measured), which is worth knowing.
enum class SecondWall { kYes, kNo };

struct Escape {
  const char* name;
  SecondWall second_wall;
  /// Makes the attempt; `monitor` is the pid of the process that stands for the monitor. At least 0: it succeeded.
  long (*attempt)(int monitor);
};

[[nodiscard]] std::span<const Escape> escapes();

}  // namespace sallyport::escape
