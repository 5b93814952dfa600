#include "sandbox/filter.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <vector>

#include "base/sys/io.h"

namespace sallyport::sandbox {
namespace {

static_assert(sizeof(Instruction) == sizeof(sock_filter) && sizeof(Instruction) == 8);

struct Release {
  void operator()(void* context) const { seccomp_release(context); }
};
using Context = std::unique_ptr<void, Release>;

Result<void, SystemError> checked(const char* function, int result) {
  if (result < 0) return std::unexpected(SystemError{function, -result});
  return {};
}

constexpr std::uint64_t kLowHalf = 0xFFFF'FFFFU;

scmp_arg_cmp comparison(const ArgumentRule& rule) {
  switch (rule.compare) {
    case Compare::kEqual32:
      return {rule.index, SCMP_CMP_MASKED_EQ, kLowHalf, rule.value & kLowHalf};
    case Compare::kOnly32:
      return {rule.index, SCMP_CMP_MASKED_EQ, ~rule.value & kLowHalf, 0};
    case Compare::kEqual64:
      return {rule.index, SCMP_CMP_EQ, rule.value, 0};
    case Compare::kAtMost:
      break;
  }
  return {rule.index, SCMP_CMP_LE, rule.value, 0};
}

Result<void, SystemError> add_row(const Context& context, const Row& row) {
  std::vector<scmp_arg_cmp> comparisons;
  for (const ArgumentRule& rule : row.rules) comparisons.push_back(comparison(rule));
  const auto add = [&] {
    // "exact": a rule that libseccomp would have to change for this architecture is an error.
    return checked("seccomp_rule_add", seccomp_rule_add_exact_array(context.get(), SCMP_ACT_ALLOW, row.call,
                                                                    static_cast<unsigned>(comparisons.size()),
                                                                    comparisons.data()));
  };
  if (row.descriptors.empty()) return add();
  comparisons.push_back({});
  for (const BorrowedFd fd : row.descriptors) {
    comparisons.back() =
        comparison({row.descriptor_index, Compare::kEqual32, static_cast<std::uint64_t>(fd.number())});
    TRY_VOID(add());
  }
  return {};
}

Result<void, SystemError> read_program(BorrowedFd reader, Program& program) {
  const auto bytes = std::as_writable_bytes(program.storage());
  std::size_t used = 0;
  for (;;) {
    const std::size_t n = TRY(sys::read(reader, bytes.subspan(used)));
    if (n == 0) break;
    used += n;
    if (used == bytes.size()) return std::unexpected(SystemError{"seccomp_export_bpf", E2BIG});
  }
  program.set_size(used / sizeof(Instruction));
  return {};
}

}  // namespace

Result<void, SystemError> generate(const Policy& policy, Program& program) {
  const Context context(seccomp_init(SCMP_ACT_KILL_PROCESS));
  if (!context) return std::unexpected(SystemError{"seccomp_init", ENOMEM});
  // Without this, libseccomp kills only the thread for foreign architectures and x32.
  TRY_VOID(checked("seccomp_attr_set",
                   seccomp_attr_set(context.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS)));
  std::uint8_t priority = UINT8_MAX;  // the filter looks in the rows' order: the most frequent calls stand first
  for (const Row& row : policy.rows) {
    TRY_VOID(add_row(context, row));
    TRY_VOID(checked("seccomp_syscall_priority", seccomp_syscall_priority(context.get(), row.call, priority--)));
  }
  for (const Row& row : instrumented_rows()) TRY_VOID(add_row(context, row));
  sys::Pipe pipe = TRY(sys::pipe());
  // A program larger than the pipe must be an error, not a wait for ourselves.
  TRY_VOID(sys::set_nonblocking(pipe.writer));
  TRY_VOID(checked("seccomp_export_bpf", seccomp_export_bpf(context.get(), pipe.writer.borrow().number())));
  pipe.writer.reset();
  return read_program(pipe.reader, program);
}

Result<void, SystemError> install(const Program& program) {
  const auto instructions = program.instructions();
  // The kernel only reads it; its structure merely lacks the const.
  const sock_fprog filter{static_cast<unsigned short>(instructions.size()),
                          reinterpret_cast<sock_filter*>(const_cast<Instruction*>(instructions.data()))};
  if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) < 0) {
    return std::unexpected(SystemError{"seccomp", errno});
  }
  return {};
}

}  // namespace sallyport::sandbox
