// A fault that the supervisor injects into one process of a session: which call, which one of them, and what happens
// to it. Test code, linked by fault_supervisor alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::faults {

/// A process's life is cut in two by the installation of its filter.
enum class Phase : std::uint8_t { kBefore, kAfter };

enum class Deed : std::uint8_t {
  kError,  ///< the call is not made, and fails with this number
  kFewer,  ///< it moves half of the bytes that it could, at least one
  kEnd,    ///< the call is not made, and answers 0
  kSegv    ///< the process jumps to an address that is not mapped
};

struct Fault {
  std::string process;  ///< starter, monitor, net, terminal, login-record, net-child, shell-child ... (tracee.cc)
  Phase phase = Phase::kAfter;
  std::optional<long> call;  ///< the system call's number; none: any
  long first = 1;            ///< the first one that is meddled with, counted from 1 within its phase
  long times = 1;            ///< how many in a row; 0: all that follow
  Deed deed = Deed::kError;
  int number = 0;  ///< errno

  [[nodiscard]] bool covers(long count) const { return count >= first && (times == 0 || count < first + times); }
  [[nodiscard]] bool over_at(long count) const { return times != 0 && count + 1 >= first + times; }
};

/// "net:after:47:5:1:error=11"; the call may be "any", the deed one of error=N, fewer, end, segv.
std::optional<Fault> parse_fault(std::string_view text);

}  // namespace sallyport::faults
