// One traced process of a session: which one it is, how many system calls it has made in each phase, and the fault that
// is under way. Test code, linked by fault_supervisor alone; x86-64.
#pragma once

#include <sys/types.h>
#include <sys/user.h>

#include <array>
#include <cstdio>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "tests/faults/fault.h"

namespace sallyport::faults {

class Tracee {
 public:
  Tracee(pid_t pid, std::string name) : pid_(pid), name_(std::move(name)) {}

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  /// The next child gets a name by its order: the monitor always starts them in the same one.
  [[nodiscard]] std::string name_of_next_child();
  /// It has entered another program. A hidden clock page is taken out of its auxiliary vector: time is a system call.
  void entered(std::string name, bool hide_vdso);

  /// At a stop before or after a system call: counts, and meddles where a fault says so; what it did goes to `report`.
  void at_call(std::span<const Fault> faults, std::FILE* report);
  /// Whether any fault or the count still needs to see its calls.
  [[nodiscard]] bool must_be_watched(std::span<const Fault> faults, bool counting) const;
  /// Makes it jump to an address that is not mapped, from any stop.
  void crash() const;
  void report_counts(std::FILE* report) const;

 private:
  struct Pending {
    user_regs_struct entry;
    Deed deed;
    int number;
    bool made;  ///< the call was made, and only its result is changed
  };
  void before_call(std::span<const Fault> faults, std::FILE* report, user_regs_struct& registers);
  void after_call(user_regs_struct& registers);
  void begin(const Fault& fault, user_regs_struct& registers);

  pid_t pid_;
  std::string name_;
  Phase phase_ = Phase::kBefore;
  int children_ = 0;
  long all_calls_ = 0;   ///< within the phase
  long installing_ = 0;  ///< the call that may put the filter on
  bool loading_ = true;  ///< what it does is the loader's and the C library's
  std::array<std::map<long, long>, 2> calls_;
  std::optional<Pending> pending_;
};

}  // namespace sallyport::faults
