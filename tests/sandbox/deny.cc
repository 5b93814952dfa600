// Runs a program on a host that lacks something: deny WORD[:ERRNO]... -- PROGRAM ARGUMENT...
// Each word below makes some system calls fail, by one filter that PROGRAM and its children inherit, as in a container
// or on an old kernel. For tests/e2e/degradation.py. Exit status 99 if the filter cannot be put on.
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <vector>

namespace {

constexpr int kSetMdwe = 65;  // PR_SET_MDWE
constexpr int kNotSetUp = 99;

struct Denial {
  std::string_view word;
  int call;
  int error;
  std::vector<scmp_arg_cmp> when;
};

scmp_arg_cmp argument(unsigned index, std::uint64_t value) {
  return {index, SCMP_CMP_MASKED_EQ, 0xFFFFFFFF, value};
}
/// prctl(option, ...).
Denial option(std::string_view word, int number, int error) {
  return {word, SCMP_SYS(prctl), error, {argument(0, static_cast<std::uint64_t>(number))}};
}

std::vector<Denial> denials() {
  std::vector<Denial> all = {
      option("non-dumpable", PR_SET_DUMPABLE, EPERM),
      option("parent-death-signal", PR_SET_PDEATHSIG, EPERM),
      option("no_new_privs", PR_SET_NO_NEW_PRIVS, EINVAL),
      option("memory-deny-write-execute", kSetMdwe, EINVAL),
      option("empty-bounding-set", PR_CAPBSET_DROP, EPERM),
      option("seccomp", PR_SET_SECCOMP, EINVAL),
      {"seccomp", SCMP_SYS(seccomp), ENOSYS, {}},
      {"descriptor-inventory", SCMP_SYS(getsockopt), EPERM, {}},
      {"unprivileged-identity", SCMP_SYS(setresuid), EPERM, {}},
      {"unmapped-identity", SCMP_SYS(setresgid), EINVAL, {}},
      {"resource-limits", SCMP_SYS(prlimit64), EPERM, {argument(1, RLIMIT_NPROC), {2, SCMP_CMP_NE, 0, 0}}},
      {"core-limit", SCMP_SYS(prlimit64), EPERM, {argument(1, RLIMIT_CORE), {2, SCMP_CMP_NE, 0, 0}}},
      {"no-capabilities", SCMP_SYS(capset), EPERM, {}},
      {"landlock", SCMP_SYS(landlock_create_ruleset), ENOSYS, {}},
      {"landlock-restrict", SCMP_SYS(landlock_restrict_self), EPERM, {}},
      {"key-memory", 447 /* memfd_secret, which libseccomp 2.5 may not know */, ENOSYS, {}},
      {"locked-memory", SCMP_SYS(mlock), ENOMEM, {}},
      {"undumped-memory", SCMP_SYS(madvise), EINVAL, {argument(2, 16 /* MADV_DONTDUMP */)}},
  };
  for (const unsigned bit : {17U, 25U, 26U, 27U, 28U, 29U, 30U}) {  // CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID, NET
    const std::uint64_t flag = std::uint64_t{1} << bit;
    all.push_back({"namespaces", SCMP_SYS(clone), EPERM, {{0, SCMP_CMP_MASKED_EQ, flag, flag}}});
  }
  return all;
}

/// The number of "EPERM" and its like, or 0.
int error_named(std::string_view name) {
  for (int number = 1; number < 134; ++number) {
    if (const char* const known = ::strerrorname_np(number); known != nullptr && known == name) return number;
  }
  return 0;
}

/// Adds the denials of WORD[:ERRNO]; false if there are none.
bool deny(scmp_filter_ctx filter, std::string_view argument) {
  const auto colon = argument.find(':');
  const int other_error = colon == argument.npos ? 0 : error_named(argument.substr(colon + 1));
  bool found = false;
  for (const Denial& one : denials()) {
    if (one.word != argument.substr(0, colon)) continue;
    const auto action = SCMP_ACT_ERRNO(static_cast<unsigned>(other_error != 0 ? other_error : one.error));
    found = true;
    if (seccomp_rule_add_array(filter, action, one.call, static_cast<unsigned>(one.when.size()), one.when.data()) < 0)
      return false;
  }
  return found && (colon == argument.npos || other_error != 0);
}

}  // namespace

int main(int argc, char** argv) {
  const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  int first = 1;
  for (; first < argc && std::string_view(argv[first]) != "--"; ++first) {
    if (!deny(filter, argv[first])) {
      std::fprintf(stderr, "deny: cannot deny %s\n", argv[first]);
      return kNotSetUp;
    }
  }
  // Root needs no no_new_privs for a filter, and so it is left for PROGRAM to set.
  if (::geteuid() == 0) seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
  if (first + 1 >= argc || seccomp_load(filter) < 0) return kNotSetUp;
  seccomp_release(filter);
  ::execv(argv[first + 1], argv + first + 1);
  return kNotSetUp;
}
