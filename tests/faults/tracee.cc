#include "tests/faults/tracee.h"

#include <fcntl.h>
#include <linux/auxvec.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <utility>

namespace sallyport::faults {
namespace {

using Word = unsigned long long;

bool installs_filter(const user_regs_struct& registers) {
  const auto number = static_cast<long>(registers.orig_rax);
  return (number == SYS_seccomp && registers.rdi == SECCOMP_SET_MODE_FILTER) ||
         (number == SYS_prctl && registers.rdi == PR_SET_SECCOMP);
}

/// Our programs begin by looking at the standard descriptors, or by making themselves not dumpable.
bool is_first_of_main(const user_regs_struct& registers) {
  const auto number = static_cast<long>(registers.orig_rax);
  return (number == SYS_fcntl && registers.rsi == F_GETFD) || (number == SYS_prctl && registers.rdi == PR_SET_DUMPABLE);
}

/// The call that is made instead: allowed by every policy, and without effect.
void divert(user_regs_struct& registers) {
  registers.orig_rax = SYS_clock_gettime;
  registers.rdi = CLOCK_MONOTONIC;
  registers.rsi = 0;
}

/// What the manual pages promise to succeed, or what does not return. A question for the break is one of them.
bool cannot_fail(const user_regs_struct& registers) {
  constexpr std::array kCalls = {SYS_getpid,  SYS_gettid,          SYS_getppid,    SYS_getuid,
                                 SYS_geteuid, SYS_getgid,          SYS_getegid,    SYS_umask,
                                 SYS_exit,    SYS_set_tid_address, SYS_exit_group, SYS_rt_sigreturn};
  const auto number = static_cast<long>(registers.orig_rax);
  return std::ranges::find(kCalls, number) != kCalls.end() || (number == SYS_brk && registers.rdi == 0);
}

bool moves_bytes_by_count(Word number) { return number == SYS_read || number == SYS_write; }

}  // namespace

std::string Tracee::name_of_next_child() {
  if (name_ == "starter") return children_++ == 0 ? "monitor" : "locale";
  constexpr std::array kNames = {"net-child", "terminal-child", "shell-child", "login-record-child", "relay"};
  const auto index = static_cast<std::size_t>(children_++);
  return name_ == "monitor" && index < kNames.size() ? kNames[index] : name_ + "-child";
}

void Tracee::entered(std::string name, bool hide_vdso) {
  name_ = std::move(name);
  all_calls_ = 0;
  calls_ = {};
  loading_ = true;
  if (!hide_vdso) return;
  user_regs_struct registers{};
  ::ptrace(PTRACE_GETREGS, pid_, nullptr, &registers);
  Word address = registers.rsp;
  const auto next = [&] {
    return ::ptrace(PTRACE_PEEKDATA, pid_, std::exchange(address, address + sizeof(Word)), nullptr);
  };
  for (long count = next(); count > 0; --count) (void)next();  // the arguments
  (void)next();
  while (next() != 0) {  // the environment
  }
  for (long type = next(); type != AT_NULL; type = next()) {
    if (type == AT_SYSINFO_EHDR) ::ptrace(PTRACE_POKEDATA, pid_, address - sizeof(Word), AT_IGNORE);
    (void)next();
  }
}

void Tracee::at_call(std::span<const Fault> faults, std::FILE* report) {
  __ptrace_syscall_info info{};
  user_regs_struct registers{};
  if (::ptrace(PTRACE_GET_SYSCALL_INFO, pid_, sizeof info, &info) <= 0) return;
  if (::ptrace(PTRACE_GETREGS, pid_, nullptr, &registers) < 0) return;
  if (info.op == PTRACE_SYSCALL_INFO_ENTRY) before_call(faults, report, registers);
  if (info.op == PTRACE_SYSCALL_INFO_EXIT) after_call(registers);
}

void Tracee::before_call(std::span<const Fault> faults, std::FILE* report, user_regs_struct& registers) {
  const auto number = static_cast<long>(registers.orig_rax);
  if (cannot_fail(registers)) return;
  loading_ = loading_ && !is_first_of_main(registers);
  installing_ = installs_filter(registers) ? number : 0;
  ++all_calls_;
  const long count = ++calls_[static_cast<std::size_t>(phase_)][number];
  for (const Fault& fault : faults) {
    if (fault.process != name_ || fault.phase != phase_ || (fault.call && *fault.call != number)) continue;
    if (!fault.covers(fault.call ? count : all_calls_)) continue;
    std::fprintf(report, "fault %s %d %ld %ld %llu%s\n", name_.c_str(), static_cast<int>(phase_), number, count,
                 registers.rdi, loading_ || number == SYS_futex ? " library" : "");
    return begin(fault, registers);
  }
}

void Tracee::begin(const Fault& fault, user_regs_struct& registers) {
  if (fault.deed == Deed::kSegv) return crash();
  const Word number = registers.orig_rax;
  // Whatever close() says, the descriptor is gone; and a break that cannot be moved is answered with where it is.
  const bool made = fault.deed == Deed::kFewer || number == SYS_close || number == SYS_brk;
  pending_ = Pending{registers, fault.deed, fault.number, made};
  if (number == SYS_brk) {
    registers.rdi = 0;
  } else if (fault.deed == Deed::kFewer && moves_bytes_by_count(number)) {
    registers.rdx = std::max<Word>(registers.rdx / 2, 1);
  } else if (!made) {
    divert(registers);
  }
  ::ptrace(PTRACE_SETREGS, pid_, nullptr, &registers);
}

void Tracee::after_call(user_regs_struct& registers) {
  const auto result = static_cast<long>(registers.rax);
  if (installing_ != 0 && !pending_ && result == 0) {
    phase_ = Phase::kAfter;
    all_calls_ = 0;
  }
  installing_ = 0;
  if (!pending_) return;
  const Pending pending = *std::exchange(pending_, std::nullopt);
  long answer = result;
  if (pending.deed == Deed::kError && pending.entry.orig_rax != SYS_brk) answer = -pending.number;
  if (pending.deed == Deed::kEnd) answer = 0;
  if (pending.deed == Deed::kFewer && !moves_bytes_by_count(pending.entry.orig_rax) && result > 1) answer = result / 2;
  registers = pending.entry;
  registers.orig_rax = ~Word{0};  // nothing is restarted
  registers.rax = static_cast<Word>(answer);
  ::ptrace(PTRACE_SETREGS, pid_, nullptr, &registers);
}

bool Tracee::must_be_watched(std::span<const Fault> faults, bool counting) const {
  if (counting || pending_) return true;
  return std::ranges::any_of(faults, [&](const Fault& fault) {
    if (fault.process != name_) return false;
    if (fault.phase != phase_) return phase_ == Phase::kBefore;
    if (!fault.call) return !fault.over_at(all_calls_);
    const auto& calls = calls_[static_cast<std::size_t>(phase_)];
    const auto found = calls.find(*fault.call);
    return found == calls.end() || !fault.over_at(found->second);
  });
}

void Tracee::crash() const {
  constexpr Word kNotMapped = 16;
  user_regs_struct registers{};
  ::ptrace(PTRACE_GETREGS, pid_, nullptr, &registers);
  registers.rip = kNotMapped;
  registers.orig_rax = ~Word{0};  // no call is restarted at another place
  ::ptrace(PTRACE_SETREGS, pid_, nullptr, &registers);
}

void Tracee::report_counts(std::FILE* report) const {
  for (std::size_t phase = 0; phase < calls_.size(); ++phase) {
    for (const auto& [number, count] : calls_[phase]) {
      std::fprintf(report, "calls %s %zu %ld %ld\n", name_.c_str(), phase, number, count);
    }
  }
}

}  // namespace sallyport::faults
