// Named ways out of a compartment, each tried by a victim program (victim.cc) and expected to fail (escape_test.cc).
#pragma once

#include <span>

namespace sallyport::escape {

/// Whether the attempt is stopped, too, when the filter is left out: by Landlock, limits, namespaces, capabilities or
/// memory-deny-write-execute. "No" means that seccomp alone carries it (measured), which is worth knowing.
enum class SecondWall {
  kYes,
  kNo,
  kHost,  ///< depends on the host
};

/// Whether the attempt succeeds without any confinement, so that its failure says something.
enum class Control {
  kWorks,  ///< for everybody
  kRoot,   ///< for root
  kHost,   ///< where the host permits it: else refused, but never as malformed
  kNever,  ///< not tried: it would harm the host
};

struct Escape {
  const char* name;
  SecondWall second_wall;
  Control control;
  /// Makes the attempt; `monitor` is the pid of the process that stands for the monitor. At least 0: it succeeded.
  long (*attempt)(int monitor);
};

[[nodiscard]] std::span<const Escape> escapes();

/// A page of the process that stands for the monitor lies here when there is no confinement.
inline constexpr unsigned long kPreyPage = 0x10000000;

}  // namespace sallyport::escape
